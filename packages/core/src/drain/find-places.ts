/** Where the units that leave shall be, and which others have to move for it. */
import { limits } from '../limits.ts';
import { Random } from '../random.ts';
import type { Arrangement } from '../search/arrangement.ts';
import { changesFrom } from '../search/changes.ts';
import { Loads } from '../search/loads.ts';
import { makeRoom } from '../search/make-room.ts';
import { real, whole } from '../search/numbers.ts';
import { heldByItself } from './blockers.ts';
import { placeAll } from './place-all.ts';

export interface FindPlacesOptions {
  readonly makesRoom?: boolean;
  readonly prefer?: readonly (readonly string[])[];
  /** Of each search. */
  readonly steps?: number;
}

export interface Places {
  /** By unit: its host at the end. */
  readonly wanted: ReadonlyMap<number, number>;
  /** Each is where it leaves the cluster evenest; else where all of them find room. */
  readonly evenest: boolean;
  /** Units that leave, but have no place. */
  readonly homeless: readonly number[];
}

/** The arrangement is left as it was. */
export function findPlaces(
  arrangement: Arrangement,
  leaving: readonly number[],
  costOf: Float64Array,
  options: FindPlacesOptions,
): Places {
  const preferred = inPreference(arrangement, leaving, options.prefer ?? []);
  if (preferred?.homeless.length === 0) return preferred;
  const evenest = placed(arrangement, leaving);
  if (evenest.homeless.length === 0) return evenest;
  const largestFirst = placed(arrangement, leaving, 1);
  if (largestFirst.homeless.length === 0) return largestFirst;
  const found = searched(arrangement, leaving, costOf, options);
  if (found !== undefined) return { wanted: found, homeless: [], evenest: false };
  return largestFirst.homeless.length < evenest.homeless.length ? largestFirst : evenest;
}

/** Each list of hosts takes what it has room for; the others take what is left. */
function inPreference(
  arrangement: Arrangement,
  leaving: readonly number[],
  prefer: readonly (readonly string[])[],
): Places | undefined {
  if (prefer.length === 0) return undefined;
  const loads = new Loads(arrangement);
  let homeless = leaving;
  for (const list of [...prefer.map((ids) => new Set(ids)), undefined]) {
    if (homeless.length === 0) break;
    homeless = placeAll(arrangement, loads, homeless, {
      atOnce: 1,
      ...(list === undefined ? {} : { only: list }),
    });
  }
  const wanted = changesFrom(arrangement.origin, arrangement.hostOf);
  for (const unit of leaving) arrangement.put(unit, whole(arrangement.origin, unit));
  return { wanted, homeless, evenest: false };
}

function placed(arrangement: Arrangement, leaving: readonly number[], atOnce?: number): Places {
  const homeless = placeAll(
    arrangement,
    new Loads(arrangement),
    leaving,
    atOnce === undefined ? {} : { atOnce },
  );
  const wanted = changesFrom(arrangement.origin, arrangement.hostOf);
  for (const unit of leaving) arrangement.put(unit, whole(arrangement.origin, unit));
  return { wanted, homeless, evenest: true };
}

function searched(
  arrangement: Arrangement,
  leaving: readonly number[],
  costOf: Float64Array,
  { makesRoom, steps }: FindPlacesOptions,
): ReadonlyMap<number, number> | undefined {
  const leaves = new Set(leaving);
  const movable = Uint8Array.from(arrangement.units, ({ vms }, unit) => {
    const may = makesRoom === true && vms.every((vm) => heldByItself(vm) === undefined);
    return may || leaves.has(unit) ? 1 : 0;
  });
  const count = movable.reduce((sum, one) => sum + one, 0);
  let best: Int32Array | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 1; attempt <= limits.drainSearches; attempt += 1) {
    const found = makeRoom(arrangement, leaving, {
      movable,
      costOf,
      steps: steps ?? Math.min(limits.drainSteps, limits.drainStepsPerUnit * count),
      random: new Random(attempt),
    });
    const cost = found === undefined ? least : costOfAll(arrangement, found, costOf);
    if (found === undefined || cost >= least) continue;
    best = found;
    least = cost;
  }
  return best === undefined ? undefined : changesFrom(arrangement.origin, best);
}

function costOfAll({ origin }: Arrangement, hostOf: Int32Array, costOf: Float64Array): number {
  let sum = 0;
  for (const [unit, host] of hostOf.entries()) {
    if (host !== whole(origin, unit)) sum += real(costOf, unit);
  }
  return sum;
}
