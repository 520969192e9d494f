import { keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operation, otherVmId, spec, until, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

const idIn = (body: Readonly<Record<string, unknown>>) => String(body['id']);

describe('a VM that is asked for', () => {
  it('is in etcd with its name and its request when the answer comes, and is read at once', async () => {
    const { status, body, headers } = await world.send('POST', '/v1/vms', { name: 'a', spec });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      vm: { name: 'a', state: 'pending', by: 'the-admin' },
      operation: { type: 'start', state: 'pending', done: false, cancellable: false },
    });
    const { id } = body['operation'] as { id: string };
    expect(world.read(keys.request(id))).toMatchObject({ type: 'start', by: 'the-admin' });
    expect(world.read(keys.vmName('a'))).toEqual({ v: 1, vmId: (body['vm'] as { id: string }).id });
    expect(headers['location']).toBe(`/v1/operations/${id}`);
    expect((await world.send('GET', '/v1/vms/a')).status).toBe(200);
    expect((await world.send('GET', `/v1/operations/${id}`)).body).toMatchObject({ id });
  });

  it('is refused where its name is taken or a pool is not declared; nothing is written', async () => {
    await world.send('POST', '/v1/vms', { name: 'a', spec });
    const before = world.store.revision;
    const taken = await world.send('POST', '/v1/vms', { name: 'a', spec });
    expect(taken).toMatchObject({ status: 409, body: { code: 'name-taken' } });
    const disks = [{ pool: 'none', image: 'x.qcow2' }];
    const poolless = await world.send('POST', '/v1/vms', { name: 'b', spec: { ...spec, disks } });
    expect(poolless).toMatchObject({ status: 404, body: { code: 'pool-not-found' } });
    const dry = await world.send('POST', '/v1/vms?dryRun=true', { name: 'b', spec });
    expect(dry).toMatchObject({ status: 200, body: { type: 'refused' } });
    expect(world.store.revision).toBe(before);
  });

  it('twice at the same moment under one name is there once', async () => {
    const both = await Promise.all([
      world.send('POST', '/v1/vms', { name: 'a', spec }),
      world.send('POST', '/v1/vms', { name: 'a', spec }),
    ]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([202, 409]));
    expect(world.keysUnder('intent/vms')).toHaveLength(1);
  });

  it('is answered truthfully when etcd’s answer is lost: it is read back', async () => {
    world.store.loseNextReply();
    const { status } = await world.send('POST', '/v1/vms', { name: 'a', spec });
    expect(status).toBe(202);
    expect(world.keysUnder('intent/requests')).toHaveLength(1);
  });

  it('is refused when etcd is away, and when too much is pending', async () => {
    world.store.setDown(true);
    const away = await world.send('POST', '/v1/vms', { name: 'a', spec });
    expect(away).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
    expect(away.headers['retry-after']).toBeDefined();
    world.store.setDown(false);
    const many = Array.from({ length: 1000 }, (_, n) => `r-${n}`);
    const request = { v: 1, type: 'start', vmId: otherVmId, by: 'x', createdAtMs: 1 };
    for (let n = 0; n < 1000; n += 100) {
      const some = many.slice(n, n + 100).map((id) => [keys.request(id), { ...request, id }]);
      await world.put(Object.fromEntries(some) as Record<string, object>);
    }
    const full = await world.send('POST', '/v1/vms', { name: 'a', spec });
    expect(full).toMatchObject({ status: 429, body: { code: 'too-many-pending' } });
  });
});

