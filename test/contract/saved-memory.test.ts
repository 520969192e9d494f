/**
 * Saved memory with real libvirts and QEMUs: a VM goes on from its file on another host in the same boot, one run comes of
 * one file whatever ends the agents in between, and a save that comes to nothing leaves the VM running and no file.
 */
import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryFile, type Pool, type StorageProgress, type StoredFacts } from '@drover/protocol';
import { connect, domainSaveFlag, type Libvirt } from 'node-libvirt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ActionOutcome } from '../../packages/agent/src/logic/index.ts';
import { HostFiles } from '../../packages/agent/src/shell/host-files.ts';
import { LibvirtLink } from '../../packages/agent/src/shell/libvirt-link.ts';
import { resumeSaved } from '../../packages/agent/src/shell/resume-saved.ts';
import { Saves } from '../../packages/agent/src/shell/save-vm.ts';
import { StorageJobs } from '../../packages/agent/src/shell/storage/storage-jobs.ts';
import { lookAt } from '../../packages/agent/src/shell/vm-state.ts';
import { dirtyVmXml, listenTo, makeBootFiles, tellToDirty } from './support/dirty-vm.ts';
import { type Libvirtd, startLibvirtd } from './support/libvirt-daemon.ts';
import { until } from './support/until.ts';

const mib = 1024 * 1024;
const uuid = randomUUID();
const stack = new AsyncDisposableStack();
const progress: StorageProgress[] = [];
let folder: string;
let pool: Pool;
let one: Side;
let two: Side;
/** Writes memory so slowly that something can happen meanwhile. */
let slow: Side;
let operations = 0;

class Side {
  readonly daemon: Libvirtd;
  readonly libvirt: Libvirt;
  readonly link: LibvirtLink;
  readonly hostId: string;
  storage: StorageJobs;
  saves: Saves;

  constructor(hostId: string, daemon: Libvirtd, libvirt: Libvirt) {
    this.hostId = hostId;
    this.daemon = daemon;
    this.libvirt = libvirt;
    this.link = stack.use(
      new LibvirtLink({ socketPath: daemon.socketPath, onState: () => {}, warn: () => {} }),
    );
    [this.storage, this.saves] = this.#agent();
  }

  #agent(): [StorageJobs, Saves] {
    const storage = new StorageJobs({
      hostId: this.hostId,
      transfers: { host: '127.0.0.1', basePort: 16_540 },
      usable: async () => {},
      onProgress: () => {},
      onBegan: () => {},
      onEnded: () => {},
      warn: () => {},
    });
    const saves = new Saves({
      link: this.link,
      storage,
      onProgress: (told) => progress.push(told),
    });
    return [storage, saves];
  }

  async find(): Promise<string | undefined> {
    return (await lookAt(this.libvirt, uuid))?.state;
  }

  async boot(): Promise<void> {
    await this.libvirt.domains.create(dirtyVmXml({ name: 'saved', uuid }));
    await this.heard();
  }

  /** A machine that is busy takes its time with a boot. */
  async heard() {
    const domain = await this.libvirt.domains.byUuid(uuid);
    return until('it speaks', () => listenTo(domain).catch(() => undefined), {
      timeoutMs: 120_000,
    });
  }

  save(opId: string, roomBytes = 256 * mib): Promise<ActionOutcome> {
    return this.saves.run({ type: 'save-vm', opId, step: 1, vmId: uuid, pool, roomBytes });
  }

  publish(opId: string): Promise<ActionOutcome> {
    const into = { pool, file: memoryFile(uuid, opId) };
    return this.storage.run({
      type: 'storage-job',
      opId,
      step: 2,
      job: { job: 'publish-memory', into },
    });
  }

  resume(opId: string, facts: StoredFacts, again?: true): Promise<ActionOutcome> {
    const context = {
      link: this.link,
      files: new HostFiles(),
      storage: this.storage,
      announce: () => {},
    };
    const { storedBytes, changedMs, inode, file } = facts;
    return resumeSaved(context, {
      type: 'resume-saved',
      opId,
      vmId: uuid,
      memory: { pool, file },
      facts: { storedBytes, changedMs, inode },
      disks: [],
      ...(again ? { again } : {}),
    }).catch((error: { code: string; message: string }) => ({
      outcome: 'failed' as const,
      error: { code: error.code, message: error.message },
    }));
  }

  async tidy(opId: string, file: string): Promise<void> {
    const job = { job: 'delete' as const, files: [{ pool, file }] };
    await this.storage.run({ type: 'storage-job', opId, step: 9, job });
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-saved-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await makeBootFiles(folder);
  await mkdir(join(folder, 'pool'));
  pool = { name: 'p', spec: { type: 'shared', path: join(folder, 'pool') } };
  const start = async (hostId: string, qemuConfig?: string): Promise<Side> => {
    const daemon = stack.use(
      await startLibvirtd({
        hypervisor: true,
        ...(qemuConfig === undefined ? {} : { qemuConfig }),
        containerOptions: [`--volume=${folder}:/images`, `--volume=${folder}:${folder}`],
      }),
    );
    const { socketPath } = daemon;
    const libvirt = stack.use(await connect({ uri: 'qemu:///system', socketPath }));
    const side = new Side(hostId, daemon, libvirt);
    await side.link.whenConnected();
    return side;
  };
  [one, two, slow] = await Promise.all([
    start('one'),
    start('two'),
    start('slow', 'save_image_format = "xz"\n'),
  ]);
});

