/** Hosts as a table and as a page. */
import type { api } from '@drover/protocol';
import { formatDuration } from './durations.ts';
import { oneLine } from './harmless.ts';
import { formatCpu, formatMib } from './sizes.ts';
import type { Cell, Column, Tone } from './table.ts';

type Host = api.HostBody;

const tones: Readonly<Record<Host['state'], Tone>> = {
  ready: 'good',
  cordoned: 'warn',
  draining: 'warn',
  drained: 'warn',
  suspect: 'bad',
  down: 'bad',
};

export function hostState(host: Pick<Host, 'state'>): Cell {
  return { text: host.state, tone: tones[host.state] ?? 'warn' };
}

/** `promised/allocatable`: what VMs may claim, and how much of it they have. */
export const hostColumns: readonly Column<Host>[] = [
  { head: 'NAME', cell: (host) => host.id },
  { head: 'STATE', cell: hostState },
  { head: 'VMS', cell: (host) => `${host.vmCount}` },
  {
    head: 'CPU',
    cell: (host) => `${formatCpu(host.promised.cpuMilli)}/${formatCpu(host.allocatable.cpuMilli)}`,
  },
  {
    head: 'MEMORY',
    cell: (host) =>
      `${formatMib(host.promised.memoryMib)}/${formatMib(host.allocatable.memoryMib)}`,
  },
  { head: 'HEARD', cell: (host) => `${formatDuration(host.reportAgeMs)} ago` },
  { head: 'FOREIGN', cell: (host) => `${host.foreignVmCount}`, wide: true },
  { head: 'ARCH', cell: (host) => host.arch, wide: true },
  { head: 'ACCEL', cell: (host) => host.accelerator, wide: true },
  { head: 'QEMU', cell: (host) => host.qemuVersion, wide: true },
  { head: 'LIBVIRT', cell: (host) => host.libvirtVersion, wide: true },
  { head: 'POOLS', cell: (host) => host.pools.map((pool) => pool.name).join(','), wide: true },
  { head: 'WHY', cell: (host) => host.reasons.join('; '), wide: true },
];

export function hostPage(host: Host, vms: readonly api.VmBody[]): readonly string[] {
  const usage = host.usage;
  const resources = (what: Host['capacity']) =>
    `${formatCpu(what.cpuMilli)} cores, ${formatMib(what.memoryMib)}`;
  const here = vms.filter((vm) => vm.hostId === host.id);
  return page([
    ['Host', host.id],
    ['State', host.state + (host.schedulable ? ', takes new VMs' : ', takes no new VMs')],
    ...host.reasons.map((reason) => ['Why', reason] as const),
    ['Heard', `${formatDuration(host.reportAgeMs)} ago`],
    ['Machine', `${host.arch}, ${host.cpuModel}`],
    ['Accelerator', `${host.accelerator} (${host.acceleratorReason})`],
    ...(host.migrationTls === undefined
      ? []
      : [['Memory', memoryText(host.migrationTls)] as const]),
    ...(host.tunnelRefusals ?? []).map(
      ({ opId, reason, message }) =>
        ['Refused', `${reason} in the tunnel of ${opId}: ${message}`] as const,
    ),
    ['Versions', `QEMU ${host.qemuVersion}, libvirt ${host.libvirtVersion}`],
    ['Capacity', resources(host.capacity)],
    ['Reserved', `${resources(host.reserved)} for the host itself`],
    ['Allocatable', resources(host.allocatable)],
    ['Promised', resources(host.promised)],
    ...(usage ? [['Used', resources(usage)] as const] : []),
    ...(usage
      ? [
          [
            'Pressure',
            `CPU ${permille(usage.cpuPressurePermille)}, memory ${permille(usage.memoryPressurePermille)}`,
          ] as const,
        ]
      : []),
    ['Bridges', host.bridges.join(', ')],
    ...host.pools.map(
      (pool) =>
        [
          'Pool',
          pool.reason === undefined
            ? `${pool.name}: ${pool.state}${roomIn(pool)}`
            : `${pool.name}: ${pool.state}, ${pool.reason}`,
        ] as const,
    ),
    ['Labels', pairs(host.labels)],
    ['VMs', here.map((vm) => vm.name).join(', ') || 'none'],
    ...(host.foreignVmCount > 0
      ? [
          [
            'Foreign',
            `${host.foreignVmCount} VMs that libvirt runs and Drover does not own`,
          ] as const,
        ]
      : []),
  ]);
}

/** Nothing of one that is reached without a mount: nobody knows its room. */
function roomIn({ freeMib, capacityMib }: Host['pools'][number]): string {
  return capacityMib === 0 ? '' : `, ${formatMib(freeMib)} of ${formatMib(capacityMib)} free`;
}

/** Of VMs on their way from and to it. */
function memoryText({ able, reason }: NonNullable<Host['migrationTls']>): string {
  return able ? 'QEMU encrypts it on its way' : `QEMU cannot encrypt it on its way: ${reason}`;
}

export function pairs(labels: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

function permille(value: number): string {
  return `${Math.floor(value / 10)}.${value % 10} %`;
}

/** `Name:   value`, aligned; a repeated name stands once. */
export function page(lines: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...lines.map(([name]) => name.length)) + 3;
  return lines.map(([name, value], index) => {
    const isRepeated = index > 0 && lines[index - 1]?.[0] === name;
    const text = oneLine(value);
    return (isRepeated ? '' : `${name}:`).padEnd(width) + (text === '' ? '-' : text);
  });
}
