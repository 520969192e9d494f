/** The performer: transactions under the leader's key, and what became of one that was not answered. */
import { type AgentCommand, keys, subjects } from '@drover/protocol';
import { createFakeBus } from '@drover/bus/testing';
import type { Leadership } from '@drover/store';
import { createFakeStore, type FakeStore } from '@drover/store/testing';
import { describe, expect, it, vi } from 'vitest';
import type { SchedulerCommand, SchedulerEvent, SchedulerLogic } from '../../src/logic/index.ts';
import { Metrics } from '../../src/shell/metrics.ts';
import { Performer } from '../../src/shell/performer.ts';

const leaderKey = keys.leader('1');
type Commit = Extract<SchedulerCommand, { type: 'commit' }>;

/** A logic that says what the test tells it to, and keeps what it hears. */
class Puppet implements SchedulerLogic {
  next: SchedulerCommand[] = [];
  readonly heard: SchedulerEvent[] = [];

  handle(_: unknown, event: SchedulerEvent): readonly SchedulerCommand[] {
    this.heard.push(event);
    return this.next.splice(0);
  }

  committed() {
    return this.heard.filter((event) => event.type === 'committed');
  }
}

async function setUp() {
  const store = createFakeStore();
  const rival = store.connect();
  await rival.txn({ compares: [], puts: [{ key: leaderKey, value: 'us' }], deletes: [] });
  const epoch = String(store.revision);
  const hub = createFakeBus();
  const bus = hub.connect();
  const puppet = new Puppet();
  const exits: string[] = [];
  let current = true;
  let reloads = 0;
  const leadership: Leadership = {
    epoch,
    leaderKey,
    isCurrent: () => current,
    lost: new Promise(() => {}),
    resign: () => Promise.resolve(),
  };
  const metrics = new Metrics();
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const performer = new Performer({
    logic: puppet,
    store,
    bus,
    leadership,
    metrics,
    log,
    reload: () => {
      reloads += 1;
    },
    exit: (reason) => exits.push(reason),
  });
  const say = (...commands: SchedulerCommand[]) => {
    puppet.next = commands;
    performer.feed({ type: 'woke', key: 'tick' });
  };
  return {
    store,
    rival,
    hub,
    bus,
    puppet,
    performer,
    metrics,
    log,
    say,
    exits,
    reloads: () => reloads,
    depose: () => {
      current = false;
    },
  };
}

type World = Awaited<ReturnType<typeof setUp>>;
const commit = (n: number, ...puts: Commit['puts']): Commit => ({
  type: 'commit',
  commitId: `9-${n}`,
  puts,
});
const put = (id: string, value: string | undefined, expectedModRevision = 0) =>
  value === undefined
    ? { key: keys.operation(id), expectedModRevision }
    : { key: keys.operation(id), value, expectedModRevision };

const valueOf = (store: FakeStore, key: string) =>
  store.entries().find((entry) => entry.key === key)?.value;

/** One commit, to its outcome. */
async function outcomeOf(world: World, command: Commit) {
  const count = world.puppet.committed().length;
  world.say(command);
  return nextOutcome(world, count);
}

async function nextOutcome({ puppet }: World, count: number) {
  await vi.waitFor(() => expect(puppet.committed().length).toBeGreaterThan(count), 5_000);
  return puppet.committed()[count];
}

