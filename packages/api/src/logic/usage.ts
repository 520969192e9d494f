/**
 * What was used over time: how much of the past in which steps, who is asked for it, and the hosts' answers as one. Nobody
 * keeps it but the hosts: where one does not answer, that is said.
 */
import {
  type api,
  DroverError,
  type QueryReply,
  type RecordMirror,
  type UsageColumns,
  type UsageGrid,
  usageHostsMost,
  usageKeptMs,
  usagePointsMost,
  type UsageSeries,
  usageSeries,
  usageStepMs,
  usageSteps,
} from '@drover/protocol';
import { isOpen } from './operations.ts';

export interface UsageAsk {
  /** How far back, e.g. `2h`. */
  readonly since?: string | undefined;
  readonly step?: string | undefined;
}

type Told = Extract<QueryReply, { type: 'usage' }>;

/** Whole steps of the clock, the last of them the one that is not over: who asks at the same time asks the same. */
export function usageGrid({ since = '24h', step }: UsageAsk, nowMs: number): UsageGrid {
  const sinceMs = spanOf('since', since);
  if (sinceMs > usageKeptMs) {
    throw new DroverError('bad-request', `/since: hosts keep 24h of it, and this is ${since}`);
  }
  const points = (stepMs: number) => Math.max(1, Math.ceil(sinceMs / stepMs));
  const fitting = usageSteps.find((one) => points(one) <= usagePointsMost) ?? usageKeptMs;
  const stepMs = step === undefined ? fitting : spanOf('step', step);
  if (points(stepMs) > usagePointsMost) {
    throw new DroverError(
      'bad-request',
      `/step: ${since} in steps of ${step} are ${points(stepMs)} points, and there are ${usagePointsMost} at most; ask for longer steps or less of the past`,
    );
  }
  const untilMs = (Math.floor(nowMs / stepMs) + 1) * stepMs;
  return { fromMs: untilMs - points(stepMs) * stepMs, stepMs, points: points(stepMs) };
}

function spanOf(name: string, text: string): number {
  const [, number, unit] = /^([1-9][0-9]{0,3})(m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (unit === 'h' ? 60 : 1) * usageStepMs;
  if (ms >= usageStepMs && ms <= usageKeptMs) return ms;
  throw new DroverError('bad-request', `/${name}: such as 15m or 2h, and 24h at most`);
}

/** Where it is, then where it was last: by what was done with it since, as far as that is kept. */
export function hostsOfVm(records: RecordMirror, vmId: string, fromMs: number): readonly string[] {
  const { hostId } = records.assignments.get(vmId)?.value ?? {};
  const lately = [...records.operations.values()]
    .map(({ value }) => value)
    .filter((one) => one.vmId === vmId && (isOpen(one) || (one.endedAtMs ?? 0) >= fromMs))
    .toSorted((a, b) => b.createdAtMs - a.createdAtMs);
  const been = lately.flatMap((one) => [one.target, one.source, one.hostId]);
  const all = [hostId, ...been].filter((one) => one !== undefined);
  return [...new Set(all)].slice(0, usageHostsMost);
}

export function usageBody(
  { fromMs, stepMs, points }: UsageGrid,
  { answered, silent }: Omit<Told, 'type'>,
): api.UsageBody {
  const told = Object.entries(answered).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    fromMs,
    untilMs: fromMs + points * stepMs,
    stepMs,
    points: Array.from({ length: points }, (_, at) => at).flatMap(
      (at) => pointOf(told, at, fromMs + at * stepMs) ?? [],
    ),
    hosts: told.map(([hostId]) => hostId),
    silent: silent.map(({ hostId: host, code, message }) => ({ host, code, message })),
  };
}

/** On its way a VM was first here, then there: each host's mean weighs by how often that host has looked. */
function pointOf(
  told: readonly (readonly [hostId: string, columns: UsageColumns])[],
  at: number,
  atMs: number,
): api.UsagePoint | undefined {
  const there = told.filter(([, { looks }]) => (looks[at] ?? 0) > 0);
  if (there.length === 0) return undefined;
  const values = usageSeries.flatMap((series) => valuesOf(series, there, at));
  const hosts = there.map(([hostId]) => hostId);
  return { atMs, hosts, ...(Object.fromEntries(values) as Partial<api.UsagePoint>) };
}

function valuesOf(
  series: UsageSeries,
  there: readonly (readonly [hostId: string, columns: UsageColumns])[],
  at: number,
): readonly (readonly [name: string, value: number])[] {
  let [weight, sum, most] = [0, 0, 0];
  for (const [, columns] of there) {
    const mean = columns[series]?.mean[at] ?? null;
    if (mean === null) continue;
    const looks = columns.looks[at] ?? 1;
    weight += looks;
    sum += mean * looks;
    most = Math.max(most, columns[series]?.most[at] ?? mean);
  }
  if (weight === 0) return [];
  const mostName = `most${series.slice(0, 1).toUpperCase()}${series.slice(1)}`;
  return [
    [series, Math.round(sum / weight)],
    [mostName, most],
  ];
}
