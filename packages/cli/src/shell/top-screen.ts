/**
 * A terminal’s whole screen, for as long as something is looked at: another screen than the one with the person’s lines,
 * which is there again at the end, however that comes. Says which keys are pressed and when the size changes.
 */

const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const ctrlC = '\u0003';
const deadly = ['SIGTERM', 'SIGHUP'] as const;

export interface TopScreenEvents {
  readonly onKey: (key: string) => void;
  readonly onResize: () => void;
  readonly onQuit: () => void;
}

export class TopScreen {
  readonly #events: TopScreenEvents;
  #isOpen = true;

  constructor(events: TopScreenEvents) {
    this.#events = events;
    process.stdout.write(enter);
    process.stdout.on('resize', events.onResize);
    process.on('exit', this.#restore);
    for (const signal of deadly) process.on(signal, this.#die);
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(true);
      process.stdin.setEncoding('utf8');
      process.stdin.on('data', this.#hear);
      process.stdin.resume();
    }
  }

  get rows(): number {
    return process.stdout.rows || 24;
  }

  /** Each line over the one that was there: nothing flickers. What is too long ends at the edge. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    process.stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`);
  }

  close(): void {
    this.#restore();
    process.stdout.off('resize', this.#events.onResize);
    process.off('exit', this.#restore);
    for (const signal of deadly) process.off(signal, this.#die);
    if (process.stdin.isTTY) {
      process.stdin.off('data', this.#hear);
      process.stdin.setRawMode(false);
      process.stdin.pause();
    }
  }

  /** Keys may come several at a time. */
  readonly #hear = (text: string): void => {
    for (const key of text) {
      if (key === 'q' || key === ctrlC) return this.#events.onQuit();
      this.#events.onKey(key);
    }
  };

  readonly #restore = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.stdout.write(leave);
  };

  readonly #die = (): void => {
    this.close();
    process.exit(1);
  };
}
