/** Hosts, VMs and clusters for tests: complete by default, and generated ones for properties. */
import fc from 'fast-check';
import type { Cluster, Host, Vm, VmState } from '../src/index.ts';

// Every property of the core is tried on so many cases, unless it says otherwise.
fc.configureGlobal({ numRuns: 1000 });

export function aHost(id: string, more: Partial<Host> = {}): Host {
  return {
    id,
    intent: 'active',
    health: 'up',
    arch: 'x86_64',
    accelerator: 'kvm',
    capacity: { cpuMilli: 4000, memoryMib: 4096 },
    reserved: { cpuMilli: 0, memoryMib: 0 },
    cpuOvercommitPermille: 1000,
    cpuModel: 'test',
    machineTypes: ['pc-q35-10.0'],
    qemuVersion: 10_000_000,
    libvirtVersion: 11_003_000,
    numaCells: [],
    labels: {},
    pools: [{ name: 'p', state: 'active', capacityMib: 1000, freeMib: 500 }],
    bridges: ['br0'],
    ...more,
  };
}

export function aVm(id: string, more: Partial<Vm> = {}): Vm {
  return {
    id,
    name: `vm-${id}`,
    state: 'running',
    generation: 1,
    migrationMode: 'live',
    request: { cpuMilli: 1000, memoryMib: 1024 },
    arch: 'x86_64',
    pools: ['p'],
    bridges: ['br0'],
    labels: {},
    ...more,
  };
}

export function aCluster(
  hosts: readonly Host[],
  vms: readonly Vm[] = [],
  more: Partial<Cluster> = {},
): Cluster {
  return {
    revision: 7,
    hosts: new Map(hosts.map((host) => [host.id, host])),
    vms: new Map(vms.map((vm) => [vm.id, vm])),
    reservations: [],
    migrations: [],
    ...more,
  };
}

const states: readonly VmState[] = [
  'running',
  'running',
  'running',
  'running',
  'starting',
  'stopping',
  'unknown',
  'migrating',
];

const someHost = (id: string): fc.Arbitrary<Host> =>
  fc
    .record({
      intent: fc.constantFrom('active', 'active', 'active', 'cordoned', 'draining'),
      health: fc.constantFrom('up', 'up', 'up', 'up', 'suspect', 'down'),
      accelerator: fc.constantFrom('kvm', 'kvm', 'kvm', 'tcg'),
      qemuVersion: fc.constantFrom(9_000_000, 10_000_000),
      cores: fc.integer({ min: 1, max: 16 }),
      gib: fc.integer({ min: 1, max: 16 }),
      keptMib: fc.integer({ min: 0, max: 2048 }),
      cpuOvercommitPermille: fc.constantFrom(1000, 2000, 4000),
      bridges: fc.constantFrom(['br0'], ['br0', 'br1'], []),
      pressure: fc.integer({ min: 0, max: 1000 }),
    })
    .map(({ cores, gib, keptMib, pressure, ...rest }) =>
      aHost(id, {
        ...(rest as Partial<Host>),
        capacity: { cpuMilli: cores * 1000, memoryMib: gib * 1024 },
        reserved: { cpuMilli: 0, memoryMib: keptMib },
        usage: {
          cpuMilli: 0,
          memoryMib: 0,
          cpuPressurePermille: pressure,
          memoryPressurePermille: 1000 - pressure,
        },
      }),
    );

const someVm = (id: string, hostIds: readonly string[]): fc.Arbitrary<Vm> =>
  fc
    .record({
      hostId: fc.constantFrom(...hostIds),
      placed: fc.integer({ min: 0, max: 4 }),
      state: fc.constantFrom(...states),
      cpus: fc.integer({ min: 1, max: 4 }),
      memoryMib: fc.constantFrom(256, 512, 1024, 2048),
      mode: fc.constantFrom('live', 'paused'),
    })
    .map(({ hostId, placed, state, cpus, memoryMib, mode }) =>
      aVm(id, {
        request: { cpuMilli: cpus * 1000, memoryMib },
        migrationMode: mode as Vm['migrationMode'],
        ...(placed > 0 ? { hostId, state } : { state: 'stopped' as const }),
      }),
    );

/** Two to six hosts with up to two dozen VMs; hosts may be overfull, as after a change of settings. */
export const someCluster: fc.Arbitrary<Cluster> = fc
  .integer({ min: 2, max: 6 })
  .chain((count) => {
    const ids = Array.from({ length: count }, (_, index) => `h${index + 1}`);
    const vmIds = Array.from({ length: 24 }, (_, index) => `v${String(index).padStart(2, '0')}`);
    return fc.record({
      hosts: fc.tuple(...ids.map((id) => someHost(id))),
      vms: fc.tuple(...vmIds.map((id) => someVm(id, ids))),
      kept: fc.integer({ min: 0, max: 24 }),
    });
  })
  .map(({ hosts, vms, kept }) => aCluster(hosts, vms.slice(0, kept)));

/** The same cluster, its maps filled in another order. */
export function reversed(cluster: Cluster): Cluster {
  return {
    ...cluster,
    hosts: new Map([...cluster.hosts].toReversed()),
    vms: new Map([...cluster.vms].toReversed()),
    reservations: cluster.reservations.toReversed(),
    migrations: cluster.migrations.toReversed(),
  };
}

/** A small VM that uses so much CPU. */
export function using(id: string, hostId: string, cpuMilli: number, more: Partial<Vm> = {}): Vm {
  return aVm(id, {
    hostId,
    request: { cpuMilli: 1000, memoryMib: 512 },
    usage: { cpuMilli, memoryMib: 512 },
    ...more,
  });
}

/** A VM of that many MiB and little CPU. */
export function sized(id: string, hostId: string, memoryMib: number, more: Partial<Vm> = {}): Vm {
  return aVm(id, { hostId, request: { cpuMilli: 500, memoryMib }, ...more });
}
