/** Hosts and VMs by what they use now: in which order, how much of it a screen takes, and in which words. */
import { loadCluster, type Vm } from '@drover/core';
import type { api } from '@drover/protocol';
import { oneLine } from './harmless.ts';
import { hostState } from './host-view.ts';
import { formatCpu, formatMib } from './sizes.ts';
import { type Cell, type Column, type Paint, renderTable, type Tone } from './table.ts';

export const sortKeys = ['cpu', 'memory', 'wait', 'name', 'host'] as const;
export type SortKey = (typeof sortKeys)[number];

export interface HostUse {
  readonly id: string;
  readonly state: api.HostBody['state'];
  readonly vmCount: number;
  readonly capacity: { readonly cpuMilli: number; readonly memoryMib: number };
  /** Absent where nothing was measured. */
  readonly usage?: NonNullable<api.HostBody['usage']>;
}

export interface VmUse {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly hostId?: string;
  /** What it is configured to get. */
  readonly request: { readonly cpuMilli: number; readonly memoryMib: number };
  readonly usage?: {
    readonly cpuMilli: number;
    readonly memoryMib: number;
    /** What it would have used besides, had it not waited. */
    readonly cpuWaitMilli?: number;
  };
}

export interface Use {
  readonly hosts: readonly HostUse[];
  readonly vms: readonly VmUse[];
}

const off: ReadonlySet<string> = new Set(['pending', 'stopped', 'saved', 'crashed']);

/** Hosts as the API has them; VMs from a dump, which alone says what each uses. */
export function useOf(hosts: readonly api.HostBody[], dump: string): Use {
  const { vms } = loadCluster(dump);
  return {
    hosts: hosts.map(({ id, state, vmCount, capacity, usage }) => ({
      id,
      state,
      vmCount,
      capacity,
      ...(usage === undefined ? {} : { usage }),
    })),
    vms: [...vms.values()].filter(({ state }) => !off.has(state)).map(vmUse),
  };
}

function vmUse({ id, name, state, hostId, request, usage }: Vm): VmUse {
  return {
    id,
    name,
    state,
    ...(hostId === undefined ? {} : { hostId }),
    request,
    ...(usage === undefined
      ? {}
      : {
          usage: {
            cpuMilli: usage.cpuMilli,
            memoryMib: usage.memoryMib,
            ...(usage.cpuWaitMilli === undefined ? {} : { cpuWaitMilli: usage.cpuWaitMilli }),
          },
        }),
  };
}

/** Largest first, what was not measured last; names the other way round. */
export function sorted({ hosts, vms }: Use, key: SortKey): Use {
  const byName = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
  const hostRank = (host: HostUse): number => {
    if (host.usage === undefined) return -1;
    if (key === 'wait') return host.usage.cpuPressurePermille;
    return key === 'memory'
      ? host.usage.memoryMib / Math.max(1, host.capacity.memoryMib)
      : host.usage.cpuMilli / Math.max(1, host.capacity.cpuMilli);
  };
  const vmRank = ({ usage }: VmUse): number => {
    if (usage === undefined) return -1;
    if (key === 'wait') return usage.cpuWaitMilli ?? 0;
    return key === 'memory' ? usage.memoryMib : usage.cpuMilli;
  };
  const isByName = key === 'name' || key === 'host';
  return {
    hosts: hosts.toSorted(
      (one, other) => (isByName ? 0 : hostRank(other) - hostRank(one)) || byName(one.id, other.id),
    ),
    vms: vms.toSorted(
      (one, other) =>
        (key === 'host' ? byName(one.hostId ?? '', other.hostId ?? '') : 0) ||
        (key === 'name' ? 0 : vmRank(other) - vmRank(one)) ||
        byName(one.name, other.name),
    ),
  };
}

