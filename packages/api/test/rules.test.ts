/** Rules: saving, changing, deleting and enforcing them, and the labels that they go by. */
import type { RulePlan } from '@drover/core';
import { keys, type Query, type QueryReply } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { otherVmId, spec, vmId, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
  await world.vm();
  await world.put({
    [keys.vmIntent(otherVmId)]: {
      v: 1,
      id: otherVmId,
      name: 'web-2',
      spec,
      desired: 'running',
      by: 'x',
      createdAtMs: 1,
    },
    [keys.vmName('web-2')]: { v: 1, vmId: otherVmId },
  });
});
afterEach(async () => world[Symbol.asyncDispose]());

const apart = {
  type: 'apart',
  strength: 'hard',
  over: 'host',
  vms: { ids: ['web-2', 'web-1', vmId] },
};
const rule = { name: 'web-apart', spec: apart };
const resolved = { ...apart, vms: { ids: [vmId, otherVmId] } };
const state = { members: [vmId, otherVmId], broken: 1, brokenBy: [vmId] };

const plan: RulePlan = {
  ruleId: 'web-apart',
  revision: 7,
  broken: 1,
  feasible: 'yes',
  moves: [
    {
      vmId,
      vmName: 'web-1',
      source: 'h1',
      target: 'h2',
      mode: 'live',
      memoryMib: 128,
      along: [otherVmId],
      terms: [],
      reason: 'for the rule web-apart',
    },
  ],
  waves: [[0]],
  breaksWithout: ['h2'],
  estimatedSeconds: 9,
};

/** What the leader was asked about rules. */
function lead(conflicts: { readonly ruleId: string; readonly why: string }[] = []): Query[] {
  const asked: Query[] = [];
  const { answer } = world;
  world.answer = (query): QueryReply => {
    if (query.type === 'rules') return { type: 'rules', rules: { 'web-apart': state } };
    if (query.type !== 'rule-plan') return answer(query);
    asked.push(query);
    return { type: 'rule-plan', plan, state, conflicts };
  };
  return asked;
}

const record = () => world.read(keys.rule('web-apart'));

