/**
 * Hosts and VMs as Ansible’s script inventory has them: groups, and variables for each name. What is said here is what the
 * API says; addresses of VMs are not known to it, so none is made up.
 */
import type { api } from '@drover/protocol';

type Host = api.HostBody;
type Vm = api.VmBody;
type Variables = Readonly<Record<string, unknown>>;

interface Group {
  readonly hosts?: readonly string[];
  readonly children?: readonly string[];
}

export interface Inventory {
  readonly groups: Readonly<Record<string, Group>>;
  readonly variables: Readonly<Record<string, Variables>>;
}

interface Entry {
  readonly name: string;
  readonly groups: readonly string[];
  readonly variables: Variables;
}

export function inventoryOf(hosts: readonly Host[], vms: readonly Vm[]): Inventory {
  const taken = new Set(hosts.map(({ id }) => id));
  const entries = [...hosts.map(hostEntry), ...vms.map((vm) => vmEntry(vm, taken))];
  const members = new Map<string, string[]>([
    ['drover_hosts', []],
    ['drover_vms', []],
  ]);
  for (const { name, groups } of entries) {
    for (const group of new Set(groups)) {
      const list = members.get(group);
      if (list === undefined) members.set(group, [name]);
      else list.push(name);
    }
  }
  const names = [...members.keys()].toSorted();
  return {
    groups: {
      all: { children: [...names, 'ungrouped'] },
      ...Object.fromEntries(
        names.map((name) => [name, { hosts: (members.get(name) ?? []).toSorted() }]),
      ),
    },
    variables: Object.fromEntries(entries.map(({ name, variables }) => [name, variables])),
  };
}

/** What `--list` prints: with `_meta`, nobody has to ask for each name. */
export function listText({ groups, variables }: Inventory): Variables {
  return { _meta: { hostvars: variables }, ...groups };
}

function hostEntry(host: Host): Entry {
  const labels = host.labels ?? {};
  return {
    name: host.id,
    groups: ['drover_hosts', group('host_state', host.state), ...labelGroups(labels)],
    variables: {
      drover_kind: 'host',
      drover_id: host.id,
      drover_name: host.id,
      drover_state: host.state,
      drover_schedulable: host.schedulable,
      drover_labels: labels,
      drover_arch: host.arch,
      drover_accelerator: host.accelerator,
      drover_cpu_milli: host.capacity.cpuMilli,
      drover_memory_mib: host.capacity.memoryMib,
      drover_bridges: host.bridges,
      drover_pools: host.pools.map(({ name }) => name),
      drover_vm_count: host.vmCount,
    },
  };
}

/** A VM that is called like a host goes by its id: Ansible would take the two for one. */
function vmEntry(vm: Vm, taken: ReadonlySet<string>): Entry {
  const labels = vm.spec.labels ?? {};
  const pools = [...new Set(vm.spec.disks.map(({ pool }) => pool))];
  return {
    name: taken.has(vm.name) ? vm.id : vm.name,
    groups: [
      'drover_vms',
      group('vm_state', vm.state),
      ...(vm.hostId === undefined ? [] : [group('on', vm.hostId)]),
      ...pools.map((pool) => group('pool', pool)),
      ...labelGroups(labels),
    ],
    variables: {
      drover_kind: 'vm',
      drover_id: vm.id,
      drover_name: vm.name,
      drover_state: vm.state,
      drover_desired: vm.desired,
      ...(vm.hostId === undefined ? {} : { drover_host: vm.hostId }),
      ...(vm.cloudInit === undefined ? {} : { drover_hostname: vm.cloudInit.hostname }),
      drover_labels: labels,
      drover_vcpus: vm.spec.vcpus,
      drover_memory_mib: vm.spec.memoryMib,
      drover_macs: vm.macs,
      drover_bridges: vm.spec.networks.map(({ bridge }) => bridge),
      drover_pools: pools,
    },
  };
}

function labelGroups(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([key, value]) => group('label', key, value));
}

/** Ansible wants names that Python could have: what does not fit becomes `_`. */
function group(...words: readonly string[]): string {
  return words
    .filter((word) => word !== '')
    .map((word) => word.replaceAll(/[^A-Za-z0-9_]/g, '_'))
    .join('_');
}
