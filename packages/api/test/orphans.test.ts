/** Files that no record names: the list as the leader has it, and what the records say against a deletion. */
import { keys, type api, type Query, type QueryReply } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spec, vmId, World } from './support/world.ts';

const stranger = '99999999-0000-4000-8000-00000000000a';
const file = `${stranger}.qcow2`;
let world: World;

beforeEach(async () => {
  world = await World.start();
  for (const [name, type] of [
    ['vms', 'shared'],
    ['scratch', 'local'],
  ] as const) {
    await world.send('POST', '/v1/pools', { name, spec: { type, path: `/srv/${name}` } });
  }
});
afterEach(async () => world[Symbol.asyncDispose]());

const orphan = (index: number): api.OrphanBody => ({
  file: `99999999-0000-4000-8000-${String(index).padStart(12, '0')}.qcow2`,
  kind: 'disk',
  bytes: 2,
  allocatedBytes: 1,
  changedAtMs: 3,
  ageMs: 4,
});
const path = (name: string, pool = 'vms') =>
  `/v1/pools/${pool}/orphans/${encodeURIComponent(name)}`;
const operator = { role: 'operator' } as const;

describe('the list', () => {
  it('comes page by page, each asked of the leader from where the last one ended', async () => {
    const all = [1, 2, 3].map(orphan);
    const asked: Query[] = [];
    const { answer } = world;
    world.answer = (query): QueryReply => {
      if (query.type !== 'orphans') return answer(query);
      asked.push(query);
      const { after } = query;
      const orphans = all.filter((one) => after === undefined || one.file > after.file);
      return { type: 'orphans', orphans, silent: [] };
    };
    const first = await world.send('GET', '/v1/pools/vms/orphans?limit=2');
    expect(first).toMatchObject({ status: 200, body: { items: all.slice(0, 2), silent: [] } });
    const next = encodeURIComponent(String(first.body['continue']));
    const second = await world.send('GET', `/v1/pools/vms/orphans?continue=${next}`);
    expect(second.body).toEqual({ items: all.slice(2), silent: [] });
    expect(asked).toEqual([
      { type: 'orphans', pool: 'vms' },
      { type: 'orphans', pool: 'vms', after: { file: all[1]?.file } },
    ]);
    const wrong = await world.send('GET', `/v1/pools/vms/orphans?continue=["a","/b"]`);
    expect(wrong).toMatchObject({ status: 400, body: { code: 'bad-request' } });
    expect(await world.send('GET', '/v1/pools/none/orphans')).toMatchObject({ status: 404 });
  });
});

describe('a deletion', () => {
  it('is an operation of the pool and the file, by an admin', async () => {
    const name = `.drover/quarantine/01JD~new~h1~${'0'.repeat(100)}`;
    const asked = await world.send('DELETE', path(name));
    expect(asked).toMatchObject({
      status: 202,
      body: { type: 'orphan-delete', pool: 'vms', file: name, state: 'pending' },
    });
    const request = world.read(keys.request(String(asked.body['id'])));
    expect(request).toMatchObject({ pool: 'vms', file: name });
    expect(await world.send('DELETE', path(file), undefined, operator)).toMatchObject({
      status: 403,
    });
  });

  it('that is only tried writes nothing', async () => {
    const tried = await world.send('DELETE', `${path(file)}?dryRun=true`);
    expect(tried).toMatchObject({ status: 200, body: { dryRun: true } });
    expect(world.keysUnder('intent/requests')).toEqual([]);
  });

  it.each([
    ['holiday.qcow2', 'its name is none'],
    [`${vmId}-0.qcow2`, 'it is volume web:0'],
  ])('of %s is refused: %s', async (name, why) => {
    const disks = [{ pool: 'vms', image: 'debian.qcow2' }];
    const intent = { v: 1, id: vmId, name: 'web', desired: 'stopped', by: 'anna', createdAtMs: 1 };
    await world.put({ [keys.vmIntent(vmId)]: { ...intent, spec: { ...spec, disks } } });
    const { status, body } = await world.send('DELETE', path(name));
    expect({ status, code: body['code'] }).toEqual({ status: 409, code: 'not-an-orphan' });
    expect(body['detail']).toContain(why);
  });

  it('names the host where each has the pool for itself, and nowhere else', async () => {
    expect(await world.send('DELETE', path(file, 'scratch'))).toMatchObject({ status: 400 });
    expect(await world.send('DELETE', `${path(file)}?host=h1`)).toMatchObject({ status: 400 });
    const asked = await world.send('DELETE', `${path(file, 'scratch')}?host=h1`);
    expect(asked).toMatchObject({ status: 202, body: { hostId: 'h1' } });
  });

  it('and who takes the file up do not both have their way', async () => {
    await world.send('DELETE', path(file));
    const again = await world.send('DELETE', path(file));
    expect(again).toMatchObject({ status: 409, body: { code: 'not-an-orphan' } });
    const web = (volume: string) => ({
      name: 'web',
      spec: { ...spec, disks: [{ pool: 'vms', volume }] },
    });
    const taken = await world.send('POST', '/v1/vms', web(file));
    expect(taken).toMatchObject({ status: 409, body: { code: 'not-an-orphan' } });
    const source = { type: 'file', file };
    const made = { name: 'deb', pool: 'vms', source, format: 'qcow2' };
    const imported = await world.send('POST', '/v1/images', made);
    expect(imported).toMatchObject({ status: 409, body: { code: 'not-an-orphan' } });
    // Another one, at the same time: the pool is written with the one and compared by the other.
    const other = `${stranger}-0.qcow2`;
    expect(await world.send('POST', '/v1/vms', web(other))).toMatchObject({ status: 202 });
    expect(await world.send('DELETE', path(other))).toMatchObject({ status: 409 });
  });
});
