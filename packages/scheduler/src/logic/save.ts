/**
 * The operation `save`: a VM's memory into a file of a pool, from which it goes on wherever it is started next. Until the
 * file has its name the VM's owner stays, and every way that does not lead there ends with the VM running on.
 *
 *   pending ─▶ save ─▶ publish ─▶ succeeded: it is off, its record names the file
 *               │         └─▶ failed: neither the VM nor a whole file is there, it is crashed
 *               └─▶ tidy ─▶ failed | cancelled: it runs on
 */
import {
  memoryFile,
  memoryRoomMib,
  type OperationError,
  type OperationRecord,
  type ReportedVm,
  type StepResult,
  type Stored,
} from '@drover/protocol';
import { poolSpaceLeftOn } from '@drover/core';
import { isOff } from './fence.ts';
import { isBusy, isCancelled } from './pending.ts';
import { tryAgainMs } from './settings.ts';
import { abortJob, awaitJob, nextStep } from './storage/job.ts';
import { declared, type DeclaredPool, hostFor } from './storage/pool-host.ts';
import type { Turn } from './turn.ts';
import { poolOf } from './vm-shape.ts';
import { mostMemoryMib } from './vm-size.ts';

const mib = 1024 * 1024;

export function driveSave(turn: Turn, stored: Stored<OperationRecord>): void {
  if (stored.value.state === 'pending') return begin(turn, stored);
  switch (stored.value.step) {
    case 'save':
      return save(turn, stored);
    case 'run-on':
      return runOn(turn, stored);
    case 'publish':
      return publish(turn, stored);
    default:
      tidy(turn, stored);
  }
}

function begin(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '' } = stored.value;
  if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
  if (isBusy(turn, stored) || turn.isFull) return;
  const fail = (code: string, message: string) =>
    turn.end(stored, 'failed', { error: { code, message } });
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  const { hostId, generation = 0, state = 'pending', saved } = assignment ?? {};
  if (hostId === undefined && saved !== undefined) {
    return turn.end(stored, 'succeeded', { reason: 'it is saved already' });
  }
  if (hostId === undefined || state !== 'running') {
    return fail('vm-not-running', `it is ${state}: only a VM that runs is saved`);
  }
  const host = turn.cluster.hosts.get(hostId);
  if (host?.health !== 'up') return turn.waitForHost(id, hostId);
  const pool = poolFor(turn, stored);
  if ('code' in pool) return turn.end(stored, 'failed', { error: pool });
  const reach = host.pools.find(({ name }) => name === pool.name);
  if (reach?.state !== 'active') {
    const why = reach?.reason ?? reach?.state ?? 'not there';
    return fail('pool-unavailable', `${hostId} cannot use pool ${pool.name}: ${why}`);
  }
  const neededMib = neededFor(turn, vmId);
  const leftMib = Math.max(0, poolSpaceLeftOn(turn.cluster, host, pool.name));
  if (leftMib < neededMib) {
    const room = `its memory may take ${neededMib} MiB, and ${leftMib} MiB are free`;
    return fail('pool-full', `pool ${pool.name}: ${room}; make room, or name another pool`);
  }
  turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: 'save',
      stepIndex: stored.value.stepIndex + 1,
      hostId,
      source: hostId,
      pool: pool.name,
      generation,
      startedAtMs: turn.now.wallMs,
    }),
    turn.putAssignment(vmId, { hostId, generation, state: 'saving', operationId: id }),
  );
}

