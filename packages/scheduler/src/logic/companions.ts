/**
 * Moves for balance of VMs that a hard rule keeps together: each is an operation, and none begins before hosts have said
 * that all of them can be made. Once one has begun the others follow it (slots.ts). What a drain or a rule orders has
 * been asked about before.
 */
import { type Blocker, explainReason, explainRejection, type Vm } from '@drover/core';
import { type OperationError, type OperationRecord, rejectionRecord } from '@drover/protocol';
import { namedTarget } from './migration-order.ts';
import { findUnitTarget } from './move-unit.ts';
import type { Turn } from './turn.ts';
import { isOpen } from './vm-shape.ts';

/** Nothing: it may begin as far as the others are concerned. */
export function companionsOf(
  turn: Turn,
  operation: OperationRecord,
  vm: Vm,
  source: string,
): { readonly wait: string } | { readonly no: OperationError } | undefined {
  const { parentId, along = [] } = operation;
  if (parentId !== undefined || along.length === 0) return undefined;
  const target = namedTarget(turn.mirror, operation) ?? '';
  const theirs = operationsOf(turn, operation);
  const isAhead = theirs.some(({ state }) => state === 'succeeded');
  if (isAhead || turn.slots.hasBegunAlong(operation, target)) return undefined;
  const left = theirs.find((one) => !isOpen(one));
  if (left !== undefined) return { no: changed(target, `${left.vmName} ${left.state}`) };
  const unit = [vm, ...along.flatMap((id) => turn.cluster.vms.get(id) ?? [])];
  const away = unit.find(({ hostId }) => hostId !== source);
  if (away !== undefined || unit.length <= along.length) {
    return { no: changed(target, `${away?.name ?? 'one of them'} is not on ${source}`) };
  }
  const slotFor = (hostId: string) => turn.slots.slotFor({ operation, source, target: hostId });
  const move = {
    cluster: turn.cluster,
    unit: unit.toSorted(byId),
    source,
    planned: target,
    slotFor,
  };
  const found = findUnitTarget(turn, move);
  switch (found.type) {
    case 'asked':
      return { wait: 'what hosts say about the moves of what belongs together' };
    case 'wait':
      return { wait: found.what };
    case 'blocked':
      return { no: blocked(found.blocker, target) };
    case 'ready':
      return found.hostId === target
        ? undefined
        : { no: changed(target, `${target} does not take all of them`) };
  }
}

/** Of the same word: a later one is about something else. */
function operationsOf(
  turn: Turn,
  { id, vmId = '', along = [], source, createdAtMs }: OperationRecord,
) {
  return [...turn.mirror.operations.values()]
    .map(({ value }) => value)
    .filter(
      (one) =>
        one.id !== id &&
        one.recommendationId !== undefined &&
        one.createdAtMs === createdAtMs &&
        one.source === source &&
        along.includes(one.vmId ?? '') &&
        one.along?.includes(vmId) === true,
    );
}

function byId(a: Vm, b: Vm): number {
  return a.id < b.id ? -1 : 1;
}

function changed(target: string, why: string): OperationError {
  const message = `what a rule keeps together does not go to ${target} any more: ${why}`;
  return { code: 'target-changed', message: message.slice(0, 1000) };
}

function blocked(
  { vmName, held = [], rejections, reason }: Blocker,
  target: string,
): OperationError {
  const said = [...held.map(explainReason), ...rejections.map(explainRejection)].join('; ');
  const { code, message } = changed(target, `${vmName}: ${said === '' ? reason : said}`);
  return { code, message, rejections: rejections.map(rejectionRecord) };
}
