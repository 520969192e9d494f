/** What a VM's record keeps of its moves for as long as it runs: when the last one was, and from where a drain moved it away. */
import type { AssignmentRecord, OperationRecord } from '@drover/protocol';
import type { Turn } from './turn.ts';

type Moves = Pick<AssignmentRecord, 'movedAtMs' | 'home'>;

/** In a record that says nothing else about it. */
export function keptOfMoves(
  before: AssignmentRecord | undefined,
  now: Pick<AssignmentRecord, 'hostId' | 'movedAtMs'>,
): Moves {
  const isOn = before?.hostId !== undefined && now.hostId !== undefined;
  if (!isOn || now.movedAtMs !== undefined) return {};
  const { movedAtMs, home } = before;
  return {
    ...(movedAtMs === undefined ? {} : { movedAtMs }),
    ...(home === undefined ? {} : { home }),
  };
}

/** It has just moved. One that is drained again remembers where it was first. */
export function movedNow(turn: Turn, operation: OperationRecord): Moves {
  const { vmId = '', source, target, parentId } = operation;
  const movedAtMs = turn.now.wallMs;
  const parent = turn.mirror.operations.get(parentId ?? '')?.value;
  const home = turn.mirror.assignments.get(vmId)?.value.home ?? source;
  if (parent?.type !== 'drain' || home === undefined || home === target) return { movedAtMs };
  return { movedAtMs, home };
}
