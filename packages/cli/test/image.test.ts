/** `drover image`: what is sent, how a file of one's own arrives, and what is said about it. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formOf } from '../src/logic/image-form.ts';
import { storageBrief, storageText } from '../src/logic/storage-progress.ts';
import { idOf, image, operation, placement, vm } from './support/bodies.ts';
import { Drover, drover } from './support/drover.ts';
import { accepted, ok, problem, type Request, type Route } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const content = `/v1/images/${idOf(40)}/content`;
const about = { imageId: idOf(40), subject: 'debian-13@1' };
const importing = (changes = {}) => operation('image-import', { ...about, ...changes });
const imported = {
  'POST /v1/images': () =>
    accepted({ image: image('debian-13', { state: 'importing' }), operation: importing() }),
  'GET /v1/operations/op-1': () => ok(importing({ state: 'succeeded' })),
};

describe('image list and show', () => {
  it('say what there is, how large it is, and what stands on it', async () => {
    const users = [{ volumeId: `${idOf(1)}-0`, name: 'web', vmId: idOf(1) }];
    const { url } = await serve({
      'GET /v1/images': () => ok({ items: [image('debian-13', { userCount: 1 })] }),
      'GET /v1/images/debian-13': () => ok(image('debian-13', { userCount: 1, users })),
    });
    const list = await drover(['--api', url, 'image', 'list']);
    expect(list.stdout).toMatch(/^NAME +VERSION +STATE +POOL +SIZE +STORED +USERS +AGE$/m);
    expect(list.stdout).toMatch(/^debian-13 +1 +ready +vms +2GiB +512MiB +1 /m);
    const show = await drover(['--api', url, 'image', 'show', 'debian-13']);
    expect(show.stdout).toContain(`On it:    VM web (${idOf(1)}-0)`);
    const names = await drover(['--api', url, 'image', 'list', '-o', 'name']);
    expect(names.stdout).toBe('debian-13@1\n');
  });
});

describe('image import', () => {
  it('sends what was said, and says that it is imported', async () => {
    const api = await serve(imported);
    const sha256 = 'ab'.repeat(32);
    const url = 'https://cloud.debian.org/debian-13.qcow2';
    const args = ['image', 'import', 'debian-13', '--pool', 'vms', '--url', url];
    const end = await drover(['--api', api.url, ...args, '--sha256', sha256, '-l', 'os=debian']);
    expect({ code: end.code, stdout: end.stdout }).toEqual({
      code: 0,
      stdout: 'debian-13@1 is imported\n',
    });
    expect(end.stderr).toContain('format qcow2: taken from the end of the name');
    expect(api.sent('POST', '/v1/images')[0]?.body).toEqual({
      name: 'debian-13',
      pool: 'vms',
      source: { type: 'url', url },
      format: 'qcow2',
      sha256,
      labels: { os: 'debian' },
    });
  });

  it.each([
    [['--url', 'https://a/b.qcow2'], 'needs --sha256'],
    [['--url', 'https://a/b.qcow2', '--file', 'b.qcow2'], '--url URL with --sha256'],
    [[], '--url URL with --sha256'],
    [['--file', 'debian.img'], 'may be raw or qcow2'],
    [['--file', 'debian.iso', '--format', 'iso'], '--format: one of qcow2'],
    [['--file', '../debian.qcow2'], '--url or --file is not right'],
  ])('%j is refused before anything is asked', async (flags, text) => {
    const api = await serve({});
    const args = ['image', 'import', 'debian-13', '--pool', 'vms', ...flags];
    const end = await drover(['--api', api.url, ...args]);
    expect(end.code).toBe(64);
    expect(end.stderr).toContain(text);
    expect(api.requests).toEqual([]);
  });

  it('from nowhere that is allowed says how to allow it, and exits 4', async () => {
    const detail = 'images are not fetched from a: add it with: drover image sources add a';
    const { url } = await serve({
      'POST /v1/images': () => problem('source-refused', 403, detail),
    });
    const args = ['image', 'import', 'b', '--pool', 'vms', '--url', 'https://a/b.qcow2'];
    const end = await drover(['--api', url, ...args, '--sha256', 'ab'.repeat(32)]);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('drover image sources add a');
  });
});

describe('image upload', () => {
  let folder = '';
  let file = '';
  const bytes = Buffer.alloc(3_000_000, 'drover');
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drover-image-'));
    file = join(folder, 'debian-13.qcow2');
    await writeFile(file, bytes);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A host that takes bytes where they go on; `breaksAt` breaks the first connection there. */
  function host(breaksAt?: number): {
    readonly routes: Record<string, Route>;
    readonly received: () => Buffer;
  } {
    let received: Buffer = Buffer.alloc(0);
    let isBroken = breaksAt === undefined;
    const routes: Record<string, Route> = {
      ...imported,
      [`HEAD ${content}`]: () => (response) => {
        response.writeHead(200, { 'upload-offset': String(received.length) }).end();
      },
      [`PUT ${content}`]: ({ body, headers }: Request) => {
        expect(headers['upload-offset']).toBe(String(received.length));
        const piece = isBroken ? (body as Buffer) : (body as Buffer).subarray(0, breaksAt);
        received = Buffer.concat([received, piece]);
        if (isBroken) return (response) => void response.writeHead(204).end();
        isBroken = true;
        return (response) => void response.destroy();
      },
    };
    return { routes, received: () => received };
  }
  const upload = (...more: readonly string[]) => [
    'image',
    'upload',
    'debian-13',
    file,
    '--pool',
    'vms',
    ...more,
  ];

  it('sends the checksum first and then the bytes, and tells the format that it took', async () => {
    const { routes, received } = host();
    const api = await serve(routes);
    const end = await drover(['--api', api.url, ...upload()]);
    expect({ code: end.code, stdout: end.stdout }).toEqual({
      code: 0,
      stdout: 'debian-13@1 is imported\n',
    });
    expect(api.sent('POST', '/v1/images')[0]?.body).toEqual({
      name: 'debian-13',
      pool: 'vms',
      source: { type: 'upload', bytes: bytes.length },
      format: 'qcow2',
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(received().equals(bytes)).toBe(true);
    expect(end.stderr).toContain('format qcow2: taken from the end of the name');
    expect(end.stderr).toContain('uploading debian-13: receive 100 %');
  });

  it('that breaks off goes on where it was', async () => {
    const { routes, received } = host(1_000_000);
    const api = await serve(routes);
    const end = await drover(['--api', api.url, ...upload()]);
    expect({ code: end.code, stdout: end.stdout }).toMatchObject({ code: 0 });
    expect(end.stderr).toContain('the upload broke off');
    const offsets = api.sent('PUT', content).map(({ headers }) => headers['upload-offset']);
    expect(offsets).toEqual(['0', '1000000']);
    expect(received().equals(bytes)).toBe(true);
  });

  it('waits for a host that has not opened a way yet', async () => {
    const { routes, received } = host();
    let asked = 0;
    const head = routes[`HEAD ${content}`];
    const api = await serve({
      ...routes,
      [`HEAD ${content}`]: (request) => {
        asked += 1;
        return asked === 1 || head === undefined
          ? (response) => void response.writeHead(409).end()
          : head(request);
      },
      'GET /v1/operations/op-1': () =>
        ok(importing(received().length === bytes.length ? { state: 'succeeded' } : {})),
    });
    expect((await drover(['--api', api.url, ...upload()])).code).toBe(0);
    expect(received().equals(bytes)).toBe(true);
  });

  it('whose import fails meanwhile says of what', async () => {
    const { routes } = host();
    const error = { code: 'image-refused', message: 'it has a backing file' };
    const { url } = await serve({
      ...routes,
      [`HEAD ${content}`]: () => (response) => void response.writeHead(409).end(),
      'GET /v1/operations/op-1': () => ok(importing({ state: 'failed', error })),
    });
    const end = await drover(['--api', url, ...upload()]);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('it has a backing file');
  });

  it('is cancelled by Ctrl-C, since nobody else has the bytes', async () => {
    const { routes } = host();
    const api = await serve({
      ...routes,
      // Takes the bytes and never answers.
      [`PUT ${content}`]: () => () => undefined,
      'DELETE /v1/operations/op-1': () => accepted(importing({ state: 'cancelled' })),
    });
    const run = new Drover(['--api', api.url, ...upload()]);
    await run.says('receive 100 %');
    run.child.kill('SIGINT');
    const end = await run.ended;
    expect(end.code).toBe(7);
    expect(end.stderr).toContain('The upload is cancelled; nothing of it is kept.');
    expect(api.sent('DELETE', '/v1/operations/op-1')).toHaveLength(1);
  });

  it('of nothing, or of what is no image by its name, is refused before anything is asked', async () => {
    const api = await serve({});
    const empty = join(folder, 'empty.raw');
    const unnamed = join(folder, 'disk');
    await writeFile(empty, '');
    await writeFile(unnamed, 'x');
    const run = (path: string) =>
      drover(['--api', api.url, 'image', 'upload', 'a', path, '--pool', 'vms']);
    for (const [path, text] of [
      [empty, 'is empty'],
      [folder, '--format'],
      [join(folder, 'none.raw'), 'cannot be read'],
      [unnamed, '--format'],
    ] as const) {
      const end = await run(path);
      expect(end.code).toBe(64);
      expect(end.stderr).toContain(text);
    }
    expect(api.requests).toEqual([]);
  });
});