describe('a commit', () => {
  it('writes, deletes, and says which it was', async () => {
    const world = await setUp();
    const { store } = world;
    expect(await outcomeOf(world, commit(1, put('a', '1'), put('b', '1')))).toEqual({
      type: 'committed',
      commitId: '9-1',
      outcome: 'done',
      revision: store.revision,
    });
    const at = store.revision;
    await outcomeOf(world, commit(2, put('a', undefined, at), put('b', '2', at)));
    expect(valueOf(store, keys.operation('a'))).toBeUndefined();
    expect(valueOf(store, keys.operation('b'))).toBe('2');
    expect(valueOf(store, keys.lastCommit())).toContain('"commitId":"9-2"');
  });

  it('is a conflict where an object has another revision, and writes nothing at all', async () => {
    const world = await setUp();
    expect(await outcomeOf(world, commit(1, put('a', '1'), put('b', '1', 77)))).toMatchObject({
      outcome: 'conflict',
    });
    expect(valueOf(world.store, keys.operation('a'))).toBeUndefined();
    expect(await outcomeOf(world, commit(2, put('a', '1')))).toMatchObject({ outcome: 'done' });
  });

  it('is a conflict once the leader’s key is gone, or another’s', async () => {
    const world = await setUp();
    await world.rival.txn({ compares: [], puts: [], deletes: [leaderKey] });
    expect(await outcomeOf(world, commit(1, put('a', '1')))).toMatchObject({ outcome: 'conflict' });
    await world.rival.txn({ compares: [], puts: [{ key: leaderKey, value: 'x' }], deletes: [] });
    expect(await outcomeOf(world, commit(2, put('a', '1')))).toMatchObject({ outcome: 'conflict' });
    expect(valueOf(world.store, keys.operation('a'))).toBeUndefined();
  });
});

describe('a commit whose answer is lost', () => {
  it('is found in etcd', async () => {
    const world = await setUp();
    await outcomeOf(world, commit(1, put('a', '1')));
    world.store.loseNextReply();
    const event = await outcomeOf(world, commit(2, put('b', '1')));
    expect(event).toMatchObject({ outcome: 'done', commitId: '9-2' });
    const entry = world.store.entries().find(({ key }) => key === keys.operation('b'));
    expect(event).toMatchObject({ revision: entry?.modRevision });
    expect(await outcomeOf(world, commit(3, put('c', '1')))).toMatchObject({ outcome: 'done' });
  });

  it('is a conflict where it never arrived; the next one goes through', async () => {
    const world = await setUp();
    await outcomeOf(world, commit(1, put('a', '1')));
    world.store.setOnline(false);
    world.say(commit(2, put('b', '1')));
    await vi.waitFor(() => expect(world.log.warn).toHaveBeenCalled(), 5_000);
    expect(world.puppet.committed()).toHaveLength(1);
    world.store.setOnline(true);
    expect(await nextOutcome(world, 1)).toMatchObject({ outcome: 'conflict' });
    expect(valueOf(world.store, keys.operation('b'))).toBeUndefined();
    expect(await outcomeOf(world, commit(3, put('b', '1')))).toMatchObject({ outcome: 'done' });
  });

  it('and is called a conflict, does not go through later', async () => {
    const world = await setUp();
    const { store } = world;
    await outcomeOf(world, commit(1, put('a', '1')));
    // The network holds the transaction back, and tells its sender that it gave up.
    const late: (() => Promise<unknown>)[] = [];
    const send = store.txn.bind(store);
    store.txn = (txn) => {
      late.push(() => send(txn));
      store.txn = send;
      return Promise.reject(new Error('no answer'));
    };
    expect(await outcomeOf(world, commit(2, put('b', 'late')))).toMatchObject({
      outcome: 'conflict',
    });
    await late[0]?.();
    expect(valueOf(store, keys.operation('b'))).toBeUndefined();
    expect(await outcomeOf(world, commit(3, put('b', 'new')))).toMatchObject({ outcome: 'done' });
  });

  it('and goes through while it is asked about, is done', async () => {
    const world = await setUp();
    const { store } = world;
    await outcomeOf(world, commit(1, put('a', '1')));
    const send = store.txn.bind(store);
    let held: (() => Promise<unknown>) | undefined;
    store.txn = (txn) => {
      if (held === undefined) {
        held = () => send(txn);
        return Promise.reject(new Error('no answer'));
      }
      // It arrives just before the mark that is to keep it out.
      store.txn = send;
      return held().then(() => send(txn));
    };
    expect(await outcomeOf(world, commit(2, put('b', '1')))).toMatchObject({ outcome: 'done' });
    expect(valueOf(store, keys.operation('b'))).toBe('1');
  });

  it('is asked about no more once the performer has ended', async () => {
    const world = await setUp();
    world.store.setOnline(false);
    world.say(commit(1, put('a', '1')));
    await vi.waitFor(() => expect(world.log.warn).toHaveBeenCalled(), 5_000);
    world.performer.end();
    const heard = world.puppet.heard.length;
    world.store.setOnline(true);
    await world.store.settle();
    world.performer.feed({ type: 'woke', key: 'x' });
    expect(world.puppet.heard).toHaveLength(heard);
  });
});

