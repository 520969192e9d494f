/** The plan of balance on a snapshot: what the core says, with what was recommended before kept as long as it is as good. */
import { type BalancePlan, type Cluster, steadyBalance, unattendedBalance } from '@drover/core';
import { balanceSettings } from '@drover/protocol';
import { waveLimitsOf } from '../slots.ts';
import type { Turn } from '../turn.ts';
import { leavingAlone, withLoad } from './loaded.ts';
import { balanceOptions } from './options.ts';

/** `unevenSinceMs`: on the clock that decides; absent: a person asks, and nothing has to last. */
export function planOn(turn: Turn, found: Cluster, unevenSinceMs: number | undefined): BalancePlan {
  const { now, mirror, volatile } = turn;
  const cluster = leavingAlone(withLoad(found, turn), turn);
  const former = new Map(
    volatile.balance.recommendations.map(({ vmId, target }) => [vmId, target]),
  );
  const since = unevenSinceMs === undefined ? undefined : now.monoMs - unevenSinceMs;
  const isUnattended = balanceSettings(mirror).mode === 'automatic';
  const planned = isUnattended ? unattendedBalance : steadyBalance;
  return planned(
    cluster,
    former,
    {
      ...balanceOptions(cluster, mirror, now),
      ...(since === undefined ? {} : { unevenSinceMs: now.wallMs - since }),
    },
    waveLimitsOf(cluster, undefined),
  );
}
