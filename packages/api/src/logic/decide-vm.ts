/**
 * Requests about VMs: may they be made, as far as etcd's records tell, and what is written. The scheduler
 * checks again when it takes them up; a check here spares people an operation that can only fail.
 */
import {
  type api,
  type AssignmentRecord,
  type CloudInit,
  DroverError,
  keys,
  type MigrationWish,
  parseValue,
  type RecordMirror,
  type RequestRecord,
  type Stored,
  Uuid,
  type VmIntentRecord,
  type VmSpec,
  wireLimits,
} from '@drover/protocol';
import { requireHost } from './hosts.ts';
import { checkWish } from './migration-settings.ts';
import { countOpen, openOperationOn } from './operations.ts';
import type { FieldError } from './problem.ts';
import { checkResize, type ResizeAction, sizeErrors } from './resize-vm.ts';
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
  errors.push(...sizeErrors(spec));
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
  checkSeedPlace(records, name, spec);
  return resolveDisks(records, spec);
}

/** A seed is a file in the pool of the first disk. */
function checkSeedPlace(records: RecordMirror, name: string, { cloudInit, disks }: VmSpec): void {
  if (cloudInit === undefined || cloudInit.by === 'smbios') return;
  const otherwise = 'or take by: smbios, which carries keys and hostname without a file';
  const pool = disks[0]?.pool;
  if (pool === undefined) {
    const message = `${name} has no disk, and so no pool for its cloud-init seed; give it one, ${otherwise}`;
    throw new DroverError('bad-request', message);
  }
  if (records.pools.get(pool)?.value.spec.type !== 'nfs-direct') return;
  throw new DroverError(
    'pool-unsuited',
    `no host can make a seed in pool ${pool}, which only QEMU reaches; put the first disk into another pool, ${otherwise}`,
  );
}

