/** Which loss the cluster bears, as the map's head says it: one sentence, and whose VMs would find no place. */
import { headroomSentence, why } from '@drover/cli/words';
import { capital } from './sentence.ts';
import type { Headroom } from './types.ts';

/** So many VMs are named. */
const namedVms = 8;
/** So many hosts' reasons are told of each; where there are more, its remedy says enough. */
const toldReasons = 4;

export interface HeadroomView {
  readonly sentence: string;
  /** Losing one host would leave VMs without a place. */
  readonly isAtRisk: boolean;
  /** Of a cluster that bears a loss: the larger one that it does not. */
  readonly limit: string | undefined;
  readonly vms: readonly { readonly name: string; readonly why: string }[];
  readonly more: number;
}

/** Nothing where there is nothing to say: no host is up. */
export function headroomView(headroom: Headroom): HeadroomView | undefined {
  const { bears, worst } = headroom;
  if (bears === 0 && worst === undefined) return undefined;
  const left = (worst?.left ?? []).slice(0, namedVms);
  return {
    sentence: capital(headroomSentence(headroom)),
    isAtRisk: bears === 0,
    limit:
      bears === 0 || worst === undefined
        ? undefined
        : `Losing ${headroomSentence({ ...headroom, bears: 0, atRisk: [] }).slice('losing '.length)}.`,
    vms: left.map(({ vmName, rejections, remedy }) => {
      const told = rejections.filter(({ reason }) => reason !== 'host-not-up');
      const reasons = told.map((no) => `${no.hostId}: ${why(no)}`);
      return {
        name: vmName,
        why: [...(told.length > toldReasons ? [] : reasons), remedy].join('; '),
      };
    }),
    more: (worst?.vms ?? 0) - left.length,
  };
}
