/** What is not taken into a pool, before any other program has seen it, and within bounds of time and memory. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DroverError, type StorageJob } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importImage } from '../../../src/shell/storage/import.ts';
import * as images from '../../../../images/test/builders.ts';
import { ImageServer } from './image-server.ts';

type Import = Extract<StorageJob, { job: 'import' }>;

const mib = 2 ** 20;
let folder: string;
let quarantine: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-import-'));
  quarantine = join(folder, 'quarantine');
  await mkdir(quarantine);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const pool = () => ({ name: 'images', spec: { type: 'shared', path: folder } }) as const;

function job(more: Partial<Import>): Import {
  return {
    job: 'import',
    source: { type: 'upload' },
    format: 'qcow2',
    maxBytes: 64 * mib,
    maxVirtualBytes: 2 ** 40,
    into: { pool: pool(), file: 'image' },
    ...more,
  };
}

interface Refusal {
  readonly code: string;
  readonly reason: unknown;
}

async function refusal(more: Partial<Import>, received?: Uint8Array): Promise<Refusal> {
  if (received) await writeFile(join(quarantine, 'received'), received);
  const { signal } = new AbortController();
  try {
    await importImage(job(more), { quarantine, signal, onProgress: () => {} });
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return { code: error.code, reason: error.details['reason'] ?? error.message };
  }
  throw new Error('it was taken');
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const named = (name: string) =>
  images.patched(
    images.patched(images.patched(images.qcow2(), 8, 512n), 16, name.length),
    512,
    name,
  );

describe('an image is refused', () => {
  const cases: readonly (readonly [string, Import['format'], Uint8Array, string, string])[] = [
    ['that stands on another file', 'qcow2', named('/etc/shadow'), 'image-refused', 'backing-file'],
    [
      'that stands on json:',
      'qcow2',
      named('json:{"driver":"nbd"}'),
      'image-refused',
      'protocol-name',
    ],
    [
      'whose data are elsewhere',
      'qcow2',
      images.patched(images.qcow2(), 72, 4n),
      'image-refused',
      'external-data-file',
    ],
    [
      'of 16 EiB',
      'qcow2',
      images.patched(images.qcow2(), 24, 2n ** 64n - 1n),
      'too-large',
      'virtual-size',
    ],
    ['with half a header', 'qcow2', images.qcow2().subarray(0, 80), 'image-refused', 'truncated'],
    ['of nothing', 'raw', new Uint8Array(0), 'image-refused', 'virtual-size'],
    [
      'into which its VM wrote the header of a qcow2',
      'raw',
      images.qcow2(),
      'image-refused',
      'looks-like-qcow2',
    ],
    [
      'in an archive that leads out',
      'ova',
      images.tar([{ name: '../x.vmdk' }]),
      'image-refused',
      'archive-name',
    ],
    [
      'in an archive with a link',
      'ova',
      images.tar([{ name: 'x.vmdk', type: '2' }]),
      'image-refused',
      'archive-type',
    ],
    [
      'that has only what differs',
      'vdi',
      images.patchedLittle(images.vdi(), 0x4c, 4),
      'image-refused',
      'parent-disk',
    ],
  ];
  it.each(cases)('%s', async (_name, format, file, code, reason) => {
    const before = process.memoryUsage.rss();
    const startMs = performance.now();
    expect(await refusal({ format }, file)).toEqual({ code, reason });
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * mib);
    expect(await readdir(quarantine)).toEqual(['received']);
  });

  it('that is longer than is allowed', async () => {
    expect(await refusal({ format: 'raw', maxBytes: 10 }, Buffer.alloc(11))).toMatchObject({
      code: 'too-large',
    });
  });
});

describe('what is packed', () => {
  /** A thousand times a mebibyte of zeros, in a megabyte or less. */
  const thousand = (member: Buffer) => Buffer.concat(Array.from({ length: 1000 }, () => member));
  const bombs = {
    gzip: () => thousand(gzipSync(Buffer.alloc(mib))),
    zstd: () => thousand(zstdCompressSync(Buffer.alloc(mib))),
  };
  it.each(Object.entries(bombs))(
    'with %s and is a bomb ends where the limit is',
    async (packing, bomb) => {
      const packed = bomb();
      const before = process.memoryUsage.rss();
      const startMs = performance.now();
      const found = await refusal({ format: 'raw', packing: packing as 'gzip' }, packed);
      expect(found).toMatchObject({ code: 'too-large' });
      expect(performance.now() - startMs).toBeLessThan(10_000);
      expect(process.memoryUsage.rss() - before).toBeLessThan(200 * mib);
      // What was written of it is zeros, and so takes no room.
      const used = execFileSync('du', ['-k', join(quarantine, 'brought')], { encoding: 'utf8' });
      expect(Number.parseInt(used, 10)).toBeLessThan(1024);
    },
  );

  it.each([
    ['gzip', Buffer.from('not packed')],
    ['zstd', Buffer.from('not packed')],
    ['gzip', gzipSync(Buffer.alloc(mib, 'x')).subarray(0, 500)],
    ['zstd', zstdCompressSync(Buffer.alloc(mib, 'x')).subarray(0, 20)],
    ['gzip', Buffer.alloc(0)],
  ] as const)('with %s, or is not, has to be whole', async (packing, received) => {
    const found = await refusal({ format: 'raw', packing }, received);
    expect(found).toEqual({ code: 'image-refused', reason: 'damaged' });
  });

  it('is looked at as what comes out of it', async () => {
    const found = await refusal({ packing: 'gzip' }, gzipSync(named('/etc/shadow')));
    expect(found).toEqual({ code: 'image-refused', reason: 'backing-file' });
  });

  it('is compared as it came, before anything looks at it', async () => {
    const packed = gzipSync(named('/etc/shadow'));
    const other = await refusal({ packing: 'gzip', sha256: sha256(Buffer.from('x')) }, packed);
    expect(other).toMatchObject({ code: 'checksum-differs' });
    await rm(join(quarantine, 'brought'));
    const same = await refusal({ packing: 'gzip', sha256: sha256(packed) }, packed);
    expect(same).toMatchObject({ reason: 'backing-file' });
  });
});

