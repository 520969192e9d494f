/** Conditions: every object has all of its kind, each true, false or unknown for a reason. */
import { api, keys, parseValue } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostConditions, poolConditions, vmConditions } from '../src/logic/conditions.ts';
import { operation, World } from './support/world.ts';

type HostFacts = Parameters<typeof hostConditions>[0];
type VmFacts = Parameters<typeof vmConditions>[0];

/** `heard true reports` */
const short = (all: readonly api.Condition[]) =>
  all.map(({ type, status, reason }) => `${type} ${status} ${reason}`);

describe('a host', () => {
  const host = (more: Partial<HostFacts>): HostFacts => ({
    state: 'ready',
    reasons: [],
    pools: [{ name: 'vms', state: 'active', capacityMib: 10, freeMib: 5 }],
    record: undefined,
    drain: undefined,
    cordonedAtMs: undefined,
    ...more,
  });
  const drain = { startedAtMs: 5, createdAtMs: 4, endedAtMs: 9 } as HostFacts['drain'];
  const stalled = {
    name: 'vms',
    state: 'stalled',
    capacityMib: 0,
    freeMib: 0,
    reason: 'no answer',
  };
  const fenced = { atMs: 7, by: 'anna', operationId: 'op' };

  it.each<[string, Partial<HostFacts>, string, number | undefined]>([
    ['that is well takes VMs', {}, 'schedulable true ready', undefined],
    ['that is well is heard', {}, 'heard true reports', undefined],
    ['that is late may be gone', { state: 'suspect' }, 'heard unknown late', undefined],
    ['that is silent is not heard', { state: 'down' }, 'heard false silent', undefined],
    ['that is silent takes none', { state: 'down' }, 'schedulable false not-heard', undefined],
    [
      'that is silent says nothing of pools',
      { state: 'down' },
      'pools-usable unknown not-heard',
      undefined,
    ],
    [
      'is cordoned since then',
      { state: 'cordoned', cordonedAtMs: 3 },
      'schedulable false cordoned',
      3,
    ],
    ['is being emptied since then', { state: 'draining', drain }, 'schedulable false draining', 5],
    ['is empty since then', { state: 'drained', drain }, 'schedulable false drained', 9],
    ['misses a pool', { pools: [stalled] }, 'pools-usable false ailing', undefined],
    ['has all its pools', {}, 'pools-usable true usable', undefined],
    [
      'was said to be off',
      { record: { fenced } as HostFacts['record'] },
      'said-to-be-off true said',
      7,
    ],
  ])('%s', (_, facts, expected, sinceMs) => {
    const found = hostConditions(host(facts));
    expect(short(found)).toContain(expected);
    expect(found.find((one) => expected.startsWith(`${one.type} `))?.sinceMs).toBe(sinceMs);
  });

  it('names the pool that ails, and what its host says of it', () => {
    const [, , pools] = hostConditions(host({ pools: [stalled] }));
    expect(pools?.message).toBe('vms: no answer');
  });
});

describe('a VM', () => {
  const vm = (desired: string, assignment: object | undefined, more: object = {}): VmFacts =>
    ({
      intent: { desired, spec: { vcpus: 2, memoryMib: 512 } },
      assignment,
      operation: undefined,
      ...more,
    }) as unknown as VmFacts;

  it.each<[string, VmFacts, string]>([
    ['runs as it is to', vm('running', { state: 'running' }), 'as-wanted true running'],
    ['is saved as well as stopped', vm('stopped', { state: 'saved' }), 'as-wanted true saved'],
    ['is not yet started', vm('running', undefined), 'as-wanted false pending'],
    ['is gone', vm('running', { state: 'crashed' }), 'as-wanted false crashed'],
    ['is paused', vm('running', { state: 'paused' }), 'as-wanted false paused'],
    ['is lost sight of', vm('running', { state: 'unknown' }), 'as-wanted unknown unknown'],
    ['is idle', vm('running', { state: 'running' }), 'idle true idle'],
    [
      'is being moved',
      vm('running', { state: 'migrating' }, { operation: { type: 'migrate', id: 'op' } }),
      'idle false migrate',
    ],
    [
      'is larger after its next start',
      vm('running', { state: 'running', promised: { vcpus: 1, memoryMib: 512 } }),
      'size-as-asked false next-start',
    ],
    [
      'is left alone for a while',
      vm('running', { state: 'running', rest: { untilMs: 9, reason: 'it did not converge' } }),
      'may-be-moved false resting',
    ],
  ])('%s', (_, facts, expected) => expect(short(vmConditions(facts))).toContain(expected));
});

