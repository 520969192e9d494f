import { createFakeBus } from '@drover/bus/testing';
import { type AgentCommand, DroverError, keyPrefix, keys, subjects } from '@drover/protocol';
import type { Leadership, Store, Txn } from '@drover/store';
import { createFakeStore } from '@drover/store/testing';
import { describe, expect, it, vi } from 'vitest';
import type { SchedulerCommand, SchedulerEvent } from '../../src/logic/index.ts';
import { Metrics } from '../../src/shell/metrics.ts';
import { Performer } from '../../src/shell/performer.ts';

const soon = (holds: () => void) => vi.waitFor(holds, { timeout: 5_000, interval: 10 });

/** A logic that says what the test has given it, and keeps what it hears. */
async function aPerformer(wrap: (store: Store) => Store = (store) => store) {
  const etcd = createFakeStore();
  const hub = createFakeBus();
  const heard: SchedulerEvent[] = [];
  let next: readonly SchedulerCommand[] = [];
  let isCurrent = true;
  const elected = await etcd.campaign({
    prefix: keyPrefix.leader,
    value: '{}',
    ttlSeconds: 10,
    signal: new AbortController().signal,
  });
  const leadership: Leadership = { ...elected, isCurrent: () => isCurrent };
  const bus = hub.connect({ role: 'scheduler' });
  const exits: string[] = [];
  const log: string[] = [];
  const note = (text: string) => void log.push(text);
  const reload = vi.fn<() => void>();
  const performer = new Performer({
    logic: {
      handle: (_now, event) => {
        heard.push(event);
        const said = next;
        next = [];
        return said;
      },
    },
    store: wrap(etcd),
    bus,
    metrics: new Metrics(),
    log: { info: note, warn: note, error: note },
    reload,
    exit: (reason) => exits.push(reason),
  });
  performer.lead(leadership);
  const say = (...commands: readonly SchedulerCommand[]) => {
    next = commands;
    performer.feed({ type: 'woke', key: 'tick' });
  };
  return {
    etcd,
    hub,
    heard,
    leadership,
    performer,
    exits,
    log,
    reload,
    say,
    depose: () => {
      isCurrent = false;
    },
    committed: () => heard.filter((event) => event.type === 'committed'),
  };
}

const commit = (commitId: string, expectedModRevision = 0, key = keys.host('h1')) =>
  ({ type: 'commit', commitId, puts: [{ key, value: commitId, expectedModRevision }] }) as const;

const valueOf = (etcd: ReturnType<typeof createFakeStore>, key = keys.host('h1')) =>
  etcd.entries().find((entry) => entry.key === key)?.value;

const unknown = () =>
  new DroverError('store-unavailable', 'no answer', { details: { outcome: 'unknown' } });

