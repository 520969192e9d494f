/** Why a host is in no round of a maintenance, and what would help. */
import type { Host, HostId } from '../cluster/host.ts';
import type { Blocker } from '../plan/plan.ts';

/**
 *   no-such-host       nobody knows it
 *   host-not-up        nothing can be moved off it now
 *   vms-cannot-leave   some of its VMs have no place, even with it emptied alone
 *   headroom-lost      emptied, it would leave a host whose loss is not borne
 */
export type LeftReason = 'no-such-host' | 'host-not-up' | 'vms-cannot-leave' | 'headroom-lost';

/** A host that no round empties. */
export interface LeftHost {
  readonly hostId: HostId;
  readonly reason: LeftReason;
  /** Of `vms-cannot-leave`. */
  readonly blockers: readonly Blocker[];
  readonly remedy: string;
}

export function whyLeft(
  hostId: HostId,
  host: Host | undefined,
  blockersOf: () => readonly Blocker[],
): LeftHost {
  const left = (reason: LeftReason, remedy: string, blockers: readonly Blocker[] = []) => ({
    hostId,
    reason,
    blockers,
    remedy,
  });
  if (host === undefined) return left('no-such-host', 'check its name');
  if (host.health !== 'up') {
    return left('host-not-up', `it is ${host.health}: bring it back, or recover its VMs`);
  }
  const blockers = blockersOf();
  return blockers.length > 0
    ? left('vms-cannot-leave', 'see its VMs, each has a remedy', blockers)
    : left('headroom-lost', 'add room, or do without the loss of a host being borne meanwhile');
}
