/**
 * The two streams and the person at them. Results go to stdout; progress, questions and errors to stderr,
 * so that a pipe gets results alone. Colour and redrawing only where a terminal is and nobody objects.
 */
import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';
import { fold } from '../logic/fold.ts';
import type { Paint, Tone } from '../logic/table.ts';

const styles = {
  good: 'green',
  warn: 'yellow',
  bad: 'red',
  dim: 'dim',
} as const satisfies Record<Tone, string>;

/** `NO_COLOR` set to anything but nothing counts, as no-color.org says. */
const isOn = (name: string) => (process.env[name] ?? '') !== '';

export class Terminal {
  #line = '';

  /** A person can be asked: both ends are a terminal and no build server says otherwise. */
  get canAsk(): boolean {
    return process.stdin.isTTY === true && process.stderr.isTTY === true && !isOn('CI');
  }

  /** The screen may be redrawn. One without a width, or a very narrow one, gets plain lines. */
  get isLive(): boolean {
    const isWide = (process.stdout.columns ?? 0) >= 40;
    return process.stdout.isTTY === true && isWide && this.#isDrawable;
  }

  get #isDrawable(): boolean {
    return process.stderr.isTTY === true && !isOn('CI') && process.env['TERM'] !== 'dumb';
  }

  readonly paint: Paint = (text, tone) =>
    process.stdout.isTTY === true && !isOn('NO_COLOR') && process.env['TERM'] !== 'dumb'
      ? styleText(styles[tone], text, { validateStream: false })
      : text;

  /** How wide a page may be; nothing where nobody looks. */
  get columns(): number | undefined {
    const { isTTY, columns } = process.stdout;
    return isTTY && columns >= 40 ? columns : undefined;
  }

  /** For people: in a terminal folded between words. */
  out(lines: readonly string[]): void {
    this.raw(this.columns === undefined ? lines : fold(lines, this.columns));
  }

  /** For programs: not a byte is changed. */
  raw(lines: readonly string[]): void {
    this.#clear();
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  }

  err(lines: readonly string[]): void {
    this.#clear();
    const { isTTY, columns } = process.stderr;
    const shown = isTTY && columns >= 40 ? fold(lines, columns) : lines;
    if (shown.length > 0) process.stderr.write(`${shown.join('\n')}\n`);
  }

  /** Where something is: the same line again in a terminal, a line for each change elsewhere. */
  progress(text: string): void {
    if (text === this.#line) return;
    if (this.#isDrawable) {
      const room = (process.stderr.columns || 80) - 1;
      process.stderr.write(`\r\u001b[K${text.slice(0, room)}`);
    } else {
      process.stderr.write(`${text}\n`);
    }
    this.#line = text;
  }

  /** Everything that was on the screen goes, then the lines. */
  redraw(lines: readonly string[]): void {
    const rows = (process.stdout.rows || 24) - 1;
    process.stdout.write(`\u001b[H\u001b[J${lines.slice(0, rows).join('\n')}\n`);
  }

  /** Anything but a clear yes is a no. */
  async ask(question: string): Promise<boolean> {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    // Ctrl-C and Ctrl-D answer no: nothing has begun yet.
    const refused = new Promise<string>((resolve) => {
      lines.once('SIGINT', () => resolve(''));
      lines.once('close', () => resolve(''));
    });
    try {
      const answer = await Promise.race([lines.question(`${question} [y/N] `), refused]);
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      lines.close();
    }
  }

  #clear(): void {
    if (this.#line !== '' && this.#isDrawable) process.stderr.write('\r\u001b[K');
    this.#line = '';
  }
}