describe('a rule', () => {
  it('is saved with ids in the place of names, and shown with who breaks it', async () => {
    lead();
    const { status, body, headers } = await world.send('POST', '/v1/rules', rule);
    expect([status, headers['location']]).toEqual([201, '/v1/rules/web-apart']);
    expect(record()).toMatchObject({ name: 'web-apart', spec: resolved, by: 'the-admin' });
    const shown = {
      name: 'web-apart',
      spec: resolved,
      vmNames: { [vmId]: 'web-1', [otherVmId]: 'web-2' },
      status: {
        state: 'broken',
        broken: 1,
        vms: [
          { id: vmId, name: 'web-1', hostId: 'h1' },
          { id: otherVmId, name: 'web-2' },
        ],
        brokenBy: [{ id: vmId, name: 'web-1', hostId: 'h1' }],
      },
    };
    expect(body).toMatchObject(shown);
    expect((await world.send('GET', '/v1/rules')).body['items']).toMatchObject([shown]);
    expect((await world.send('GET', '/v1/rules/web-apart')).body).toMatchObject(shown);
  });

  it('is only planned with dryRun=true, for a viewer too', async () => {
    const asked = lead([{ ruleId: 'pair', why: 'they exclude each other' }]);
    const { status, body } = await world.send('POST', '/v1/rules?dryRun=true', rule, {
      role: 'viewer',
    });
    expect(status).toBe(200);
    expect(asked).toEqual([{ type: 'rule-plan', name: 'web-apart', spec: resolved }]);
    expect(body).toMatchObject({
      rule: 'web-apart',
      feasible: 'yes',
      brokenBy: [{ name: 'web-1', hostId: 'h1' }],
      moves: [{ vmName: 'web-1', target: 'h2', along: [otherVmId] }],
      conflicts: [{ rule: 'pair', why: 'they exclude each other' }],
      breaksWithout: ['h2'],
    });
    expect(record()).toBeUndefined();
  });

  it('is not saved where it contradicts another one', async () => {
    lead([{ ruleId: 'pair', why: 'they exclude each other' }]);
    const { status, body } = await world.send('POST', '/v1/rules', rule);
    expect([status, body['code']]).toEqual([409, 'rule-conflict']);
    expect(body['detail']).toContain('pair (they exclude each other)');
    expect(record()).toBeUndefined();
    const soft = { ...rule, spec: { ...apart, strength: 'soft' } };
    expect((await world.send('POST', '/v1/rules', soft)).status).toBe(201);
  });

  it.each<[string, object, number, string]>([
    ['nobody', { ...apart, vms: {} }, 400, 'invalid-body'],
    ['no labels', { ...apart, vms: { labels: {} } }, 400, 'invalid-body'],
    ['a VM that is not there', { ...apart, vms: { ids: ['web-9'] } }, 404, 'vm-not-found'],
    [
      'a host that is not there',
      { type: 'away', strength: 'hard', vms: apart.vms, hosts: { ids: ['h9'] } },
      404,
      'host-not-found',
    ],
    ['a price of a hard one', { ...apart, weight: 5 }, 400, 'invalid-body'],
    [
      'a soft one that bends',
      { ...apart, strength: 'soft', bendsForDrain: true },
      400,
      'invalid-body',
    ],
    ['a pin without hosts', { ...apart, type: 'pinned' }, 400, 'invalid-body'],
  ])('is refused that is about %s', async (_, wrong, status, code) => {
    lead();
    const answer = await world.send('POST', '/v1/rules', { name: 'web-apart', spec: wrong });
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(record()).toBeUndefined();
  });

  it('has a name of its own', async () => {
    lead();
    await world.send('POST', '/v1/rules', rule);
    const { status, body } = await world.send('POST', '/v1/rules', rule);
    expect([status, body['code']]).toEqual([409, 'name-taken']);
  });

  it('is set as a whole, or its strength alone', async () => {
    lead();
    await world.send('POST', '/v1/rules', { ...rule, spec: { ...apart, bendsForDrain: true } });
    const path = '/v1/rules/web-apart';
    const soft = await world.send('PATCH', path, { strength: 'soft', weight: 50 });
    expect(soft.body['spec']).toEqual({ ...resolved, strength: 'soft', weight: 50 });
    const whole = { ...apart, over: 'rack', vms: { labels: { tier: 'web' } } };
    expect((await world.send('PUT', `${path}?dryRun=true`, { spec: whole })).body).toMatchObject({
      rule: 'web-apart',
    });
    expect(record()?.['spec']).toMatchObject({ strength: 'soft' });
    const set = await world.send('PUT', path, { spec: whole });
    expect(set.body['spec']).toEqual(whole);
    expect((await world.send('PUT', '/v1/rules/other', { spec: whole })).body['code']).toBe(
      'rule-not-found',
    );
  });

  it('is deleted, and moves nothing', async () => {
    lead();
    await world.send('POST', '/v1/rules', rule);
    expect((await world.send('DELETE', '/v1/rules/web-apart')).body['name']).toBe('web-apart');
    expect(record()).toBeUndefined();
    expect(world.keysUnder('intent/requests')).toEqual([]);
    expect((await world.send('GET', '/v1/rules/web-apart')).body['code']).toBe('rule-not-found');
  });

  it('says nothing any more of VMs that are gone', async () => {
    lead();
    await world.send('POST', '/v1/rules', rule);
    await world.put({ [keys.vmIntent(otherVmId)]: undefined, [keys.vmName('web-2')]: undefined });
    const { body } = await world.send('GET', '/v1/rules/web-apart');
    expect(body['spec']).toMatchObject({ vms: { ids: [vmId] } });
    const kept = await world.send('PATCH', '/v1/rules/web-apart', { bendsForDrain: true });
    expect(kept.body['spec']).toMatchObject({ vms: { ids: [vmId] }, bendsForDrain: true });
  });

  it('is a viewer’s to see and an operator’s to change', async () => {
    lead();
    for (const [method, url, body] of [
      ['POST', '/v1/rules', rule],
      ['PUT', '/v1/rules/web-apart', { spec: apart }],
      ['PATCH', '/v1/rules/web-apart', { strength: 'soft' }],
      ['DELETE', '/v1/rules/web-apart', undefined],
      ['POST', '/v1/rules/web-apart/enforce', {}],
    ] as const) {
      const { status } = await world.send(method, url, body, { role: 'viewer' });
      expect([method, url, status]).toEqual([method, url, 403]);
    }
  });
});

