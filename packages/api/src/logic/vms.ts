/** VMs as the API shows them: from etcd's records, and what only the leader knows where it can be asked. */
import {
  type api,
  DroverError,
  type RecordMirror,
  type Stored,
  type VmIntentRecord,
  type VmView,
} from '@drover/protocol';

/** By id, else by name. */
export function findVm(records: RecordMirror, idOrName: string): Stored<VmIntentRecord> {
  const id = records.vmIntents.has(idOrName) ? idOrName : records.vmNames.get(idOrName)?.value.vmId;
  const vm = records.vmIntents.get(id ?? '');
  if (vm !== undefined) return vm;
  throw new DroverError('vm-not-found', `there is no VM ${idOrName}; GET /v1/vms lists them`);
}

/** Without `view` the address of a card that was not given one, and what libvirt says, are missing. */
export function vmBody(
  records: RecordMirror,
  { id, name, spec, desired, createdAtMs, by }: VmIntentRecord,
  view?: VmView,
): api.VmBody {
  const assignment = records.assignments.get(id)?.value;
  const { hostId, operationId } = assignment ?? {};
  const given = spec.networks.flatMap(({ mac }) => mac ?? []);
  return {
    id,
    name,
    state: assignment?.state ?? 'pending',
    desired,
    ...(hostId === undefined ? {} : { hostId }),
    generation: assignment?.generation ?? 0,
    ...(operationId === undefined ? {} : { operationId }),
    ...(view?.observed === undefined ? {} : { observed: view.observed }),
    macs: view === undefined ? given : [...view.macs],
    spec,
    createdAtMs,
    by,
  };
}

export function listVms(
  records: RecordMirror,
  views: readonly VmView[] | undefined,
): readonly api.VmBody[] {
  const byId = new Map(views?.map((view) => [view.id, view]));
  return [...records.vmIntents.values()]
    .map(({ value }) => vmBody(records, value, byId.get(value.id)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** VMs that etcd says are on the host, in whatever state. */
export function countOn(records: RecordMirror, hostId: string): number {
  return [...records.assignments.values()].filter(({ value }) => value.hostId === hostId).length;
}
