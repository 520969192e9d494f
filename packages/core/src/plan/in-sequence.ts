/** A plan from moves whose order is known: one after the other as far as they need it, in waves where they do not. */
import type { Cluster } from '../cluster/cluster.ts';
import { limits } from '../limits.ts';
import { Arrangement, type ArrangementOptions } from '../search/arrangement.ts';
import { costsOf } from '../search/costs.ts';
import type { UnitMove } from '../search/exhaustive.ts';
import { Loads } from '../search/loads.ts';
import { real } from '../search/numbers.ts';
import { movesOf, type MovesOptions } from './moves-of.ts';
import type { Plan } from './plan.ts';
import type { ScheduleOptions, Step } from './schedule.ts';

export function planInSequence(
  cluster: Cluster,
  moves: readonly UnitMove[],
  options: MovesOptions & ArrangementOptions,
): Plan {
  const arrangement = new Arrangement(cluster, options);
  const steps = inSequence(arrangement, moves);
  const planned = movesOf(arrangement, new Loads(arrangement), steps, options);
  return {
    revision: cluster.revision,
    ...planned,
    estimatedSeconds: Math.ceil(steps.at(-1)?.endSeconds ?? 0),
  };
}

/** Each begins when the one before has ended. */
export function inSequence(
  arrangement: Arrangement,
  moves: readonly UnitMove[],
  taking: Pick<Partial<ScheduleOptions>, 'costOf' | 'capOf' | 'overheadSeconds'> = {},
): readonly Step[] {
  const { costOf = costsOf(arrangement), capOf } = taking;
  const { overheadSeconds = limits.migrationOverheadSeconds } = taking;
  const cap = (unit: number) =>
    capOf === undefined ? Number.POSITIVE_INFINITY : real(capOf, unit);
  const last = new Map(moves.map(({ unit }, at) => [unit, at]));
  const speed = (host: number) =>
    arrangement.hosts[host]?.linkMibPerSecond ?? limits.linkMibPerSecond;
  let now = 0;
  return moves.map(({ unit, from, to }, at) => {
    const startSeconds = now;
    const rate = Math.min(speed(from), speed(to), cap(unit));
    now += overheadSeconds + real(costOf, unit) / rate;
    return { unit, from, to, startSeconds, endSeconds: now, stopsOver: last.get(unit) !== at };
  });
}
