/**
 * Starts the processes of tunnels' ends. A process takes a while to start, and a VM that moves would wait for it: one is
 * started as soon as somebody asks about a move, and waits for its order for a minute.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { DroverError } from '@drover/protocol';
import type { TunnelAnswer, TunnelOrder } from './tunnel-order.ts';

const answerMs = 15_000;
const spareMs = 60_000;
const program = join(import.meta.dirname, 'tunnel-process.ts');

type Tunnel = ChildProcess & { readonly stdin: NodeJS.WritableStream & { destroy(): void } };

export interface StartedTunnel {
  readonly port: number;
  /** Both hosts' libvirts see their connection end. */
  end(): void;
}

interface Spare {
  readonly process: Tunnel;
  readonly timer: NodeJS.Timeout;
}

export class TunnelStarter implements Disposable {
  #spare: Spare | undefined;

  /** Of the one that waits. */
  get waitingPid(): number | undefined {
    return this.#spare?.process.pid;
  }

  /** A move may come: its tunnel's process is started. */
  warm(): void {
    if (this.#spare !== undefined) {
      this.#spare.timer.refresh();
      return;
    }
    const process = spawnTunnel();
    const forget = () => {
      if (this.#spare?.process === process) this.#spare = undefined;
    };
    process.once('exit', forget).once('error', forget);
    // It ends by itself when nobody can give it an order any more.
    const timer = setTimeout(() => this[Symbol.dispose](), spareMs);
    timer.unref();
    this.#spare = { process, timer };
  }

  /** Secrets go through stdin: arguments and environment can be read by others. Throws `tunnel-failed`. */
  async start(order: TunnelOrder): Promise<StartedTunnel> {
    const child = this.#take();
    const { promise, resolve, reject } = Promise.withResolvers<TunnelAnswer>();
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      const line = text.indexOf('\n');
      if (line >= 0) resolve(JSON.parse(text.slice(0, line)) as TunnelAnswer);
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error('it ended at once')));
    child.stdin.write(`${JSON.stringify(order)}\n`);
    const late = setTimeout(() => reject(new Error('it did not answer')), answerMs);
    try {
      const answer = await promise;
      if (!answer.ok) throw new Error(answer.message);
      return { port: answer.port, end: () => void child.kill('SIGTERM') };
    } catch (error) {
      child.kill('SIGTERM');
      const message = error instanceof Error ? error.message : String(error);
      throw new DroverError('tunnel-failed', `tunnel of ${order.opId}: ${message}`, {
        cause: error,
      });
    } finally {
      clearTimeout(late);
      child.removeAllListeners('exit');
      child.stdin.destroy();
      child.stdout?.destroy();
      child.unref();
    }
  }

  #take(): Tunnel {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare === undefined) return spawnTunnel();
    clearTimeout(spare.timer);
    return spare.process;
  }

  /** Ends the one that waits, if one does; those with an order go on. */
  [Symbol.dispose](): void {
    if (this.#spare === undefined) return;
    clearTimeout(this.#spare.timer);
    this.#spare.process.stdin.destroy();
    this.#spare = undefined;
  }
}

function spawnTunnel(): Tunnel {
  const child = spawn(process.execPath, [program], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    cwd: '/',
  });
  child.stdin.on('error', () => {});
  return child;
}