/** `ask.id` is the request's; the VM's own is `vmId`. */
export function createVm(
  records: RecordMirror,
  vmId: string,
  body: api.VmCreate,
  ask: Ask,
  seedHash?: string,
): Write {
  const { disks, compares, puts } = checkNewVm(records, body);
  const { name, start = true } = body;
  const spec = withBalance({ ...body.spec, disks });
  if (start) refuseWhenFull(records);
  const { by, atMs } = ask;
  const intent: VmIntentRecord = {
    v: 1,
    id: vmId,
    name,
    spec,
    desired: start ? 'running' : 'stopped',
    ...seedOf(spec.cloudInit, seedHash),
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

function seedOf(
  cloudInit: CloudInit | undefined,
  seedHash: string | undefined,
): Pick<VmIntentRecord, 'seedHash' | 'hasSeedFile'> {
  if (cloudInit === undefined || seedHash === undefined) return {};
  return { seedHash, ...(cloudInit.by === 'smbios' ? {} : { hasSeedFile: true }) };
}

/**
 * Its labels, whether it is moved for balance, and what it is told at its next start; the last is refused while something
 * is done with it that may have read the former.
 */
export function changeVm(
  records: RecordMirror,
  idOrName: string,
  { cloudInit, labels, balance }: api.VmChange,
  seedHash: string | undefined,
): Write {
  const vm = findVm(records, idOrName);
  const before = withBalance(vm.value.spec, balance);
  const labelled: VmIntentRecord = {
    ...vm.value,
    spec: labels === undefined ? before : { ...before, labels },
  };
  if (cloudInit === undefined) {
    return { puts: [putRecord(keys.vmIntent(vm.value.id), labelled, vm)], compares: [] };
  }
  refuseWhenBusy(records, vm.value);
  const { seedHash: _, spec, ...rest } = labelled;
  const { cloudInit: __, ...others } = spec;
  const changed: VmSpec = cloudInit === null ? others : { ...others, cloudInit };
  checkSeedPlace(records, vm.value.name, changed);
  const intent: VmIntentRecord = {
    ...rest,
    spec: changed,
    ...seedOf(changed.cloudInit, seedHash),
  };
  return { puts: [putRecord(keys.vmIntent(rest.id), intent, vm)], compares: [] };
}

/** Nothing is said of one that is balanced as the cluster is. */
function withBalance(spec: VmSpec, balance = spec.balance): VmSpec {
  const { balance: _, ...others } = spec;
  return balance === undefined || balance === 'cluster' ? others : { ...others, balance };
}

export function refuseWhenBusy(records: RecordMirror, { id, name }: VmIntentRecord): void {
  const busy = openOperationOn(records, id);
  if (busy === undefined) return;
  throw new DroverError(
    'vm-busy',
    `${name}: ${busy.type} is ${busy.state} (operation ${busy.id}); wait for its end`,
  );
}

/** What a person asks to be done with a VM once. */
export type VmAction =
  | { readonly type: 'start'; readonly discardSaved?: true }
  /** A start of one that is saved, and of no other. */
  | { readonly type: 'resume' }
  | { readonly type: 'save'; readonly pool?: string }
  | { readonly type: 'stop'; readonly mode: 'graceful' | 'force' }
  | { readonly type: 'reboot'; readonly mode: 'graceful' | 'force' }
  | { readonly type: 'pause' }
  | { readonly type: 'unpause' }
  | ({ readonly type: 'resize' } & ResizeAction)
  | { readonly type: 'delete' }
  | {
      readonly type: 'migrate';
      readonly target?: string;
      readonly migration?: MigrationWish;
      readonly cold?: boolean;
    };

const desiredAfter = {
  start: 'running',
  resume: 'running',
  stop: 'stopped',
  save: 'stopped',
  delete: 'deleted',
} as const;

function desiredBy(type: VmAction['type'], before: VmIntentRecord['desired']) {
  return Object.hasOwn(desiredAfter, type)
    ? desiredAfter[type as keyof typeof desiredAfter]
    : before;
}

export function requestOnVm(
  records: RecordMirror,
  idOrName: string,
  action: VmAction,
  ask: Ask,
): Write {
  const vm = findVm(records, idOrName);
  const { id: vmId, name } = vm.value;
  refuseWhenBusy(records, vm.value);
  const assignment = records.assignments.get(vmId);
  checkState(records, name, assignment?.value, action);
  const needsDisks = ['start', 'resume', 'delete'].includes(action.type);
  if (needsDisks) refuseBusyDisks(records, vm.value);
  refuseWhenFull(records);
  const request: RequestRecord = {
    v: 1,
    id: ask.id,
    ...(action.type === 'resume' ? { type: 'start' as const } : action),
    vmId,
    by: ask.by,
    createdAtMs: ask.atMs,
  };
  const desired = desiredBy(action.type, vm.value.desired);
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
    case 'resume':
      if (assignment?.saved !== undefined) return;
      throw new DroverError(
        'vm-not-saved',
        `${name} is ${state}, and no memory of it is saved${hostId === undefined ? '; start it, and it boots' : ''}`,
      );
    case 'save':
      if (action.pool !== undefined && !records.pools.has(action.pool)) {
        throw new DroverError('pool-not-found', `no pool ${action.pool} is declared`);
      }
      if (state === 'running') return;
      throw new DroverError(
        'vm-not-running',
        `${name} is ${state}; only a VM that runs can be saved`,
      );
    case 'start':
      if (hostId === undefined) return;
      throw new DroverError('vm-running', `${name} is ${state} on ${hostId} already`);
    case 'delete':
      if (hostId === undefined) return;
      throw new DroverError('vm-running', `${name} is ${state} on ${hostId}; stop it first`);
    case 'reboot':
    case 'pause':
      if (hostId !== undefined && state === 'running') return;
      throw new DroverError(
        'vm-not-running',
        `${name} is ${state}; only a VM that runs takes a ${action.type}`,
      );
    case 'unpause':
      if (hostId !== undefined && state === 'paused') return;
      throw new DroverError(
        'vm-not-paused',
        `${name} is ${state}; only a VM that is paused is unpaused`,
      );
    case 'resize':
      return checkResize(name, assignment, action);
    case 'stop':
      if (hostId !== undefined && state === 'paused' && action.mode === 'graceful') {
        throw new DroverError(
          'vm-not-running',
          `${name} is paused, and hears no power button; unpause it first, or pull its plug with mode force`,
        );
      }
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

/** As `requestOnVm`, and writes nothing: what would be done. Throws where it is refused. */
export function planAction(
  records: RecordMirror,
  idOrName: string,
  action: Extract<VmAction, { type: 'reboot' | 'pause' | 'unpause' }>,
): api.VmActionPlan {
  const { id: vmId, name: vmName } = findVm(records, idOrName).value;
  refuseWhenBusy(records, findVm(records, idOrName).value);
  const assignment = records.assignments.get(vmId)?.value;
  checkState(records, vmName, assignment, action);
  const { hostId } = assignment ?? {};
  return { vmId, vmName, ...(hostId === undefined ? {} : { hostId }), what: whatIsDone(action) };
}

function whatIsDone(action: Extract<VmAction, { type: 'reboot' | 'pause' | 'unpause' }>): string {
  if (action.type === 'pause') return 'its vCPUs stand still; it keeps its memory and its place';
  if (action.type === 'unpause') return 'it runs on where it stood still';
  return action.mode === 'force'
    ? 'its reset button is pressed: nothing in it is asked'
    : 'its power button is pressed, and it starts again once it has shut down';
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