describe('a commit', () => {
  it('is one transaction, and its revision is reported', async () => {
    const { etcd, say, committed } = await aPerformer();
    say(commit('c1'));
    await soon(() => expect(committed()).toHaveLength(1));
    expect(committed()[0]).toEqual({
      type: 'committed',
      commitId: 'c1',
      outcome: 'done',
      revision: etcd.revision,
    });
    expect(valueOf(etcd)).toBe('c1');
    expect(valueOf(etcd, keys.lastCommit())).toContain('"commitId":"c1"');
  });

  it('deletes what has no value', async () => {
    const { etcd, say, committed } = await aPerformer();
    say(commit('c1'));
    await soon(() => expect(committed()).toHaveLength(1));
    const puts = [{ key: keys.host('h1'), expectedModRevision: etcd.revision }];
    say({ type: 'commit', commitId: 'c2', puts });
    await soon(() => expect(committed()).toHaveLength(2));
    expect(valueOf(etcd)).toBeUndefined();
  });

  it('conflicts where an object was changed, and writes nothing; the next one goes through', async () => {
    const { etcd, say, committed } = await aPerformer();
    say(commit('c1', 77));
    await soon(() => expect(committed()).toMatchObject([{ outcome: 'conflict' }]));
    expect(valueOf(etcd)).toBeUndefined();
    say(commit('c2'));
    await soon(() => expect(committed()[1]).toMatchObject({ outcome: 'done' }));
  });

  it('conflicts when the leader’s key is gone', async () => {
    const { etcd, leadership, say, committed } = await aPerformer();
    await etcd.txn({ compares: [], puts: [], deletes: [leadership.leaderKey] });
    say(commit('c1'));
    await soon(() => expect(committed()).toMatchObject([{ outcome: 'conflict' }]));
    expect(valueOf(etcd)).toBeUndefined();
  });

  it('whose answer was lost is read back: it is in', async () => {
    let lose = true;
    const { etcd, say, committed } = await aPerformer((store) => ({
      ...store,
      txn: async (txn) => {
        const result = await store.txn(txn);
        if (!lose) return result;
        lose = false;
        throw unknown();
      },
    }));
    say(commit('c1'));
    await soon(() => expect(committed()).toHaveLength(1));
    expect(committed()[0]).toMatchObject({ outcome: 'done', revision: etcd.revision });
    expect(valueOf(etcd)).toBe('c1');
  });

  it('that is said to be not in never comes in later', async () => {
    const late: Txn[] = [];
    const { etcd, say, committed } = await aPerformer((store) => ({
      ...store,
      txn: async (txn) => {
        if (late.length > 0) return store.txn(txn);
        late.push(txn);
        throw unknown();
      },
    }));
    say(commit('c1'));
    await soon(() => expect(committed()).toMatchObject([{ outcome: 'conflict' }]));
    const [txn] = late;
    expect(txn && (await etcd.txn(txn)).type).toBe('conflict');
    expect(valueOf(etcd)).toBeUndefined();
    say(commit('c2'));
    await soon(() => expect(committed()[1]).toMatchObject({ outcome: 'done' }));
  });

  it('that comes in late, but before it is given up, counts', async () => {
    const sent: Txn[] = [];
    const { etcd, say, committed } = await aPerformer((store) => ({
      ...store,
      txn: async (txn) => {
        sent.push(txn);
        const [first] = sent;
        if (first === txn) throw unknown();
        // It overtakes what was to keep it out.
        if (first && sent.length === 2) await store.txn(first);
        return store.txn(txn);
      },
    }));
    say(commit('c1'));
    await soon(() => expect(committed()).toMatchObject([{ outcome: 'done' }]));
    expect(valueOf(etcd)).toBe('c1');
  });

  it('is waited for as long as etcd does not answer', async () => {
    const { etcd, say, committed, log } = await aPerformer();
    etcd.setDown(true);
    say(commit('c1'));
    await soon(() => expect(log).toContainEqual(expect.stringContaining('etcd does not answer')));
    expect(committed()).toEqual([]);
    etcd.setDown(false);
    await soon(() => expect(committed()).toMatchObject([{ outcome: 'conflict' }]));
  });
});

describe('a command', () => {
  const command: AgentCommand = {
    v: 1,
    opId: 'r1',
    step: 1,
    epoch: '2',
    hostId: 'h1',
    incarnation: 'i1',
    freshness: 'n1',
    body: { kind: 'sync' },
  };

  it('goes to its host, and to nobody when the leadership is over', async () => {
    const { hub, say, depose } = await aPerformer();
    const arrived: string[] = [];
    const options = { queueLimit: 10, onOverflow: 'drop-newest' } as const;
    const agent = hub.connect({ role: 'agent', hostId: 'h1' });
    agent.subscribe(subjects.command('h1'), (text) => void arrived.push(text), options);
    say({ type: 'send', command });
    await hub.settle();
    expect(arrived.map((text) => JSON.parse(text) as unknown)).toEqual([command]);
    depose();
    say({ type: 'send', command });
    await hub.settle();
    expect(arrived).toHaveLength(1);
  });
});

describe('the rest', () => {
  it('of what the logic says is done: reload, exit, trace, wake', async () => {
    const { say, reload, exits, log, heard } = await aPerformer();
    say(
      { type: 'reload' },
      { type: 'exit', reason: 'over' },
      { type: 'trace', level: 'warn', text: 'a line' },
      { type: 'wake', key: 'k', atMonoMs: performance.now() + 20 },
    );
    expect(reload).toHaveBeenCalledOnce();
    expect(exits).toEqual(['over']);
    expect(log).toContain('a line');
    await soon(() => expect(heard).toContainEqual({ type: 'woke', key: 'k' }));
  });

  it('a question that the logic does not answer is answered with no-leader', async () => {
    const { performer } = await aPerformer();
    const reply = await performer.ask('q1', { type: 'leader' });
    expect(JSON.parse(reply)).toMatchObject({ type: 'error', code: 'no-leader' });
  });

  it('after its end nothing is fed any more', async () => {
    const { performer, say, heard } = await aPerformer();
    say(commit('c1'), { type: 'wake', key: 'k', atMonoMs: 0 });
    performer.end();
    const before = heard.length;
    say();
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toHaveLength(before);
  });
});
