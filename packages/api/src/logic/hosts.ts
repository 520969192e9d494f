/**
 * Hosts as the API shows them. What they are and carry is the leader's to say; what people want of them comes
 * from etcd's records, so that one's own change is seen at once.
 */
import {
  type api,
  DroverError,
  type HostRecord,
  type HostView,
  type RecordMirror,
} from '@drover/protocol';
import { isOpen, newestDrain } from './operations.ts';
import { countOn } from './vms.ts';

export function requireHost(records: RecordMirror, hostId: string): HostRecord {
  const host = records.hosts.get(hostId)?.value;
  if (host !== undefined) return host;
  throw new DroverError('host-not-found', `no host ${hostId} has ever reported`);
}

/** Without `views` nobody leads, and what the hosts are cannot be told. */
export function listHosts(
  records: RecordMirror,
  views: readonly HostView[] | undefined,
  nowMs: number,
): readonly api.HostBody[] {
  const heard = new Set(views?.map((view) => view.id));
  const others = [...records.hosts.values()].filter(({ value }) => !heard.has(value.id));
  const about =
    views === undefined
      ? ({ state: 'suspect', reasons: ['no scheduler leads that could say more'] } as const)
      : ({
          state: 'down',
          reasons: ['the leading scheduler has not heard from it since it was elected'],
        } as const);
  return [
    ...(views ?? []).map((view) => hostBody(records, view)),
    ...others.map(({ value }) => unseenHost(records, value, about, nowMs)),
  ].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function hostBody(records: RecordMirror, view: HostView): api.HostBody {
  const state = stateOf(records, view.id, view.health);
  return {
    id: view.id,
    state,
    schedulable: state === 'ready',
    reasons: [...view.reasons],
    arch: view.arch,
    accelerator: view.accelerator,
    acceleratorReason: view.acceleratorReason,
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
    pools: [...view.pools],
    vmCount: countOn(records, view.id),
    foreignVmCount: view.foreignVmCount,
    reportAgeMs: view.reportAgeMs,
  };
}

/** Known to etcd, and to nobody who could be asked: nothing is claimed about what it is. */
function unseenHost(
  records: RecordMirror,
  host: HostRecord,
  { state, reasons }: { readonly state: 'suspect' | 'down'; readonly reasons: readonly string[] },
  nowMs: number,
): api.HostBody {
  const nothing = { cpuMilli: 0, memoryMib: 0 };
  return {
    id: host.id,
    state,
    schedulable: false,
    reasons: [...reasons],
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
    vmCount: countOn(records, host.id),
    foreignVmCount: 0,
    reportAgeMs: Math.max(0, nowMs - host.firstSeenMs),
  };
}

/** Silence comes first: nothing else that is said about a silent host can be relied on. */
function stateOf(
  records: RecordMirror,
  hostId: string,
  health: HostView['health'],
): api.HostBody['state'] {
  if (health !== 'up') return health;
  const drain = newestDrain(records, hostId);
  if (drain !== undefined && isOpen(drain)) return 'draining';
  if (records.hostIntents.get(hostId)?.value.cordoned !== true) return 'ready';
  return drain?.state === 'succeeded' && countOn(records, hostId) === 0 ? 'drained' : 'cordoned';
}

/** As libvirt counts: major * 1,000,000 + minor * 1,000 + micro. */
function versionText(version: number): string {
  const major = Math.floor(version / 1_000_000);
  const minor = Math.floor(version / 1_000) % 1_000;
  return `${major}.${minor}.${version % 1_000}`;
}
