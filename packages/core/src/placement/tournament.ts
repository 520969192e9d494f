/**
 * The best of many numbers that change one at a time: a tree of winners, where a change is played again up to
 * the root alone. Equal numbers go to the smaller index.
 */
export class Tournament {
  readonly #count: number;
  #leaves: number;
  /** By player; below zero: takes no part. */
  readonly #values: Int32Array;
  /** By node, the root at 1: the player that won there. */
  readonly #winners: Int32Array;

  constructor(values: Int32Array) {
    this.#count = values.length;
    this.#leaves = 2;
    while (this.#leaves < values.length) this.#leaves *= 2;
    this.#values = new Int32Array(this.#leaves).fill(-1);
    this.#values.set(values);
    this.#winners = new Int32Array(this.#leaves);
    for (let node = this.#leaves - 1; node > 0; node -= 1) this.#play(node);
  }

  /** The player with the largest number; -1 where none takes part. */
  get best(): number {
    if (this.#count === 0) return -1;
    const winner = this.#winners[1] as number;
    return (this.#values[winner] as number) < 0 ? -1 : winner;
  }

  value(player: number): number {
    return this.#values[player] as number;
  }

  set(player: number, value: number): void {
    this.#values[player] = value;
    for (let node = (player + this.#leaves) >> 1; node > 0; node >>= 1) this.#play(node);
  }

  #play(node: number): void {
    const left = this.#winnerOf(2 * node);
    const right = this.#winnerOf(2 * node + 1);
    const rightWins = (this.#values[right] as number) > (this.#values[left] as number);
    this.#winners[node] = rightWins ? right : left;
  }

  #winnerOf(node: number): number {
    return node >= this.#leaves ? node - this.#leaves : (this.#winners[node] as number);
  }
}