const hostColumns: readonly Column<HostUse>[] = [
  { head: 'HOST', cell: ({ id }) => id },
  { head: 'STATE', cell: ({ state }) => hostState({ state }) },
  { head: 'VMS', cell: ({ vmCount }) => `${vmCount}` },
  { head: 'CPU%', cell: ({ usage, capacity }) => share(usage?.cpuMilli, capacity.cpuMilli) },
  {
    head: 'CPU',
    cell: ({ usage, capacity }) =>
      usage === undefined ? '' : `${formatCpu(usage.cpuMilli)}/${formatCpu(capacity.cpuMilli)}`,
  },
  { head: 'CPU WAIT', cell: ({ usage }) => pressure(usage?.cpuPressurePermille) },
  { head: 'MEM%', cell: ({ usage, capacity }) => share(usage?.memoryMib, capacity.memoryMib) },
  {
    head: 'MEMORY',
    cell: ({ usage, capacity }) =>
      usage === undefined ? '' : `${formatMib(usage.memoryMib)}/${formatMib(capacity.memoryMib)}`,
  },
  { head: 'MEM WAIT', cell: ({ usage }) => pressure(usage?.memoryPressurePermille) },
];

const vmColumns: readonly Column<VmUse>[] = [
  { head: 'VM', cell: ({ name }) => name },
  { head: 'HOST', cell: ({ hostId }) => hostId ?? '' },
  { head: 'STATE', cell: ({ state }) => state },
  { head: 'CPU%', cell: ({ usage, request }) => share(usage?.cpuMilli, request.cpuMilli) },
  {
    head: 'CPU',
    cell: ({ usage, request }) =>
      usage === undefined ? '' : `${formatCpu(usage.cpuMilli)}/${formatCpu(request.cpuMilli)}`,
  },
  {
    head: 'CPU WAIT',
    cell: ({ usage }) => (usage?.cpuWaitMilli === undefined ? '' : formatCpu(usage.cpuWaitMilli)),
  },
  {
    head: 'MEMORY',
    cell: ({ usage, request }) =>
      usage === undefined ? '' : `${formatMib(usage.memoryMib)}/${formatMib(request.memoryMib)}`,
  },
];

function share(part: number | undefined, whole: number): Cell {
  if (part === undefined || whole === 0) return '';
  const percent = Math.floor((part * 100) / whole);
  return toned(`${percent}`, percent, 75, 90);
}

/** Of the time, something waited. */
function pressure(permille: number | undefined): Cell {
  return permille === undefined
    ? ''
    : toned(`${Math.floor(permille / 10)}.${permille % 10}%`, permille, 100, 300);
}

function toned(text: string, value: number, warnFrom: number, badFrom: number): Cell {
  const tone: Tone | undefined = value >= badFrom ? 'bad' : value >= warnFrom ? 'warn' : undefined;
  return tone === undefined ? text : { text, tone };
}

/** All of it, for a pipe or a log. */
export function topText(use: Use, paint: Paint): readonly string[] {
  return [
    ...(use.hosts.length === 0
      ? ['No host has reported yet.']
      : renderTable(hostColumns, use.hosts, paint)),
    ...(use.vms.length === 0 ? [] : ['', ...renderTable(vmColumns, use.vms, paint)]),
  ];
}

export interface Screen {
  readonly rows: number;
  readonly sort: SortKey;
  /** `14:02:11` */
  readonly time: string;
  /** Instead of the keys, such as that the API is away. */
  readonly note: string;
  readonly paint: Paint;
}

const keysText = 'q quit   by: c CPU   m memory   w waiting   n name   h host';

/** As much as there is room for: at most half of the rows for hosts, and what is left out is counted. */
export function topScreen(use: Use, { rows, sort, time, note, paint }: Screen): readonly string[] {
  const head = `${time}  ${use.hosts.length} hosts, ${use.vms.length} VMs in use, by ${sort}`;
  const hosts = fitting(use.hosts, Math.floor(rows / 2) - 2, hostColumns, paint);
  const left = rows - hosts.length - 5;
  const vms = left < 2 ? [] : fitting(use.vms, left, vmColumns, paint);
  const body = [head, '', ...hosts, '', ...vms];
  const filled = [...body, ...Array<string>(Math.max(0, rows - 1 - body.length)).fill('')];
  const last = note === '' ? paint(keysText, 'dim') : paint(oneLine(note), 'warn');
  return [...filled.slice(0, Math.max(0, rows - 1)), last].slice(-rows);
}

/** Its head and so many lines below it. */
function fitting<Row>(
  all: readonly Row[],
  most: number,
  columns: readonly Column<Row>[],
  paint: Paint,
): readonly string[] {
  const room = Math.max(1, most);
  if (all.length <= room) return renderTable(columns, all, paint);
  const shown = all.slice(0, room - 1);
  return [...renderTable(columns, shown, paint), `and ${all.length - shown.length} more`];
}
