/**
 * The agent's storage jobs with the distribution's qemu-img and QEMU: what they make is what was asked for, what a VM has is left
 * alone, and whatever ends them, nothing is left that is not whole.
 */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { StorageJob, StoredFacts, TransferEnd } from '@drover/protocol';
import { transferRequest } from '@drover/transfer';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ActionOutcome } from '../../packages/agent/src/logic/index.ts';
import { type PlayedAgent, startStorageHost, type StorageHost } from './support/storage-host.ts';
import { until } from './support/until.ts';

const mib = 1024 * 1024;
let host: StorageHost;
let agent: PlayedAgent;
let operations = 0;

beforeAll(async () => {
  host = await startStorageHost(['one', 'two']);
  agent = await host.startAgent();
});

afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

beforeEach(async () => {
  agent.progress.length = 0;
  await host.shell('find /pools -mindepth 2 -delete');
});

const at = (file: string, pool = 'one') => ({ pool: host.pool(pool), file });
const newOperation = () => {
  operations += 1;
  return `op-${operations}`;
};
const order = (job: StorageJob, opId = newOperation(), step = 1) =>
  agent.act({ type: 'storage-job', opId, step, job });

async function stored(job: StorageJob, opId?: string): Promise<StoredFacts> {
  const outcome = await order(job, opId);
  if (!outcome.stored) throw new Error(`no facts: ${JSON.stringify(outcome)}`);
  return outcome.stored;
}

const codeOf = ({ outcome, error }: ActionOutcome) => `${outcome} ${error?.code}`;

async function info(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await host.exec('qemu-img', 'info', '-U', '--output=json', path);
  return JSON.parse(text) as Record<string, unknown>;
}

/** A qcow2 of 64 MiB as an image would be, with something in its first MiB. */
async function image(file = 'image.qcow2', pool = 'one'): Promise<string> {
  const path = host.path(pool, file);
  await host.exec('qemu-img', 'create', '-q', '-f', 'qcow2', path, '64M');
  await write(path, 0x11, '0');
  return path;
}

const write = (path: string, byte: number, where: string, format = 'qcow2') =>
  host.exec('qemu-io', '-f', format, '-c', `write -P ${byte} ${where} 1M`, path);
const reads = (path: string, byte: number, where: string, format = 'qcow2') =>
  host
    .exec('qemu-io', '-r', '-f', format, '-c', `read -P ${byte} ${where} 1M`, path)
    .then((text) => !text.includes('Pattern verification failed'));

type Clone = Extract<StorageJob, { job: 'clone' }>;
const thin = (from: string, into: string): Clone => ({
  job: 'clone',
  from: at(from),
  fromFormat: 'qcow2',
  into: at(into),
  format: 'qcow2',
  mode: 'thin',
});
const full = (from: string, into: string, pool = 'one'): Clone => ({
  ...thin(from, into),
  into: at(into, pool),
  mode: 'full',
});
/** Drover's own files beside those with names; there are none but facts when nothing is under way. */
const facts = (...files: readonly string[]) => files.map((file) => `.drover/facts/${file}.json`);

