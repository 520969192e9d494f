/** VMs as the API shows them: from etcd's records, and what only the leader knows where it can be asked. */
import {
  type api,
  DroverError,
  macsOf,
  type MigrationProgress,
  type RecordMirror,
  type SavedMemory,
  type Stored,
  type VmIntentRecord,
} from '@drover/protocol';
import { vmConditions } from './conditions.ts';
import { migrationOf } from './migrations.ts';
import { hasLabels, type PageAsk, pageAmong } from './page.ts';

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
  /** For one who may read what its cloud-init says. */
  readonly withCloudInit?: boolean;
}

export function vmBody(
  records: RecordMirror,
  intent: VmIntentRecord,
  { observed, progress, withCloudInit = false }: VmSeen = {},
): api.VmBody {
  const { id, name, desired, createdAtMs, by } = intent;
  const { cloudInit: _, ...shown } = intent.spec;
  const cloudInit = cloudInitSummary(intent);
  const assignment = records.assignments.get(id)?.value;
  const { hostId, nextHostId, operationId, promised, rest, saved } = assignment ?? {};
  const operation = records.operations.get(operationId ?? '')?.value;
  const migration = migrationOf(records, id, progress);
  return {
    id,
    name,
    state: stateOf(records, id),
    desired,
    conditions: vmConditions({ intent, assignment, operation }),
    ...(hostId === undefined ? {} : { hostId }),
    ...(nextHostId === undefined ? {} : { nextHostId }),
    generation: assignment?.generation ?? 0,
    ...(operationId === undefined ? {} : { operationId }),
    ...(promised === undefined ? {} : { promised }),
    ...(saved === undefined ? {} : { saved: savedBody(saved) }),
    ...(observed === undefined ? {} : { observed }),
    ...(migration === undefined ? {} : { migration }),
    ...(rest === undefined ? {} : { rest }),
    macs: [...macsOf(intent)],
    ...(cloudInit === undefined ? {} : { cloudInit }),
    spec: withCloudInit ? intent.spec : shown,
    createdAtMs,
    by,
  };
}

function savedBody({ facts, ...saved }: SavedMemory): NonNullable<api.VmBody['saved']> {
  const { pool, file, allocatedBytes, hostId, operationId, atMs, problem } = saved;
  const { storedBytes } = facts;
  const known = { pool, file, storedBytes, allocatedBytes, hostId, operationId, atMs };
  return problem === undefined ? known : { ...known, problem };
}

/** That there is some, and which; nothing of what it says. */
function cloudInitSummary({ name, spec, seedHash }: VmIntentRecord): api.VmBody['cloudInit'] {
  const { cloudInit } = spec;
  if (cloudInit === undefined || seedHash === undefined) return undefined;
  const { by = 'iso', userData = '', networkConfig, sshKeys = [], hostname = name } = cloudInit;
  return {
    by,
    hash: seedHash,
    userDataBytes: utf8Bytes(userData),
    hostname,
    sshKeyCount: sshKeys.length,
    hasNetworkConfig: networkConfig !== undefined,
  };
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}

/** What a list is asked for. */
export interface VmsAsked extends PageAsk {
  readonly state?: string | undefined;
  readonly label?: string | undefined;
}

/** One page, by name. Of those that are not on it nothing is worked out. */
export function vmPage(
  records: RecordMirror,
  asked: VmsAsked,
): { items: api.VmBody[]; continue?: string } {
  const { state, label } = asked;
  const isAsked = ({ id, spec }: VmIntentRecord) =>
    (state === undefined || stateOf(records, id) === state) && hasLabels(spec.labels, label);
  const intents = [...records.vmIntents.values()].map(({ value }) => value);
  const { items, ...more } = pageAmong(intents.filter(isAsked), asked, {
    keyOf: ({ name }) => [name],
  });
  return { items: items.map((intent) => vmBody(records, intent)), ...more };
}

function stateOf(records: RecordMirror, vmId: string): api.VmBody['state'] {
  return records.assignments.get(vmId)?.value.state ?? 'pending';
}

/** By host: how many VMs etcd says are there, in whatever state. */
export function countByHost(records: RecordMirror): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { value } of records.assignments.values()) {
    if (value.hostId !== undefined) counts.set(value.hostId, (counts.get(value.hostId) ?? 0) + 1);
  }
  return counts;
}
