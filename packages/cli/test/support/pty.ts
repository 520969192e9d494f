/** The real program in a terminal of its own, which `script` of util-linux makes: keys go in, what is drawn comes out. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const deadlineMs = 20_000;

export class Pty {
  readonly ended: Promise<{ readonly code: number | null; readonly drawn: string }>;
  readonly #child: ChildProcess;
  #drawn = '';
  #device = '';
  #isEnded = false;
  #changed = Promise.withResolvers<void>();

  constructor(args: readonly string[], rows: number, columns: number) {
    const words = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ');
    const inside = `tty; stty rows ${rows} cols ${columns}; exec ${words}`;
    this.#child = spawn('script', ['-qfec', inside, '/dev/null'], {
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (piece: Buffer) => {
      this.#drawn += piece.toString('utf8');
      this.#tell();
    });
    this.ended = new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#child.kill('SIGKILL');
        reject(new Error(`it did not end: ${JSON.stringify(this.#drawn.slice(-2000))}`));
      }, deadlineMs);
      this.#child.on('close', (code) => {
        clearTimeout(late);
        this.#isEnded = true;
        this.#tell();
        resolve({ code, drawn: this.#drawn });
      });
    });
    this.ended.catch(() => {});
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  resize(rows: number, columns: number): void {
    execFileSync('stty', ['-F', this.#device, 'rows', `${rows}`, 'cols', `${columns}`]);
  }

  /** The newest whole picture: from the corner to the end that is wiped. */
  get picture(): readonly string[] {
    const end = this.#drawn.lastIndexOf('\u001b[J');
    const start = this.#drawn.lastIndexOf('\u001b[H', end);
    if (start < 0) return [];
    // oxlint-disable-next-line no-control-regex -- what a terminal obeys is not seen
    const seen = this.#drawn.slice(start, end).replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
    return seen.split(/\r?\n/);
  }

  /** Until the newest picture is such a one. */
  async shows(isIt: (picture: readonly string[]) => boolean): Promise<readonly string[]> {
    for (;;) {
      const { picture } = this;
      if (isIt(picture)) return picture;
      if (this.#isEnded) throw new Error(`it ended, with: ${picture.join('\n')}`);
      await this.#changed.promise;
    }
  }

  #tell(): void {
    this.#device ||= /^(\/dev\/\S+)\r?\n/.exec(this.#drawn)?.[1] ?? '';
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
