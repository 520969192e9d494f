/**
 * The plan that empties a host: largest VMs first, each to the best host that remains, everything placed
 * before counted on both hosts. Touches nothing.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { Vm } from '../cluster/vm.ts';
import { remedyFor } from '../explain.ts';
import { limits } from '../limits.ts';
import { byId } from '../order.ts';
import { place } from '../placement/place.ts';
import { beginMove } from '../plan/apply.ts';
import { defaultWaveLimits, toWaves, type WaveLimits } from '../plan/order.ts';
import type { Blocker, DrainPlan, Move } from '../plan/plan.ts';

export interface DrainOptions {
  readonly waveLimits?: WaveLimits;
}

export function planDrain(cluster: Cluster, hostId: HostId, options: DrainOptions = {}): DrainPlan {
  const moves: Move[] = [];
  const blockers: Blocker[] = [];
  let now = cluster;
  for (const vm of largestFirst(cluster, hostId)) {
    const planned = planMove(now, vm, hostId);
    if (planned.type === 'blocked') {
      blockers.push(planned.blocker);
      continue;
    }
    moves.push(planned.move);
    now = beginMove(now, planned.move);
  }
  const waves = toWaves(moves, options.waveLimits ?? defaultWaveLimits);
  return {
    hostId,
    revision: cluster.revision,
    moves,
    waves,
    blockers,
    estimatedSeconds: estimate(moves, waves),
  };
}

function largestFirst(cluster: Cluster, hostId: HostId): readonly Vm[] {
  return [...cluster.vms.values()]
    .filter((vm) => vm.hostId === hostId)
    .toSorted((a, b) => b.request.memoryMib - a.request.memoryMib || byId(a, b));
}

type Planned =
  | { readonly type: 'move'; readonly move: Move }
  | { readonly type: 'blocked'; readonly blocker: Blocker };

/** One VM off one host, on this snapshot. */
export function planMove(
  cluster: Cluster,
  vm: Vm,
  source: HostId,
  exclude: readonly HostId[] = [],
): Planned {
  const about = { vmId: vm.id, vmName: vm.name };
  const blocked = (reason: Blocker['reason'], remedy: string): Planned => ({
    type: 'blocked',
    blocker: { ...about, reason, rejections: [], remedy },
  });
  if (vm.state === 'unknown') {
    return blocked('vm-unknown', 'wait until both hosts are heard; its last operation says why');
  }
  if (vm.state === 'starting' || vm.state === 'stopping' || vm.state === 'migrating') {
    return blocked('vm-busy', `wait until it is no longer ${vm.state}`);
  }
  if (vm.state !== 'running') {
    return blocked('vm-not-running', 'start it elsewhere, or delete it');
  }
  const answer = place(cluster, { shape: vm, source, exclude });
  if (answer.type === 'refused') {
    const { rejections } = answer;
    const remedy = remedyFor(rejections);
    return { type: 'blocked', blocker: { ...about, reason: 'no-host-fits', rejections, remedy } };
  }
  const best = answer.candidates[0];
  const others = answer.candidates.length - 1;
  const reason =
    `best of ${answer.candidates.length} with ${best?.score ?? 0} points` +
    (others === 0 ? ', the only one that fits' : '');
  return {
    type: 'move',
    move: {
      ...about,
      source,
      target: answer.hostId,
      mode: vm.migrationMode,
      memoryMib: vm.request.memoryMib,
      reason,
    },
  };
}

/** Each wave lasts as long as its largest VM takes over the assumed link, shared by the wave. */
function estimate(moves: readonly Move[], waves: readonly (readonly number[])[]): number {
  const overheadSeconds = 2;
  let seconds = 0;
  for (const wave of waves) {
    const memory = wave.map((index) => moves[index]?.memoryMib ?? 0);
    const total = memory.reduce((sum, one) => sum + one, 0);
    seconds += overheadSeconds + Math.ceil(total / limits.linkMibPerSecond);
  }
  return seconds;
}
