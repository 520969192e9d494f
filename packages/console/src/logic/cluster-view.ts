/** The head of the map: how much there is, how much is promised, how even it is, and what needs a look. */
import type { ClusterState } from './cluster-state.ts';
import type { Host } from './types.ts';

export interface ClusterView {
  readonly hosts: number;
  readonly readyHosts: number;
  readonly vms: number;
  readonly runningVms: number;
  readonly cpu: { readonly promised: number; readonly of: number };
  readonly memory: { readonly promised: number; readonly used: number; readonly of: number };
  /** Between the fullest and the emptiest host that takes VMs, in percent of their memory; absent below two of them. */
  readonly spreadPercent: number | undefined;
  readonly leader: string | undefined;
  readonly alarms: readonly Alarm[];
}

export interface Alarm {
  readonly tone: 'bad' | 'warn';
  readonly text: string;
  readonly href: string;
}

export function clusterView(state: ClusterState): ClusterView {
  const hosts = [...state.hosts.values()];
  const taking = hosts.filter((host) => host.schedulable);
  const sum = (of: readonly Host[], what: (host: Host) => number) =>
    of.reduce((total, host) => total + what(host), 0);
  const vms = [...state.vms.values()];
  return {
    hosts: hosts.length,
    readyHosts: taking.length,
    vms: vms.length,
    runningVms: vms.filter((vm) => vm.state === 'running' || vm.state === 'migrating').length,
    cpu: {
      promised: sum(hosts, (host) => host.promised.cpuMilli),
      of: sum(taking, (host) => host.allocatable.cpuMilli),
    },
    memory: {
      promised: sum(hosts, (host) => host.promised.memoryMib),
      used: sum(hosts, (host) => host.usage?.memoryMib ?? 0),
      of: sum(taking, (host) => host.allocatable.memoryMib),
    },
    spreadPercent: spread(taking),
    leader: state.cluster?.leader,
    alarms: alarmsOf(state, hosts),
  };
}

function spread(hosts: readonly Host[]): number | undefined {
  const shares = hosts
    .filter((host) => host.allocatable.memoryMib > 0)
    .map((host) => host.promised.memoryMib / host.allocatable.memoryMib);
  if (shares.length < 2) return undefined;
  return Math.round((Math.max(...shares) - Math.min(...shares)) * 100);
}

function alarmsOf(state: ClusterState, hosts: readonly Host[]): readonly Alarm[] {
  const { cluster } = state;
  const alarms: Alarm[] = [];
  const bad = (text: string, href: string) => alarms.push({ tone: 'bad', text, href });
  const warn = (text: string, href: string) => alarms.push({ tone: 'warn', text, href });
  if (cluster?.problem !== undefined)
    bad(`${cluster.problem.message} ${cluster.problem.remedy}`, '/settings');
  else if (cluster !== undefined && cluster.leader === undefined) {
    bad('No scheduler leads: what is asked for waits. VMs run on.', '/settings');
  }
  for (const { id, state: is, reasons } of hosts) {
    const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
    if (is === 'down') bad(`${id} is not heard${why}`, `/hosts/${id}`);
    if (is === 'suspect') warn(`${id} is suspect${why}`, `/hosts/${id}`);
  }
  for (const { name, status } of state.pools.values()) {
    for (const alarm of status?.alarms ?? [])
      warn(`Pool ${name}: ${alarm.message}`, `/pools/${name}`);
    const lost = (status?.hosts ?? []).filter((one) => one.condition !== 'reachable');
    if (lost.length > 0) {
      const [first] = lost;
      const also = lost.length > 1 ? ` and ${lost.length - 1} more` : '';
      warn(`Pool ${name} is ${first?.condition} on ${first?.hostId}${also}`, `/pools/${name}`);
    }
  }
  for (const vm of state.vms.values()) {
    if (vm.state === 'crashed' || vm.observed === 'crashed')
      bad(`${vm.name} has crashed`, `/vms/${vm.name}`);
    else if (vm.state === 'unknown')
      warn(`It is not certain where ${vm.name} runs`, `/vms/${vm.name}`);
  }
  return alarms;
}
