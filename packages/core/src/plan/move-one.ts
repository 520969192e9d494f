/** One VM off one host, on this snapshot: the best host that takes it, or why none does. */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { Vm } from '../cluster/vm.ts';
import { place } from '../placement/place.ts';
import type { Blocker, Move } from './plan.ts';
import { heldByItself, noHostFits } from '../drain/blockers.ts';

export type PlannedMove =
  | { readonly type: 'move'; readonly move: Move }
  | { readonly type: 'blocked'; readonly blocker: Blocker };

export function planMove(
  cluster: Cluster,
  vm: Vm,
  source: HostId,
  exclude: readonly HostId[] = [],
): PlannedMove {
  const held = heldByItself(vm);
  if (held !== undefined) return { type: 'blocked', blocker: held };
  const answer = place(cluster, { shape: vm, source, exclude });
  if (answer.type === 'refused') {
    return { type: 'blocked', blocker: noHostFits(cluster, vm, source, exclude) };
  }
  const best = answer.candidates[0];
  const others = answer.candidates.length - 1;
  const reason =
    `best of ${answer.candidates.length} with ${best?.score ?? 0} points` +
    (others === 0 ? ', the only one that fits' : '');
  return {
    type: 'move',
    move: {
      vmId: vm.id,
      vmName: vm.name,
      source,
      target: answer.hostId,
      mode: vm.migrationMode,
      memoryMib: vm.request.memoryMib,
      reason,
    },
  };
}
