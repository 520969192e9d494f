/** Migrations over time: a lane for each that ran beside others, under the host that they left. */
import { naturally } from './map-view.ts';
import type { Operation } from './types.ts';

export type Cause = 'drain' | 'recover' | 'back' | 'rule' | 'balance' | 'person';

export interface GanttBar {
  readonly operation: Operation;
  /** Percent of the time shown. */
  readonly left: number;
  readonly width: number;
  readonly lane: number;
  readonly cause: Cause;
}

export interface GanttRow {
  readonly hostId: string;
  readonly lanes: number;
  readonly bars: readonly GanttBar[];
}

export interface GanttView {
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: readonly GanttRow[];
  /** Times at which a line is drawn. */
  readonly ticks: readonly { readonly ms: number; readonly left: number }[];
  readonly failed: number;
  readonly all: number;
}

/** A bar that is thinner than that could not be clicked. */
const leastPercent = 0.6;
const stepsMs = [1, 2, 5, 10, 15, 30]
  .map((s) => s * 1000)
  .concat([1, 2, 5, 10, 15, 30, 60, 120, 240, 480].map((m) => m * 60_000));

/** `spanMs`: how far back; 0: as far as is remembered. */
export function ganttOf(operations: Iterable<Operation>, nowMs: number, spanMs: number): GanttView {
  const all = [...operations].filter(
    (one) => one.type === 'migrate' && one.startedAtMs !== undefined,
  );
  const since = spanMs === 0 ? 0 : nowMs - spanMs;
  const shown = all.filter((one) => endOf(one, nowMs) >= since);
  const fromMs = spanMs === 0 ? Math.min(nowMs - 60_000, ...shown.map(startOf)) : since;
  const length = Math.max(1, nowMs - fromMs);
  const byHost = new Map<string, Operation[]>();
  for (const one of shown.toSorted((a, b) => startOf(a) - startOf(b))) {
    const host = one.source ?? '?';
    byHost.set(host, [...(byHost.get(host) ?? []), one]);
  }
  const place = (ms: number) => (Math.max(0, Math.min(length, ms - fromMs)) / length) * 100;
  return {
    fromMs,
    toMs: nowMs,
    rows: [...byHost]
      .toSorted(([one], [other]) => naturally(one, other))
      .map(([hostId, own]) =>
        rowOf(hostId, own, (one) => [place(startOf(one)), place(endOf(one, nowMs))]),
      ),
    ticks: ticksOf(fromMs, nowMs).map((ms) => ({ ms, left: place(ms) })),
    failed: shown.filter((one) => one.state === 'failed').length,
    all: shown.length,
  };
}

function rowOf(
  hostId: string,
  operations: readonly Operation[],
  ends: (one: Operation) => readonly [number, number],
): GanttRow {
  const lanes: number[] = [];
  const bars = operations.map((operation): GanttBar => {
    const [left, right] = ends(operation);
    const width = Math.max(leastPercent, right - left);
    const free = lanes.findIndex((until) => until <= left);
    const lane = free === -1 ? lanes.length : free;
    lanes[lane] = left + width;
    return { operation, left: Math.min(left, 100 - width), width, lane, cause: causeOf(operation) };
  });
  return { hostId, lanes: Math.max(1, lanes.length), bars };
}

function causeOf({ parentId, reason = '' }: Operation): Cause {
  // As the scheduler begins its reasons.
  if (reason.startsWith('recover')) return 'recover';
  if (reason.startsWith('goes back to ')) return 'back';
  if (reason.startsWith('for the rule ')) return 'rule';
  if (reason.startsWith('balance: ')) return 'balance';
  return parentId !== undefined || reason.startsWith('drain') ? 'drain' : 'person';
}

/** Between four and ten of them, on whole steps. */
function ticksOf(fromMs: number, toMs: number): readonly number[] {
  const length = toMs - fromMs;
  const step = stepsMs.find((one) => length / one <= 8) ?? Math.ceil(length / 8);
  const ticks: number[] = [];
  for (let ms = Math.ceil(fromMs / step) * step; ms < toMs; ms += step) ticks.push(ms);
  return ticks;
}

function startOf(one: Operation): number {
  return one.startedAtMs ?? one.createdAtMs;
}

function endOf(one: Operation, nowMs: number): number {
  return one.endedAtMs ?? nowMs;
}
