/** What happened, line by line in fixed columns: when, who, what. Its hash is that of the whole run. */

export interface TraceLine {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

const kept = 60;

export class Trace {
  readonly #now: () => number;
  readonly #keepAll: boolean;
  readonly #listen: (who: string, what: string) => void;
  readonly #all: TraceLine[] = [];
  #recent: TraceLine[] = [];
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;

  /** `listen`: told of every line. */
  constructor(
    now: () => number,
    keepAll: boolean,
    listen: (who: string, what: string) => void = () => undefined,
  ) {
    this.#now = now;
    this.#keepAll = keepAll;
    this.#listen = listen;
  }

  note(who: string, what: string): void {
    const line: TraceLine = { atMs: this.#now(), who, what };
    if (this.#keepAll) this.#all.push(line);
    this.#recent.push(line);
    if (this.#recent.length > 2 * kept) this.#recent = this.#recent.slice(-kept);
    this.mix(`${line.atMs} ${who} ${what}`);
    this.#listen(who, what);
  }

  /** Into the hash only: what is worth comparing and not worth reading. */
  mix(text: string): void {
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      this.#low = Math.imul(this.#low ^ code, 0x01000193);
      this.#high = Math.imul(this.#high ^ (code + i), 0x01000193) ^ (this.#low >>> 13);
    }
  }

  get hash(): string {
    return [this.#low, this.#high].map((x) => (x >>> 0).toString(16).padStart(8, '0')).join('');
  }

  get all(): readonly TraceLine[] {
    return this.#all;
  }

  get recent(): readonly TraceLine[] {
    return this.#recent.slice(-kept);
  }
}

export function renderLine({ atMs, who, what }: TraceLine): string {
  return `${(atMs / 1000).toFixed(3).padStart(9)}  ${who.padEnd(8)}  ${what}`;
}

export function renderTrace(lines: readonly TraceLine[]): string {
  return lines.map((line) => `${renderLine(line).trimEnd()}\n`).join('');
}
