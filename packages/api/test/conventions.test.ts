/** What every write understands: versions, keys, dry runs; and what every list does. */
import { keys, RecordMirror } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onlyOfVersion } from '../src/logic/versions.ts';
import { spec, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start({ pendingEach: 3 });
});
afterEach(async () => world[Symbol.asyncDispose]());

describe('a version', () => {
  it('is told with the object, and a change is for that version only', async () => {
    await world.vm('stopped');
    const { headers } = await world.send('GET', '/v1/vms/web-1');
    const etag = String(headers['etag']);
    expect(etag).toMatch(/^"[0-9]+"$/);
    const change = (ifMatch: string) =>
      world.send('PATCH', '/v1/vms/web-1', { cloudInit: null }, { 'if-match': ifMatch });
    const changed = await change(etag);
    expect(changed.status).toBe(200);
    expect(changed.headers['etag']).not.toBe(etag);
    expect(await change(etag)).toMatchObject({
      status: 412,
      body: { code: 'precondition-failed' },
    });
    expect((await change(`"1", ${String(changed.headers['etag'])}`)).status).toBe(200);
    expect((await change('*')).status).toBe(200);
    expect((await change('W/"1"')).status).toBe(412);
  });

  it('of a host is 0 before anybody has said anything of it', async () => {
    expect((await world.send('GET', '/v1/hosts/h1')).headers['etag']).toBe('"0"');
    const cordon = () =>
      world.send('POST', '/v1/hosts/h1/cordon', undefined, { 'if-match': '"0"' });
    const first = await cordon();
    expect(first.status).toBe(200);
    expect((await cordon()).status).toBe(412);
    const { headers } = await world.send('GET', '/v1/hosts/h1');
    expect(headers['etag']).toBe(first.headers['etag']);
  });

  it('is compared by etcd as well, also where the write is of something else', () => {
    const records = new RecordMirror();
    const pool = { v: 1, name: 'vms', uuid: vmId, spec: { type: 'local', path: '/x' }, by: 'me' };
    const value = JSON.stringify({ ...pool, createdAtMs: 1 });
    records.load(7, [{ key: keys.pool('vms'), value, modRevision: 7 }]);
    const put = { key: keys.request('r'), value: '{}', expectedModRevision: 0 };
    const decide = () => ({ puts: [put] as [typeof put], compares: [] });
    const write = onlyOfVersion(decide, { kind: 'pool', ref: 'vms' }, '"7"')(records);
    expect(write?.compares).toEqual([{ key: keys.pool('vms'), modRevision: 7 }]);
  });

  it('is not asked for where there is none', async () => {
    const answer = await world.send('POST', '/v1/placements', { spec }, { 'if-match': '"1"' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad-request' } });
  });
});

describe('an Idempotency-Key', () => {
  const create = (key: string, name = 'web-9', role = 'admin') =>
    world.send('POST', '/v1/vms', { name, spec }, { 'idempotency-key': key, role });

  it('has its request carried out once, and answered the same again', async () => {
    const first = await create('k1');
    const again = await create('k1');
    expect(first.status).toBe(202);
    expect([again.status, again.headers['location'], again.body]).toEqual([
      202,
      first.headers['location'],
      first.body,
    ]);
    expect(world.keysUnder('intent/requests')).toHaveLength(1);
    expect(world.keysUnder('intent/vms')).toHaveLength(1);
  });

  it('with another body is a mistake, and is the own one of who sends it', async () => {
    await create('k1');
    expect(await create('k1', 'web-8')).toMatchObject({
      status: 422,
      body: { code: 'repeat-differs' },
    });
    expect((await create('k1', 'web-8', 'operator')).status).toBe(202);
  });

  it('sent twice at once makes one', async () => {
    const both = await Promise.all([create('k1'), create('k1')]);
    const statuses = both.map(({ status }) => status).toSorted((a, b) => a - b);
    expect([
      [202, 202],
      [202, 409],
    ]).toContainEqual(statuses);
    expect(world.keysUnder('intent/vms')).toHaveLength(1);
  });

  it('of what was refused can be sent again', async () => {
    await world.put({ [keys.vmName('web-9')]: { v: 1, vmId } });
    expect((await create('k1')).status).toBe(409);
    await world.put({ [keys.vmName('web-9')]: undefined });
    expect((await create('k1')).status).toBe(202);
  });

  it('is forgotten after a day, and the oldest of too many before that', async () => {
    const repeat = (atMs: number) => ({ v: 1, sha256: 'a'.repeat(64), ids: [], by: 'me', atMs });
    const day = 24 * 60 * 60_000;
    await world.put({ [keys.repeat('old')]: repeat(1), [keys.repeat('new')]: repeat(day) });
    const { Writer } = await import('../src/shell/writer.ts');
    const { Mirror } = await import('../src/shell/mirror.ts');
    const mirror = new Mirror(world.store, () => undefined);
    mirror.start({ loaded: () => undefined, changed: () => undefined });
    while (!mirror.isLoaded) await new Promise((resolve) => setImmediate(resolve));
    const { forgetRepeats } = await import('../src/logic/repeat.ts');
    const writer = new Writer(world.store, mirror, () => undefined, 9);
    await writer.carryOut((records) => forgetRepeats(records, day + 2));
    mirror[Symbol.dispose]();
    expect(world.keysUnder('intent/repeats')).toEqual([keys.repeat('new')]);
  });
});

describe('a dry run', () => {
  it('says what would be written, and writes nothing', async () => {
    await world.vm('stopped');
    const before = world.store.entries();
    expect(await world.send('POST', '/v1/hosts/h1/cordon?dryRun=true')).toMatchObject({
      status: 200,
      body: { dryRun: true, changes: [{ change: 'made', what: 'host-intent', id: 'h1' }] },
    });
    const started = await world.send('POST', '/v1/vms/web-1/start?dryRun=true', undefined, {
      'idempotency-key': 'k',
    });
    expect(started.body['changes']).toMatchObject([
      { change: 'made', what: 'request' },
      { change: 'changed', what: 'vm-intent', id: vmId },
    ]);
    expect(world.store.entries()).toEqual(before);
  });

  it('is refused where the act would be', async () => {
    await world.vm('running');
    const refused = await world.send('DELETE', '/v1/vms/web-1?dryRun=true');
    expect(refused).toMatchObject({ status: 409, body: { code: 'vm-running' } });
    const forbidden = await world.send('POST', '/v1/hosts/h1/cordon?dryRun=true', undefined, {
      role: 'viewer',
    });
    expect(forbidden.status).toBe(403);
    const wrong = { 'if-match': '"7"' };
    expect(
      (await world.send('POST', '/v1/hosts/h1/cordon?dryRun=true', undefined, wrong)).status,
    ).toBe(412);
  });

  it('is understood by every write that the OpenAPI file has', async () => {
    const { body } = await world.send('GET', '/openapi.json');
    const paths = body['paths'] as Readonly<Record<string, Readonly<Record<string, object>>>>;
    const without = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => ['post', 'put', 'patch', 'delete'].includes(method))
        .filter(([, operation]) => !JSON.stringify(operation).includes('"dryRun"'))
        .map(([method]) => `${method} ${path}`),
    );
    expect(without.toSorted()).toEqual([
      'post /v1/balance/plan',
      'post /v1/placements',
      'put /v1/images/{image}/content',
      'put /v1/volumes/{volume}/content',
    ]);
  });
});