describe('enforcing', () => {
  it('is an operation with the plan that was shown, one at a time, and can be cancelled', async () => {
    lead();
    await world.send('POST', '/v1/rules', rule);
    const path = '/v1/rules/web-apart/enforce';
    const dry = await world.send('POST', `${path}?dryRun=true`, undefined, { role: 'viewer' });
    expect(dry.body).toMatchObject({ rule: 'web-apart', feasible: 'yes' });
    const moves = [{ vmId, target: 'h2' }];
    const { status, body } = await world.send('POST', path, { plan: moves });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      type: 'enforce',
      rule: 'web-apart',
      state: 'pending',
      cancellable: true,
    });
    const id = String(body['id']);
    expect(world.read(keys.request(id))).toMatchObject({ type: 'enforce', plan: moves });
    const again = await world.send('POST', path);
    expect([again.status, again.body['code']]).toEqual([409, 'rule-busy']);
    expect((await world.send('DELETE', `/v1/operations/${id}`)).status).toBe(202);
    expect(world.read(keys.request(id))).toMatchObject({ cancelled: { by: 'the-admin' } });
  });

  it('has migrations that go with it', async () => {
    const child = { id: 'm-1', type: 'migrate', state: 'running', parentId: 'e-1', vmId };
    const base = { v: 1, step: 'x', stepIndex: 1, generation: 1, epoch: '5', by: 'x' };
    await world.put({
      [keys.operation('e-1')]: {
        ...base,
        id: 'e-1',
        type: 'enforce',
        rule: 'web-apart',
        state: 'running',
        createdAtMs: 1,
      },
      [keys.operation('m-1')]: { ...base, ...child, createdAtMs: 1 },
    });
    const { status, body } = await world.send('DELETE', '/v1/migrations/m-1');
    expect([status, body['code']]).toEqual([409, 'not-cancellable']);
    expect(body['detail']).toContain('DELETE /v1/operations/e-1');
  });
});

describe('labels', () => {
  it('of a VM change at once, whatever is done with it, and nothing else of it', async () => {
    await world.put({
      [keys.operation('r-1')]: {
        v: 1,
        id: 'r-1',
        type: 'migrate',
        state: 'running',
        step: 'perform',
        stepIndex: 1,
        vmId,
        generation: 1,
        epoch: '5',
        by: 'x',
        createdAtMs: 1,
      },
    });
    const { status, body } = await world.send('PATCH', '/v1/vms/web-1', { labels: { tier: 'a' } });
    expect(status).toBe(200);
    expect(body['spec']).toEqual({ ...spec, labels: { tier: 'a' } });
    expect((await world.send('PATCH', '/v1/vms/web-1', {})).status).toBe(400);
  });

  it('of a host are kept by a cordon, and taken away', async () => {
    const set = await world.send('PATCH', '/v1/hosts/h1', { labels: { zone: 'a' } });
    expect(set.status).toBe(200);
    await world.send('POST', '/v1/hosts/h1/cordon');
    expect(world.read(keys.hostIntent('h1'))).toMatchObject({
      cordoned: true,
      labels: { zone: 'a' },
    });
    await world.send('PATCH', '/v1/hosts/h1', { labels: {} });
    expect(world.read(keys.hostIntent('h1'))).toMatchObject({ cordoned: true, labels: {} });
    expect((await world.send('PATCH', '/v1/hosts/h9', { labels: {} })).status).toBe(404);
  });
});
