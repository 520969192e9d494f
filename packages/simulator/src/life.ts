/**
 * One life of a process: its timers and callbacks, which end with it, and its clocks. Frozen, it hears
 * nothing and does all of it later, as after a SIGSTOP or a machine's sleep.
 */
import type { Timeline, Timer } from './timeline.ts';

export interface ClockOffsets {
  readonly monoMs: number;
  readonly wallMs: number;
}

export class Life {
  readonly #timeline: Timeline;
  readonly #offsets: ClockOffsets;
  #alive = true;
  #frozenAtMs: number | undefined;
  /** What the monotonic clock missed while the machine slept. */
  #sleptMs = 0;
  #sleeps = false;
  #backlog: (() => void)[] = [];
  #wallJumpMs = 0;

  constructor(timeline: Timeline, offsets: ClockOffsets) {
    this.#timeline = timeline;
    this.#offsets = offsets;
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  get isFrozen(): boolean {
    return this.#frozenAtMs !== undefined;
  }

  now(): { readonly monoMs: number; readonly wallMs: number } {
    return { monoMs: this.monoMs, wallMs: this.wallMs };
  }

  get monoMs(): number {
    const { nowMs } = this.#timeline;
    const asleepMs = this.#sleeps && this.#frozenAtMs !== undefined ? nowMs - this.#frozenAtMs : 0;
    return nowMs + this.#offsets.monoMs - this.#sleptMs - asleepMs;
  }

  get wallMs(): number {
    return this.#timeline.nowMs + this.#offsets.wallMs + this.#wallJumpMs;
  }

  jumpWall(byMs: number): void {
    this.#wallJumpMs += byMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#timeline.after(delayMs, this.guard(run));
  }

  /** For what comes from outside: runs now, or after the thaw, or never when the process is dead. */
  guard(run: () => void): () => void {
    return () => {
      if (!this.#alive) return;
      if (this.#frozenAtMs === undefined) run();
      else this.#backlog.push(run);
    };
  }

  /** The same, for what brings news. */
  listening<T>(run: (news: T) => void): (news: T) => void {
    return (news) => this.guard(() => run(news))();
  }

  /** `sleep`: the machine sleeps, so the monotonic clock stops too. */
  freeze(how: 'stop' | 'sleep'): void {
    if (this.#frozenAtMs !== undefined) return;
    this.#frozenAtMs = this.#timeline.nowMs;
    this.#sleeps = how === 'sleep';
  }

  thaw(): void {
    if (this.#frozenAtMs === undefined) return;
    if (this.#sleeps) this.#sleptMs += this.#timeline.nowMs - this.#frozenAtMs;
    this.#frozenAtMs = undefined;
    this.#sleeps = false;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const run of backlog) this.#timeline.after(0, this.guard(run));
  }

  end(): void {
    this.#alive = false;
    this.#backlog = [];
  }
}