/** The one that was named, or the first of its disks' in which hosts make files. */
function poolFor(turn: Turn, { value }: Stored<OperationRecord>): DeclaredPool | OperationError {
  const { vmId = '', pool: named } = value;
  const disks = turn.mirror.vmIntents.get(vmId)?.value.spec.disks ?? [];
  const own = disks.map((disk, index) => poolOf(turn.mirror, vmId, disk, index));
  const typeOf = (name: string) => turn.mirror.pools.get(name)?.value.spec.type;
  const name = named ?? own.find((one) => typeOf(one) !== 'nfs-direct') ?? own[0];
  if (name === undefined) {
    return { code: 'bad-request', message: 'it has no disk, and so no pool of its own: name one' };
  }
  const pool = turn.mirror.pools.get(name)?.value;
  if (pool === undefined) {
    return { code: 'pool-not-found', message: `pool ${name} is not declared` };
  }
  if (pool.spec.type === 'nfs-direct') {
    const message = `pool ${name}: hosts make no files over QEMU’s own NFS client; name another pool`;
    return { code: 'pool-unsuited', message };
  }
  if (pool.spec.type === 'local' && !own.some((one) => typeOf(one) === 'local')) {
    const message = `pool ${name} is one host’s own: no other could go on with it; name a shared pool`;
    return { code: 'pool-unsuited', message };
  }
  return declared(pool);
}

function neededFor(turn: Turn, vmId: string): number {
  const spec = turn.mirror.vmIntents.get(vmId)?.value.spec;
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  return memoryRoomMib(spec === undefined ? 0 : mostMemoryMib(spec, assignment));
}

function save(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', source = '', generation, stepIndex } = stored.value;
  const pool = poolFor(turn, stored);
  // Nobody knows how far it came: what lies there tells.
  if (isOff(turn, source) || 'code' in pool) return toPublish(turn, stored);
  const roomBytes = neededFor(turn, vmId) * mib;
  const body = { kind: 'save-vm', pool, roomBytes } as const;
  const order = { hostId: source, opId: id, step: stepIndex, body, vmId, generation };
  const result = turn.awaitStep(order);
  const isTaken = isCancelled(turn, stored.value);
  if (result === undefined) return isTaken ? abortJob(turn, stored.value) : undefined;
  if (result.outcome === 'done') return toPublish(turn, stored);
  // Whatever was answered: what the host's libvirt says decides.
  const heardMs = turn.heardMs(source, stored.value);
  const inventory = turn.hosts.inventorySince(source, heardMs, turn.epoch);
  if (inventory === undefined) return turn.ask(source, heardMs);
  const vm = inventory.vms.find((one) => one.vmId === vmId);
  if (!isThere(vm)) return toPublish(turn, stored, result);
  if (vm.saving === true) {
    if (isTaken) abortJob(turn, stored.value);
    return turn.ask(source);
  }
  // libvirt lets it run on by itself, unless it was lost sight of.
  if (result.outcome === 'unknown' && vm.state === 'paused') {
    return nextStep(turn, stored, { step: 'run-on', error: errorOf(stored.value, result) });
  }
  toTidy(turn, stored, result);
}

function errorOf({ source = '', error }: OperationRecord, result: Pick<StepResult, 'error'>) {
  const message = `${source} did not save it`;
  return error ?? result.error ?? { code: 'save-failed', message };
}

function isThere(vm: ReportedVm | undefined): vm is ReportedVm {
  return vm !== undefined && vm.state !== 'shut-off' && vm.state !== 'crashed';
}

function runOn(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', source = '', generation, stepIndex } = stored.value;
  if (isOff(turn, source)) return toPublish(turn, stored);
  const body = { kind: 'resume-vm' } as const;
  const order = { hostId: source, opId: id, step: stepIndex, body, vmId, generation };
  const result = turn.awaitStep(order);
  if (result !== undefined) toTidy(turn, stored, result);
}

function toPublish(
  turn: Turn,
  stored: Stored<OperationRecord>,
  result?: Pick<StepResult, 'error'>,
): void {
  turn.hosts.forgetStorageProgress(stored.value.id);
  const { error } = result ?? {};
  nextStep(turn, stored, { step: 'publish', ...(error === undefined ? {} : { error }) });
}

/** It runs on where it was, and nothing of the file stays. */
function toTidy(
  turn: Turn,
  stored: Stored<OperationRecord>,
  result: Pick<StepResult, 'error'>,
): void {
  const { id, vmId = '', source = '', generation, stepIndex } = stored.value;
  turn.hosts.forgetStorageProgress(id);
  const error = errorOf(stored.value, result);
  const running = { hostId: source, generation, state: 'running', operationId: id } as const;
  turn.commit(
    turn.putOperation(stored, { step: 'tidy', stepIndex: stepIndex + 1, error }),
    turn.putAssignment(vmId, running),
  );
}

