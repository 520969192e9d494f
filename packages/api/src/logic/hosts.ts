/**
 * Hosts as the API shows them. What they are and carry is the leader's to say; what people want of them comes
 * from etcd's records, so that one's own change is seen at once.
 */
import {
  type api,
  DroverError,
  type HostRecord,
  type HostView,
  type OperationRecord,
  type RecordMirror,
} from '@drover/protocol';
import { hostConditions, type HostFacts } from './conditions.ts';
import { isOpen, newestDrains } from './operations.ts';
import { countByHost } from './vms.ts';

export function requireHost(records: RecordMirror, hostId: string): HostRecord {
  const host = records.hosts.get(hostId)?.value;
  if (host !== undefined) return host;
  throw new DroverError('host-not-found', `no host ${hostId} has ever reported`);
}

/** What etcd's records say of all hosts, looked up once for a list of them. */
interface Tally {
  readonly records: RecordMirror;
  /** VMs that are there in whatever state, by host. */
  readonly vmCounts: ReadonlyMap<string, number>;
  readonly drains: ReadonlyMap<string, OperationRecord>;
}

function tallyOf(records: RecordMirror): Tally {
  return { records, vmCounts: countByHost(records), drains: newestDrains(records) };
}

/** Without `views` nobody leads, and what the hosts are cannot be told. */
export function listHosts(
  records: RecordMirror,
  views: readonly HostView[] | undefined,
  nowMs: number,
): readonly api.HostBody[] {
  const tally = tallyOf(records);
  const heard = new Set(views?.map((view) => view.id));
  const others = [...records.hosts.values()].filter(({ value }) => !heard.has(value.id));
  return [
    ...(views ?? []).map((view) => hostBody(tally, view)),
    ...others.map(({ value }) => unseenHost(tally, value, views !== undefined, nowMs)),
  ].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** One that etcd knows; `views` of the leader that was asked for it, or of all. */
export function showHost(
  records: RecordMirror,
  hostId: string,
  views: readonly HostView[] | undefined,
  nowMs: number,
): api.HostBody {
  const host = requireHost(records, hostId);
  const tally = tallyOf(records);
  const view = views?.find(({ id }) => id === hostId);
  if (view !== undefined) return hostBody(tally, view);
  return unseenHost(tally, host, views !== undefined, nowMs);
}

function hostBody(tally: Tally, view: HostView): api.HostBody {
  const state = stateOf(tally, view.id, view.health);
  const pools = poolsOf(view);
  return {
    id: view.id,
    state,
    schedulable: state === 'ready',
    reasons: [...view.reasons],
    conditions: conditionsOf(tally, view.id, { state, reasons: view.reasons, pools }),
    arch: view.arch,
    accelerator: view.accelerator,
    acceleratorReason: view.acceleratorReason,
    ...(view.migrationTls === undefined ? {} : { migrationTls: view.migrationTls }),
    ...(view.tunnelRefusals === undefined ? {} : { tunnelRefusals: view.tunnelRefusals }),
    cpuModel: view.cpuModel,
    qemuVersion: versionText(view.qemuVersion),
    libvirtVersion: versionText(view.libvirtVersion),
    machineTypes: [...view.machineTypes],
    capacity: view.capacity,
    reserved: view.reserved,
    allocatable: view.allocatable,
    promised: view.promised,
    ...(view.usage === undefined ? {} : { usage: view.usage }),
    numaCells: [...view.numaCells],
    labels: view.labels,
    bridges: [...view.bridges],
    pools,
    vmCount: tally.vmCounts.get(view.id) ?? 0,
    foreignVmCount: view.foreignVmCount,
    reportAgeMs: view.reportAgeMs,
  };
}

function poolsOf({ pools }: HostView): api.HostBody['pools'] {
  return pools.map(({ name, state, capacityMib, freeMib, reason, isFull }) => ({
    name,
    state,
    capacityMib,
    freeMib,
    ...(reason === undefined ? {} : { reason }),
    ...(isFull === true ? { condition: 'full' as const } : {}),
  }));
}

function conditionsOf(
  { records, drains }: Tally,
  hostId: string,
  seen: Pick<HostFacts, 'state' | 'reasons' | 'pools'>,
): api.Condition[] {
  const intent = records.hostIntents.get(hostId)?.value;
  return hostConditions({
    ...seen,
    record: records.hosts.get(hostId)?.value,
    drain: drains.get(hostId),
    cordonedAtMs: intent?.cordoned === true ? intent.atMs : undefined,
  });
}

const silent = {
  state: 'down',
  reasons: ['the leading scheduler has not heard from it since it was elected'],
} as const;
const unled = {
  state: 'suspect',
  reasons: ['no scheduler leads that could say more'],
} as const;

/** Known to etcd, and to nobody who could be asked: nothing is claimed about what it is. */
function unseenHost(tally: Tally, host: HostRecord, isLed: boolean, nowMs: number): api.HostBody {
  const nothing = { cpuMilli: 0, memoryMib: 0 };
  const { state, reasons } = isLed ? silent : unled;
  return {
    id: host.id,
    state,
    schedulable: false,
    reasons: [...reasons],
    conditions: conditionsOf(tally, host.id, { state, reasons, pools: [] }),
    arch: '',
    accelerator: '',
    acceleratorReason: '',
    cpuModel: '',
    qemuVersion: '',
    libvirtVersion: '',
    machineTypes: [],
    capacity: nothing,
    reserved: nothing,
    allocatable: nothing,
    promised: nothing,
    numaCells: [],
    labels: {},
    bridges: [],
    pools: [],
    vmCount: tally.vmCounts.get(host.id) ?? 0,
    foreignVmCount: 0,
    reportAgeMs: Math.max(0, nowMs - host.firstSeenMs),
  };
}

/** Silence comes first: nothing else that is said about a silent host can be relied on. */
function stateOf(
  { records, vmCounts, drains }: Tally,
  hostId: string,
  health: HostView['health'],
): api.HostBody['state'] {
  if (health !== 'up') return health;
  const drain = drains.get(hostId);
  if (drain !== undefined && isOpen(drain)) return 'draining';
  if (records.hostIntents.get(hostId)?.value.cordoned !== true) return 'ready';
  const isEmpty = (vmCounts.get(hostId) ?? 0) === 0;
  return drain?.state === 'succeeded' && isEmpty ? 'drained' : 'cordoned';
}

/** As libvirt counts: major * 1,000,000 + minor * 1,000 + micro. */
function versionText(version: number): string {
  const major = Math.floor(version / 1_000_000);
  const minor = Math.floor(version / 1_000) % 1_000;
  return `${major}.${minor}.${version % 1_000}`;
}
