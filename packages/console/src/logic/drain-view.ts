/** A drain as its page shows it: what it would do to the other hosts, and how each VM fares once it runs. */
import type { ClusterState } from './cluster-state.ts';
import { naturally } from './map-view.ts';
import type { DrainPlan, Operation, Tone } from './types.ts';

export interface TargetView {
  readonly hostId: string;
  readonly arriving: number;
  readonly beforeMib: number;
  readonly afterMib: number;
  readonly ofMib: number;
}

/** The hosts that get something, as they are and as they would be. */
export function targetsOf(
  plan: Pick<DrainPlan, 'moves'>,
  state: Pick<ClusterState, 'hosts'>,
): readonly TargetView[] {
  const arriving = new Map<string, { count: number; mib: number }>();
  for (const { target, memoryMib } of plan.moves) {
    const known = arriving.get(target) ?? { count: 0, mib: 0 };
    arriving.set(target, { count: known.count + 1, mib: known.mib + memoryMib });
  }
  return [...arriving]
    .map(([hostId, { count, mib }]) => {
      const host = state.hosts.get(hostId);
      const beforeMib = host?.promised.memoryMib ?? 0;
      return {
        hostId,
        arriving: count,
        beforeMib,
        afterMib: beforeMib + mib,
        ofMib: host?.allocatable.memoryMib ?? 0,
      };
    })
    .toSorted((one, other) => naturally(one.hostId, other.hostId));
}

/** The host’s newest drain, or none that is remembered. */
export function newestDrain(
  operations: Iterable<Operation>,
  hostId: string,
): Operation | undefined {
  let newest: Operation | undefined;
  for (const one of operations) {
    if (one.type !== 'drain' || one.hostId !== hostId) continue;
    if (newest === undefined || one.createdAtMs > newest.createdAtMs) newest = one;
  }
  return newest;
}

export interface DrainRow {
  readonly vmId: string;
  readonly vmName: string;
  readonly target: string | undefined;
  readonly state: string;
  readonly tone: Tone;
  /** 0 to 100. */
  readonly percent: number;
  readonly remainingBytes: number | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly round: number | undefined;
  readonly pauseMs: number | undefined;
  readonly note: string;
  readonly remedy: string;
}

const tones: Readonly<Record<string, Tone>> = {
  waiting: 'idle',
  moving: 'move',
  moved: 'good',
  gone: 'idle',
  blocked: 'bad',
  cancelled: 'warn',
};

export function drainRows(
  drain: Operation,
  state: Pick<ClusterState, 'operations' | 'progress'>,
): readonly DrainRow[] {
  return (drain.items ?? []).map((item) => {
    const move =
      item.operationId === undefined ? undefined : state.operations.get(item.operationId);
    const at =
      item.operationId === undefined
        ? undefined
        : (state.progress.get(item.operationId) ?? move?.progress);
    const isMoving = item.state === 'moving';
    return {
      vmId: item.vmId,
      vmName: item.vmName,
      target: item.target,
      state: item.state,
      tone: tones[item.state] ?? 'idle',
      percent: item.state === 'moved' ? 100 : isMoving ? Math.min(100, at?.percent ?? 0) : 0,
      remainingBytes:
        isMoving && at !== undefined && at.totalBytes > 0 ? at.remainingBytes : undefined,
      bytesPerSecond: isMoving ? rateOf(at) : undefined,
      round: isMoving && at !== undefined && at.iteration > 0 ? at.iteration : undefined,
      pauseMs: move?.downtimeMs,
      note: item.reason ?? '',
      remedy: item.remedy ?? '',
    };
  });
}

function rateOf(at: Operation['progress']): number | undefined {
  if (at === undefined || at.elapsedMs <= 0 || at.transferredBytes <= 0) return undefined;
  return Math.round((at.transferredBytes * 1000) / at.elapsedMs);
}

export interface DrainSum {
  readonly moved: number;
  readonly blocked: number;
  readonly all: number;
  readonly percent: number;
  readonly longestPauseMs: number | undefined;
}

export function sumOf(rows: readonly DrainRow[]): DrainSum {
  const has = (state: string) => rows.filter((row) => row.state === state).length;
  const pauses = rows.flatMap((row) => row.pauseMs ?? []);
  const done = rows.reduce((total, row) => total + row.percent, 0);
  return {
    moved: has('moved') + has('gone'),
    blocked: has('blocked'),
    all: rows.length,
    percent: rows.length === 0 ? 100 : Math.round(done / rows.length),
    longestPauseMs: pauses.length === 0 ? undefined : Math.max(...pauses),
  };
}

/** How it stands, in one honest sentence. */
export function drainSentence(drain: Operation, sum: DrainSum): string {
  const host = drain.hostId ?? 'the host';
  switch (drain.state) {
    case 'pending':
      if (drain.paused !== undefined) return `Paused by ${drain.paused.by} before it began`;
      return `Waits to begin${drain.reason === undefined ? '' : `: ${drain.reason}`}`;
    case 'running': {
      const paused = drain.paused === undefined ? '' : `Paused by ${drain.paused.by}: `;
      return `${paused}${sum.moved} of ${sum.all} moved${sum.blocked > 0 ? `, ${sum.blocked} cannot leave as things are` : ''}`;
    }
    case 'succeeded':
      return `${host} is empty: nothing is left on it`;
    case 'blocked':
      return `${host} is not empty: ${sum.moved} moved, ${sum.blocked} could not leave`;
    case 'cancelled':
      return `Cancelled: ${sum.moved} of ${sum.all} had moved and stay where they are`;
    case 'failed':
      return `Failed${drain.error === undefined ? '' : `: ${drain.error.message}`}`;
  }
}
