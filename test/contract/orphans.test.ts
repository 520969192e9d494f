/**
 * Files that no record names, in a real directory, with the distribution's QEMU and qemu-img: what a VM has open stays, whoever says that it is
 * nobody's; so does what another file stands on; what is nobody's goes, with what is known of it.
 */
import type { PoolEntry, StorageJob } from '@drover/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ActionOutcome } from '../../packages/agent/src/logic/index.ts';
import { type PlayedAgent, startStorageHost, type StorageHost } from './support/storage-host.ts';

const id = '99999999-0000-4000-8000-00000000000a';
const disk = `${id}.qcow2`;
const overlay = `${id}-01JDX.qcow2`;
const quarantine = '.drover/quarantine';
const mib = 1024 * 1024;
let host: StorageHost;
let agent: PlayedAgent;
let operations = 0;

beforeAll(async () => {
  host = await startStorageHost(['one']);
  agent = await host.startAgent();
});

afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

beforeEach(() => host.shell('find /pools -mindepth 2 -delete'));

const pool = () => host.pool('one');
const path = (file: string) => host.path('one', file);

function order(job: StorageJob, opId?: string): Promise<ActionOutcome> {
  operations += 1;
  return agent.act({ type: 'storage-job', opId: opId ?? `op-${operations}`, step: 1, job });
}

async function list(only?: string): Promise<readonly PoolEntry[]> {
  const ask = only === undefined ? {} : { only };
  const { answer } = await agent.act({ type: 'list-files', pool: pool(), ...ask });
  if (answer?.kind !== 'list-files') throw new Error('it did not say what is there');
  return answer.files;
}
const names = async () => (await list()).map(({ file }) => file);

async function remove(file: string): Promise<string> {
  const [found] = await list(file);
  const { bytes: storedBytes = 0, changedMs = 0, inode = 0 } = found ?? {};
  const facts = { storedBytes, changedMs, inode };
  const { outcome, error } = await order({ job: 'delete-orphan', pool: pool(), file, facts });
  return error === undefined ? outcome : error.code;
}

/** A disk of 8 MiB and one that stands on it, both made by the agent's own jobs. */
async function chain(): Promise<void> {
  const at = { pool: pool(), file: disk };
  await order({ job: 'create', into: at, format: 'qcow2', virtualBytes: 8 * mib });
  const made = await order({
    job: 'clone',
    from: at,
    fromFormat: 'qcow2',
    into: { pool: pool(), file: overlay },
    format: 'qcow2',
    mode: 'thin',
  });
  expect(made.outcome).toBe('done');
}

describe('what lies in a pool', () => {
  it('is listed as the kernel has it, a folder of the quarantine among it', async () => {
    await chain();
    await host.shell(`
      cd /pools/one
      mkdir -p ${quarantine}/op-9~0a1b && head -c 1000000 /dev/urandom > ${quarantine}/op-9~0a1b/memory
      touch -d '2 hours ago' ${disk} ${quarantine}/op-9~0a1b/memory ${quarantine}/op-9~0a1b
      echo mine > debian.qcow2`);
    const found = await list();
    expect(found.map(({ file }) => file)).toEqual([`${quarantine}/op-9~0a1b`, overlay, disk]);
    const [folder, , last] = found;
    expect(folder).toMatchObject({ bytes: 1_000_000 });
    expect(folder?.ageMs).toBeGreaterThanOrEqual(2 * 3_600_000);
    const stat = await host.exec('stat', '-c', '%s %b %i', path(disk));
    expect(stat).toBe(`${last?.bytes} ${(last?.allocatedBytes ?? 0) / 512} ${last?.inode}`);
  });
});

describe('a deletion', () => {
  it('takes the file and its facts; of a chain the top first', async () => {
    await chain();
    expect(await remove(disk)).toBe('volume-in-use');
    expect(await names()).toEqual([overlay, disk]);
    expect(await remove(overlay)).toBe('done');
    expect(await remove(disk)).toBe('done');
    expect(await host.files('one')).toEqual([]);
  });

  it('leaves what somebody of another name made stand on it', async () => {
    await chain();
    await remove(overlay);
    await host.exec(
      'qemu-img',
      'create',
      '-q',
      '-f',
      'qcow2',
      '-F',
      'qcow2',
      '-b',
      disk,
      path('my.img'),
    );
    expect(await remove(disk)).toBe('volume-in-use');
    expect(await names()).toEqual([disk]);
  });

  it('leaves what a QEMU has open, and takes it when that is gone', async () => {
    await chain();
    await remove(overlay);
    const qemu = await host.holdOpen(path(disk), 'qcow2');
    expect(await remove(disk)).toBe('volume-in-use');
    expect(await names()).toEqual([disk]);
    await qemu[Symbol.asyncDispose]();
    expect(await remove(disk)).toBe('done');
  });

  it('leaves what a QEMU only reads, below what it writes', async () => {
    await chain();
    const qemu = await host.holdOpen(path(overlay), 'qcow2');
    // Nothing in the pool says any more that it stands on the other.
    await host.exec('mv', path(overlay), '/tmp/overlay');
    expect(await remove(disk)).toBe('volume-in-use');
    expect(await names()).toEqual([disk]);
    await qemu[Symbol.asyncDispose]();
    expect(await remove(disk)).toBe('done');
  });

  it('takes a folder of the quarantine with all that is in it, unless something has that open', async () => {
    const folder = `${quarantine}/op-9~0a1b`;
    await host.shell(`
      mkdir -p /pools/one/${folder}/deep
      truncate -s 1M /pools/one/${folder}/made /pools/one/${folder}/deep/more`);
    const qemu = await host.holdOpen(`${path(folder)}/made`, 'raw');
    expect(await remove(folder)).toBe('volume-in-use');
    await qemu[Symbol.asyncDispose]();
    expect(await remove(folder)).toBe('done');
    expect(await host.files('one')).toEqual([]);
  });

  it('leaves what was changed since it was judged', async () => {
    await chain();
    const [found] = await list(overlay);
    await host.exec('qemu-io', '-f', 'qcow2', '-c', 'write 0 1M', path(overlay));
    const { bytes: storedBytes = 0, changedMs = 0, inode = 0 } = found ?? {};
    const facts = { storedBytes, changedMs, inode };
    const job = { job: 'delete-orphan', pool: pool(), file: overlay, facts } as const;
    expect((await order(job)).error?.code).toBe('not-an-orphan');
    expect(await names()).toEqual([overlay, disk]);
  });
});
