/**
 * A host that is gone for good is forgotten: may it be, as far as the records and the leader tell, and what is written.
 * The scheduler looks again, and takes the host's record away. And what people wanted of hosts that are gone goes.
 */
import {
  DroverError,
  type HostView,
  keys,
  type RecordMirror,
  type RequestRecord,
} from '@drover/protocol';
import { refuseWhenFull } from './decide-vm.ts';
import { requireHost } from './hosts.ts';
import { allOperations, isOpen } from './operations.ts';
import { type Ask, dropRecord, putRecord, type Write } from './write.ts';

const namedAtMost = 3;
const droppedAtOnce = 100;

/** What the leader has heard. */
export interface Heard {
  /** Of that host; none where it has said nothing since the leader was elected. */
  readonly views: readonly HostView[];
  /** All hosts have had their time to be heard. */
  readonly settled: boolean;
}

/** The key that it joined with goes with the request: it does not come back without a new token. */
export function forgetHost(records: RecordMirror, hostId: string, heard: Heard, ask: Ask): Write {
  requireHost(records, hostId);
  const host = records.hosts.get(hostId)?.modRevision ?? 0;
  refuseHeard(hostId, heard);
  refuseBusy(records, hostId);
  refusePlaced(records, hostId);
  refuseWhenFull(records);
  const request: RequestRecord = {
    v: 1,
    id: ask.id,
    type: 'forget-host',
    hostId,
    by: ask.by,
    createdAtMs: ask.atMs,
  };
  const key = records.hostKeys.get(hostId);
  return {
    puts: [
      putRecord(keys.request(ask.id), request, undefined),
      ...(key === undefined ? [] : [dropRecord(keys.hostKey(hostId), key)]),
    ],
    compares: [{ key: keys.host(hostId), modRevision: host }],
  };
}

function refuseHeard(hostId: string, { views, settled }: Heard): void {
  const view = views.find(({ id }) => id === hostId);
  if (view === undefined || view.health === 'down') {
    if (settled) return;
    const message = `the scheduler that leads was elected just now: that it has not heard ${hostId} means nothing yet; try again in a few seconds`;
    throw new DroverError('no-leader', message);
  }
  const age = Math.round(view.reportAgeMs / 1_000);
  const message = `${hostId} was heard ${age} s ago: stop its agent first (systemctl disable --now drover-agent), and wait until it counts as down`;
  throw new DroverError('host-not-down', message);
}

function refuseBusy(records: RecordMirror, hostId: string): void {
  const open = allOperations(records).find(
    (one) => isOpen(one) && [one.hostId, one.source, one.target].includes(hostId),
  );
  if (open === undefined) return;
  const message = `operation ${open.id} (${open.type}) is about ${hostId} and has not ended: cancel it or wait for it`;
  throw new DroverError('host-in-use', message);
}

function refusePlaced(records: RecordMirror, hostId: string): void {
  const placed = [...records.assignments.values()]
    .filter(({ value }) => value.hostId === hostId)
    .map(({ value: { vmId } }) => records.vmIntents.get(vmId)?.value.name ?? vmId)
    .toSorted();
  if (placed.length === 0) return;
  const more = placed.length - namedAtMost;
  const named = placed.slice(0, namedAtMost).join(', ') + (more > 0 ? ` and ${more} more` : '');
  const message = `${named} ${placed.length === 1 ? 'is' : 'are'} on ${hostId}: start its VMs elsewhere (drover host recover ${hostId}), or delete them`;
  throw new DroverError('host-in-use', message);
}

/** Cordons and labels of hosts that no record names any more; some of them at a time. */
export function dropHostIntents(records: RecordMirror): Write | undefined {
  const left = [...records.hostIntents.values()]
    .filter(({ value: { id } }) => !records.hosts.has(id) && !records.unreadable.has(keys.host(id)))
    .slice(0, droppedAtOnce);
  const [first, ...others] = left.map((stored) =>
    dropRecord(keys.hostIntent(stored.value.id), stored),
  );
  if (first === undefined) return undefined;
  // One that reports again meanwhile keeps what was said of it.
  const compares = left.map(({ value }) => ({ key: keys.host(value.id), modRevision: 0 }));
  return { puts: [first, ...others], compares };
}
