/** From mirror and reports to the core's snapshot: the one picture that a decision is made from. */
import type { Inventory, OperationRecord, RecordMirror } from '@drover/protocol';
import { type Cluster, type Host, limits, type Reservation } from '@drover/core';
import { type UnderWay, underWayOf } from './foreign.ts';
import type { HeardHost, HostWatch } from './host-watch.ts';
import { InventoryMemo } from './inventory-memo.ts';
import type { Now, SchedulerSettings } from './port.ts';
import { declaredPools, reachesOf } from './pool-reach.ts';
import { poolSizes, type SizesByPool } from './pool-sizes.ts';
import { rulesOf } from './rules.ts';
import { VmMemo } from './vm-memo.ts';
import { isOpen } from './vm-shape.ts';
import { asReported } from './vm-size.ts';

/** The part that only changes with the records, so that it need not be made anew for each report. */
export interface RecordsPart extends Pick<
  Cluster,
  'vms' | 'rules' | 'reservations' | 'migrations'
> {
  readonly underWay: UnderWay;
  /** Hosts that are being drained. */
  readonly draining: ReadonlySet<string>;
  /** Of what lies in pools. */
  readonly sizes: SizesByPool;
  readonly inventories: InventoryMemo;
}

export function recordsPartOf(mirror: RecordMirror, memo = new VmMemo()): RecordsPart {
  const open = [...mirror.operations.values()].map(({ value }) => value).filter(isOpen);
  const vms = memo.vmsOf(mirror);
  const underWay = underWayOf(open);
  return {
    underWay,
    inventories: new InventoryMemo(mirror, vms, underWay),
    draining: new Set(open.flatMap(({ type, hostId }) => (type === 'drain' ? (hostId ?? []) : []))),
    sizes: poolSizes(mirror, open),
    vms,
    ...(mirror.rules.size === 0 ? {} : { rules: rulesOf(mirror) }),
    reservations: reservationsOf(vms, open),
    migrations: open
      .filter(
        ({ type, state, mode }) => type === 'migrate' && state === 'running' && mode !== 'cold',
      )
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
  lacksCpu: ReadonlySet<string> = new Set(),
): Cluster {
  const { underWay: _, inventories, draining, sizes, ...part } = records;
  const seen = hosts.all().flatMap((heard) => {
    if (heard.inventory === undefined) return [];
    const { fenced } = mirror.hosts.get(heard.hostId)?.value ?? {};
    const heardHealth = hosts.health(now.monoMs, heard.hostId, settings);
    // One that is back gets nothing before it has shown what it runs.
    const health = fenced !== undefined && heardHealth === 'up' ? 'suspect' : heardHealth;
    const host = hostOf(mirror, heard, heard.inventory, health, { inventories, draining, sizes });
    return [lacksCpu.has(host.id) ? { ...host, lacksCpuBaseline: true } : host];
  });
  return {
    revision: mirror.revision,
    hosts: new Map(seen.map((host) => [host.id, host])),
    ...(mirror.pools.size === 0 ? {} : { pools: declaredPools(mirror, sizes) }),
    ...part,
    ...asReported(part.vms, part.reservations, inventories.grownVms(hosts.all())),
  };
}

/** Not stored anywhere: a running operation with a target holds what its VM requests there. */
function reservationsOf(
  vms: RecordsPart['vms'],
  open: readonly OperationRecord[],
): readonly Reservation[] {
  return open.flatMap((operation) => {
    const { id, type, state, vmId, target } = operation;
    if (state !== 'running' || target === undefined || vmId === undefined) return [];
    if (type !== 'start' && type !== 'migrate') return [];
    // It runs; what is left to do is with files.
    if (operation.step === 'tidy') return [];
    // The start that a cold move ends with holds it by itself.
    if (operation.mode === 'cold' && operation.step === 'start') return [];
    const request = vms.get(vmId)?.request;
    return request === undefined ? [] : [{ operationId: id, vmId, hostId: target, request }];
  });
}

function hostOf(
  mirror: RecordMirror,
  { hostId: id, heartbeat }: HeardHost,
  inventory: Inventory,
  health: Host['health'],
  { inventories, draining, sizes }: Pick<RecordsPart, 'inventories' | 'draining' | 'sizes'>,
): Host {
  const intent = mirror.hostIntents.get(id)?.value;
  const latest = heartbeat?.usage ?? inventory.usage;
  const labels = { ...inventory.labels, ...intent?.labels };
  const { foreign } = inventories.of(id, inventory);
  return {
    id,
    intent: draining.has(id) ? 'draining' : intent?.cordoned === true ? 'cordoned' : 'active',
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
    labels,
    // Where it stands is what its labels of that name say.
    ...(labels['zone'] ? { zone: labels['zone'] } : {}),
    ...(labels['rack'] ? { rack: labels['rack'] } : {}),
    pools: reachesOf(mirror, sizes, id, inventory.pools),
    bridges: inventory.bridges,
    ...(latest === undefined ? {} : { usage: latest }),
  };
}