describe('other commands', () => {
  const order: AgentCommand = {
    v: 1,
    opId: 'o',
    step: 1,
    epoch: '9',
    hostId: 'h1',
    incarnation: 'i',
    freshness: 'n',
    body: { kind: 'sync' },
  };

  it('send an order to its host while the leadership is current, and none after', async () => {
    const world = await setUp();
    const got: string[] = [];
    const options = { queueLimit: 10, onOverflow: 'drop-oldest' } as const;
    const listener = world.hub.connect();
    listener.subscribe(subjects.command('h1'), (text) => void got.push(text), options);
    world.say({ type: 'send', command: order });
    await vi.waitFor(() => expect(got).toEqual([JSON.stringify(order)]));
    world.depose();
    world.say({ type: 'send', command: order });
    await world.hub.settle();
    expect(got).toHaveLength(1);
  });

  it('wake the logic, once per key, and not after the end', async () => {
    const world = await setUp();
    world.say({ type: 'wake', key: 'a', atMonoMs: 0 }, { type: 'wake', key: 'a', atMonoMs: 0 });
    await vi.waitFor(() => expect(world.puppet.heard.at(-1)).toEqual({ type: 'woke', key: 'a' }));
    expect(world.puppet.heard).toHaveLength(2);
    world.say({ type: 'wake', key: 'b', atMonoMs: 0 });
    world.performer.end();
    await world.store.settle();
    expect(world.puppet.heard).toHaveLength(3);
  });

  it('reload, exit, trace', async () => {
    const world = await setUp();
    world.say(
      { type: 'reload' },
      { type: 'exit', reason: 'deposed' },
      { type: 'trace', level: 'warn', text: 'look' },
    );
    expect([world.reloads(), world.exits]).toEqual([1, ['deposed']]);
    expect(world.log.warn).toHaveBeenCalledWith('look');
  });

  it('answer who asked; a logic that says nothing yet is no leader', async () => {
    const world = await setUp();
    const reply = { type: 'error', code: 'vm-not-found', message: 'x' } as const;
    world.puppet.next = [{ type: 'reply', queryId: 'q1', reply }];
    expect(await world.performer.ask('q1', { type: 'snapshot' })).toBe(JSON.stringify(reply));
    const nothing = await world.performer.ask('q2', { type: 'snapshot' });
    expect(JSON.parse(nothing)).toMatchObject({ type: 'error', code: 'no-leader' });
  });
});

describe('metrics', () => {
  it('count commits, and operations by how they ended', async () => {
    const world = await setUp();
    const ended = {
      v: 1,
      id: 'a',
      type: 'drain',
      state: 'blocked',
      step: 'ended',
      stepIndex: 1,
      generation: 0,
      epoch: '9',
      by: 'p',
      createdAtMs: 1,
      endedAtMs: 2,
    };
    await outcomeOf(world, commit(1, put('a', JSON.stringify(ended))));
    await outcomeOf(world, commit(2, put('a', JSON.stringify(ended), 77)));
    const text = await world.metrics.registry.metrics();
    expect(text).toContain('drover_operations_total{type="drain",result="blocked"} 1');
    expect(text).toContain('drover_scheduler_commits_total{outcome="done"} 1');
    expect(text).toContain('drover_scheduler_commits_total{outcome="conflict"} 1');
  });
});
