/**
 * What was recommended and is not any more, though nobody answered it, and why. The leader remembers the newest of them
 * as long as it leads: they are a record of what was thought, and nothing is decided by them.
 */
import { explainReason } from '@drover/core';
import { type api, balanceSettings } from '@drover/protocol';
import type { Turn } from '../turn.ts';

type Recommendation = api.RecommendationBody;
type Withdrawn = NonNullable<api.BalanceStatus['withdrawn']>[number];

/** The newest, one for each move. */
const kept = 50;

/** With those that stood until now and are not among the `next`. */
export function withdrawnWith(turn: Turn, next: readonly Recommendation[]): readonly Withdrawn[] {
  const { recommendations, withdrawn } = turn.volatile.balance;
  const still = new Set(next.map(({ id }) => id));
  const gone = recommendations.filter(({ id }) => !still.has(id) && !isAnswered(turn, id));
  if (gone.length === 0) return withdrawn;
  const news = gone.map((one): Withdrawn => {
    const { id, vmId, vmName, source, target, reason, sinceMs } = one;
    const why = whyGone(turn, one, next);
    return { id, vmId, vmName, source, target, reason, sinceMs, atMs: turn.now.wallMs, why };
  });
  const ids = new Set(news.map(({ id }) => id));
  return [...news, ...withdrawn.filter(({ id }) => !ids.has(id))].slice(0, kept);
}

/** What somebody made of it has a record of its own. */
function isAnswered({ mirror, now }: Turn, id: string): boolean {
  const dismissal = mirror.dismissals.get(id)?.value;
  if (dismissal !== undefined && dismissal.untilMs > now.wallMs) return true;
  for (const { value } of mirror.requests.values()) {
    if (value.type === 'migrate' && value.recommendation?.id === id) return true;
  }
  return [...mirror.operations.values()].some(({ value }) => value.recommendationId === id);
}

function whyGone(
  turn: Turn,
  { vmId, source, target }: Recommendation,
  next: readonly Recommendation[],
): string {
  const { cluster, mirror, now, volatile } = turn;
  const vm = cluster.vms.get(vmId);
  if (vm === undefined) return 'the VM was deleted';
  if (vm.hostId !== undefined && vm.hostId !== source) return `it is on ${vm.hostId} now`;
  if (vm.state !== 'running') return `it is ${vm.state}`;
  if (balanceSettings(mirror).mode === 'observe') return 'the mode is “observe” now';
  if (vm.balance === 'never') return 'it is not to be moved for balance any more';
  for (const { value } of mirror.dismissals.values()) {
    if (value.vmId === vmId && value.untilMs > now.wallMs)
      return 'its VM is left alone for a while';
  }
  for (const hostId of [source, target]) {
    const { health, intent } = cluster.hosts.get(hostId) ?? {};
    if (health !== 'up') return `${hostId} is ${health ?? 'gone'}`;
    if (intent !== 'active') return `${hostId} is ${intent}`;
  }
  const { held, barred } = volatile.balance.found;
  const no = barred.get(vmId)?.find((one) => one.hostId === target)?.reasons ?? [];
  const refused = [...(held.get(vmId) ?? []), ...no].map(explainReason).join('; ');
  if (refused !== '') return refused.slice(0, 1000);
  const instead = next.find((one) => one.vmId === vmId);
  if (instead !== undefined) return `${instead.target} is better for it now`;
  return 'it is not worth its price any more: load has changed, or other moves make up for it';
}
