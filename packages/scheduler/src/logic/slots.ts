/**
 * How many migrations may copy at the same time. One stream fills a link: two at once take as long, and both VMs are
 * written to for twice the time. So one out of a host and one into it, unless policies cap them or a person says
 * otherwise; in all no more than half of the hosts. A move that has been copied holds no slot while it is looked after.
 */
import type { MigrationInFlight } from '@drover/core';
import type { OperationRecord } from '@drover/protocol';
import { slots } from './settings.ts';
import type { Turn } from './turn.ts';

export interface SlotWanted {
  readonly operation: OperationRecord;
  readonly source: string;
  readonly target: string;
  /** What the policy lets it take of a link; absent: all. */
  readonly bandwidthMibps?: number | undefined;
}

/** True, or what is waited for. */
export function slotFor(turn: Turn, wanted: SlotWanted): true | string {
  const { operation, source, target } = wanted;
  const copying = copyingIn(turn);
  const parallel = parallelOf(turn, operation);
  const out = copying.filter((one) => one.source === source).length;
  const into = copying.filter((one) => one.target === target).length;
  if (out >= Math.max(parallel, slotsOf(turn, source, wanted, slots.outPerHost))) {
    return `a free slot for a migration out of ${source}`;
  }
  if (into >= Math.max(parallel, slotsOf(turn, target, wanted, slots.inPerHost))) {
    return `a free slot for a migration to ${target}`;
  }
  const free = perCluster(turn) - copying.length;
  if (free <= 0) return `a free slot: ${copying.length} VMs are being moved`;
  return isItsTurn(turn, operation, copying, free) || 'a free slot: other drains come first';
}

/** Moves of the drain that it is part of which may copy at once, where a person said so. */
export function parallelOf(turn: Turn, { id, parentId }: OperationRecord): number {
  const request = turn.mirror.requests.get(parentId ?? id)?.value;
  return request?.type === 'drain' ? (request.parallel ?? 1) : 1;
}

/** Whether a move still copies or is about to; what comes after that costs no link anything. */
export function isCopying({ state, step }: OperationRecord): boolean {
  return state === 'pending' || (state === 'running' && (step === 'prepare' || step === 'perform'));
}

function copyingIn(turn: Turn): readonly MigrationInFlight[] {
  return turn.cluster.migrations.filter(({ operationId }) => {
    const operation = turn.mirror.operations.get(operationId)?.value;
    return operation === undefined || isCopying(operation);
  });
}

/** As many capped streams as a link of known speed carries. */
function slotsOf(turn: Turn, hostId: string, { bandwidthMibps }: SlotWanted, atLeast: number) {
  const link = turn.cluster.hosts.get(hostId)?.linkMibPerSecond;
  if (link === undefined || bandwidthMibps === undefined) return atLeast;
  return Math.min(slots.perLink, Math.max(atLeast, Math.floor(link / bandwidthMibps)));
}

function perCluster(turn: Turn): number {
  let up = 0;
  for (const host of turn.cluster.hosts.values()) if (host.health === 'up') up += 1;
  return Math.max(slots.perClusterAtLeast, Math.ceil(up / 2));
}

/** Where there are more drains than slots, the one with fewer moves under way goes first. */
function isItsTurn(
  turn: Turn,
  operation: OperationRecord,
  copying: readonly MigrationInFlight[],
  free: number,
): boolean {
  const familyOf = ({ id, parentId }: OperationRecord) => parentId ?? id;
  const underWay = new Map<string, number>();
  for (const { operationId } of copying) {
    const one = turn.mirror.operations.get(operationId)?.value;
    if (one) underWay.set(familyOf(one), (underWay.get(familyOf(one)) ?? 0) + 1);
  }
  const busy = new Set(copying.map(({ source }) => source));
  const waiting = new Set<string>();
  for (const { value } of turn.mirror.operations.values()) {
    if (value.type !== 'migrate' || value.state !== 'pending') continue;
    if (value.source === undefined || !busy.has(value.source)) waiting.add(familyOf(value));
  }
  const own = familyOf(operation);
  waiting.delete(own);
  if (free > waiting.size) return true;
  const mine = underWay.get(own) ?? 0;
  return [...waiting].every((family) => (underWay.get(family) ?? 0) >= mine);
}