describe('a file of a pool', () => {
  const at = (file: string): Partial<Import> => ({
    source: { type: 'file', at: { pool: pool(), file } },
  });

  it('is looked at where it is, and left as it was', async () => {
    await writeFile(join(folder, 'brought.qcow2'), named('/etc/shadow'));
    expect(await refusal(at('brought.qcow2'))).toMatchObject({ reason: 'backing-file' });
    expect((await readFile(join(folder, 'brought.qcow2'))).equals(named('/etc/shadow'))).toBe(true);
    expect(await readdir(quarantine)).toEqual([]);
  });

  it('that is a link, a folder, a pipe or not there is not read', async () => {
    await writeFile(join(folder, 'target'), images.qcow2());
    await symlink('target', join(folder, 'link'));
    await mkdir(join(folder, 'folder'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const files = ['link', 'folder', 'pipe', 'absent'];
    const codes = await Promise.all(files.map(async (file) => (await refusal(at(file))).code));
    expect(codes).toEqual(['source-refused', 'source-refused', 'source-refused', 'job-failed']);
  });

  it('that no host mounts is none', async () => {
    const spec = { type: 'nfs-direct', server: 'nas', export: '/x' } as const;
    const source = { type: 'file', at: { pool: { name: 'far', spec }, file: 'x' } } as const;
    expect(await refusal({ source })).toMatchObject({ code: 'pool-unsuited' });
  });
});

describe('from a URL', () => {
  const url = (text: string): Import['source'] => ({
    type: 'url',
    url: text,
    hosts: ['127.0.0.1'],
  });

  it('nothing comes without a checksum', async () => {
    await using server = await ImageServer.start((response) => void response.end());
    expect(await refusal({ source: url(server.url) })).toMatchObject({ code: 'source-refused' });
    expect(server.asked).toEqual([]);
  });

  it('nothing is looked at that is not what was announced', async () => {
    await using server = await ImageServer.start((response) => void response.end(images.qcow2()));
    const found = await refusal({ source: url(server.url), sha256: sha256(Buffer.from('other')) });
    expect(found).toMatchObject({ code: 'checksum-differs' });
  });

  it('a hostile image is refused as any other, packed as well', async () => {
    const packed = gzipSync(named('/etc/shadow'));
    await using server = await ImageServer.start((response) => void response.end(packed));
    const found = await refusal({
      source: url(server.url),
      sha256: sha256(packed),
      packing: 'gzip',
    });
    expect(found).toMatchObject({ code: 'image-refused', reason: 'backing-file' });
  });

  it('what the pool has no room for is not begun', async () => {
    await using server = await ImageServer.start((response) => {
      response.setHeader('content-length', 2 ** 52).flushHeaders();
    });
    const maxBytes = 2 ** 53 - 1;
    const found = await refusal({
      source: url(server.url),
      sha256: sha256(Buffer.from('')),
      maxBytes,
    });
    expect(found).toMatchObject({ code: 'pool-full' });
  });
});

it('an import that was cancelled before it began does nothing', async () => {
  const context = { quarantine, signal: AbortSignal.abort(), onProgress: () => {} };
  await expect(importImage(job({}), context)).rejects.toMatchObject({ code: 'job-cancelled' });
});
