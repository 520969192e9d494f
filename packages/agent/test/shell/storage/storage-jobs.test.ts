/** Jobs and transfers in processes of their own: how they end, and what is left. None of these needs QEMU's tools. */
import { execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Pool, StorageJob, StorageProgress, TransferEnd } from '@drover/protocol';
import { offsetHeader, transferRequest } from '@drover/transfer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActionOutcome } from '../../../src/logic/index.ts';
import {
  type JobEnded,
  StorageJobs,
  type StorageJobsOptions,
} from '../../../src/shell/storage/storage-jobs.ts';
import { type TestPool, testPool } from '../../support/pool.ts';

const content = randomBytes(300_000);
let pool: TestPool;
let jobs: StorageJobs;
let told: StorageProgress[];
let ended: JobEnded[];
let basePort = 0;

beforeEach(async () => {
  pool = await testPool();
  told = [];
  ended = [];
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  basePort = typeof address === 'object' && address ? Math.min(address.port, 65_000) : 0;
  probe.close();
  jobs = newJobs();
});

afterEach(async () => {
  jobs[Symbol.dispose]();
  await pool[Symbol.asyncDispose]();
});

function newJobs(more: Partial<StorageJobsOptions> = {}): StorageJobs {
  return new StorageJobs({
    hostId: 'h1',
    transfers: { host: '127.0.0.1', basePort },
    usable: async () => {},
    onProgress: (progress) => told.push(progress),
    onBegan: () => {},
    onEnded: (end) => ended.push(end),
    warn: () => {},
    ...more,
  });
}

const order = (job: StorageJob, opId = 'op1', step = 1) =>
  ({ type: 'storage-job', opId, step, job }) as const;
const receive = (more: Partial<Extract<StorageJob, { job: 'receive' }>> = {}) =>
  order({ job: 'receive', into: pool.pool, bytes: content.length, idleMs: 30_000, ...more });
const removal = (...files: readonly string[]): StorageJob => ({
  job: 'delete',
  files: files.map((file) => ({ pool: pool.pool, file })),
});
const codeOf = ({ outcome, error }: ActionOutcome) => `${outcome} ${error?.code}`;

async function open(idleMs = 30_000): Promise<TransferEnd> {
  const transfer = { direction: 'in', into: pool.pool, bytes: content.length } as const;
  const outcome = await jobs.openTransfer({
    type: 'open-transfer',
    opId: 'op1',
    transfer,
    idleMs,
  });
  if (!outcome.transfer) throw new Error(`not opened: ${JSON.stringify(outcome)}`);
  return outcome.transfer;
}

async function send(end: TransferEnd, offset: number, until = content.length): Promise<number> {
  const headers = { [offsetHeader]: String(offset) };
  const body = content.subarray(offset, until);
  const response = await transferRequest(end, 'op1', { method: 'PUT', headers, body });
  response.resume();
  return response.statusCode ?? 0;
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not come true in 20 s');
    await turn();
  }
}

const isWaiting = () => told.some(({ phase }) => phase === 'receive');
const received = '.drover/quarantine/op1/received';
const marker = '.drover/quarantine/op1/host.json';