describe('the form of a file', () => {
  it.each([
    ['a.qcow2', { format: 'qcow2' }],
    ['a.raw.xz', { format: 'raw', packing: 'xz' }],
    ['A.VMDK.GZ', { format: 'vmdk', packing: 'gzip' }],
    ['a.ova', { format: 'ova' }],
  ])('%s is taken for %j, and that is said', (name, form) => {
    const { said, ...taken } = formOf(name, {});
    expect(taken).toEqual(form);
    expect(said).toContain('not from what is in it');
  });

  it('is what was said, and then nothing is told', () => {
    expect(formOf('a.img', { format: 'raw' })).toEqual({ format: 'raw' });
    expect(formOf('a.qcow2', { format: 'raw' })).toEqual({ format: 'raw' });
  });
});

describe('how far it is', () => {
  const storage = { phase: 'fetch', doneBytes: 450 * 1024 ** 2, totalBytes: 1024 ** 3 } as const;

  it('has percent, amount, rate and time left, as far as they are known', () => {
    const known = { ...storage, bytesPerSecond: 80 * 1024 ** 2, etaMs: 7_000 };
    expect(storageText(known)).toBe('fetch 43 %, 450MiB of 1GiB, 80MiB/s, 7s left');
    expect(storageText({ phase: 'fetch', doneBytes: 2048 })).toBe('fetch, 2KiB');
    expect([storageBrief(storage), storageBrief({ phase: 'copy', doneBytes: 1 })]).toEqual([
      'fetch 40 %',
      'copy',
    ]);
  });

  it('is told while an operation is waited for', async () => {
    let looks = 0;
    const { url } = await serve({
      'POST /v1/images/debian-13/verify': () =>
        accepted(operation('image-verify', { ...about, state: 'running' })),
      'GET /v1/operations/op-1': () => {
        looks += 1;
        const running = { state: 'running', storage: { ...storage, elapsedMs: 1 } } as const;
        return ok(
          operation('image-verify', {
            ...about,
            ...(looks < 3 ? running : { state: 'succeeded' }),
          }),
        );
      },
    });
    const end = await drover(['--api', url, 'image', 'verify', 'debian-13']);
    expect(end.stdout).toBe('debian-13@1 is what was recorded\n');
    expect(end.stderr).toBe('reading debian-13@1: fetch 40 %\n');
  });
});

