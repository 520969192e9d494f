/** `drover volume`: what is sent, what is asked first, and how bytes come and go. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idOf, operation, volume } from './support/bodies.ts';
import { Drover, drover } from './support/drover.ts';
import { accepted, ok, problem, type Route } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const about = { volumeId: idOf(50), subject: 'data' };
type Type = Parameters<typeof operation>[0];

const asked = (type: Type) => () => accepted(operation(type, about));
const ends = (type: Type): Record<string, Route> => ({
  'GET /v1/operations/op-1': () => ok(operation(type, { ...about, state: 'succeeded' })),
});

describe('volume list and show', () => {
  it('have volumes of their own, and disks of VMs under the VM’s name', async () => {
    const { name: _, ...disk } = volume('x', {
      vm: { id: idOf(1), name: 'web', index: 0 },
      users: [{ id: idOf(1), name: 'web' }],
      image: 'debian-13@2',
    });
    const snapshots = [{ name: 'before', virtualBytes: 1024 ** 3, atMs: 1 }];
    const { url } = await serve({
      'GET /v1/volumes': () => ok({ items: [volume('data', { snapshots }), disk] }),
      'GET /v1/volumes/web%3A0': () => ok(disk),
    });
    const list = await drover(['--api', url, 'volume', 'list']);
    expect(list.stdout).toMatch(/^data +ready +vms +20GiB +qcow2 +- +1 +-$/m);
    expect(list.stdout).toMatch(/^web:0 +ready +vms +20GiB +qcow2 +debian-13@2 +0 +web$/m);
    const show = await drover(['--api', url, 'volume', 'show', 'web:0']);
    expect(show.stdout).toMatch(/Disk: +0 of web, and goes with it/);
  });
});

describe('what is asked of a volume', () => {
  const made = {
    'POST /v1/volumes': () =>
      accepted({ volume: volume('data'), operation: operation('volume-create', about) }),
    'POST /v1/volumes/data/copy': () =>
      accepted({ volume: volume('data-2'), operation: operation('volume-create', about) }),
  };

  it.each([
    [
      ['create', 'data', '--pool', 'vms', '--size', '20GiB'],
      'POST /v1/volumes',
      { name: 'data', pool: 'vms', source: { type: 'empty' }, sizeMib: 20_480 },
    ],
    [
      ['create', 'data', '--pool', 'fast', '--image', 'debian-13@2', '--full', '--format', 'raw'],
      'POST /v1/volumes',
      {
        name: 'data',
        pool: 'fast',
        source: { type: 'image', image: 'debian-13@2' },
        mode: 'full',
        format: 'raw',
      },
    ],
    [
      ['copy', 'data', 'data-2', '--pool', 'fast', '-l', 'tier=db'],
      'POST /v1/volumes/data/copy',
      { name: 'data-2', pool: 'fast', labels: { tier: 'db' } },
    ],
  ])('%j becomes a body', async (args, route, body) => {
    const api = await serve({ ...made, ...ends('volume-create') });
    const end = await drover(['--api', api.url, 'volume', ...args]);
    expect({ code: end.code, stdout: end.stdout }).toEqual({ code: 0, stdout: 'data is made\n' });
    const [method = '', path = ''] = route.split(' ');
    expect(api.sent(method, path)[0]?.body).toEqual(body);
  });

  it.each([
    ['volume-resize', ['resize', 'data', '--size', '40GiB'], 'POST', 'resize', { sizeMib: 40_960 }],
    ['volume-move', ['move', 'data', '--pool', 'fast'], 'POST', 'move', { pool: 'fast' }],
    ['volume-snapshot', ['snapshot', 'data', 'now'], 'POST', 'snapshots', { name: 'now' }],
    [
      'volume-snapshot-delete',
      ['snapshot', 'data', 'now', '--delete', '--yes'],
      'DELETE',
      'snapshots/now',
      undefined,
    ],
    ['volume-revert', ['revert', 'data', 'now', '-y'], 'POST', 'snapshots/now/revert', undefined],
  ] as const)('%s', async (type, args, method, path, body) => {
    const api = await serve({ [`${method} /v1/volumes/data/${path}`]: asked(type), ...ends(type) });
    const end = await drover(['--api', api.url, 'volume', ...args]);
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/^data (is|has)/);
    expect(api.sent(method, `/v1/volumes/data/${path}`)[0]?.body).toEqual(body);
  });

  it.each([
    ['delete', 'data'],
    ['revert', 'data', 'now'],
    ['snapshot', 'data', 'now', '--delete'],
  ])('%s of %s needs --yes where nobody can be asked', async (...args) => {
    const api = await serve({});
    const end = await drover(['--api', api.url, 'volume', ...args]);
    expect(end.code).toBe(64);
    expect(end.stderr).toContain('--yes');
    expect(api.requests).toEqual([]);
  });

  it.each([
    [['create', 'data', '--pool', 'vms'], '--size'],
    [['create', 'data', '--pool', 'vms', '--image', 'a', '--from', 'b'], 'not both'],
    [['create', 'data', '--pool', 'vms', '--size', '1GiB', '--full'], '--full is of --image'],
    [['create', 'DATA', '--pool', 'vms', '--size', '1GiB'], 'names are like data-1'],
    [['resize', 'data', '--size', '40GB'], '40GB'],
  ])('%j is refused before anything is asked', async (args, text) => {
    const api = await serve({});
    const end = await drover(['--api', api.url, 'volume', ...args]);
    expect({ code: end.code, requests: api.requests }).toEqual({ code: 64, requests: [] });
    expect(end.stderr).toContain(text);
  });

  it('that is refused says what helps', async () => {
    const { url } = await serve({
      'DELETE /v1/volumes/data': () => problem('volume-in-use', 409, 'data is a disk of web'),
    });
    const end = await drover(['--api', url, 'volume', 'delete', 'data', '--yes']);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('stop or delete what has it');
  });
});

describe('bytes of a volume', () => {
  const content = '/v1/volumes/data/content';
  const bytes = Buffer.alloc(500_000, 'volume');
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drover-volume-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const download = (url: string, path: string) => [
    '--api',
    url,
    'volume',
    'download',
    'data',
    path,
  ];
  const giving = { 'POST /v1/volumes/data/download': asked('volume-download') };

  it('come into a file, and go on where they broke off', async () => {
    const path = join(folder, 'data.qcow2');
    let times = 0;
    const api = await serve({
      ...giving,
      ...ends('volume-download'),
      [`GET ${content}`]: ({ headers }) => {
        times += 1;
        if (times === 1) return problem('volume-not-ready', 409, 'no host has opened a way yet');
        const [, from] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
        const part = bytes.subarray(Number(from ?? 0));
        return (response) => {
          response.writeHead(from === undefined ? 200 : 206, { 'content-length': part.length });
          if (times > 2) return void response.end(part);
          response.write(part.subarray(0, 200_000), () => response.destroy());
        };
      },
    });
    const end = await drover(download(api.url, path));
    expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
    expect(end.stdout).toBe(`data is in ${path} (488KiB)\n`);
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(await readdir(folder)).toEqual(['data.qcow2']);
    expect(api.sent('GET', content)).toHaveLength(3);
  });

  it('never overwrite a file', async () => {
    const path = join(folder, 'data.qcow2');
    await writeFile(path, 'mine');
    const api = await serve({});
    const end = await drover(download(api.url, path));
    expect({ code: end.code, requests: api.requests }).toEqual({ code: 64, requests: [] });
    expect((await readFile(path)).toString()).toBe('mine');
  });

  it('are left alone by Ctrl-C, which cancels', async () => {
    const path = join(folder, 'data.qcow2');
    const api = await serve({
      ...giving,
      [`GET ${content}`]: () => (response) => {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 100_000));
      },
      'DELETE /v1/operations/op-1': asked('volume-download'),
    });
    const run = new Drover(download(api.url, path));
    await run.says('downloading data: copy');
    run.child.kill('SIGINT');
    const end = await run.ended;
    expect(end.code).toBe(7);
    expect(api.sent('DELETE', '/v1/operations/op-1')).toHaveLength(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('go into it after a yes', async () => {
    const path = join(folder, 'data.raw');
    await writeFile(path, bytes);
    let received: Buffer = Buffer.alloc(0);
    const api = await serve({
      'POST /v1/volumes/data/upload': asked('volume-upload'),
      ...ends('volume-upload'),
      [`HEAD ${content}`]: () => (response) => {
        response.writeHead(200, { 'upload-offset': String(received.length) }).end();
      },
      [`PUT ${content}`]: ({ body }) => {
        received = body as Buffer;
        return (response) => void response.writeHead(204).end();
      },
    });
    const args = ['--api', api.url, 'volume', 'upload', 'data', path];
    expect((await drover(args)).code).toBe(64);
    const end = await drover([...args, '--yes']);
    expect({ code: end.code, stdout: end.stdout }).toEqual({ code: 0, stdout: 'data is filled\n' });
    expect(api.sent('POST', '/v1/volumes/data/upload')[0]?.body).toEqual({ bytes: bytes.length });
    expect(received.equals(bytes)).toBe(true);
  });
});

describe('operation cancel', () => {
  it('exits 0 once it is cancelled', async () => {
    const api = await serve({
      'DELETE /v1/operations/op-1': asked('volume-move'),
      'GET /v1/operations/op-1': () =>
        ok(operation('volume-move', { ...about, state: 'cancelled' })),
    });
    const end = await drover(['--api', api.url, 'operation', 'cancel', 'op-1']);
    expect(end.code).toBe(0);
  });
});
