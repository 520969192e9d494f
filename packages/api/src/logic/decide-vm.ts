/**
 * Requests about VMs: may they be made, as far as etcd's records tell, and what is written. The scheduler
 * checks again when it takes them up; a check here spares people an operation that can only fail.
 */
import {
  type api,
  type AssignmentRecord,
  DroverError,
  keys,
  type MigrationWish,
  parseValue,
  type RecordMirror,
  type RequestRecord,
  type Stored,
  Uuid,
  type VmIntentRecord,
  wireLimits,
} from '@drover/protocol';
import { requireHost } from './hosts.ts';
import { checkWish } from './migration-settings.ts';
import { countOpen, openOperationOn } from './operations.ts';
import type { FieldError } from './problem.ts';
import { type ResolvedDisks, resolveDisks } from './resolve-disks.ts';
import { refuseBusyDisks } from './storage-checks.ts';
import { findVm } from './vms.ts';
import { type Ask, putRecord, type Write } from './write.ts';

/** What the schema cannot say, and what etcd knows: throws where the VM cannot be made like that. */
export function checkNewVm(records: RecordMirror, { name, spec }: api.VmCreate): ResolvedDisks {
  const errors: FieldError[] = [];
  if (parseValue(Uuid, name).ok) {
    errors.push({ path: '/name', message: 'must not look like the id of a VM' });
  }
  for (const [index, disk] of spec.disks.entries()) {
    if ((disk.image === undefined) === (disk.volume === undefined)) {
      const message = 'must have exactly one of image and volume';
      errors.push({ path: `/spec/disks/${index}`, message });
    }
  }
  checkWish('/spec/migration', spec.migration);
  const [first] = errors;
  if (first !== undefined) {
    throw new DroverError('invalid-body', `${first.path} ${first.message}`, {
      details: { errors },
    });
  }
  if (records.vmNames.has(name)) {
    throw new DroverError('name-taken', `there is a VM ${name} already; take another name`);
  }
  const missing = spec.disks.find((disk) => !records.pools.has(disk.pool));
  if (missing !== undefined) {
    throw new DroverError(
      'pool-not-found',
      `pool ${missing.pool} is not declared; declare it with POST /v1/pools first`,
    );
  }
  return resolveDisks(records, spec);
}

/** `ask.id` is the request's; the VM's own is `vmId`. */
export function createVm(records: RecordMirror, vmId: string, body: api.VmCreate, ask: Ask): Write {
  const { disks, compares, puts } = checkNewVm(records, body);
  const { name, start = true } = body;
  const spec = { ...body.spec, disks };
  if (start) refuseWhenFull(records);
  const { by, atMs } = ask;
  const intent: VmIntentRecord = {
    v: 1,
    id: vmId,
    name,
    spec,
    desired: start ? 'running' : 'stopped',
    by,
    createdAtMs: atMs,
  };
  const request: RequestRecord = { v: 1, id: ask.id, type: 'start', vmId, by, createdAtMs: atMs };
  return {
    puts: [
      putRecord(keys.vmIntent(vmId), intent, undefined),
      putRecord(keys.vmName(name), { v: 1, vmId }, undefined),
      ...(start ? [putRecord(keys.request(ask.id), request, undefined)] : []),
      ...puts,
    ],
    compares,
  };
}

/** What a person asks to be done with a VM once. */
export type VmAction =
  | { readonly type: 'start' }
  | { readonly type: 'stop'; readonly mode: 'graceful' | 'force' }
  | { readonly type: 'delete' }
  | {
      readonly type: 'migrate';
      readonly target?: string;
      readonly migration?: MigrationWish;
      readonly cold?: boolean;
    };

const desiredAfter = { start: 'running', stop: 'stopped', delete: 'deleted' } as const;

