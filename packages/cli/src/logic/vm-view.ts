/** VMs as a table and as a page. */
import type { api } from '@drover/protocol';
import { formatAge, formatDuration } from './durations.ts';
import { oneLine } from './harmless.ts';
import { page, pairs } from './host-view.ts';
import { wishText } from './migration-wish.ts';
import { stepOf } from './operation-view.ts';
import { count } from './plan-text.ts';
import { formatBytes, formatMib } from './sizes.ts';
import type { Cell, Column, Tone } from './table.ts';
import { vmBalanceText } from './vm-balance.ts';

type Vm = api.VmBody;
type Line = readonly [string, string];

const tones: Readonly<Record<string, Tone>> = {
  running: 'good',
  stopped: 'dim',
  crashed: 'bad',
  unknown: 'bad',
};

function stateCell(vm: Vm): Cell {
  return { text: vm.state, tone: tones[vm.state] ?? 'warn' };
}

export function vmColumns(nowMs: number): readonly Column<Vm>[] {
  return [
    { head: 'NAME', cell: (vm) => vm.name },
    { head: 'STATE', cell: stateCell },
    { head: 'HOST', cell: (vm) => vm.hostId ?? '' },
    { head: 'VCPUS', cell: (vm) => `${vm.spec.vcpus}` },
    { head: 'MEMORY', cell: (vm) => formatMib(vm.spec.memoryMib) },
    { head: 'AGE', cell: (vm) => formatAge(nowMs, vm.createdAtMs) },
    { head: 'WANTED', cell: (vm) => vm.desired, wide: true },
    { head: 'OBSERVED', cell: (vm) => vm.observed ?? '', wide: true },
    { head: 'OPERATION', cell: (vm) => vm.operationId ?? '', wide: true },
    { head: 'MACS', cell: (vm) => vm.macs.join(','), wide: true },
    { head: 'LABELS', cell: (vm) => pairs(vm.spec.labels).replaceAll(', ', ','), wide: true },
    { head: 'ID', cell: (vm) => vm.id, wide: true },
  ];
}

export function vmPage(vm: Vm, nowMs: number): readonly string[] {
  const { spec } = vm;
  const disks = spec.disks.map((disk) => {
    const source = disk.image === undefined ? (disk.volume ?? '') : `thin clone of ${disk.image}`;
    return `${disk.pool}: ${source}${disk.format === undefined ? '' : ` (${disk.format})`}`;
  });
  return page([
    ['VM', vm.name],
    ['Id', vm.id],
    ['State', vm.state + (vm.hostId === undefined ? '' : ` on ${vm.hostId}`)],
    ['Wanted', vm.desired],
    ...(vm.observed === undefined ? [] : [['Observed', vm.observed] as const]),
    ...(vm.operationId === undefined ? [] : [['Operation', vm.operationId] as const]),
    ...savedLines(vm, nowMs),
    ...movesOf(vm, nowMs),
    ...sizeLines(vm),
    ...(spec.arch === undefined ? [] : [['Architecture', spec.arch] as const]),
    ...(spec.machine === undefined ? [] : [['Machine', spec.machine] as const]),
    ...disks.map((disk) => ['Disk', disk] as const),
    ...spec.networks.map(
      (network, index) =>
        [
          'Network',
          `${network.bridge}, ${network.mac ?? vm.macs[index] ?? 'MAC not known yet'}`,
        ] as const,
    ),
    ...(vm.cloudInit === undefined ? [] : [['Cloud-init', cloudInitText(vm.cloudInit)] as const]),
    ...(spec.migration === undefined ? [] : [['Policy', wishText(spec.migration)] as const]),
    ...(spec.balance === undefined ? [] : [['Balance', vmBalanceText(spec.balance)] as const]),
    ['Labels', pairs(spec.labels)],
    ['Generation', `${vm.generation}`],
    ['Created', `${formatAge(nowMs, vm.createdAtMs)} ago by ${vm.by}`],
  ]);
}