describe('a volume', () => {
  it.each(['qcow2', 'raw'] as const)('is created empty as %s, with its facts', async (format) => {
    const made = await stored({ job: 'create', into: at('v'), format, virtualBytes: 32 * mib });
    expect(made).toMatchObject({ file: 'v', format, virtualBytes: 32 * mib });
    expect(made.allocatedBytes).toBeLessThan(mib);
    expect(await info(host.path('one', 'v'))).toMatchObject({ format, 'virtual-size': 32 * mib });
    expect(await host.exec('stat', '-c', '%a %s %i', host.path('one', 'v'))).toBe(
      `600 ${made.storedBytes} ${made.inode}`,
    );
    expect(await host.files('one')).toEqual([...facts('v'), 'v']);
  });

  it('that is made again by its operation is found, by another one is left alone', async () => {
    const job: StorageJob = {
      job: 'create',
      into: at('v'),
      format: 'raw',
      virtualBytes: mib,
    };
    const made = await stored(job, 'op-again');
    expect(await order(job, 'op-again', 2)).toEqual({ outcome: 'done', stored: made });
    expect(codeOf(await order(job))).toBe('failed job-failed');
    await host.shell('echo mine > /pools/one/foreign');
    expect(codeOf(await order({ ...job, into: at('foreign') }))).toBe('failed job-failed');
    expect(await host.shell('cat /pools/one/foreign')).toBe('mine');
  });

  it('is a thin clone that stands on its image, larger if asked', async () => {
    const path = await image();
    const made = await stored({ ...thin('image.qcow2', 'v'), virtualBytes: 128 * mib });
    expect(made).toMatchObject({ virtualBytes: 128 * mib, format: 'qcow2' });
    const clone = host.path('one', 'v');
    expect(await info(clone)).toMatchObject({
      'backing-filename': path,
      'backing-filename-format': 'qcow2',
      'virtual-size': 128 * mib,
      'cluster-size': 65_536,
    });
    expect(await reads(clone, 0x11, '0')).toBe(true);
  });

  it('is not cloned from an image that is not what was recorded', async () => {
    const path = await image();
    const [size, time, inode] = (await host.exec('stat', '-c', '%s %.3Y %i', path)).split(' ');
    const recorded = {
      storedBytes: Number(size),
      changedMs: Math.floor(Number(time) * 1000),
      inode: Number(inode),
    };
    const clone = (more: Partial<typeof recorded>, into: string) =>
      order({ ...thin('image.qcow2', into), facts: { ...recorded, ...more } });
    expect(await clone({}, 'a')).toMatchObject({ outcome: 'done' });
    for (const [what, value] of Object.entries(recorded)) {
      expect(codeOf(await clone({ [what]: value + 1 }, 'b'))).toBe('failed image-altered');
    }
    expect(codeOf(await order(thin('none', 'b')))).toBe('failed pool-unavailable');
    expect(await host.files('one')).toEqual([...facts('a'), 'a', 'image.qcow2']);
  });

  it.each(['qcow2', 'raw'] as const)(
    'is a full clone as %s, from another pool, told of while it is made',
    async (format) => {
      const path = await image();
      const job = { ...full('image.qcow2', 'v', 'two'), format, virtualBytes: 96 * mib };
      const made = await stored(job);
      expect(made).toMatchObject({ format, virtualBytes: 96 * mib });
      const clone = host.path('two', 'v');
      const compared = await host.exec('qemu-img', 'compare', '-F', format, path, clone);
      expect(compared).toContain('Images are identical');
      expect((await info(clone))['backing-filename']).toBeUndefined();
      expect(agent.progress.at(-1)).toMatchObject({
        opId: `op-${operations}`,
        phase: 'convert',
        doneBytes: 64 * mib,
        totalBytes: 64 * mib,
      });
    },
  );

  it('belongs to whom its pool belongs, whom QEMU may run as', async () => {
    await host.shell('chown 64055:109 /pools/two && chmod 770 /pools/two');
    // As on a server that takes root for nobody.
    await using squashed = await host.startAgent('h2', '-dac_override,-dac_read_search');
    const job: StorageJob = {
      job: 'create',
      into: at('v', 'two'),
      format: 'qcow2',
      virtualBytes: mib,
    };
    const outcomes = [
      await order({ ...job, into: at('w', 'two') }),
      await squashed.act({ type: 'storage-job', opId: 'op-squashed', step: 1, job }),
    ];
    await host.shell('chown 0:0 /pools/two && chmod 755 /pools/two');
    expect(outcomes.map(codeOf)).toEqual(['done undefined', 'done undefined']);
    const owners = await host.shell('stat -c "%n %u:%g %a" /pools/two/?');
    expect(owners).toBe('/pools/two/v 64055:109 660\n/pools/two/w 64055:109 660');
  });
});

