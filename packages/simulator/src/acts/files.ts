/**
 * What takes long with files of pools. A file is there when it is whole and never before; what was not done when its
 * agent died leaves nothing. Done again it finds what was made.
 */
import type { ActionOutcome } from '@drover/agent/logic';
import {
  filesAtOnce,
  type PoolEntry,
  type StorageJob,
  type StoredFacts,
  type StoredFile,
} from '@drover/protocol';
import { diskOf } from '../storage.ts';
import { whenAnswered } from './pools.ts';
import { type ActsWorld, done, failed, type Of } from './world.ts';

const gib = 1024 ** 3;
const progressMs = 1_000;

export function storageJob(world: ActsWorld, action: Of<'storage-job'>): void {
  const { host, life, random, tempo, jobs, onAnswer } = world;
  const { job, opId, step } = action;
  whenAnswered(world, poolsOf(job), (reach) => {
    if (reach === 'gone') return onAnswer(failed('pool-unavailable', `the pool is ${reach}`));
    const isMade =
      'into' in job && 'file' in job.into && host.hypervisor.storage.files.has(keyOf(job.into));
    const key = `${opId}/${step}`;
    const totalMs = isMade || job.job === 'delete' ? 0 : random.within(tempo.jobsMs);
    const beganMs = life.monoMs;
    const ended = (outcome: ActionOutcome) => {
      if (!jobs.delete(key)) return;
      onAnswer(outcome);
    };
    jobs.set(key, () => ended(failed('job-cancelled', 'it was cancelled')));
    const tick = () => {
      const elapsedMs = life.monoMs - beganMs;
      if (elapsedMs >= totalMs)
        return whenAnswered(world, poolsOf(job), () => ended(doJob(world, opId, job)));
      const share = Math.floor((elapsedMs / totalMs) * gib);
      const figures = { doneBytes: share, totalBytes: gib, elapsedMs: Math.floor(elapsedMs) };
      world.onJobProgress({ v: 1, opId, phase: 'copy', ...figures });
      life.after(Math.min(progressMs, totalMs - elapsedMs), tick);
    };
    tick();
  });
}

export function abortJob(world: ActsWorld, { opId, ofStep }: Of<'abort-job'>): void {
  const { host, jobs, onAnswer } = world;
  if (host.hypervisor.abortSave(opId)) return onAnswer(done);
  jobs.get(`${opId}/${ofStep}`)?.();
  onAnswer(done);
}

export function openTransfer(world: ActsWorld): void {
  const { host, random, onAnswer } = world;
  const transfer = {
    host: host.address,
    port: 20_000 + random.below(20_000),
    secret: random.hex(64),
  };
  onAnswer({ ...done, transfer });
}

/** With a disk of a VM that runs here. */
export function diskJob(world: ActsWorld, { vmId, job }: Of<'disk-job'>): void {
  const { host, life, random, tempo, onAnswer } = world;
  if (host.hypervisor.copy(vmId)?.state !== 'running') {
    return onAnswer(failed('vm-not-running', 'the VM does not run on this host'));
  }
  whenAnswered(world, [job.disk.pool.name], (reach) => {
    if (reach !== 'going') return onAnswer(failed('pool-unavailable', `the pool is ${reach}`));
    life.after(random.within(tempo.jobsMs), () => {
      if (host.hypervisor.copy(vmId)?.state !== 'running') {
        return onAnswer(failed('vm-not-running', 'the VM does not run on this host any more'));
      }
      if ('into' in job) host.hypervisor.storage.files.add(keyOf(job.into));
      onAnswer(done);
    });
  });
}

