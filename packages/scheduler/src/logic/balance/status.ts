/** What the leader says of balance when it is asked: the newest run, and which of its recommendations still stand. */
import { type Cluster, explainCalm } from '@drover/core';
import { type api, balanceSettings, type RecordMirror } from '@drover/protocol';
import type { Now } from '../port.ts';
import { isOpen } from '../vm-shape.ts';
import { pausedBecause } from './brake.ts';
import { movesLeft, restingVms } from './options.ts';
import type { BalanceState } from './state.ts';

interface Seen {
  readonly cluster: Cluster;
  readonly volatile: { readonly balance: BalanceState };
}

export function balanceStatus(seen: Seen, mirror: RecordMirror, now: Now): api.BalanceStatus {
  const { ran } = seen.volatile.balance;
  const recommendations = [...currentOf(seen, mirror, now)];
  const paused = pausedBecause(seen, mirror, now);
  const calm = calmOf(seen.volatile.balance, mirror, recommendations.length);
  return {
    ...(ran === undefined
      ? { terms: [] }
      : {
          ranAtMs: ran.wallMs,
          unevenBefore: ran.unevenBefore,
          unevenAfter: ran.unevenAfter,
          terms: ran.terms,
        }),
    ...(calm === undefined ? {} : { calm }),
    ...(paused === undefined ? {} : { paused }),
    movesLeft: movesLeft(mirror, now),
    recommendations,
    withdrawn: seen.volatile.balance.withdrawn,
  };
}

function calmOf(
  { ran }: BalanceState,
  mirror: RecordMirror,
  count: number,
): api.BalanceStatus['calm'] {
  if (count > 0) return undefined;
  if (ran === undefined)
    return { code: 'not-run-yet', text: 'load has not been heard for a minute yet' };
  if (ran.calm !== undefined) return ran.calm;
  if (balanceSettings(mirror).mode === 'observe') {
    return { code: 'only-observed', text: 'its mode is “observe”: nothing is recommended' };
  }
  return {
    code: 'done',
    text: 'what was recommended is done, or no longer right; it is looked again in a minute',
  };
}

export function calmText(
  code: Parameters<typeof explainCalm>[0],
): NonNullable<api.BalanceStatus['calm']> {
  return { code, text: explainCalm(code) };
}

/**
 * Without those that a person has dismissed, whose VM is never to be moved for balance, or is not any more as it was, or
 * its target.
 */
export function currentOf(
  { cluster, volatile }: Seen,
  mirror: RecordMirror,
  now: Now,
): readonly api.RecommendationBody[] {
  const { recommendations } = volatile.balance;
  if (recommendations.length === 0 || balanceSettings(mirror).mode === 'observe') return [];
  const busy = new Set<string>();
  for (const { value } of mirror.operations.values()) {
    if (isOpen(value) && value.vmId !== undefined) busy.add(value.vmId);
  }
  for (const { value } of mirror.requests.values()) {
    if (!mirror.operations.has(value.id) && 'vmId' in value) busy.add(value.vmId);
  }
  for (const { value } of mirror.dismissals.values()) {
    if (value.untilMs > now.wallMs) busy.add(value.vmId);
  }
  // A person may have moved it away and back since the plan was made.
  const resting = restingVms(mirror, now);
  const right = recommendations.filter(({ vmId, source, target }) => {
    if (busy.has(vmId) || resting.has(vmId)) return false;
    const vm = cluster.vms.get(vmId);
    const host = cluster.hosts.get(target);
    const isThere = vm?.hostId === source && vm.state === 'running';
    if (vm?.balance === 'never') return false;
    const isOpenTo = host?.health === 'up' && host.intent === 'active';
    return isThere && isOpenTo && cluster.hosts.get(source)?.health === 'up';
  });
  // Of what a rule keeps together all can go, or none.
  const ids = new Set(right.map(({ vmId }) => vmId));
  return right.filter(({ along }) => along.every((vmId) => ids.has(vmId)));
}