describe('image delete', () => {
  it('asks first, and with --when-unused lets it wait', async () => {
    const api = await serve({
      'DELETE /v1/images/debian-13%401': () =>
        accepted(operation('image-delete', { ...about, reason: 'web stands on it' })),
    });
    const args = ['--api', api.url, 'image', 'delete', 'debian-13@1'];
    expect((await drover(args)).code).toBe(64);
    const end = await drover([...args, '--when-unused', '--yes', '--no-wait']);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('image-delete of debian-13@1 is asked for');
    expect(api.requests.map(({ query }) => query.get('whenUnused'))).toEqual(['true']);
  });

  it('that is refused says what to look at', async () => {
    const { url } = await serve({
      'DELETE /v1/images/debian-13%401': () => problem('image-in-use', 409, '1 stands on it: web'),
    });
    const end = await drover(['--api', url, 'image', 'delete', 'debian-13@1', '--yes']);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('drover image show debian-13@1');
  });
});

describe('image sources', () => {
  const settings = { hosts: ['a.example'], maxBytes: 1024 ** 3 };
  const body = (hosts: readonly string[]) => ({
    settings: { ...settings, hosts: [...hosts] },
    effective: {
      hosts: [...hosts],
      schemes: ['https'],
      maxBytes: 1024 ** 3,
      maxVirtualBytes: 2 * 1024 ** 4,
    },
  });
  const path = '/v1/settings/images';

  it('are added and removed one by one; what else is set stays', async () => {
    const api = await serve({
      [`GET ${path}`]: () => ok(body(['a.example'])),
      [`PUT ${path}`]: () => ok(body(['a.example', 'b.example'])),
    });
    const add = await drover(['--api', api.url, 'image', 'sources', 'add', 'https://B.example/x']);
    expect(add.stdout).toContain('b.example');
    await drover(['--api', api.url, 'image', 'sources', 'remove', 'a.example']);
    const sent = api.sent('PUT', path).map((one) => one.body);
    expect(sent).toEqual([
      { ...settings, hosts: ['a.example', 'b.example'] },
      { ...settings, hosts: [] },
    ]);
  });

  it('that are none are told with how to add one', async () => {
    const { url } = await serve({ [`GET ${path}`]: () => ok(body([])) });
    const { stdout } = await drover(['--api', url, 'image', 'sources', 'list']);
    expect(stdout).toContain('drover image sources add HOST');
  });
});

describe('vm create', () => {
  it('takes a declared image by its name, and finds its pool', async () => {
    const api = await serve({
      'GET /v1/images/debian-13': () => ok(image('debian-13')),
      'POST /v1/placements': () => ok({ items: [placement('h1')] }),
      'POST /v1/vms': () => accepted({ vm: vm(1, 'web', { state: 'stopped' }) }),
    });
    const flags = ['--memory', '1GiB', '--image', 'debian-13,size=20GiB', '--no-start'];
    expect((await drover(['--api', api.url, 'vm', 'create', 'web', ...flags])).code).toBe(0);
    expect(api.sent('POST', '/v1/vms')[0]?.body).toMatchObject({
      spec: { disks: [{ pool: 'vms', image: 'debian-13', sizeMib: 20_480 }] },
    });
  });
});
