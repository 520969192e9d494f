/** The one source of chance of searches and simulations: a small generator, seeded, forked by purpose, so that one part does not disturb another. */

export type Range = readonly [min: number, max: number];

/** A 32-bit counter with a strong mixing step: quick, and the same on every machine. */
export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  /** A generator of its own for one purpose: what is drawn here does not shift what is drawn there. */
  fork(purpose: string): Random {
    let hash = this.#seed ^ 0x51ed270b;
    for (let i = 0; i < purpose.length; i += 1) {
      hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193);
    }
    return new Random(mix(hash));
  }

  next32(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    return mix(this.#state);
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor((this.next32() / 0x1_0000_0000) * count);
  }

  /** An integer of the range, both ends included. */
  within([min, max]: Range): number {
    return min >= max ? min : min + this.below(max - min + 1);
  }

  chance(permille: number): boolean {
    return permille > 0 && this.below(1000) < permille;
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.below(list.length)];
  }

  hex(length: number): string {
    let text = '';
    while (text.length < length) text += this.next32().toString(16).padStart(8, '0');
    return text.slice(0, length);
  }
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