describe('a list', () => {
  const many = async (count: number) => {
    for (let index = 0; index < count; index += 1) {
      const id = `${String(index).padStart(8, '0')}-1111-4111-8111-111111111111`;
      const labels = { tier: index % 2 === 0 ? 'web' : 'db' };
      const vm = {
        v: 1,
        id,
        name: `v${index}`,
        spec: { ...spec, labels },
        by: 'x',
        createdAtMs: 1,
      };
      await world.put({ [keys.vmIntent(id)]: { ...vm, desired: 'running' } });
    }
  };
  const names = (body: Readonly<Record<string, unknown>>) =>
    (body['items'] as readonly { readonly name: string }[]).map(({ name }) => name);

  it('comes page by page, whatever goes and comes between two of them', async () => {
    await many(5);
    const first = await world.send('GET', '/v1/vms?limit=2');
    expect(names(first.body)).toEqual(['v0', 'v1']);
    await world.put({ [keys.vmIntent('00000001-1111-4111-8111-111111111111')]: undefined });
    const next = encodeURIComponent(String(first.body['continue']));
    const second = await world.send('GET', `/v1/vms?limit=2&continue=${next}`);
    expect(names(second.body)).toEqual(['v2', 'v3']);
    const rest = encodeURIComponent(String(second.body['continue']));
    const third = await world.send('GET', `/v1/vms?limit=2&continue=${rest}`);
    expect([names(third.body), third.body['continue']]).toEqual([['v4'], undefined]);
  });

  it('has what was asked for, by label and state', async () => {
    await many(4);
    expect(names((await world.send('GET', '/v1/vms?label=tier=web')).body)).toEqual(['v0', 'v2']);
    expect(names((await world.send('GET', '/v1/vms?label=tier,tier=db')).body)).toEqual([
      'v1',
      'v3',
    ]);
    expect(names((await world.send('GET', '/v1/vms?state=running')).body)).toEqual([]);
    expect((await world.send('GET', '/v1/hosts?state=ready')).body['items']).toHaveLength(1);
  });

  it('takes no limit beyond a thousand, and goes on from nowhere else than a page said', async () => {
    expect((await world.send('GET', '/v1/vms?limit=1001')).status).toBe(400);
    expect((await world.send('GET', '/v1/vms?continue=v1')).status).toBe(400);
    expect((await world.send('GET', '/v1/vms?continue=%7B%7D')).status).toBe(400);
  });

  it('of operations goes from the newest to the oldest', async () => {
    const { operation } = await import('./support/world.ts');
    for (const [id, createdAtMs] of [
      ['a', 1],
      ['b', 3],
      ['c', 3],
      ['d', 2],
    ] as const) {
      await world.put({ [keys.operation(id)]: operation(id, { createdAtMs }) });
    }
    const ids: string[] = [];
    let next = '';
    do {
      const { body } = await world.send('GET', `/v1/operations?limit=1${next}`);
      ids.push(...(body['items'] as readonly { readonly id: string }[]).map(({ id }) => id));
      const after = body['continue'] as string | undefined;
      next = after === undefined ? '' : `&continue=${encodeURIComponent(after)}`;
    } while (next !== '');
    expect(ids).toEqual(['c', 'b', 'd', 'a']);
  });
});

it('nobody has more operations under way than one may', async () => {
  const create = (name: string, role: string) =>
    world.send('POST', '/v1/vms', { name, spec }, { role });
  for (const name of ['a', 'b', 'c']) expect((await create(name, 'operator')).status).toBe(202);
  expect(await create('d', 'operator')).toMatchObject({
    status: 429,
    body: { code: 'too-many-pending' },
  });
  expect((await create('d', 'admin')).status).toBe(202);
});
