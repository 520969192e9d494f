/** Moves of a drain, a restore, or a rule that is enforced, become migrations of their own: those of a unit in one transaction. */
import { type DrainItem, keys, type OperationRecord, type Stored } from '@drover/protocol';
import { put, type Turn } from './turn.ts';

export interface MoveToOrder {
  /** Of its item. */
  readonly index: number;
  /** With its target. */
  readonly item: DrainItem;
  readonly source: string;
}

export function orderMoves(
  turn: Turn,
  stored: Stored<OperationRecord>,
  items: readonly DrainItem[],
  moves: readonly MoveToOrder[],
  reason: string,
): void {
  const children = moves.map((move) => childOf(turn, stored.value, move, moves, reason));
  const now = [...items];
  for (const [at, { index, item }] of moves.entries()) {
    now[index] = { ...item, state: 'moving', operationId: children[at]?.id ?? '' };
  }
  const isDecided = turn.commit(
    turn.putOperation(stored, { items: now }),
    ...children.map((child) => put(keys.operation(child.id), child, 0)),
  );
  if (!isDecided) return;
  for (const { item, source } of moves) {
    if (item.target !== undefined) {
      turn.slots.order(moveTo(stored.value, item.vmId, source, item.target));
    }
  }
}

/** As the slots know a move of this operation that has no record yet. */
export function moveTo(
  { id }: Pick<OperationRecord, 'id'>,
  vmId: string,
  source: string,
  target: string,
) {
  return { move: { id: '', parentId: id, vmId }, source, target };
}

function childOf(
  turn: Turn,
  { id, by }: OperationRecord,
  { index, item, source }: MoveToOrder,
  moves: readonly MoveToOrder[],
  reason: string,
): OperationRecord {
  const along = moves.map((one) => one.item.vmId).filter((vmId) => vmId !== item.vmId);
  return {
    v: 1,
    id: `${id}-${index}-${item.attempts}`,
    type: 'migrate',
    state: 'pending',
    step: 'place',
    stepIndex: 0,
    vmId: item.vmId,
    vmName: item.vmName,
    source,
    ...(item.target === undefined ? {} : { target: item.target }),
    ...(item.cold === true ? { mode: 'cold' as const } : {}),
    ...(along.length === 0 ? {} : { along }),
    parentId: id,
    generation: turn.cluster.vms.get(item.vmId)?.generation ?? 0,
    epoch: turn.epoch,
    reason,
    by,
    createdAtMs: turn.now.wallMs,
  };
}
