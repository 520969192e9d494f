/** The decisions of one turn that go to etcd in one transaction: all of them come about, or none. */
import type { Put } from './port.ts';

/** The widest decision that is made of one operation: what names a VM goes with the end of its deletion. */
const widest = 8;

export class Batch {
  readonly #limit: number;
  readonly #puts: Put[] = [];
  readonly #keys = new Set<string>();

  /** `limit`: writes; the first decision fits whatever it takes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get puts(): readonly Put[] {
    return this.#puts;
  }

  /** Nothing more is to be decided in this turn. */
  get isFull(): boolean {
    return this.#puts.length > 0 && this.#puts.length + widest > this.#limit;
  }

  /** Not where there is no room, nor over a record that another decision of this turn writes: that is the next turn's. */
  add(puts: readonly Put[]): boolean {
    if (this.#puts.length > 0 && this.#puts.length + puts.length > this.#limit) return false;
    if (puts.some(({ key }) => this.#keys.has(key))) return false;
    for (const put of puts) {
      this.#puts.push(put);
      this.#keys.add(put.key);
    }
    return true;
  }
}