afterEach(async () => {
  for (const side of [one, two, slow]) {
    const copy = await side.libvirt.domains.find(uuid);
    await copy?.destroy().catch(() => {});
  }
  await rm(join(folder, 'pool'), { recursive: true, force: true });
  await mkdir(join(folder, 'pool'));
  progress.length = 0;
});

afterAll(() => stack.disposeAsync());

const newOperation = () => {
  operations += 1;
  return `op-${operations}`;
};
const codeOf = ({ outcome, error }: ActionOutcome) =>
  error === undefined ? outcome : `${outcome} ${error.code}`;

/** Everything in the pool but facts and markers. */
async function files(): Promise<readonly string[]> {
  const found = await readdir(join(folder, 'pool'), { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, 'pool').length + 1));
}

/** Saved on the first host. */
async function saved(): Promise<StoredFacts> {
  await one.boot();
  const opId = newOperation();
  expect(codeOf(await one.save(opId))).toBe('done');
  const { stored } = await one.publish(opId);
  if (stored === undefined) throw new Error('nothing was published');
  return stored;
}

describe('a VM’s memory', () => {
  it('has no name before it is whole, and then goes on on another host, in the same boot', async () => {
    await one.boot();
    const before = await one.heard();
    const opId = newOperation();
    expect(codeOf(await one.save(opId))).toBe('done');
    expect(await one.find()).toBeUndefined();
    expect(await files()).toEqual([`.drover/quarantine/${opId}/memory`]);
    const { stored } = await one.publish(opId);
    expect(await files()).toEqual([memoryFile(uuid, opId)]);
    expect(stored?.storedBytes).toBeGreaterThan(10 * mib);
    // Done again it is the same file.
    expect(await one.publish(opId)).toMatchObject({ outcome: 'done', stored });

    const resumeId = newOperation();
    if (stored === undefined) throw new Error('nothing was published');
    expect(codeOf(await two.resume(resumeId, stored))).toBe('done');
    const after = await two.heard();
    expect(after.boot).toBe(before.boot);
    expect(after.upSeconds).toBeGreaterThan(before.upSeconds);
    // Not so long ago that it could have booted and counted since.
    expect(after.upSeconds - before.upSeconds).toBeLessThan(60);
    expect(await files()).toEqual([`.drover/quarantine/${resumeId}/memory`]);
    await two.tidy(resumeId, stored.file);
    expect(await files()).toEqual([]);
  });

  it('is never gone on with by two hosts, whatever they are told', async () => {
    const stored = await saved();
    const opId = newOperation();
    const ends = await Promise.all([one.resume(opId, stored), two.resume(opId, stored)]);
    expect(ends.map(codeOf).toSorted()).toEqual(['done', 'failed memory-used']);
    const states = [await one.find(), await two.find()];
    expect(states.filter((state) => state !== undefined)).toEqual(['running']);
    // Nor a second time, after it has run and gone.
    const [runs] = [one, two].filter((_side, at) => states[at] === 'running');
    await (await runs?.libvirt.domains.byUuid(uuid))?.destroy();
    for (const side of [one, two]) {
      expect(codeOf(await side.resume(opId, stored, true))).toBe('failed memory-used');
    }
  });

  it('is taken up anew where the agent died before it was moved out of reach', async () => {
    const stored = await saved();
    const file = join(folder, 'pool', stored.file);
    await two.libvirt.domains.restore({ file }, { flags: domainSaveFlag.paused });
    const opId = newOperation();
    expect(codeOf(await two.resume(opId, stored))).toBe('failed vm-busy');
    expect(codeOf(await two.resume(opId, stored, true))).toBe('done');
    expect(await two.find()).toBe('running');
  });

  it('runs on in the copy that stands still where the agent died after that', async () => {
    const stored = await saved();
    const file = join(folder, 'pool', stored.file);
    await two.libvirt.domains.restore({ file }, { flags: domainSaveFlag.paused });
    const { storedBytes, changedMs, inode } = stored;
    const facts = { storedBytes, changedMs, inode };
    const opId = newOperation();
    const at = { pool, file: stored.file };
    expect(await two.storage.memory(opId, { type: 'take', at, facts })).toBe('mine');
    expect(codeOf(await one.resume(opId, stored))).toBe('failed memory-used');
    expect(codeOf(await two.resume(opId, stored, true))).toBe('done');
    expect(await two.find()).toBe('running');
  });

  it('that is gone, or was changed by hand, is not gone on with', async () => {
    const stored = await saved();
    await appendFile(join(folder, 'pool', stored.file), 'x');
    expect(codeOf(await two.resume(newOperation(), stored))).toBe('failed memory-gone');
    await unlink(join(folder, 'pool', stored.file));
    expect(codeOf(await two.resume(newOperation(), stored))).toBe('failed memory-gone');
    expect(await two.find()).toBeUndefined();
  });

  it('saved by a host that is gone is given its name by another', async () => {
    await one.boot();
    const opId = newOperation();
    expect(codeOf(await one.save(opId))).toBe('done');
    expect(await two.publish(opId)).toMatchObject({ outcome: 'done' });
    expect(await files()).toEqual([memoryFile(uuid, opId)]);
  });
});

