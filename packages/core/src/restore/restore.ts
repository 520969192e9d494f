/**
 * VMs back where they were, such as after the maintenance of a host: each that its home takes again, in a safe
 * order; the others stay, each with a reason. Touches nothing.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { Vm, VmId } from '../cluster/vm.ts';
import { heldByItself } from '../drain/blockers.ts';
import { remedyFor } from '../explain/refusal.ts';
import { byId } from '../order.ts';
import { place } from '../placement/place.ts';
import { applyMoves } from '../plan/apply.ts';
import { movesOf } from '../plan/moves-of.ts';
import type { Blocker, Plan } from '../plan/plan.ts';
import { schedule, scheduleDefaults } from '../plan/schedule.ts';
import { defaultWaveLimits, type WaveLimits } from '../plan/wave-limits.ts';
import { Arrangement } from '../search/arrangement.ts';
import { costsOf } from '../search/costs.ts';
import { Loads } from '../search/loads.ts';

export interface RestorePlan extends Plan {
  /** VMs that stay where they are. */
  readonly stay: readonly Blocker[];
}

export function planRestore(
  cluster: Cluster,
  homes: ReadonlyMap<VmId, HostId>,
  waveLimits: WaveLimits = defaultWaveLimits,
): RestorePlan {
  const arrangement = new Arrangement(cluster);
  const costOf = costsOf(arrangement);
  const away = [...homes]
    .flatMap(([vmId, home]) => {
      const vm = cluster.vms.get(vmId);
      return vm === undefined || vm.hostId === home ? [] : [{ vm, home }];
    })
    .toSorted((a, b) => byId(a.vm, b.vm));
  const wanted = new Map<number, number>();
  for (const [unit, { vms }] of arrangement.units.entries()) {
    const [home, ...others] = new Set(vms.map(({ id, hostId }) => homes.get(id) ?? hostId));
    const to = arrangement.book.hostIndex(home ?? '');
    const mayMove = vms.every((vm) => heldByItself(vm) === undefined);
    if (others.length === 0 && to >= 0 && mayMove && arrangement.eligible(unit, to)) {
      wanted.set(unit, to);
    }
  }
  const { steps } = schedule(arrangement, wanted, {
    ...scheduleDefaults,
    ...waveLimits,
    costOf,
    mayStopOver: false,
  });
  const start = new Arrangement(cluster);
  const { moves, waves } = movesOf(start, new Loads(start), steps, {
    waveLimits,
    reasonOf: ({ target }) => `goes back to ${target}, where it was before`,
  });
  const after = applyMoves(cluster, moves);
  return {
    revision: cluster.revision,
    moves,
    waves,
    estimatedSeconds: Math.ceil(Math.max(0, ...steps.map(({ endSeconds }) => endSeconds))),
    stay: away
      .filter(({ vm, home }) => after.vms.get(vm.id)?.hostId !== home)
      .map(({ vm, home }) => heldByItself(vm) ?? homeRefuses(after, vm, home)),
  };
}

function homeRefuses(cluster: Cluster, vm: Vm, home: HostId): Blocker {
  const source = vm.hostId === undefined ? {} : { source: vm.hostId };
  const { rejections } = place(cluster, { shape: vm, only: home, ...source });
  const own = rejections.filter(({ hostId }) => hostId === home);
  return {
    vmId: vm.id,
    vmName: vm.name,
    reason: own[0]?.reason ?? 'no-safe-order',
    rejections: own,
    remedy: remedyFor(own),
  };
}
