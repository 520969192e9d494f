/**
 * The cheapest sequence of safe moves to an arrangement that is wanted, found by looking at every arrangement
 * that can be reached, the nearest first (Dijkstra, 1959). For small clusters, where a search by chance would
 * leave it open whether there is a way.
 */
import { limits } from '../limits.ts';
import type { Arrangement } from './arrangement.ts';
import { real, whole } from './numbers.ts';

export interface ExhaustiveOptions {
  /** By unit: 1 where it may be moved. */
  readonly movable: Uint8Array;
  readonly costOf: Float64Array;
  readonly isWanted: (arrangement: Arrangement) => boolean;
}

export interface UnitMove {
  readonly unit: number;
  readonly from: number;
  readonly to: number;
}

/** `none` is proved; `too-many`: there are more arrangements than are looked at. */
export type Reached =
  | { readonly type: 'moves'; readonly moves: readonly UnitMove[] }
  | { readonly type: 'none' | 'too-many' };

interface State {
  readonly key: number;
  readonly cost: number;
  readonly before: State | undefined;
  readonly by: UnitMove | undefined;
}

/** The arrangement is left as it was. */
export function cheapestMoves(arrangement: Arrangement, options: ExhaustiveOptions): Reached {
  const { movable, costOf, isWanted } = options;
  const units = [...arrangement.units.keys()].filter((unit) => movable[unit] === 1);
  const count = arrangement.hosts.length;
  if (count ** units.length > limits.exhaustiveStates) return { type: 'too-many' };
  const home = units.map((unit) => whole(arrangement.hostOf, unit));
  const enter = (key: number) => {
    let left = key;
    for (const unit of units) {
      arrangement.put(unit, left % count);
      left = Math.floor(left / count);
    }
  };
  const keyNow = () =>
    units.reduceRight((key, unit) => key * count + whole(arrangement.hostOf, unit), 0);
  const waiting = new Waiting();
  waiting.add({ key: keyNow(), cost: 0, before: undefined, by: undefined });
  const seen = new Set<number>();
  let reached: Reached = { type: 'none' };
  for (let state = waiting.next(); state !== undefined; state = waiting.next()) {
    if (seen.has(state.key)) continue;
    seen.add(state.key);
    enter(state.key);
    if (isWanted(arrangement)) {
      reached = { type: 'moves', moves: movesTo(state) };
      break;
    }
    for (const [at, unit] of units.entries()) {
      const from = whole(arrangement.hostOf, unit);
      for (let to = 0; to < count; to += 1) {
        const key = state.key + (to - from) * count ** at;
        if (to === from || seen.has(key) || !arrangement.fits(unit, to)) continue;
        const cost = state.cost + real(costOf, unit);
        waiting.add({ key, cost, before: state, by: { unit, from, to } });
      }
    }
  }
  for (const [at, unit] of units.entries()) arrangement.put(unit, home[at] ?? 0);
  return reached;
}

function movesTo(state: State): readonly UnitMove[] {
  const moves: UnitMove[] = [];
  for (let at: State | undefined = state; at?.by !== undefined; at = at.before) moves.push(at.by);
  return moves.toReversed();
}

/** States by cost, the cheapest first: a binary heap. */
class Waiting {
  readonly #heap: State[] = [];

  add(state: State): void {
    const heap = this.#heap;
    heap.push(state);
    let at = heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#cost(parent) <= state.cost) break;
      heap[at] = heap[parent] as State;
      at = parent;
    }
    heap[at] = state;
  }

  next(): State | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#cost(child + 1) < this.#cost(child)) child += 1;
      if (this.#cost(child) >= last.cost) break;
      heap[at] = heap[child] as State;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  #cost(at: number): number {
    return (this.#heap[at] as State).cost;
  }
}
