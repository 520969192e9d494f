/**
 * Virtual time: one queue of things to come, ordered by time; within a millisecond what comes from outside is first, so
 * that a run that is played again has the same order, and then who asked first. Nothing in the world happens except
 * from here.
 */

export interface Timer {
  cancel(): void;
}

interface Due {
  readonly atMs: number;
  readonly isFromOutside: boolean;
  readonly seq: number;
  run: (() => void) | undefined;
}

export class Timeline {
  #nowMs = 0;
  #seq = 0;
  /** A binary heap: the next one first. */
  readonly #heap: Due[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many things have been asked for; with the time it names a moment. */
  get count(): number {
    return this.#seq;
  }

  get nextMs(): number | undefined {
    while (this.#heap[0] && this.#heap[0].run === undefined) this.#take();
    return this.#heap[0]?.atMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#at(delayMs, run, false);
  }

  /** For what people ask, and what goes wrong. */
  fromOutside(delayMs: number, run: () => void): Timer {
    return this.#at(delayMs, run, true);
  }

  #at(delayMs: number, run: () => void, isFromOutside: boolean): Timer {
    const atMs = this.#nowMs + Math.max(0, Math.round(delayMs));
    const due: Due = { atMs, isFromOutside, seq: this.#seq, run };
    this.#seq += 1;
    this.#add(due);
    return {
      cancel: () => {
        due.run = undefined;
      },
    };
  }

  /** Runs the next thing; false when nothing is left. */
  step(): boolean {
    if (this.nextMs === undefined) return false;
    const due = this.#take();
    if (due?.run === undefined) return false;
    this.#nowMs = due.atMs;
    const { run } = due;
    due.run = undefined;
    run();
    return true;
  }

  #add(due: Due): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(due, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  #take(): Due | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const l = heap[left];
      const r = heap[right];
      if (l === undefined) break;
      const child = r !== undefined && isBefore(r, l) ? right : left;
      const below = child === right && r !== undefined ? r : l;
      if (!isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Due, b: Due): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  return a.isFromOutside === b.isFromOutside ? a.seq < b.seq : a.isFromOutside;
}