describe('a volume that is there', () => {
  it.each(['qcow2', 'raw'] as const)('as %s grows, and never shrinks', async (format) => {
    await stored({ job: 'create', into: at('v'), format, virtualBytes: 8 * mib });
    const path = host.path('one', 'v');
    await write(path, 0x22, '0', format);
    const resize = (virtualBytes: number): StorageJob => ({
      job: 'resize',
      at: at('v'),
      format,
      virtualBytes,
    });
    expect(await stored(resize(16 * mib))).toMatchObject({ virtualBytes: 16 * mib });
    expect(await stored(resize(16 * mib))).toMatchObject({ virtualBytes: 16 * mib });
    expect(codeOf(await order(resize(mib)))).toBe('failed job-failed');
    expect(await info(path)).toMatchObject({ format, 'virtual-size': 16 * mib });
    expect(await reads(path, 0x22, '0', format)).toBe(true);
  });

  it('as raw, with the head of a qcow2 in it, is still raw when it grows', async () => {
    await stored({ job: 'create', into: at('v'), format: 'raw', virtualBytes: mib });
    await host.shell(
      'printf "QFI\\373\\0\\0\\0\\003" | dd of=/pools/one/v conv=notrunc status=none',
    );
    const grown = { job: 'resize', at: at('v'), format: 'raw', virtualBytes: 2 * mib } as const;
    expect(await stored(grown)).toMatchObject({ storedBytes: 2 * mib, format: 'raw' });
  });

  it.each([['image.qcow2'], [undefined]])(
    'takes in the snapshot that it stands on, and then stands on %s',
    async (below) => {
      if (below === undefined) {
        await stored({ job: 'create', into: at('snap'), format: 'qcow2', virtualBytes: 64 * mib });
      } else {
        await image();
        await stored(thin(below, 'snap'));
      }
      await write(host.path('one', 'snap'), 0x33, '1M');
      await write(host.path('one', 'snap'), 0x33, '2M');
      await stored(thin('snap', 'v'));
      const path = host.path('one', 'v');
      await write(path, 0x44, '2M');
      const job: StorageJob = {
        job: 'merge',
        from: at('snap'),
        into: at('v'),
        ...(below === undefined ? {} : { below: at(below) }),
      };
      await stored(job, 'op-merge');
      const { 'backing-filename': backing } = await info(path);
      expect(backing).toBe(below === undefined ? undefined : host.path('one', below));
      const seen = [await reads(path, below ? 0x11 : 0, '0'), await reads(path, 0x33, '1M')];
      expect([...seen, await reads(path, 0x44, '2M')]).toEqual([true, true, true]);
      const left = ['v', ...(below === undefined ? [] : [below])].toSorted();
      expect(await host.files('one')).toEqual([...facts('v'), ...left]);
      expect(agent.progress).toContainEqual(expect.objectContaining({ phase: 'copy' }));
      expect(await order(job, 'op-merge', 2)).toMatchObject({ outcome: 'done' });
    },
  );

  it('is not merged with what it does not stand on', async () => {
    await image();
    await stored(thin('image.qcow2', 'v'));
    await stored(thin('image.qcow2', 'other'));
    const outcome = await order({ job: 'merge', from: at('other'), into: at('v') });
    expect(codeOf(outcome)).toBe('failed image-altered');
    expect(await host.files('one')).toContain('other');
  });

  it('is deleted with its facts; what is not there is well, a link is not followed', async () => {
    await stored({ job: 'create', into: at('v'), format: 'raw', virtualBytes: mib });
    await host.shell('echo mine > /tmp/outside; ln -sf /tmp/outside /pools/one/link');
    const files = [at('none'), at('v')];
    expect(await order({ job: 'delete', files })).toEqual({ outcome: 'done' });
    expect(codeOf(await order({ job: 'delete', files: [at('link')] }))).toBe('failed job-failed');
    expect(await host.files('one')).toEqual(['link']);
    expect(await host.shell('cat /tmp/outside')).toBe('mine');
  });

  it('is read for its checksum, whole', async () => {
    await image();
    const made = await stored(full('image.qcow2', 'v'));
    const [sha256] = (await host.exec('sha256sum', host.path('one', 'v'))).split(' ');
    expect(await stored({ job: 'checksum', at: at('v') })).toEqual({ ...made, sha256 });
    expect(agent.progress.at(-1)).toMatchObject({
      phase: 'checksum',
      doneBytes: made.storedBytes,
    });
    await host.exec('rm', host.path('one', 'v'));
    expect(codeOf(await order({ job: 'checksum', at: at('v') }))).toBe('failed image-altered');
  });
});

