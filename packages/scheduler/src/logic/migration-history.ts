/**
 * What moves have taken here lately, from the operations that are kept: how fast memory goes, and what a move takes
 * besides. Medians, so that one move through a disturbed network does not count for all.
 */
import { limits } from '@drover/core';
import type { OperationRecord } from '@drover/protocol';

export interface MigrationPace {
  readonly mibPerSecond: number;
  readonly overheadSeconds: number;
  /** Moves that it was learned from; 0: the cluster's defaults. */
  readonly moves: number;
}

/** Of a move that sends less the speed says nothing. */
const leastBytes = 8 * 1024 * 1024;
const newest = 15;
/** Fewer have no median to speak of: then more hosts are looked at. */
const fewest = 3;
/** From this share of its cap on it was the cap that a move went by. */
const cappedShare = 0.8;
const mib = 1024 * 1024;

/** Between these two hosts if they have moved a few VMs before, else from or to one of them, else anywhere. */
export function paceOf(
  operations: Iterable<OperationRecord>,
  source: string,
  target: string,
): MigrationPace {
  const done = [...operations].filter(isTelling);
  const newestFirst = done.toSorted((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0));
  const circles = [
    newestFirst.filter((one) => one.source === source && one.target === target),
    newestFirst.filter((one) => one.source === source || one.target === target),
    newestFirst,
  ];
  const circle = circles.find((moves) => moves.length >= fewest) ?? newestFirst;
  const learned = circle.slice(0, newest);
  if (learned.length === 0) {
    return {
      mibPerSecond: limits.linkMibPerSecond,
      overheadSeconds: limits.migrationOverheadSeconds,
      moves: 0,
    };
  }
  return {
    mibPerSecond: Math.max(0.1, median(learned.map(speedOf))),
    overheadSeconds: median(learned.map(overheadOf)),
    moves: learned.length,
  };
}

function isTelling(operation: OperationRecord): boolean {
  const { type, state, timeline, startedAtMs, endedAtMs } = operation;
  if (type !== 'migrate' || state !== 'succeeded' || timeline === undefined) return false;
  if (startedAtMs === undefined || endedAtMs === undefined) return false;
  if (timeline.transferredBytes < leastBytes || timeline.bytesPerSecond <= 0) return false;
  return timeline.throttlePercent === 0 && !wasCapped(operation);
}

/** It went as fast as its policy let it; the link may carry more. */
function wasCapped({ migration, timeline }: OperationRecord): boolean {
  const cap = migration?.policy.bandwidthMibps;
  return cap !== undefined && (timeline?.bytesPerSecond ?? 0) / mib >= cappedShare * cap;
}

function speedOf({ timeline }: OperationRecord): number {
  return (timeline?.bytesPerSecond ?? 0) / mib;
}

/** Of the whole operation, what the copying did not take. */
function overheadOf({ timeline, startedAtMs = 0, endedAtMs = 0 }: OperationRecord): number {
  const copiedMs = (timeline?.elapsedMs ?? 0) - (timeline?.setupMs ?? 0);
  return Math.max(0, (endedAtMs - startedAtMs - copiedMs) / 1_000);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
