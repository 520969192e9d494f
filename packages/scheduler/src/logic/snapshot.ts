/** From mirror and reports to the core's snapshot: the one picture that a decision is made from. */
import type {
  AssignmentRecord,
  Inventory,
  OperationRecord,
  RecordMirror,
  VmIntentRecord,
} from '@drover/protocol';
import { type Cluster, type Host, limits, type Reservation, type Vm } from '@drover/core';
import { foreignVms, takenBy } from './foreign.ts';
import type { HostWatch } from './host-watch.ts';
import type { Now, SchedulerSettings } from './port.ts';
import { isOpen, migrationModeOf, poolsOf, requestOf } from './vm-shape.ts';

/** The part that only changes with the records, so that it need not be made anew for each report. */
export interface RecordsPart extends Pick<Cluster, 'vms' | 'reservations' | 'migrations'> {
  readonly open: readonly OperationRecord[];
}

export function recordsPartOf(mirror: RecordMirror): RecordsPart {
  const open = [...mirror.operations.values()].map(({ value }) => value).filter(isOpen);
  const vms = [...mirror.vmIntents.values()].map(({ value }) =>
    vmOf(mirror, value, mirror.assignments.get(value.id)?.value),
  );
  return {
    open,
    vms: new Map(vms.map((vm) => [vm.id, vm])),
    reservations: reservationsOf(mirror, open),
    migrations: open
      .filter((operation) => operation.type === 'migrate' && operation.state === 'running')
      .map(({ id, vmId, source, target }) => ({
        operationId: id,
        vmId: vmId ?? '',
        source: source ?? '',
        target: target ?? '',
      })),
  };
}

export function snapshotOf(
  now: Now,
  mirror: RecordMirror,
  hosts: HostWatch,
  settings: SchedulerSettings,
  records: RecordsPart = recordsPartOf(mirror),
): Cluster {
  const { open, ...part } = records;
  const seen = hosts.all().flatMap((heard) => {
    if (heard.inventory === undefined) return [];
    const health = hosts.health(now.monoMs, heard.hostId, settings);
    return [hostOf(mirror, heard.hostId, heard.inventory, health, heard.heartbeat?.usage, open)];
  });
  return {
    revision: mirror.revision,
    hosts: new Map(seen.map((host) => [host.id, host])),
    ...part,
  };
}

/** Not stored anywhere: a running operation with a target holds what its VM requests there. */
function reservationsOf(
  mirror: RecordMirror,
  open: readonly OperationRecord[],
): readonly Reservation[] {
  return open.flatMap((operation) => {
    const { id, type, state, vmId, target } = operation;
    if (state !== 'running' || target === undefined || vmId === undefined) return [];
    if (type !== 'start' && type !== 'migrate') return [];
    const intent = mirror.vmIntents.get(vmId)?.value;
    if (intent === undefined) return [];
    return [{ operationId: id, vmId, hostId: target, request: requestOf(intent.spec) }];
  });
}

function hostOf(
  mirror: RecordMirror,
  id: string,
  inventory: Inventory,
  health: Host['health'],
  usage: Host['usage'] | undefined,
  open: readonly OperationRecord[],
): Host {
  const intent = mirror.hostIntents.get(id)?.value;
  const draining = open.some((one) => one.type === 'drain' && one.hostId === id);
  // QEMU reaches these pools by itself; there is nothing on the host that could be missing.
  const direct = [...mirror.pools.values()]
    .filter(({ value }) => value.spec.type === 'nfs-direct')
    .map(
      ({ value }) => ({ name: value.name, state: 'active', capacityMib: 0, freeMib: 0 }) as const,
    );
  const latest = usage ?? inventory.usage;
  const foreign = takenBy(foreignVms(mirror, id, inventory, open));
  return {
    id,
    intent: draining ? 'draining' : intent?.cordoned === true ? 'cordoned' : 'active',
    health,
    arch: inventory.arch,
    accelerator: inventory.accelerator,
    capacity: inventory.capacity,
    reserved: inventory.reserved,
    ...(foreign.cpuMilli + foreign.memoryMib === 0 ? {} : { foreign }),
    cpuOvercommitPermille: limits.cpuOvercommitPermilleDefault,
    cpuModel: inventory.cpuModel,
    machineTypes: inventory.machineTypes,
    qemuVersion: inventory.qemuVersion,
    libvirtVersion: inventory.libvirtVersion,
    numaCells: inventory.numaCells,
    labels: { ...inventory.labels, ...intent?.labels },
    pools: [
      ...inventory.pools.filter((pool) => !direct.some((d) => d.name === pool.name)),
      ...direct,
    ],
    bridges: inventory.bridges,
    ...(latest === undefined ? {} : { usage: latest }),
  };
}

function vmOf(
  mirror: RecordMirror,
  intent: VmIntentRecord,
  assignment: AssignmentRecord | undefined,
): Vm {
  const { spec } = intent;
  return {
    id: intent.id,
    name: intent.name,
    state: assignment?.state ?? 'pending',
    ...(assignment?.hostId === undefined ? {} : { hostId: assignment.hostId }),
    generation: assignment?.generation ?? 0,
    request: requestOf(spec),
    arch: spec.arch ?? 'x86_64',
    ...(spec.machine === undefined ? {} : { machine: spec.machine }),
    pools: poolsOf(spec),
    bridges: spec.networks.map((network) => network.bridge),
    labels: spec.labels ?? {},
    migrationMode: migrationModeOf(mirror, spec),
  };
}
