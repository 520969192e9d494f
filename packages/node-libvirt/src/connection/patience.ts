/**
 * Waiting for something to change, over and over, with one timer for all of it: a stream that sends a
 * thousand pieces a second must not set a timer for each.
 */

export class Patience {
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  readonly #wake = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #changedAt = 0;

  /** `onIdle` is called when somebody has waited for `idleMs` and nothing has changed. */
  constructor(idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
  }

  /** Resolves at the next `changed`, or when `also` does. */
  async change(also?: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#wake.size === 0) this.#changedAt = performance.now();
    this.#wake.add(resolve);
    void also?.then(resolve);
    this.#timer ??= this.#watch(this.#idleMs);
    await promise;
    this.#wake.delete(resolve);
  }

  changed(): void {
    const wake = [...this.#wake];
    this.#wake.clear();
    for (const resolve of wake) resolve();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.changed();
  }

  #watch(afterMs: number): NodeJS.Timeout | undefined {
    if (!Number.isFinite(afterMs)) return undefined;
    return setTimeout(() => this.#look(), afterMs);
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#wake.size === 0) return;
    const leftMs = this.#changedAt + this.#idleMs - performance.now();
    if (leftMs > 0) this.#timer = this.#watch(leftMs);
    else this.#onIdle();
  }
}