describe('a save', () => {
  it('that has no room is refused before it begins', async () => {
    await one.boot();
    const opId = newOperation();
    const outcome = await one
      .save(opId, 1024 ** 5)
      .catch((error: { code: string }) => ({ outcome: 'failed' as const, error: error }));
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'pool-full' } });
    expect(await one.find()).toBe('running');
    expect(await files()).toEqual([]);
  });

  it('that is cancelled leaves the VM running as it was, and no file', async () => {
    const { opId, saving, before } = await saveSlowly();
    expect(slow.saves.abort(opId)).toBe(true);
    expect(codeOf(await saving)).toBe('failed job-cancelled');
    expect(await slow.find()).toBe('running');
    const after = await slow.heard();
    expect(after.boot).toBe(before.boot);
    // What libvirt left of it is not whole: it gets no name, and goes.
    expect(codeOf(await slow.publish(opId))).toBe('failed memory-gone');
    expect(await files()).toEqual([]);
  });

  it('that loses its libvirt leaves the VM running as it was', async () => {
    const { opId, saving, before } = await saveSlowly();
    await slow.daemon.stop('KILL');
    await slow.daemon.start();
    expect(codeOf(await saving)).toBe('failed save-failed');
    expect(await slow.find()).toBe('running');
    expect((await slow.heard()).boot).toBe(before.boot);
    // What libvirt left of it is not whole, and goes.
    await slow.tidy(opId, memoryFile(uuid, opId));
    expect(await files()).toEqual([]);
  });

  it('that outlives its agent is followed by the next one, which can end it', async () => {
    const { opId, saving } = await saveSlowly();
    const next = new Saves({ link: slow.link, storage: slow.storage, onProgress: () => {} });
    const dom = await slow.libvirt.domains.byUuid(uuid);
    const followed = next.follow(opId, dom, new AbortController().signal);
    expect(next.abort(opId)).toBe(true);
    await followed;
    expect(codeOf(await saving)).toBe('failed save-failed');
    expect(await slow.find()).toBe('running');
  });
});

/** It has enough to write that it takes a while, and has begun. */
async function saveSlowly() {
  await slow.boot();
  const dom = await slow.libvirt.domains.byUuid(uuid);
  await tellToDirty(dom, 100);
  const before = await slow.heard();
  const opId = newOperation();
  const saving = slow.save(opId);
  await until('it tells how far it is', () => progress.some(({ doneBytes }) => doneBytes > 0), {
    timeoutMs: 60_000,
  });
  expect((await lookAt(slow.libvirt, uuid))?.saving).toBe(true);
  expect(progress[0]).toMatchObject({ opId, phase: 'save' });
  return { opId, saving, before };
}
