/**
 * What is wrong for a while, by what it is about: two faults that make the same thing wrong overlap, and it is well
 * again when the last of them is over, not the first.
 */
export class Overlaps {
  readonly #held = new Map<unknown, { count: number; readonly mend: () => void }>();

  /** `begin` makes it wrong, once, and gives how it is mended; so does this, for one of those who hold it. */
  hold(what: unknown, begin: () => () => void): () => void {
    const held = this.#held.get(what) ?? { count: 0, mend: begin() };
    this.#held.set(what, held);
    held.count += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      held.count -= 1;
      if (held.count > 0) return;
      this.#held.delete(what);
      held.mend();
    };
  }

  has(what: unknown): boolean {
    return this.#held.has(what);
  }
}