describe('what is asked of a VM', () => {
  it('is refused where its state forbids it', async () => {
    await world.vm();
    const cases = [
      ['DELETE', '/v1/vms/web-1', 'vm-running'],
      ['POST', '/v1/vms/web-1/start', 'vm-running'],
      ['POST', '/v1/vms/nobody/start', 'vm-not-found'],
    ] as const;
    for (const [method, path, code] of cases) {
      expect((await world.send(method, path)).body['code']).toBe(code);
    }
    const move = (target: string) => world.send('POST', '/v1/vms/web-1/migrate', { target });
    expect((await move('h9')).body['code']).toBe('host-not-found');
    expect((await move('h1')).body['code']).toBe('bad-request');
    await world.vm('stopped');
    expect((await world.send('POST', '/v1/vms/web-1/stop')).body['code']).toBe('vm-not-running');
    expect((await move('h2')).body['code']).toBe('vm-not-running');
  });

  it('is one thing at a time', async () => {
    await world.vm();
    const first = await world.send('POST', '/v1/vms/web-1/stop', { mode: 'force' });
    expect(first.status).toBe(202);
    expect(world.read(keys.request(idIn(first.body)))).toMatchObject({ mode: 'force' });
    expect(world.read(keys.vmIntent(vmId))).toMatchObject({ desired: 'stopped' });
    const second = await world.send('POST', '/v1/vms/web-1/migrate');
    expect(second.body['code']).toBe('vm-busy');
    expect(second.body['detail']).toContain(idIn(first.body));
  });
});

describe('a recovery', () => {
  const path = '/v1/hosts/h1/recover';

  it('is asked for with the host’s name once more, by an admin, and once at a time', async () => {
    const { status, body, headers } = await world.send('POST', path, { confirm: 'h1' });
    expect(status).toBe(202);
    expect(body).toMatchObject({ type: 'recover', hostId: 'h1', done: false, cancellable: false });
    expect(headers['location']).toBe(`/v1/operations/${idIn(body)}`);
    expect(world.read(keys.request(idIn(body)))).toMatchObject({ type: 'recover', hostId: 'h1' });
    const again = await world.send('POST', path, { confirm: 'h1', despiteMassLoss: true });
    expect(again).toMatchObject({ status: 409, body: { code: 'recovery-under-way' } });
    expect(again.body['detail']).toContain(idIn(body));
  });

  it('is refused without that name, with another one, for nobody’s host, and to operators', async () => {
    const code = async (body: object, address = path, role = 'admin') =>
      (await world.send('POST', address, body, { role })).body['code'];
    expect(await code({})).toBe('invalid-body');
    expect(await code({ confirm: 'h2' })).toBe('bad-request');
    expect(await code({ confirm: 'h9' }, '/v1/hosts/h9/recover')).toBe('host-not-found');
    expect(await code({ confirm: 'h1' }, path, 'operator')).toBe('forbidden');
    expect(world.keysUnder('intent/requests')).toEqual([]);
  });
});

describe('a drain', () => {
  const path = '/v1/hosts/h1/drain';

  it('writes request and cordon together, and is there once', async () => {
    const started = await world.send('POST', path, { parallel: 1 });
    expect(started.status).toBe(202);
    const id = idIn(started.body);
    expect(world.read(keys.hostIntent('h1'))).toMatchObject({
      cordoned: true,
      cordonedByDrain: id,
    });
    expect((await world.send('POST', path)).body['code']).toBe('drain-under-way');
    expect((await world.send('DELETE', '/v1/hosts/h1/cordon')).body['code']).toBe(
      'drain-under-way',
    );
    expect((await world.send('GET', path)).body).toMatchObject({ id, state: 'pending' });
    expect((await world.send('GET', '/v1/hosts/h1')).body).toMatchObject({ state: 'draining' });
  });

  it('cancelled takes back the cordon that it made, in one transaction', async () => {
    const { body } = await world.send('POST', path);
    const before = world.store.revision;
    const cancelled = await world.send('DELETE', path);
    expect(cancelled).toMatchObject({ status: 202, body: { cancellable: false } });
    expect(world.store.revision).toBe(before + 1);
    expect(world.read(keys.hostIntent('h1'))).toMatchObject({ cordoned: false });
    expect(world.read(keys.request(idIn(body)))).toMatchObject({ cancelled: { by: 'the-admin' } });
    expect((await world.send('DELETE', path)).status).toBe(202);
    expect(world.store.revision).toBe(before + 1);
  });

  it('cancelled leaves the cordon that a person made, before or during it', async () => {
    await world.send('POST', '/v1/hosts/h1/cordon');
    await world.send('POST', path);
    await world.send('DELETE', path);
    expect(world.read(keys.hostIntent('h1'))).toMatchObject({ cordoned: true });
  });

  it('that has ended is not cancelled; one that never was is not found', async () => {
    expect((await world.send('DELETE', path)).body['code']).toBe('drain-not-found');
    const ended = operation('d', { type: 'drain', hostId: 'h1', state: 'succeeded' });
    await world.put({ [keys.operation('d')]: ended });
    expect((await world.send('DELETE', path)).body['code']).toBe('operation-ended');
    await world.send('POST', '/v1/hosts/h1/cordon');
    expect((await world.send('GET', '/v1/hosts/h1')).body['state']).toBe('drained');
  });

  it('asked for at the same moment as another, on a cordoned host, begins once', async () => {
    await world.send('POST', '/v1/hosts/h1/cordon');
    const both = await Promise.all([world.send('POST', path), world.send('POST', path)]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([202, 409]));
    expect(world.keysUnder('intent/requests')).toHaveLength(1);
  });
});