describe('what a VM has open', () => {
  it.each(['qcow2', 'raw'] as const)('as %s is left alone until it has not', async (format) => {
    await stored({ job: 'create', into: at('v'), format, virtualBytes: 8 * mib });
    const jobs: readonly StorageJob[] = [
      { ...thin('v', 'a'), fromFormat: format },
      { ...full('v', 'b'), fromFormat: format },
      { job: 'resize', at: at('v'), format, virtualBytes: 16 * mib },
      { job: 'checksum', at: at('v') },
      { job: 'delete', files: [at('v')] },
    ];
    const held = await host.holdOpen(host.path('one', 'v'), format);
    const tries: string[] = [];
    for (const job of jobs) tries.push(codeOf(await order(job)));
    const transfer = { direction: 'out', at: at('v') } as const;
    const opened = {
      type: 'open-transfer',
      opId: newOperation(),
      transfer,
      idleMs: 9_000,
    } as const;
    tries.push(codeOf(await agent.act(opened)));
    expect(new Set(tries)).toEqual(new Set(['failed volume-in-use']));
    expect(await host.files('one')).toEqual([...facts('v'), 'v']);
    await held[Symbol.asyncDispose]();
    for (const job of jobs) expect(await order(job)).toMatchObject({ outcome: 'done' });
  });

  it('by way of a clone is neither deleted nor merged', async () => {
    await image();
    await stored(thin('image.qcow2', 'snap'));
    await stored(thin('snap', 'v'));
    await using _held = await host.holdOpen(host.path('one', 'v'), 'qcow2');
    const merge: StorageJob = {
      job: 'merge',
      from: at('snap'),
      into: at('v'),
      below: at('image.qcow2'),
    };
    const remove: StorageJob = { job: 'delete', files: [at('image.qcow2')] };
    expect(codeOf(await order(merge))).toBe('failed volume-in-use');
    expect(codeOf(await order(remove))).toBe('failed volume-in-use');
    expect(await host.files('one')).toEqual([...facts('snap', 'v'), 'image.qcow2', 'snap', 'v']);
  });
});

describe('a volume that is given', () => {
  const open = (opId: string) =>
    agent.act({
      type: 'open-transfer',
      opId,
      transfer: { direction: 'out', at: at('v') },
      idleMs: 60_000,
    });
  const get = async (end: TransferEnd, opId: string, range: string) => {
    const inside = { ...end, host: host.address };
    const response = await transferRequest(inside, opId, { method: 'GET', headers: { range } });
    return { status: response.statusCode, bytes: await buffer(response) };
  };

  it('comes in parts to who has the key, until it is cancelled', async () => {
    await image();
    const made = await stored(full('image.qcow2', 'v'));
    const opId = newOperation();
    const { transfer } = await open(opId);
    if (!transfer) throw new Error('there is no transfer');
    const half = Math.floor(made.storedBytes / 2);
    const parts = [
      await get(transfer, opId, `bytes=0-${half - 1}`),
      await get(transfer, opId, `bytes=${half}-`),
    ];
    expect(parts.map(({ status }) => status)).toEqual([206, 206]);
    const sha256 = createHash('sha256').update(Buffer.concat(parts.map(({ bytes }) => bytes)));
    const [wanted] = (await host.exec('sha256sum', host.path('one', 'v'))).split(' ');
    expect(sha256.digest('hex')).toBe(wanted);
    const other = { ...transfer, secret: 'ab'.repeat(32) };
    const ended = { code: expect.stringMatching(/transfer-ended|host-silent/) };
    await expect(get(other, opId, 'bytes=0-')).rejects.toMatchObject(ended);
    await agent.act({ type: 'abort-job', opId, ofStep: 1 });
    await expect(get(transfer, opId, 'bytes=0-')).rejects.toMatchObject(ended);
    expect(await host.files('one')).toEqual([...facts('v'), 'image.qcow2', 'v']);
  });

  it('has to be there', async () => {
    expect(codeOf(await open(newOperation()))).toBe('failed pool-unavailable');
  });
});