describe('a job', () => {
  it('is counted when it has ended', async () => {
    await mkdir(join(pool.path, '.drover/facts'), { recursive: true });
    for (const name of ['v', '.drover/facts/gone.json']) await writeFile(join(pool.path, name), '');
    expect(await jobs.run(order(removal('gone')))).toEqual({ outcome: 'done' });
    expect(await pool.files()).toEqual(['v']);
    expect(ended).toEqual([{ kind: 'delete', outcome: 'done', bytes: 0 }]);
  });

  it('that ended well leaves its process to the next, one that failed does not', async () => {
    const run = (file: string) => jobs.run(order(removal(file), randomUUID()));
    const pids = async () => {
      const { stdout } = await promisify(execFile)('ps', [
        '-o',
        'pid=',
        '--ppid',
        `${process.pid}`,
      ]);
      const each = stdout.trim().split(/\s+/);
      const titles = await Promise.all(
        each.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
      );
      return each.filter((_, at) => titles[at]?.startsWith('drover-storage waiting'));
    };
    await mkdir(join(pool.path, 'folder'));
    await run('gone');
    const [first, ...others] = await pids();
    expect([first, others]).toEqual([expect.any(String), []]);
    await run('gone');
    expect(await pids()).toEqual([first]);
    expect(codeOf(await run('folder'))).toBe('failed job-failed');
    expect(await pids()).toEqual([]);
    await run('gone');
    jobs[Symbol.dispose]();
    await until(() => !existsSync(`/proc/${first}`));
  });

  it('does not begin in a pool that cannot be used, or that is no folder of the host', async () => {
    const usable = () => Promise.reject(new Error('it is not mounted'));
    using unusable = newJobs({ usable });
    expect(await unusable.run(order(removal('v')))).toMatchObject({
      outcome: 'failed',
      error: { message: 'it is not mounted' },
    });
    const direct: Pool = {
      name: 'd',
      spec: { type: 'nfs-direct', server: 'nas', export: '/vms' },
    };
    const files = [{ pool: direct, file: 'v' }];
    expect(codeOf(await jobs.run(order({ job: 'delete', files })))).toBe('failed pool-unsuited');
    const spec = {
      type: 'nfs',
      server: 'nas',
      export: '/e',
      version: '4.2',
      path: pool.path,
    };
    const unmounted = { name: 'n', spec } as Pool;
    const outcome = await jobs.run(
      order({
        job: 'create',
        into: { pool: unmounted, file: 'v' },
        format: 'raw',
        virtualBytes: 1,
      }),
    );
    expect(outcome.error).toEqual({
      code: 'pool-unavailable',
      message: `pool n: ${pool.path} is not mounted`,
    });
    expect(await pool.files()).toEqual([]);
  });

  it('runs alone for its operation', async () => {
    const first = jobs.run(receive());
    await until(isWaiting);
    expect(codeOf(await jobs.run(order(removal('v'))))).toBe('failed volume-busy');
    await jobs.abort({ type: 'abort-job', opId: 'op1', ofStep: 1 });
    expect(codeOf(await first)).toBe('failed job-cancelled');
  });

  it('that is cancelled leaves nothing, and one cancelled before does not begin', async () => {
    const cut = jobs.run(receive());
    await until(isWaiting);
    const abort = (ofStep: number) => jobs.abort({ type: 'abort-job', opId: 'op1', ofStep });
    expect(await abort(2)).toEqual({ outcome: 'done' });
    expect(await pool.files()).toEqual([marker]);
    expect(await abort(1)).toEqual({ outcome: 'done' });
    expect(codeOf(await cut)).toBe('failed job-cancelled');
    expect(await pool.files()).toEqual([]);
    expect(codeOf(await jobs.run(order(removal('v'), 'op1', 2)))).toBe('failed job-cancelled');
  });

  it('of which nothing is heard is ended, and may have done its work', async () => {
    using impatient = newJobs({ times: { silentMs: 1 } });
    expect(codeOf(await impatient.run(receive()))).toBe('unknown pool-unavailable');
  });

  it('whose process is killed may have done its work', async () => {
    const cut = jobs.run(receive());
    await until(isWaiting);
    jobs[Symbol.dispose]();
    expect(codeOf(await cut)).toBe('unknown job-failed');
    expect(await pool.files()).toEqual([marker]);
  });

  it('ends with its agent, however that ends', async () => {
    const source = `
      import { StorageJobs } from '${new URL('../../../src/shell/storage/storage-jobs.ts', import.meta.url).href}';
      const jobs = new StorageJobs({
        hostId: 'h1', transfers: { host: '127.0.0.1', basePort: 1 }, usable: async () => {},
        onProgress: () => console.log('it runs'), onBegan() {}, onEnded() {}, warn() {},
      });
      await jobs.run(${JSON.stringify(receive())});`;
    const agent = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(createInterface({ input: agent.stdout }), 'line');
    const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=', '--ppid', `${agent.pid}`]);
    const children = stdout.trim().split(/\s+/);
    expect(children).toHaveLength(1);
    agent.kill('SIGKILL');
    await until(() => children.every((pid) => !existsSync(`/proc/${pid}`)));
    expect(await pool.files()).toEqual([marker]);
    // The next one knows whose it was.
    await jobs.sweep(pool.pool);
    expect(await pool.files()).toEqual([]);
  });
});

