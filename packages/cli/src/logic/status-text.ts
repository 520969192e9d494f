/** The cluster on one screen: what needs attention first, then hosts, VMs and what is under way. */
import type { api } from '@drover/protocol';
import { clusterAttention } from './cluster-text.ts';
import { formatDuration } from './durations.ts';
import { oneLine } from './harmless.ts';
import { headroomSentence } from './headroom-text.ts';
import { hostState } from './host-view.ts';
import { progressLine, subjectOf, whyOf } from './operation-view.ts';
import { count } from './plan-text.ts';
import { formatCpu, formatMib } from './sizes.ts';
import { type Column, type Paint, renderTable } from './table.ts';

export interface Overview {
  readonly cluster: api.ClusterBody;
  readonly hosts: readonly api.HostBody[];
  readonly vms: readonly api.VmBody[];
  readonly migrations: readonly api.MigrationBody[];
  readonly operations: readonly api.OperationBody[];
  readonly pools: readonly api.PoolBody[];
  /** Absent: nobody leads who could say it. */
  readonly headroom?: api.HeadroomBody;
}

const hostColumns: readonly Column<api.HostBody>[] = [
  { head: 'HOST', cell: (host) => host.id },
  { head: 'STATE', cell: hostState },
  { head: 'VMS', cell: (host) => `${host.vmCount}` },
  {
    head: 'CPU PROMISED',
    cell: (host) =>
      `${bar(host.promised.cpuMilli, host.allocatable.cpuMilli)} ` +
      `${formatCpu(host.promised.cpuMilli)}/${formatCpu(host.allocatable.cpuMilli)}`,
  },
  {
    head: 'MEMORY PROMISED',
    cell: (host) =>
      `${bar(host.promised.memoryMib, host.allocatable.memoryMib)} ` +
      `${formatMib(host.promised.memoryMib)}/${formatMib(host.allocatable.memoryMib)}`,
  },
];

const barWidth = 8;

function bar(part: number, whole: number): string {
  const filled = whole === 0 ? 0 : Math.min(barWidth, Math.ceil((part * barWidth) / whole));
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`;
}

export function statusText(overview: Overview, paint: Paint): readonly string[] {
  const { hosts, vms, migrations, headroom } = overview;
  const attention = attentionOf(overview);
  const running = overview.operations.filter((one) => !one.done && one.parentId === undefined);
  const percents = new Map(migrations.map((one) => [one.operationId, one.progress?.percent]));
  return [
    `Hosts: ${byState(hosts)}   VMs: ${byState(vms)}`,
    ...(headroom === undefined ? [] : [`Headroom: ${headroomSentence(headroom)}`]),
    ...(attention.length === 0 ? [] : ['', paint('Needs attention', 'bad')]),
    ...attention.map((line) => `  ${oneLine(line)}`),
    '',
    ...(hosts.length === 0
      ? ['No host has reported yet.']
      : renderTable(hostColumns, hosts, paint)),
    ...(running.length + migrations.length === 0 ? [] : ['', 'Under way']),
    ...running.map((one) => `  ${progressLine(one)}`),
    ...migrations
      .filter((one) => !running.some((operation) => operation.id === one.operationId))
      .map((one) => {
        const percent = percents.get(one.operationId);
        return oneLine(
          `  moving ${one.vmName} (${one.source} → ${one.target}): ${one.step}${percent === undefined ? '' : ` ${percent} %`}`,
        );
      }),
  ];
}

function byState(things: readonly { readonly state: string }[]): string {
  const counts = new Map<string, number>();
  for (const { state } of things) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = [...counts].map(([state, number]) => `${number} ${oneLine(state)}`);
  return parts.length === 0 ? 'none' : `${things.length} (${parts.join(', ')})`;
}

function attentionOf(overview: Overview): readonly string[] {
  const { cluster, hosts, vms, operations } = overview;
  const silent = hosts
    .filter((host) => host.state === 'suspect' || host.state === 'down')
    .map((host) => `${host.id} is ${host.state}, heard ${formatDuration(host.reportAgeMs)} ago`);
  const pools = hosts.flatMap((host) =>
    host.pools
      .filter((pool) => pool.state !== 'active')
      .map(({ name, state, reason }) => {
        const why = reason === undefined ? '' : `: ${reason}`;
        return `pool ${name} is ${state} on ${host.id}${why}`;
      }),
  );
  const alarms = overview.pools.flatMap(({ name, status }) =>
    (status?.alarms ?? []).map(({ message }) => `pool ${name}: ${message}`),
  );
  const lost = vms
    .filter((vm) => vm.state === 'crashed' || vm.state === 'unknown')
    .map((vm) => `${vm.name} is ${vm.state}`);
  const failed = operations
    .filter((one) => one.state === 'failed' || one.state === 'blocked')
    .slice(0, 3)
    .map((one) => `${one.type} ${subjectOf(one)} ${one.state}: ${whyOf(one)}`);
  const all = [...clusterAttention(cluster), ...silent, ...pools, ...alarms, ...lost, ...failed];
  const shown = all.slice(0, 12);
  return all.length === shown.length
    ? shown
    : [...shown, `and ${count(all.length - shown.length, 'more', 'more')}`];
}