describe('a full clone that is cut off', () => {
  const copying = () =>
    until('qemu-img copies', async () => {
      const text = await host.shell('pgrep -f "^qemu-img convert" || true');
      return text !== '' && (await host.files('two')).some((name) => name.endsWith('/made'));
    });
  const large = () =>
    host.shell('head -c 1500M /dev/zero | tr "\\0" x > /pools/one/large; sync /pools/one/large');
  const job = (): Clone => ({
    ...full('large', 'v', 'two'),
    fromFormat: 'raw',
    format: 'raw',
  });

  it('by the death of the agent leaves nothing but what the next one clears away', async () => {
    await large();
    await using doomed = await host.startAgent('h7');
    void doomed.act({ type: 'storage-job', opId: 'op-doomed', step: 1, job: job() });
    await copying();
    await doomed.kill();
    const running = () => host.shell('pgrep -fl "^(qemu-img|drover-storage job)" || true');
    await until('its processes are gone', async () => (await running()) === '');
    const left = await host.files('two');
    expect(left).toContain('.drover/quarantine/op-doomed/made');
    expect(left).not.toContain('v');

    await using stranger = await host.startAgent('h8');
    const create = (file: string): StorageJob => ({
      job: 'create',
      into: at(file, 'two'),
      format: 'raw',
      virtualBytes: mib,
    });
    const order = (job: StorageJob) =>
      ({ type: 'storage-job', opId: newOperation(), step: 1, job }) as const;
    await stranger.act(order(create('a')));
    expect(await host.files('two')).toContain('.drover/quarantine/op-doomed/made');

    await using next = await host.startAgent('h7');
    await next.act(order(create('b')));
    expect(await host.files('two')).toEqual([...facts('a', 'b'), 'a', 'b']);
    const again = { type: 'storage-job', opId: 'op-doomed', step: 2, job: job() } as const;
    expect(await next.act(again)).toMatchObject({ outcome: 'done' });
    const compared = host.exec('cmp', host.path('one', 'large'), host.path('two', 'v'));
    expect(await compared).toBe('');
  });

  it('by an order leaves nothing, and does not begin again', async () => {
    await large();
    const opId = newOperation();
    const cut = order(job(), opId);
    await copying();
    expect(await agent.act({ type: 'abort-job', opId, ofStep: 1 })).toEqual({ outcome: 'done' });
    expect(codeOf(await cut)).toBe('failed job-cancelled');
    expect(await host.files('two')).toEqual([]);
    expect(codeOf(await order(job(), opId))).toBe('failed job-cancelled');
  });

  it('by a pool that is full says so, and leaves nothing', async () => {
    await host.shell('head -c 40M /dev/zero | tr "\\0" x > /pools/one/large');
    const outcome = await order({ ...job(), into: at('v', 'tiny') });
    expect(codeOf(outcome)).toBe('failed pool-full');
    expect(await host.files('tiny')).toEqual([]);
  });
});
