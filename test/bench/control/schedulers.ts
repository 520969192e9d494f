/** Real scheduler processes of one cluster, that can be told to end, killed, and started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../../../packages/scheduler/src/main.ts');

export interface SchedulersOptions {
  readonly etcd: string;
  readonly nats: string;
  readonly leaseSeconds: number;
}

export class Schedulers implements Disposable {
  readonly #options: SchedulersOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  readonly #running = new Map<string, ChildProcess>();
  endedByThemselves = 0;

  constructor(options: SchedulersOptions) {
    this.#options = options;
  }

  start(instanceId: string): void {
    const { etcd, nats, leaseSeconds } = this.#options;
    const file = join(this.#folder, `${instanceId}.json`);
    const config = {
      instanceId,
      etcd: { endpoints: [etcd] },
      nats: { servers: [nats] },
      leaseSeconds,
    };
    // YAML has JSON in it.
    writeFileSync(file, JSON.stringify(config));
    const log = openSync(join(this.#folder, `${instanceId}.log`), 'a');
    const child = spawn(process.execPath, [main, '--config', file], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#running.set(instanceId, child);
    // As whoever supervises it would: it ends itself when it does not lead any more.
    child.once('exit', () => {
      if (this.#running.get(instanceId) !== child) return;
      this.endedByThemselves += 1;
      this.start(instanceId);
    });
  }

  /** Resolves when the process is gone. */
  async end(instanceId: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#running.get(instanceId);
    if (child === undefined) return;
    this.#running.delete(instanceId);
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('exit', () => resolve());
    child.kill(signal);
    await promise;
  }

  [Symbol.dispose](): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const child of running) child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
