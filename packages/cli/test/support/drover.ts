/** The real program as a child process: what a person or a script would see. */
import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A hundred starts of the same program: most of their time would be compiling. */
const compileCache = join(tmpdir(), 'drover-cli-test-cache');
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const deadlineMs = 20_000;

export class Drover {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  #changed = Promise.withResolvers<void>();
  #isEnded = false;

  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    stdin: 'ignore' | 'pipe' = 'ignore',
  ) {
    // Nothing of the caller's own settings: tests must not find another cluster.
    this.child = spawn(process.execPath, [main, ...args], {
      env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: compileCache, ...env },
      stdio: [stdin, 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (piece: Buffer) => {
      this.#stdout += piece.toString('utf8');
      this.#tellChange();
    });
    this.child.stderr?.on('data', (piece: Buffer) => {
      this.#stderr += piece.toString('utf8');
      this.#tellChange();
    });
    this.ended = new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.child.kill('SIGKILL');
        reject(new Error(`drover ${args.join(' ')} did not end: ${this.#stdout}${this.#stderr}`));
      }, deadlineMs);
      this.child.on('close', (code) => {
        clearTimeout(late);
        this.#isEnded = true;
        this.#tellChange();
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    // Looked at by whoever awaits it; until then its failure is not unhandled.
    this.ended.catch(() => {});
  }

  /** So far, on both streams. */
  get said(): string {
    return this.#stdout + this.#stderr;
  }

  /** Until one of the streams holds the text. The deadline is that of the whole run. */
  async says(text: string): Promise<void> {
    while (!this.said.includes(text)) {
      if (this.#isEnded) {
        throw new Error(`it ended without “${text}”:\n${this.#stdout}\n${this.#stderr}`);
      }
      await this.#changed.promise;
    }
  }

  #tellChange(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

export function drover(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Drover(args, env).ended;
}