describe('a pool', () => {
  const onHost = (hostId: string, condition: string) => ({ hostId, condition });
  const pool = (more: object) =>
    ({
      freeMib: 5,
      alarms: [],
      hosts: [onHost('h1', 'reachable'), onHost('h2', 'reachable')],
      protection: 'image-lock',
      protectedBy: 'locks',
      ...more,
    }) as unknown as api.PoolStatus;

  it.each<[string, api.PoolStatus | undefined, string]>([
    ['is there on every host', pool({}), 'usable true reachable'],
    [
      'is missing on one',
      pool({ hosts: [onHost('h1', 'reachable'), onHost('h2', 'stalled')] }),
      'usable false not-everywhere',
    ],
    ['is missing on all', pool({ hosts: [onHost('h1', 'stalled')] }), 'usable false nowhere'],
    ['is on no host yet', pool({ hosts: [] }), 'usable unknown no-host'],
    ['has room', pool({}), 'roomy true room'],
    ['is full, and can be read', pool({ hosts: [onHost('h1', 'full')] }), 'roomy false full'],
    [
      'fills up',
      pool({ alarms: [{ code: 'full-soon', message: 'in an hour' }] }),
      'roomy false full-soon',
    ],
    ['keeps two writers apart', pool({}), 'locks true image-lock'],
    ['does not', pool({ protection: 'none' }), 'locks false none'],
    ['is unknown while nobody leads', undefined, 'locks unknown no-leader'],
  ])('%s', (_, status, expected) => expect(short(poolConditions(status))).toContain(expected));
});

describe('the API', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('tells all of them with every host, VM and pool', async () => {
    const spec = { vcpus: 1, memoryMib: 128, disks: [], networks: [] };
    await world.send('POST', '/v1/vms', { name: 'web', spec, start: false });
    await world.send('POST', '/v1/pools', { name: 'p', spec: { type: 'shared', path: '/p' } });
    await world.put({
      [keys.host('h9')]: { v: 1, id: 'h9', hostUuid: crypto.randomUUID(), firstSeenMs: 1 },
    });
    const types: Readonly<Record<string, readonly string[]>> = {
      '/v1/hosts/h9': ['heard', 'schedulable', 'pools-usable', 'said-to-be-off'],
      '/v1/vms/web': ['as-wanted', 'idle', 'size-as-asked', 'may-be-moved'],
      '/v1/pools/p': ['usable', 'roomy', 'locks'],
    };
    for (const [path, expected] of Object.entries(types)) {
      const { body } = await world.send('GET', path);
      const conditions = body['conditions'] as readonly api.Condition[];
      expect(conditions.map(({ type }) => type)).toEqual(expected);
      expect(conditions.every((one) => parseValue(api.Condition, one).ok)).toBe(true);
      expect(conditions.every(({ message }) => message !== '')).toBe(true);
    }
  });

  it('names the operation that a VM waits for', async () => {
    const spec = { vcpus: 1, memoryMib: 128, disks: [], networks: [] };
    const { body } = await world.send('POST', '/v1/vms', { name: 'web', spec });
    const { id } = body['vm'] as { id: string };
    await world.put({
      [keys.operation('op-1')]: operation('op-1', { type: 'migrate', vmId: id }),
      [keys.assignment(id)]: {
        v: 1,
        vmId: id,
        hostId: 'h1',
        generation: 1,
        state: 'migrating',
        operationId: 'op-1',
      },
    });
    const shown = (await world.send('GET', '/v1/vms/web')).body['conditions'];
    expect(short(shown as readonly api.Condition[])).toEqual([
      'as-wanted true migrating',
      'idle false migrate',
      'size-as-asked true as-asked',
      'may-be-moved true not-resting',
    ]);
  });
});
