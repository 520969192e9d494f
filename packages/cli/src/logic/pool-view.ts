/** Pools as a table and as a page, and what their doctor found. */
import type { api, PoolFinding } from '@drover/protocol';
import { formatAge } from './durations.ts';
import { oneLine } from './harmless.ts';
import { page } from './host-view.ts';
import { formatMib } from './sizes.ts';
import { type Cell, type Column, type Paint, renderTable, type Tone } from './table.ts';

type Pool = api.PoolBody;
type OnHost = api.PoolOnHost;
type Mount = NonNullable<OnHost['mount']>;

export function poolColumns(nowMs: number): readonly Column<Pool>[] {
  return [
    { head: 'NAME', cell: (pool) => pool.name },
    { head: 'TYPE', cell: (pool) => pool.spec.type },
    { head: 'HOSTS', cell: hostsOf },
    { head: 'FREE', cell: roomOf },
    { head: 'PROMISED', cell: ({ status }) => (status ? formatMib(status.promisedMib) : '') },
    { head: 'ALARMS', cell: alarmsOf },
    { head: 'SOURCE', cell: sourceOf },
    { head: 'PROTECTION', cell: ({ status }) => status?.protection ?? '', wide: true },
    { head: 'AGE', cell: (pool) => formatAge(nowMs, pool.createdAtMs), wide: true },
    { head: 'ID', cell: (pool) => pool.uuid, wide: true },
  ];
}

/** `2/3`, and what ails the others. */
function hostsOf({ status }: Pool): Cell {
  if (status === undefined) return '';
  const others = status.hosts.filter(({ condition }) => condition !== 'reachable');
  const ailments = [...new Set(others.map(({ condition }) => condition))].join(', ');
  const well = status.hosts.length - others.length;
  const text = `${well}/${status.hosts.length}${ailments === '' ? '' : ` (${ailments})`}`;
  return { text, tone: ailments === '' ? 'good' : 'bad' };
}

function roomOf({ status }: Pool): string {
  if (status === undefined || status.capacityMib === 0) return '';
  return `${formatMib(status.freeMib)} of ${formatMib(status.capacityMib)}`;
}

function alarmsOf({ status }: Pool): Cell {
  const codes = [...new Set((status?.alarms ?? []).map(({ code }) => code))].join(',');
  return codes === '' ? '' : { text: codes, tone: 'bad' };
}

function sourceOf({ spec }: Pool): string {
  switch (spec.type) {
    case 'shared':
    case 'local':
      return spec.path;
    case 'nfs': {
      const options = spec.options === undefined ? '' : `, ${spec.options.join(',')}`;
      return `${spec.server}:${spec.export} at ${spec.path} (NFS ${spec.version}${options})`;
    }
    case 'nfs-direct':
      return `${spec.server}:${spec.export}`;
    default:
      return '';
  }
}

const tones: Readonly<Record<OnHost['condition'], Tone>> = {
  reachable: 'good',
  full: 'warn',
  inactive: 'warn',
  'read-only': 'bad',
  stalled: 'bad',
  'wrong-mount': 'bad',
  error: 'bad',
};

const hostColumns: readonly Column<OnHost>[] = [
  { head: 'HOST', cell: (host) => host.hostId },
  {
    head: 'STATE',
    cell: ({ condition }) => ({ text: condition, tone: tones[condition] ?? 'warn' }),
  },
  {
    head: 'FREE',
    cell: ({ capacityMib, freeMib }) => (capacityMib === 0 ? '' : formatMib(freeMib)),
  },
  { head: 'MOUNT', cell: ({ mount }) => (mount === undefined ? '' : mountText(mount)) },
  { head: 'WHY', cell: ({ reason }) => reason ?? '' },
];

function mountText({ source, type, version, hard, localLock, readOnly }: Mount): string {
  const details = [
    version === undefined ? type : `NFS ${version}`,
    ...(hard === undefined ? [] : [hard ? 'hard' : 'soft']),
    ...(localLock === undefined || localLock === 'none' ? [] : [`local_lock=${localLock}`]),
    ...(readOnly ? ['read-only'] : []),
  ];
  return `${source} (${details.join(', ')})`;
}