describe('a migration', () => {
  it('of a drain is cancelled only with the drain', async () => {
    await world.put({
      [keys.operation('d')]: operation('d', { type: 'drain', hostId: 'h1' }),
      [keys.operation('d-0-0')]: operation('d-0-0', { parentId: 'd' }),
    });
    const { status, body } = await world.send('DELETE', '/v1/migrations/d-0-0');
    expect({ status, code: body['code'] }).toEqual({ status: 409, code: 'not-cancellable' });
    expect(body['detail']).toContain('/v1/hosts/h1/drain');
  });

  it('that was asked for is cancelled by its request', async () => {
    await world.vm();
    const { body } = await world.send('POST', '/v1/vms/web-1/migrate', { target: 'h2' });
    const cancelled = await world.send('DELETE', `/v1/migrations/${idIn(body)}`);
    expect(cancelled.status).toBe(202);
    expect(world.read(keys.request(idIn(body)))).toHaveProperty('cancelled');
  });
});

describe('waiting for an operation', () => {
  it('ends when the operation does', async () => {
    await world.put({ [keys.operation('m')]: operation('m', { type: 'stop' }) });
    const waiting = world.send('GET', '/v1/operations/m?wait=30s');
    await world.put({
      [keys.operation('m')]: operation('m', { type: 'stop', state: 'succeeded' }),
    });
    expect((await waiting).body).toMatchObject({ done: true, state: 'succeeded' });
  });

  it('is over after the time that was given', async () => {
    await world.put({ [keys.operation('m')]: operation('m', { type: 'stop' }) });
    expect((await world.send('GET', '/v1/operations/m?wait=1s')).body['done']).toBe(false);
  });
});

describe('with NATS or the leader away', () => {
  it('what etcd knows is still answered, what needs the leader is refused, and readiness says so', async () => {
    await world.vm();
    expect((await world.send('GET', '/readyz')).status).toBe(200);
    await world.leaderBus[Symbol.asyncDispose]();
    expect((await world.send('GET', '/v1/vms/web-1')).body).toMatchObject({ hostId: 'h1' });
    expect((await world.send('GET', '/v1/operations')).status).toBe(200);
    const hosts = await world.send('GET', '/v1/hosts');
    expect(hosts).toMatchObject({ status: 503, body: { code: 'no-leader' } });
    const cordoned = await world.send('POST', '/v1/hosts/h1/cordon');
    expect(cordoned).toMatchObject({ status: 200, body: { id: 'h1', state: 'suspect' } });
    expect(world.read(keys.hostIntent('h1'))).toMatchObject({ cordoned: true });
    world.bus.setOnline(false);
    expect((await world.send('GET', '/v1/hosts')).body['code']).toBe('bus-unavailable');
    const unready = await until('it is not ready', async () => {
      const answer = await world.send('GET', '/readyz');
      return answer.status === 503 ? answer : undefined;
    });
    expect(String(unready.body['missing'])).toContain('NATS');
  });
});