describe('an upload', () => {
  it('comes into quarantine, and is waited for', async () => {
    const end = await open();
    const waited = jobs.run(receive());
    expect(await send(end, 0)).toBe(204);
    expect(await waited).toEqual({ outcome: 'done' });
    expect((await readFile(join(pool.path, received))).equals(content)).toBe(true);
    expect(await pool.visible()).toEqual([]);
    expect(told.at(-1)).toMatchObject({ doneBytes: content.length, totalBytes: content.length });
  });

  it('of nothing is there as soon as it is waited for', async () => {
    expect(await jobs.run(receive({ bytes: 0 }))).toEqual({ outcome: 'done' });
    expect(await pool.files()).toEqual([marker, received]);
    const progress = { v: 1, opId: 'op1', phase: 'receive', doneBytes: 0, totalBytes: 0 };
    expect(told).toEqual([expect.objectContaining(progress)]);
  });

  it('goes on after the agent’s end where it broke off, under another key', async () => {
    const before = await open();
    await send(before, 0, 100_000);
    jobs[Symbol.dispose]();
    jobs = newJobs();
    const end = await open();
    expect(end.secret).not.toBe(before.secret);
    expect(await send(end, 0)).toBe(409);
    expect(await send(end, 100_000)).toBe(204);
    expect(await jobs.run(receive())).toEqual({ outcome: 'done' });
    expect((await readFile(join(pool.path, received))).equals(content)).toBe(true);
  });

  it('that is opened again takes nothing by the old key', async () => {
    const before = await open();
    const end = await open();
    const old = { ...end, secret: before.secret };
    await expect(send(old, 0)).rejects.toMatchObject({ code: 'transfer-ended' });
    expect(await send(end, 0)).toBe(204);
  });

  it('in which nothing comes ends, and what came is gone', async () => {
    const end = await open();
    await send(end, 0, 1_000);
    expect(codeOf(await jobs.run(receive({ idleMs: 300 })))).toBe('failed transfer-ended');
    expect(await pool.files()).toEqual([]);
  });

  it('that is cancelled takes nothing more, and what came is gone', async () => {
    const end = await open();
    await send(end, 0, 1_000);
    const abort = { type: 'abort-job', opId: 'op1', ofStep: 2 } as const;
    expect(await jobs.abort(abort)).toEqual({ outcome: 'done' });
    await expect(send(end, 1_000)).rejects.toMatchObject({ code: 'transfer-ended' });
    expect(await pool.files()).toEqual([]);
  });
});

describe('a file that is given', () => {
  // The pool is made before each test.
  const at = () => ({ pool: pool.pool, file: 'v' });
  const give = (step: number) => order({ job: 'give', at: at() }, 'op1', step);
  const openOut = (idleMs: number) =>
    jobs.openTransfer({
      type: 'open-transfer',
      opId: 'op1',
      transfer: { direction: 'out', at: at() },
      idleMs,
    });

  it('is waited for until all of it has gone', async () => {
    await writeFile(join(pool.path, 'v'), content);
    const { transfer } = await openOut(10_000);
    if (!transfer) throw new Error('not opened');
    const given = jobs.run(give(1));
    const response = await transferRequest(transfer, 'op1', { method: 'GET' });
    expect((await buffer(response)).equals(content)).toBe(true);
    expect(await given).toEqual({ outcome: 'done' });
  });

  it('that nobody fetches is given up', async () => {
    await writeFile(join(pool.path, 'v'), content);
    await openOut(2_000);
    expect(codeOf(await jobs.run(give(1)))).toBe('failed transfer-ended');
  });

  it('of which no transfer is open may have gone', async () => {
    expect(codeOf(await jobs.run(give(1)))).toBe('unknown transfer-ended');
  });
});