/** `asked`: when the doctor was, as people write it. */
export function poolPage(pool: Pool, asked: string, paint: Paint): readonly string[] {
  const { status, doctor } = pool;
  const never = `never asked: drover pool doctor ${pool.name}`;
  return [
    ...page([
      ['Pool', pool.name],
      ['Type', pool.spec.type],
      ['Source', sourceOf(pool)],
      ['Limits', limitsText(pool)],
      ...(status === undefined
        ? [['State', 'not known: no scheduler leads that could say it'] as const]
        : statusLines(status, pool)),
      ...(doctor === undefined
        ? [['Doctor', never] as const]
        : [
            ['Doctor', `${asked}, for ${doctor.by}`] as const,
            ['Verdict', doctor.verdict] as const,
          ]),
    ]),
    ...(status === undefined || status.hosts.length === 0
      ? []
      : ['', ...renderTable(hostColumns, status.hosts, paint)]),
    ...(doctor === undefined || doctor.findings.length === 0
      ? []
      : ['', ...renderTable(findingColumns, doctor.findings, paint)]),
  ];
}

export function limitsText({ thinLimitPercent, alarmPercent }: Pool): string {
  return `${thinLimitPercent} % may be promised, alarm at ${alarmPercent} %`;
}

function statusLines(status: api.PoolStatus, pool: Pool): readonly (readonly [string, string])[] {
  const { promisableMib: left, trends, alarms, reservedMib } = status;
  const more = left === undefined ? '' : `, ${formatMib(left)} more may be`;
  return [
    ['Room', roomOf(pool) === '' ? 'not known' : `${roomOf(pool)} free`],
    ['Promised', `${formatMib(status.promisedMib)} to disks of known size${more}`],
    ...(reservedMib === 0
      ? []
      : [['Reserved', `${formatMib(reservedMib)} for what is being made`] as const]),
    ...trends.map((trend) => ['Trend', trendText(trend)] as const),
    ['Protection', status.protectedBy],
    ...alarms.map(({ message }) => ['Alarm', message] as const),
  ];
}

function trendText({ hostId, mibPerHour, fullInHours, overMinutes }: api.PoolTrend): string {
  const where = hostId === undefined ? '' : `${hostId}: `;
  const sign = mibPerHour > 0 ? '+' : '';
  const pace = `free room ${sign}${mibPerHour} MiB an hour over ${overMinutes} minutes`;
  return where + pace + (fullInHours === undefined ? '' : `, full in ${fullInHours} hours`);
}

const levels: Readonly<Record<PoolFinding['level'], Tone>> = {
  good: 'good',
  warning: 'warn',
  bad: 'bad',
};

const findingColumns: readonly Column<PoolFinding>[] = [
  { head: 'HOST', cell: ({ hostId }) => hostId ?? '' },
  { head: 'FOUND', cell: ({ code, level }) => ({ text: code, tone: levels[level] ?? 'warn' }) },
  { head: 'WHAT', cell: ({ message }) => message },
  { head: 'REMEDY', cell: ({ remedy }) => remedy ?? '' },
];

/** The findings, and the one sentence that counts. */
export function doctorPage(
  { findings, hosts, verdict }: NonNullable<Pool['doctor']>,
  paint: Paint,
): readonly string[] {
  const troubles = findings.filter(({ level }) => level !== 'good').length;
  const asked = hosts.map(oneLine).join(', ');
  return [
    `Asked: ${asked}`,
    ...(findings.length === 0 ? [] : ['', ...renderTable(findingColumns, findings, paint)]),
    '',
    `Protection: ${oneLine(verdict)}.`,
    ...(troubles === 0 ? [] : [`${troubles} of these findings want attention: docs/pools.md`]),
  ];
}
