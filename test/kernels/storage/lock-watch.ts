/**
 * When does the server give a dead host's locks to another? Watched on a file of its own beside the VM's disk, so that
 * the watching takes nothing from anybody: one host holds its lock, another tries for it once a second.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../end-to-end/support/until.ts';
import { poolPath } from '../configure.ts';
import { type Machine, patienceMs } from '../machine.ts';

const file = `${poolPath}/watched-lock`;
const unit = 'watched-lock';

export class LockWatch {
  readonly #end = new AbortController();
  readonly #watching: Promise<number | undefined>;

  private constructor(taker: Machine) {
    this.#watching = this.#watch(taker);
  }

  /** `holder` takes the lock, and keeps it for as long as it has power and its lease. */
  static async start(holder: Machine, taker: Machine): Promise<LockWatch> {
    await holder.ask(`
      systemctl stop ${unit} 2>/dev/null || true
      systemctl reset-failed ${unit} 2>/dev/null || true
      systemd-run --quiet --unit ${unit} flock --exclusive ${file} sleep infinity
    `);
    const isHeld = async () => ((await takes(taker)) ? undefined : true);
    await until(`${holder.name} has the lock of ${file}`, isHeld, {
      deadlineMs: patienceMs,
      everyMs: 1_000,
    });
    return new LockWatch(taker);
  }

  /** `performance.now()` when the other host got it; undefined: not before it was given up. */
  async taken(): Promise<number | undefined> {
    return this.#watching;
  }

  giveUp(): void {
    this.#end.abort();
  }

  async #watch(taker: Machine): Promise<number | undefined> {
    while (!this.#end.signal.aborted) {
      if (await takes(taker).catch(() => false)) return performance.now();
      await pause(1_000, undefined, { signal: this.#end.signal }).catch(() => undefined);
    }
    return undefined;
  }
}

async function takes(taker: Machine): Promise<boolean> {
  const { exitCode } = await taker.sh(`flock --exclusive --nonblock ${file} true`);
  return exitCode === 0;
}