const cpus = (vcpus: number) => count(vcpus, 'vCPU', 'vCPUs');

/** What it starts with next, how far it can grow then, and what it is promised where that is something else. */
function sizeLines({ spec, promised }: Vm): readonly Line[] {
  const { vcpus, memoryMib, maxVcpus = vcpus, maxMemoryMib = memoryMib } = spec;
  const most =
    maxVcpus === vcpus && maxMemoryMib === memoryMib
      ? ''
      : `; grows to ${cpus(maxVcpus)}, ${formatMib(maxMemoryMib)}`;
  const next = promised === undefined ? '' : ' at its next start';
  return [
    ...(promised === undefined
      ? []
      : [['Size', `${cpus(promised.vcpus)}, ${formatMib(promised.memoryMib)} now`] as const]),
    ['Size', `${cpus(vcpus)}, ${formatMib(memoryMib)}${next}${most}`],
  ];
}

/** `yes, 1.2 KiB, 1 key, hash 0123456789ab` */
export function cloudInitText(cloudInit: NonNullable<Vm['cloudInit']>): string {
  const { by, userDataBytes, sshKeyCount, hostname, hasNetworkConfig, hash } = cloudInit;
  const parts = [
    by === 'iso' ? 'yes' : 'by SMBIOS',
    ...(userDataBytes === 0 ? [] : [formatBytes(userDataBytes)]),
    ...(sshKeyCount === 0 ? [] : [`${sshKeyCount} ${sshKeyCount === 1 ? 'key' : 'keys'}`]),
    ...(hasNetworkConfig ? ['network'] : []),
    `hostname ${hostname}`,
    `hash ${hash}`,
  ];
  return parts.join(', ');
}

/** What it is told, where that was asked for. */
export function cloudInitPage({ spec: { cloudInit } }: Vm): readonly string[] {
  if (cloudInit === undefined) return [];
  const { userData, networkConfig, sshKeys = [] } = cloudInit;
  const part = (title: string, text: string | undefined) =>
    text === undefined ? [] : ['', `${title}:`, ...text.trimEnd().split(/\r?\n/).map(oneLine)];
  return [
    ...part('User data', userData),
    ...part('Network config', networkConfig),
    ...part('Keys', sshKeys.length === 0 ? undefined : sshKeys.join('\n')),
  ];
}

/** Where its memory lies, and what was in the way of going on with it. */
function savedLines({ saved }: Vm, nowMs: number): readonly Line[] {
  if (saved === undefined) return [];
  const { pool, file, allocatedBytes, hostId, atMs, problem } = saved;
  const when = `${formatAge(nowMs, atMs)} ago on ${hostId}`;
  return [
    ['Saved', `${when}, ${formatBytes(allocatedBytes)} in pool ${pool}`],
    ['Saved', `as ${file}`],
    ...(problem === undefined ? [] : [['Saved', `cannot be resumed: ${problem}`] as const]),
  ];
}

/** The move that is under way, the one that was given up, and where it starts next. */
function movesOf({ migration, rest, nextHostId }: Vm, nowMs: number): readonly Line[] {
  const isResting = rest !== undefined && rest.untilMs > nowMs;
  return [
    ...(migration === undefined ? [] : [['Moves', migrationText(migration)] as const]),
    ...(isResting
      ? [
          ['Rests', `for ${formatDuration(rest.untilMs - nowMs)}: only a person moves it`] as const,
          ['Rests', `a move was given up: ${rest.reason}`] as const,
          ['Rests', `see “drover migration show ${rest.operationId}”`] as const,
        ]
      : []),
    ...(nextHostId === undefined
      ? []
      : [['Starts next', `on ${nextHostId}, if that takes it then`] as const]),
  ];
}

/** `h1 → h3, live: perform 40 %` */
function migrationText(migration: NonNullable<Vm['migration']>): string {
  const { source, target, mode } = migration;
  const how = mode === undefined ? '' : `, ${mode}`;
  return `${source} → ${target}${how}: ${stepOf(migration)}`;
}
