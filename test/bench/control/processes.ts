/** Real processes of one cluster, supervised: they can be told to end, killed, and looked at from outside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const packages = join(import.meta.dirname, '../../../packages');

export type Program = 'scheduler' | 'api';

export class Processes implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  readonly #running = new Map<string, ChildProcess>();
  readonly #configs = new Map<string, readonly [Program, object]>();
  /** The last thing that each process said that ended by itself. */
  readonly endedByThemselves: string[] = [];

  /** With the configuration that it had before, if none is given. */
  start(name: string, program?: Program, config?: object): void {
    if (program !== undefined && config !== undefined) this.#configs.set(name, [program, config]);
    const [which = 'scheduler', values = {}] = this.#configs.get(name) ?? [];
    const file = join(this.#folder, `${name}.json`);
    // YAML has JSON in it.
    writeFileSync(file, JSON.stringify(values));
    const log = openSync(join(this.#folder, `${name}.log`), 'a');
    const main = join(packages, which, 'src/main.ts');
    const child = spawn(process.execPath, [main, '--config', file], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#running.set(name, child);
    // As whoever supervises it would: a scheduler ends itself when it does not lead any more.
    child.once('exit', () => {
      if (this.#running.get(name) !== child) return;
      this.endedByThemselves.push(`${name}: ${this.#lastLine(name)}`);
      this.start(name);
    });
  }

  /** MiB that the process has in memory now. */
  residentMib(name: string): number {
    const pid = this.#running.get(name)?.pid;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
  }

  /** Resolves when the process is gone. */
  async end(name: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#running.get(name);
    if (child === undefined) return;
    this.#running.delete(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('exit', () => resolve());
    child.kill(signal);
    await promise;
  }

  #lastLine(name: string): string {
    const log = readFileSync(join(this.#folder, `${name}.log`), 'utf8');
    return log.trimEnd().split('\n').at(-1) ?? '';
  }

  [Symbol.dispose](): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const child of running) child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
