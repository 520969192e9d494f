/** What it would take to bring the VMs back that drains moved away from a host, in a sentence. */
import { formatDuration } from '@drover/cli/words';
import type { Body } from '@drover/client/body';
import { count } from './amounts.ts';

export type RestorePlan = Body<'RestorePlan'>;

export function restoreSentence({
  moves,
  blockers,
  estimatedSeconds,
}: Pick<RestorePlan, 'moves' | 'blockers' | 'estimatedSeconds'>): string {
  if (moves.length + blockers.length === 0) {
    return 'No drain has moved a VM away from it that still runs elsewhere. It takes new VMs again.';
  }
  const stay = blockers.length === 0 ? '' : ` ${count(blockers.length, 'VM')} cannot go back.`;
  if (moves.length === 0) return `No VM goes back.${stay}`;
  const go = `${count(moves.length, 'VM')} ${moves.length === 1 ? 'goes' : 'go'} back`;
  return `${go}, in about ${formatDuration(estimatedSeconds * 1000)}; all of them run on meanwhile.${stay}`;
}