function doJob(world: ActsWorld, opId: string, job: StorageJob): ActionOutcome {
  const { host, onDeleted } = world;
  const { storage } = host.hypervisor;
  const reach = storage.reach(poolsOf(job), host.id);
  if (reach !== 'going' && job.job !== 'checksum') {
    const isFull = reach === 'full';
    if (!isFull) return failed('pool-unavailable', `the pool is ${reach}`);
    if (!job.job.startsWith('delete')) return failed('pool-full', 'no space is left');
  }
  switch (job.job) {
    case 'delete': {
      const disks = job.files.filter(({ file }) => !file.endsWith('.memory'));
      const used = disks.find((file) => storage.holder(vmOf(file)) !== undefined);
      if (used !== undefined) return failed('volume-in-use', `${used.file} is open in a VM`);
      for (const file of job.files) {
        storage.memories.delete(keyOf(file));
        storage.memories.delete(`${file.pool.name}/${opId}`);
      }
      for (const file of disks) {
        storage.files.delete(keyOf(file));
        storage.disks.delete(vmOf(file));
      }
      return done;
    }
    case 'delete-orphan': {
      const { pool, file } = job;
      if (isOpen(world, pool.name, file)) return failed('volume-in-use', `${file} is open in a VM`);
      storage.remove(pool.name, file);
      onDeleted(pool.name, file, opId);
      return done;
    }
    case 'import':
    case 'clone':
    case 'create': {
      storage.files.add(keyOf(job.into));
      const virtualBytes = ('virtualBytes' in job ? job.virtualBytes : undefined) ?? gib;
      return { ...done, stored: factsOf(job.into, virtualBytes) };
    }
    case 'publish-memory': {
      const { pool, file } = job.into;
      if (!storage.publish(pool.name, opId, file)) {
        return failed('memory-gone', `${file} is not whole`);
      }
      return { ...done, stored: factsOf(job.into, gib) };
    }
    case 'checksum':
      return { ...done, stored: factsOf(job.at, gib) };
    case 'resize':
      return { ...done, stored: factsOf(job.at, job.virtualBytes) };
    case 'merge':
    case 'receive':
    case 'give':
      return done;
  }
}

function factsOf({ file }: StoredFile, virtualBytes: number): StoredFacts {
  const sizes = { virtualBytes, storedBytes: gib, allocatedBytes: gib };
  const sha256 = 'a'.repeat(64);
  return { file, format: 'qcow2', ...sizes, sha256, changedMs: 0, inode: 1 };
}

function poolsOf(job: StorageJob): readonly string[] {
  switch (job.job) {
    case 'import':
    case 'create':
    case 'merge':
    case 'publish-memory':
      return [job.into.pool.name];
    case 'receive':
      return [job.into.name];
    case 'clone':
      return [job.from.pool.name, job.into.pool.name];
    case 'resize':
    case 'checksum':
    case 'give':
      return [job.at.pool.name];
    case 'delete-orphan':
      return [job.pool.name];
    case 'delete':
      return job.files.map(({ pool }) => pool.name);
  }
}

/**
 * All files are old here: that one is young keeps nobody from calling it an orphan, so that nothing but records and
 * operations can.
 */
export function listFiles(world: ActsWorld, { pool, after = '', only }: Of<'list-files'>): void {
  const { host, onAnswer } = world;
  whenAnswered(world, [pool.name], (reach) => {
    if (reach === 'gone') return onAnswer(failed('pool-unavailable', `the pool is ${reach}`));
    const { hypervisor } = host;
    const poolsOf = (vmId: string) => hypervisor.nature(vmId).pools;
    const all = hypervisor.storage.placesIn(pool.name, poolsOf);
    const places = all.filter((one) => (only ?? one) === one);
    const asked = places.filter((one) => one > after);
    const files = asked.slice(0, filesAtOnce).map(entryOf);
    const used = only !== undefined && isOpen(world, pool.name, only) ? ['a VM'] : [];
    const users = only === undefined ? {} : { users: used };
    const isMore = asked.length > files.length;
    onAnswer({ ...done, answer: { kind: 'list-files', files, isMore, ...users } });
  });
}

function entryOf(file: string): PoolEntry {
  const sizes = { bytes: gib, allocatedBytes: gib };
  return { file, ...sizes, changedMs: 0, inode: 1, ageMs: 24 * 60 * 60_000 };
}

/** Memory that is taken up, or written, is no open file. */
function isOpen({ host }: ActsWorld, pool: string, file: string): boolean {
  const { storage } = host.hypervisor;
  const vmId = file.slice(0, 36);
  const isDisk = file === diskOf(vmId) || storage.files.has(`${pool}/${file}`);
  return isDisk && storage.holder(vmId) !== undefined;
}

/** The VM whose own disk it is, if it is one's. */
function vmOf({ file }: StoredFile): string {
  return file.slice(0, 36);
}

function keyOf({ pool, file }: StoredFile): string {
  return `${pool.name}/${file}`;
}
