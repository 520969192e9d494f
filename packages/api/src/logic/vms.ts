/** VMs as the API shows them: from etcd's records, and what only the leader knows where it can be asked. */
import {
  type api,
  DroverError,
  macsOf,
  type MigrationProgress,
  type ObservedVms,
  type RecordMirror,
  type Stored,
  type VmIntentRecord,
} from '@drover/protocol';
import { migrationOf } from './migrations.ts';

/** By id, else by name. */
export function findVm(records: RecordMirror, idOrName: string): Stored<VmIntentRecord> {
  const id = records.vmIntents.has(idOrName) ? idOrName : records.vmNames.get(idOrName)?.value.vmId;
  const vm = records.vmIntents.get(id ?? '');
  if (vm !== undefined) return vm;
  throw new DroverError('vm-not-found', `there is no VM ${idOrName}; GET /v1/vms lists them`);
}

/** What only the leader knows; missing where that cannot be asked. */
export interface VmSeen {
  /** What its host's libvirt said last. */
  readonly observed?: string | undefined;
  /** Of the migrations in flight. */
  readonly progress?: readonly MigrationProgress[] | undefined;
}

export function vmBody(
  records: RecordMirror,
  intent: VmIntentRecord,
  { observed, progress }: VmSeen = {},
): api.VmBody {
  const { id, name, spec, desired, createdAtMs, by } = intent;
  const assignment = records.assignments.get(id)?.value;
  const { hostId, nextHostId, operationId, rest } = assignment ?? {};
  const migration = migrationOf(records, id, progress);
  return {
    id,
    name,
    state: assignment?.state ?? 'pending',
    desired,
    ...(hostId === undefined ? {} : { hostId }),
    ...(nextHostId === undefined ? {} : { nextHostId }),
    generation: assignment?.generation ?? 0,
    ...(operationId === undefined ? {} : { operationId }),
    ...(observed === undefined ? {} : { observed }),
    ...(migration === undefined ? {} : { migration }),
    ...(rest === undefined ? {} : { rest }),
    macs: [...macsOf(intent)],
    spec,
    createdAtMs,
    by,
  };
}

export function listVms(records: RecordMirror, observed: ObservedVms = {}): readonly api.VmBody[] {
  return [...records.vmIntents.values()]
    .map(({ value }) => vmBody(records, value, { observed: observed[value.id] }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** By host: how many VMs etcd says are there, in whatever state. */
export function countByHost(records: RecordMirror): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { value } of records.assignments.values()) {
    if (value.hostId !== undefined) counts.set(value.hostId, (counts.get(value.hostId) ?? 0) + 1);
  }
  return counts;
}