function tidy(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', source = '', generation, error } = stored.value;
  const pool = poolFor(turn, stored);
  const files = 'code' in pool ? [] : [{ pool, file: memoryFile(vmId, id) }];
  const job = { job: 'delete', files } as const;
  const end = awaitJob(
    turn,
    stored,
    { kind: 'storage-job', job },
    { onlyHere: true, mustEnd: true },
  );
  if (end === undefined) return;
  const running = turn.putAssignment(vmId, { hostId: source, generation, state: 'running' });
  if (isCancelled(turn, stored.value)) {
    const { error: _, ...value } = stored.value;
    return turn.end({ ...stored, value }, 'cancelled', {}, running);
  }
  turn.end(stored, 'failed', error === undefined ? {} : { error }, running);
}

/** The VM is off: no cancelling and no failing job keeps the file from getting its name, unless it is not whole. */
function publish(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', hostId = '', stepIndex } = stored.value;
  const pool = poolFor(turn, stored);
  if ('code' in pool) return turn.wait(id, `pool ${stored.value.pool ?? ''}: ${pool.message}`);
  if (isOff(turn, hostId)) return elsewhere(turn, stored, pool);
  const into = { pool, file: memoryFile(vmId, id) };
  const body = { kind: 'storage-job', job: { job: 'publish-memory', into } } as const;
  const result = turn.awaitStep({ hostId, opId: id, step: stepIndex, body });
  if (result === undefined) return;
  if (result.outcome === 'done') return saved(turn, stored, result);
  if (result.outcome === 'failed' && result.error?.code === 'memory-gone') {
    return lost(turn, stored, result.error);
  }
  turn.wait(id, `the file to get its name: ${result.error?.message ?? 'its outcome is unknown'}`);
  if (turn.now.monoMs - turn.heardMs(hostId, stored.value) < tryAgainMs) return;
  elsewhere(turn, stored, pool);
}

function elsewhere(turn: Turn, stored: Stored<OperationRecord>, pool: DeclaredPool): void {
  const { id, hostId = '' } = stored.value;
  const host = hostFor(turn, [pool.name], new Set([hostId])) ?? hostFor(turn, [pool.name]);
  if (host === undefined) return turn.wait(id, `a host that is up and reaches pool ${pool.name}`);
  nextStep(turn, stored, { hostId: host });
}

function saved(turn: Turn, stored: Stored<OperationRecord>, { stored: file }: StepResult): void {
  const { error: _, ...value } = stored.value;
  const { id, vmId = '', source = '', pool = '', generation } = value;
  if (file === undefined) {
    const message = 'its host did not say what it saved';
    return lost(turn, stored, { code: 'save-failed', message });
  }
  const { storedBytes, changedMs, inode, allocatedBytes } = file;
  const { accelerator = 'kvm', qemuVersion = 0 } = turn.hosts.get(source)?.inventory ?? {};
  const memory = {
    pool,
    file: file.file,
    facts: { storedBytes, changedMs, inode },
    allocatedBytes,
    operationId: id,
    hostId: source,
    accelerator,
    qemuVersion,
    atMs: turn.now.wallMs,
  };
  const off = turn.putAssignment(vmId, { generation, state: 'saved', saved: memory });
  turn.end({ ...stored, value }, 'succeeded', { stored: file }, off);
}

/** There is no VM any more, and no whole file. Of a host that is off it counts as running there until that is recovered. */
function lost(turn: Turn, stored: Stored<OperationRecord>, found: OperationError): void {
  const { vmId = '', source = '', generation, error = found } = stored.value;
  const message = `it was not saved, and is not on ${source} any more: ${error.message}`;
  const gone = isOff(turn, source)
    ? turn.putAssignment(vmId, { hostId: source, generation, state: 'running' })
    : turn.putAssignment(vmId, { generation, state: 'crashed' });
  turn.end(stored, 'failed', { error: { code: error.code, message } }, gone);
}
