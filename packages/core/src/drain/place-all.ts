/**
 * A place for each of these units, one after the other: always the pair of unit and host that leaves the
 * cluster evenest of all that fit. Where they are too many for that, the largest first.
 */
import { limits } from '../limits.ts';
import type { Arrangement } from '../search/arrangement.ts';
import type { Loads } from '../search/loads.ts';
import { real } from '../search/numbers.ts';

export interface PlaceAllOptions {
  /** How many units may be compared before each step. */
  readonly atOnce?: number;
  /** The hosts that may be used; all if absent. */
  readonly only?: ReadonlySet<string>;
}

/** Changes both; gives those that fit nowhere. */
export function placeAll(
  arrangement: Arrangement,
  loads: Loads,
  units: readonly number[],
  {
    atOnce = Math.max(1, Math.floor(limits.drainPairs / Math.max(1, arrangement.hosts.length))),
    only,
  }: PlaceAllOptions = {},
): readonly number[] {
  const targets = [...arrangement.hosts.keys()].filter(
    (host) => only === undefined || only.has(arrangement.hosts[host]?.id ?? ''),
  );
  const { memoryOf } = arrangement;
  const left = units.toSorted((a, b) => real(memoryOf, b) - real(memoryOf, a) || a - b);
  const homeless: number[] = [];
  while (left.length > 0) {
    const looked = left.slice(0, atOnce);
    const best = bestPair(arrangement, loads, looked, targets);
    if (best === undefined) {
      homeless.push(...left.splice(0, looked.length));
      continue;
    }
    left.splice(left.indexOf(best.unit), 1);
    loads.follow(best.unit, best.to);
    arrangement.put(best.unit, best.to);
  }
  return homeless.toSorted((a, b) => a - b);
}

/** Of equal ones the larger unit, and the host with the smaller id. */
function bestPair(
  arrangement: Arrangement,
  loads: Loads,
  units: readonly number[],
  targets: readonly number[],
): { readonly unit: number; readonly to: number } | undefined {
  let best: { readonly unit: number; readonly to: number } | undefined;
  let least = Number.POSITIVE_INFINITY;
  const looked = new Set<string>();
  for (const unit of units) {
    // Of those that nothing tells apart one is enough.
    const kind = kindOf(arrangement, unit);
    if (kind !== undefined && looked.has(kind)) continue;
    if (kind !== undefined) looked.add(kind);
    for (const to of targets) {
      if (to === arrangement.hostOf[unit] || !arrangement.fits(unit, to)) continue;
      const value = loads.after(unit, to);
      if (value >= least) continue;
      best = { unit, to };
      least = value;
    }
  }
  return best;
}

function kindOf(
  { units, hostOf, memoryOf, cpuOf, frame }: Arrangement,
  unit: number,
): string | undefined {
  const one = units[unit];
  if (one === undefined || one.rules.length > 0 || one.hugePages.size > 0) return undefined;
  const demand = frame.demand.ofUnit[unit];
  const row = frame.eligible.indexOf(frame.eligible[unit] as Uint8Array);
  return `${hostOf[unit]} ${memoryOf[unit]} ${cpuOf[unit]} ${demand} ${row}`;
}
