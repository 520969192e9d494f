/** Is a move of an older plan still right on this snapshot? Asked just before it is made. */
import type { Cluster } from '../cluster/cluster.ts';
import type { Rejection } from '../placement/answer.ts';
import { reject } from '../placement/filters.ts';
import type { Move } from './plan.ts';

export type MoveCheck =
  | { readonly type: 'right' }
  /** The VM is not where the plan saw it, or not running any more. */
  | { readonly type: 'changed'; readonly why: string }
  /** The target would be refused today. */
  | { readonly type: 'refused'; readonly rejection: Rejection };

export function checkMove(
  cluster: Cluster,
  move: Pick<Move, 'vmId' | 'source' | 'target' | 'along'>,
): MoveCheck {
  const vm = cluster.vms.get(move.vmId);
  if (!vm) return { type: 'changed', why: 'the VM is gone' };
  if (vm.hostId !== move.source) {
    return { type: 'changed', why: `it is on ${vm.hostId ?? 'no host'} now` };
  }
  if (vm.state !== 'running') return { type: 'changed', why: `it is ${vm.state}` };
  const host = cluster.hosts.get(move.target);
  if (!host) return { type: 'changed', why: `${move.target} is gone` };
  const { source, along = [] } = move;
  const request = { shape: vm, source, along };
  const rejection = reject({ cluster, request, host });
  return rejection ? { type: 'refused', rejection } : { type: 'right' };
}