export function requestOnVm(
  records: RecordMirror,
  idOrName: string,
  action: VmAction,
  ask: Ask,
): Write {
  const vm = findVm(records, idOrName);
  const { id: vmId, name } = vm.value;
  const busy = openOperationOn(records, vmId);
  if (busy !== undefined) {
    throw new DroverError(
      'vm-busy',
      `${name}: ${busy.type} is ${busy.state} (operation ${busy.id}); wait for its end`,
    );
  }
  const assignment = records.assignments.get(vmId);
  checkState(records, name, assignment?.value, action);
  if (action.type === 'start' || action.type === 'delete') refuseBusyDisks(records, vm.value);
  refuseWhenFull(records);
  const request: RequestRecord = {
    v: 1,
    id: ask.id,
    ...action,
    vmId,
    by: ask.by,
    createdAtMs: ask.atMs,
  };
  const desired = action.type === 'migrate' ? vm.value.desired : desiredAfter[action.type];
  return {
    puts: [
      putRecord(keys.request(ask.id), request, undefined),
      // Written even where nothing in it changes: of two requests at the same time, one finds it changed.
      putRecord(keys.vmIntent(vmId), { ...vm.value, desired }, vm),
    ],
    compares: [{ key: keys.assignment(vmId), modRevision: revisionOf(assignment) }],
  };
}

function revisionOf(stored: Stored<unknown> | undefined): number {
  return stored?.modRevision ?? 0;
}

function checkState(
  records: RecordMirror,
  name: string,
  assignment: AssignmentRecord | undefined,
  action: VmAction,
): void {
  const hostId = assignment?.hostId;
  const state = assignment?.state ?? 'pending';
  switch (action.type) {
    case 'start':
      if (hostId === undefined) return;
      throw new DroverError('vm-running', `${name} is ${state} on ${hostId} already`);
    case 'delete':
      if (hostId === undefined) return;
      throw new DroverError('vm-running', `${name} is ${state} on ${hostId}; stop it first`);
    case 'stop':
      if (hostId !== undefined) return;
      throw new DroverError('vm-not-running', `${name} is ${state}; there is nothing to stop`);
    case 'migrate':
      checkWish('/migration', action.migration);
      if (action.cold === true && action.migration !== undefined) {
        throw new DroverError('bad-request', 'a cold move copies no memory: it has no migration');
      }
      if (hostId === undefined && action.cold === true)
        return checkRecordMove(records, name, action);
      if (hostId === undefined || state !== 'running') {
        throw new DroverError(
          'vm-not-running',
          `${name} is ${state}; only a running VM migrates, where one that is off starts is changed by a cold move`,
        );
      }
      if (action.target === undefined) return;
      requireHost(records, action.target);
      if (action.target !== hostId) return;
      throw new DroverError('bad-request', `${name} is on ${hostId} already; name another target`);
  }
}

/** Of a VM that is off only the place where it starts moves: somebody has to name it. */
function checkRecordMove(
  records: RecordMirror,
  name: string,
  { target }: Extract<VmAction, { type: 'migrate' }>,
): void {
  if (target !== undefined) return void requireHost(records, target);
  throw new DroverError('bad-request', `${name} is off; name the host where it is to start next`);
}

/** What the leader is asked for the plan of a move. */
export function planMove(
  records: RecordMirror,
  idOrName: string,
  { target, migration, cold }: api.VmMigrate,
): Pick<api.VmMigrate, 'target' | 'migration'> & { readonly vmId: string } {
  const { id: vmId, name } = findVm(records, idOrName).value;
  if (cold === true) {
    throw new DroverError('bad-request', 'a cold move has no plan: ask for a place instead');
  }
  checkState(records, name, records.assignments.get(vmId)?.value, {
    type: 'migrate',
    ...(target === undefined ? {} : { target }),
    ...(migration === undefined ? {} : { migration }),
  });
  return {
    vmId,
    ...(target === undefined ? {} : { target }),
    ...(migration === undefined ? {} : { migration }),
  };
}

export function refuseWhenFull(records: RecordMirror): void {
  const open = countOpen(records);
  if (open < wireLimits.pendingRequests) return;
  throw new DroverError(
    'too-many-pending',
    `${open} operations are under way or wait; at most ${wireLimits.pendingRequests} may`,
  );
}
