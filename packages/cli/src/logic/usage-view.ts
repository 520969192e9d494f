/**
 * What was used over time: for a person at a terminal a line of bars for each thing that is measured, for anybody else a
 * table of plain numbers. A step in which nothing was measured is a dot, or has no row.
 */
import type { api } from '@drover/protocol';
import { formatDuration } from './durations.ts';
import { formatCpu, formatMib } from './sizes.ts';
import type { Column } from './table.ts';
import { page } from './host-view.ts';

type Point = api.UsagePoint;
type Measured = Exclude<keyof Point, 'atMs' | 'hosts'>;

interface Series {
  readonly name: string;
  readonly mean: Measured;
  readonly most: Measured;
  readonly text: (value: number) => string;
}

/** `1d`, `5m`: these are mostly round, and a nought behind them says nothing. */
const whole = (ms: number) => formatDuration(ms).replace(/(?<=\D)0+[smh]$/, '');
const cores = (milli: number) => `${formatCpu(milli)} cores`;
const share = (permille: number) => `${Math.floor(permille / 10)}.${permille % 10} %`;

const usageTable: readonly Series[] = [
  { name: 'CPU', mean: 'cpuMilli', most: 'mostCpuMilli', text: cores },
  { name: 'CPU wait', mean: 'cpuWaitMilli', most: 'mostCpuWaitMilli', text: cores },
  {
    name: 'CPU pressure',
    mean: 'cpuPressurePermille',
    most: 'mostCpuPressurePermille',
    text: share,
  },
  { name: 'Memory', mean: 'memoryMib', most: 'mostMemoryMib', text: formatMib },
  {
    name: 'Memory pressure',
    mean: 'memoryPressurePermille',
    most: 'mostMemoryPressurePermille',
    text: share,
  },
];

const bars = '▁▂▃▄▅▆▇█';
const gap = '·';

/** So many bars as fit; each is as high as the most of its steps, and a gap only where all of them are. */
export function sparkline(values: readonly (number | undefined)[], width: number): string {
  const count = Math.max(1, Math.min(width, values.length));
  const most = Math.max(1, ...values.map((value) => value ?? 0));
  return Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * values.length) / count);
    const until = Math.floor(((at + 1) * values.length) / count);
    const those = values.slice(from, until).filter((value) => value !== undefined);
    if (those.length === 0) return gap;
    const height = Math.round((Math.max(...those) / most) * (bars.length - 1));
    return bars[height] ?? gap;
  }).join('');
}

export function seriesIn(usage: api.UsageBody): readonly Series[] {
  return usageTable.filter(({ mean }) => usage.points.some((point) => point[mean] !== undefined));
}

/** Of each step in the order of time; absent: nothing was measured. */
export function stepsOf(usage: api.UsageBody, which: Measured): readonly (number | undefined)[] {
  const { fromMs, untilMs, stepMs, points } = usage;
  const byTime = new Map(points.map((point) => [point.atMs, point[which]]));
  const count = Math.round((untilMs - fromMs) / stepMs);
  return Array.from({ length: count }, (_, at) => byTime.get(fromMs + at * stepMs));
}

export function usagePage(name: string, usage: api.UsageBody, width: number): readonly string[] {
  const { fromMs, untilMs, stepMs, hosts, points } = usage;
  const past = whole(untilMs - fromMs);
  return page([
    ['Usage of', name],
    ['Time', `the last ${past}, in steps of ${whole(stepMs)}`],
    ['Measured on', hosts.join(', ')],
    ...silentLines(usage).map((line) => ['Missing', line] as const),
    ...(points.length === 0 ? [['Points', 'none: nothing was measured'] as const] : []),
    ...seriesIn(usage).map((one) => [one.name, lineOf(usage, one, width)] as const),
  ]);
}

function lineOf(usage: api.UsageBody, { mean, most, text }: Series, width: number): string {
  const means = usage.points.flatMap((point) => point[mean] ?? []);
  const average = Math.round(means.reduce((sum, one) => sum + one, 0) / Math.max(1, means.length));
  const highest = Math.max(0, ...usage.points.map((point) => point[most] ?? 0));
  const line = sparkline(stepsOf(usage, most), width);
  return `${line}  mean ${text(average)}, most ${text(highest)}`;
}

/** What nobody could say. */
export function silentLines({ silent }: api.UsageBody): readonly string[] {
  return silent.map(({ host, message }) => `what ${host} knows: ${message}`);
}

/** Numbers as they are, with their units in the heads. */
export function usageColumns(
  usage: api.UsageBody,
  timeOf: (ms: number) => string,
): readonly Column<Point>[] {
  const number = (which: Measured): Column<Point> => ({
    head: which.replaceAll(/[A-Z]/g, (letter) => `-${letter}`).toUpperCase(),
    cell: (point) => (point[which] === undefined ? '' : `${point[which]}`),
  });
  return [
    { head: 'AT', cell: ({ atMs }) => timeOf(atMs) },
    ...seriesIn(usage).flatMap(({ mean, most }) => [number(mean), number(most)]),
    { head: 'HOSTS', cell: ({ hosts }) => hosts.join(',') },
  ];
}
