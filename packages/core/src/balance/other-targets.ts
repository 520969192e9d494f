/** What became of the other hosts when balancing chose a target: which cannot take the VM, and what the rest would gain. */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { VmId } from '../cluster/vm.ts';
import type { Rejection } from '../placement/answer.ts';
import { place } from '../placement/place.ts';
import { Arrangement } from '../search/arrangement.ts';
import { Loads } from '../search/loads.ts';
import { balanceDefaults, type BalanceOptions } from './options.ts';

export interface OtherTarget {
  readonly hostId: HostId;
  /** What its move there alone would do for the cluster, in millionths; below zero: it would get less even. */
  readonly gain?: number;
  /** It cannot go there. */
  readonly rejection?: Rejection;
}

/** Every host but the VM's own, the best first, those that cannot take it last. Empty for a VM that runs nowhere. */
export function otherTargets(
  cluster: Cluster,
  vmId: VmId,
  { weights }: Pick<BalanceOptions, 'weights'> = balanceDefaults,
): readonly OtherTarget[] {
  const vm = cluster.vms.get(vmId);
  const arrangement = new Arrangement(cluster);
  const unit = arrangement.units.findIndex(({ vms }) => vms.some(({ id }) => id === vmId));
  if (vm?.hostId === undefined || unit < 0) return [];
  const loads = new Loads(arrangement, weights);
  const now = loads.total();
  const { rejections } = place(cluster, { shape: vm, source: vm.hostId });
  const found: OtherTarget[] = [];
  for (const [at, { id: hostId }] of arrangement.hosts.entries()) {
    if (hostId === vm.hostId) continue;
    const rejection = rejections.find((one) => one.hostId === hostId);
    if (rejection !== undefined || !arrangement.fits(unit, at)) {
      found.push({ hostId, ...(rejection === undefined ? {} : { rejection }) });
    } else {
      found.push({ hostId, gain: Math.round((now - loads.after(unit, at)) * 1_000_000) });
    }
  }
  const rank = ({ gain = Number.NEGATIVE_INFINITY }: OtherTarget) => gain;
  return found.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}
