import {
  type AssignmentRecord,
  type BusIdentity,
  keys,
  type OperationRecord,
  type RequestRecord,
  subjects,
  type VmIntentRecord,
} from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { atMostOne } from '../src/checkers/at-most-one.ts';
import { unsettled } from '../src/checkers/calm.ts';
import { capacity } from '../src/checkers/capacity.ts';
import { cooldown } from '../src/checkers/cooldown.ts';
import type { Act, HarmDone, Ledger, Wish } from '../src/checkers/checker.ts';
import { namedFilesKept } from '../src/checkers/named-files.ts';
import { oneAtATime } from '../src/checkers/one-at-a-time.ts';
import { endFirst, journalFirst, onlyOnce, staleEpoch } from '../src/checkers/orders.ts';
import { poolReachable } from '../src/checkers/pools.ts';
import { generations, operationsEnd, writtenByLeader } from '../src/checkers/records.ts';
import type { Truth } from '../src/checkers/truth.ts';
import { rulesKept } from '../src/checkers/rules.ts';
import { speaksForItself } from '../src/checkers/speech.ts';
import { unharmed } from '../src/checkers/unharmed.ts';
import { type Commit, Etcd } from '../src/etcd.ts';
import { Timeline } from '../src/timeline.ts';
import { copyOf, hostWith, truthOf, vmA, vmB } from './support.ts';

const act: Act = {
  hostId: 'h1',
  opId: 'r1',
  step: 1,
  kind: 'start-vm',
  epoch: '5',
  wasForgotten: false,
  durableEpoch: '5',
  isBegunDurable: true,
};

const assignment = (more: Partial<AssignmentRecord> = {}): AssignmentRecord => ({
  v: 1,
  vmId: vmA,
  hostId: 'h1',
  generation: 2,
  state: 'running',
  ...more,
});

const operation = (more: Partial<OperationRecord> = {}): OperationRecord => ({
  v: 1,
  id: 'r1',
  type: 'migrate',
  state: 'running',
  step: 'perform',
  stepIndex: 2,
  vmId: vmA,
  source: 'h1',
  target: 'h2',
  generation: 2,
  epoch: '5',
  by: 'operator',
  createdAtMs: 0,
  ...more,
});

const intent = (id: string, memoryMib: number): VmIntentRecord => ({
  v: 1,
  id,
  name: 'web',
  spec: { vcpus: 1, memoryMib, disks: [], networks: [] },
  desired: 'running',
  by: 'operator',
  createdAtMs: 0,
});

const request: RequestRecord = {
  v: 1,
  id: 'r1',
  type: 'start',
  vmId: vmA,
  by: 'x',
  createdAtMs: 0,
};

/** The newest revision after these writes, and the truth that they made. */
function written(...writes: readonly Readonly<Record<string, object | undefined>>[]): {
  readonly commit: Commit;
  readonly truth: Truth;
} {
  const truth = truthOf(hostWith('h1'), hostWith('h2'));
  let commit: Commit | undefined;
  const etcd = new Etcd(new Timeline(), (one) => {
    truth.records.take(one);
    commit = one;
  });
  for (const write of writes) {
    const entries = Object.entries(write);
    etcd.txn({
      compares: [],
      puts: entries.flatMap(([key, value]) =>
        value === undefined ? [] : [{ key, value: JSON.stringify(value) }],
      ),
      deletes: entries.filter(([, value]) => value === undefined).map(([key]) => key),
    });
  }
  if (commit === undefined) throw new Error('nothing was written');
  return { commit, truth };
}

describe('one host per VM', () => {
  it('is broken by two running copies, and not by one that is paused', () => {
    const paused = copyOf(vmA, { state: 'paused-migrating' });
    const good = truthOf(hostWith('h1', copyOf(vmA)), hostWith('h2', paused, copyOf(vmB)));
    expect(atMostOne.state?.(good)).toBeUndefined();
    const bad = truthOf(hostWith('h1', copyOf(vmA)), hostWith('h2', copyOf(vmA)));
    expect(atMostOne.state?.(bad)).toBe('web runs on h1 and on h2');
  });
});

describe('a hard rule', () => {
  const rule = (spec: object, strength = 'hard') => ({
    v: 1,
    name: 'r',
    uuid: vmA,
    spec: { type: 'apart', strength, over: 'host', vms: { ids: [vmA, vmB] }, ...spec },
    by: 'x',
    createdAtMs: 0,
    atMs: 0,
  });
  const said = (saved: object, begun: Partial<OperationRecord>, parent?: object) => {
    const { commit, truth } = written(
      {
        [keys.vmIntent(vmA)]: intent(vmA, 512),
        [keys.vmIntent(vmB)]: intent(vmB, 512),
        [keys.assignment(vmB)]: assignment({ vmId: vmB, hostId: 'h2' }),
        [keys.rule('r')]: saved,
        ...(parent === undefined ? {} : { [keys.operation('p')]: parent }),
      },
      { [keys.operation('r1')]: operation({ state: 'pending' }) },
      { [keys.operation('r1')]: operation({ state: 'running', vmName: 'web', ...begun }) },
    );
    return rulesKept.committed?.(commit, truth);
  };
  const toH2 = { target: 'h2' };
  const toH1 = { target: 'h1' };
  const broken = /breaks rule r$/;

  it('is broken by what begins to go where it must not', () => {
    expect(said(rule({}), toH2)).toMatch(broken);
    expect(said(rule({}), toH1)).toBeUndefined();
    expect(said(rule({ type: 'together' }), toH1)).toMatch(broken);
    expect(said(rule({ type: 'together' }), toH2)).toBeUndefined();
    const hosts = { ids: ['h2'] };
    expect(said(rule({ type: 'away', hosts }), toH2)).toMatch(broken);
    expect(said(rule({ type: 'pinned', hosts }), toH1)).toMatch(broken);
    expect(said(rule({ type: 'pinned', hosts }), toH2)).toBeUndefined();
  });

  it('is none that is soft, that is enforced by it, or that bends for its drain', () => {
    expect(said(rule({}, 'soft'), toH2)).toBeUndefined();
    const child = { ...toH2, parentId: 'p' };
    const parent = operation({ id: 'p', type: 'enforce', rule: 'r' });
    expect(said(rule({}), child, parent)).toBeUndefined();
    const drain = operation({ id: 'p', type: 'drain', hostId: 'h1' });
    expect(said(rule({}), child, drain)).toMatch(broken);
    expect(said(rule({ bendsForDrain: true }), child, drain)).toBeUndefined();
  });

  it('counts neither those that move along, nor of a recovery those of the host that is off', () => {
    const together = rule({ type: 'together' });
    expect(said(together, { ...toH1, along: [vmB] })).toBeUndefined();
    const recovery = operation({ id: 'p', type: 'recover', hostId: 'h2' });
    const start = { type: 'start', ...toH1, parentId: 'p' } as const;
    expect(said(together, start, recovery)).toBeUndefined();
  });
});

describe('a pool within reach', () => {
  const disks = [{ pool: 'nas', volume: 'a.raw' }];
  const vm = { ...intent(vmA, 1_024), spec: { ...intent(vmA, 1_024).spec, disks } };
  const begun = (more: Partial<OperationRecord> = {}) => {
    const pending = operation({ state: 'pending', step: 'place', ...more });
    return written(
      { [keys.vmIntent(vmA)]: vm, [keys.operation('r1')]: pending },
      { [keys.operation('r1')]: operation(more) },
    );
  };

  it('is missed where a move begins to or from a host that has long been without it', () => {
    for (const away of ['h1', 'h2']) {
      const { commit, truth } = begun();
      const unusableMs = (pools: readonly string[], hostId: string) =>
        pools.includes('nas') && hostId === away ? 200_001 : 0;
      const wrong = poolReachable.committed?.(commit, { ...truth, unusableMs });
      expect(wrong).toContain(`${away} has not reached its pool for 200001 ms`);
      expect(poolReachable.committed?.(commit, truth)).toBeUndefined();
    }
  });

  it('is not missed where QEMU alone could say that it is', () => {
    const { commit, truth } = begun();
    const spec = { type: 'nfs-direct', server: '10.0.0.9', export: '/nas' } as const;
    const record = { v: 1, name: 'nas', uuid: vmA, spec, by: 'operator', createdAtMs: 0 } as const;
    truth.records.pools.set('nas', record);
    const unusableMs = (pools: readonly string[]) => (pools.includes('nas') ? 200_001 : 0);
    expect(poolReachable.committed?.(commit, { ...truth, unusableMs })).toBeUndefined();
  });

  it('is not missed by a stop, nor by what had begun before', () => {
    const unusableMs = () => 300_000;
    const { target: _, ...stop } = operation({ type: 'stop' });
    const stopping = written(
      { [keys.vmIntent(vmA)]: vm, [keys.operation('r1')]: { ...stop, state: 'pending' } },
      { [keys.operation('r1')]: stop },
    );
    expect(
      poolReachable.committed?.(stopping.commit, { ...stopping.truth, unusableMs }),
    ).toBeUndefined();
    const going = written(
      { [keys.vmIntent(vmA)]: vm, [keys.operation('r1')]: operation() },
      { [keys.operation('r1')]: operation({ step: 'resolve' }) },
    );
    expect(poolReachable.committed?.(going.commit, { ...going.truth, unusableMs })).toBeUndefined();
  });
});

describe('what a liar leaves behind', () => {
  it('on itself, of what it lied about, is its own affair, and a running copy is not', () => {
    const { truth } = written({
      [keys.vmIntent(vmA)]: intent(vmA, 512),
      [keys.assignment(vmA)]: assignment({ hostId: 'h2' }),
    });
    const left = hostWith('h1', copyOf(vmA, { state: 'paused-migrating' }), copyOf(vmB));
    const calm = (liar: string, about: readonly string[], h1 = left) => {
      const hosts = [h1, hostWith('h2', copyOf(vmA))];
      const lies = new Map([[liar, new Set(about)]]);
      return unsettled({ ...truth, hosts, lies }, new Set());
    };
    expect(calm('h1', [])).toHaveLength(2);
    expect(calm('h2', [vmA, vmB])).toHaveLength(2);
    expect(calm('h1', [vmA])).toHaveLength(1);
    expect(calm('h1', [vmA, vmB])).toEqual([]);
    expect(calm('h1', [vmA, vmB], hostWith('h1', copyOf(vmA)))).toHaveLength(1);
  });
});

describe('who speaks', () => {
  const delivery = (from: BusIdentity, subject: string) => ({ from, subject, text: '' });
  const h1 = { role: 'agent', hostId: 'h1' } as const;

  it('speaks for itself, and only a scheduler gives orders', () => {
    const heard = (from: BusIdentity, subject: string) =>
      speaksForItself.delivered?.(delivery(from, subject));
    expect(heard(h1, subjects.agent('h1', 'result'))).toBeUndefined();
    expect(heard(h1, subjects.agent('h2', 'result'))).toContain('h1 is heard as h2');
    expect(heard({ role: 'scheduler' }, subjects.agent('h2', 'result'))).toContain('a scheduler');
    expect(heard({ role: 'scheduler' }, subjects.command('h1'))).toBeUndefined();
    expect(heard(h1, subjects.command('h2'))).toContain('h1 gives an order');
  });
});

describe('capacity', () => {
  it('is broken by what libvirt holds, incoming copies counted', () => {
    const incoming = copyOf(vmB, { memoryMib: 3_073, state: 'paused-migrating' });
    const bad = truthOf(hostWith('h1', copyOf(vmA), incoming));
    expect(capacity.state?.(bad)).toBe('h1 holds VMs of 4097 MiB, and can 4096');
    const cpu = truthOf(hostWith('h1', copyOf(vmA, { vcpus: 17 })));
    expect(capacity.state?.(cpu)).toContain('17000 mCPU');
    const full = copyOf(vmB, { memoryMib: 3_072 });
    expect(capacity.state?.(truthOf(hostWith('h1', copyOf(vmA), full)))).toBeUndefined();
  });

  it('is not broken by what a person put there by hand', () => {
    const full = truthOf(hostWith('h1', copyOf(vmA, { memoryMib: 4_096 }), copyOf(vmB)));
    expect(capacity.state?.(full)).toContain('h1 holds VMs of');
    expect(capacity.state?.({ ...full, byHand: new Set([vmB]) })).toBeUndefined();
  });

  it('is broken by what a liar has besides what it lied about', () => {
    const more = copyOf(vmB, { memoryMib: 4_097 });
    const full = { ...truthOf(hostWith('h1', copyOf(vmA), more)) };
    const lies = (hostId: string, vmId: string) => new Map([[hostId, new Set([vmId])]]);
    expect(capacity.state?.({ ...full, lies: lies('h1', vmB) })).toBeUndefined();
    expect(capacity.state?.({ ...full, lies: lies('h1', vmA) })).toContain('h1 holds VMs of 4097');
    expect(capacity.state?.({ ...full, lies: lies('h2', vmB) })).toContain('h1 holds VMs of');
  });

  it('is broken by what the records promise, a move counted on its target too', () => {
    const vms = {
      [keys.vmIntent(vmA)]: intent(vmA, 3_000),
      [keys.vmIntent(vmB)]: intent(vmB, 2_000),
    };
    const owners = {
      [keys.assignment(vmA)]: assignment({ state: 'migrating' }),
      [keys.assignment(vmB)]: assignment({ vmId: vmB, hostId: 'h2' }),
    };
    const moving = { [keys.operation('r1')]: operation() };
    const bad = written(vms, owners, moving);
    expect(capacity.committed?.(bad.commit, bad.truth)).toBe(
      'h2 is promised 5000 MiB, and has 4096',
    );
    const waiting = { [keys.operation('r1')]: operation({ state: 'pending' }) };
    const good = written(vms, owners, waiting);
    expect(capacity.committed?.(good.commit, good.truth)).toBeUndefined();
  });
});

describe('orders', () => {
  it('of a deposed leader may not be acted on', () => {
    expect(staleEpoch.acted?.(act)).toBeUndefined();
    expect(staleEpoch.acted?.({ ...act, epoch: '99', durableEpoch: '100' })).toContain('epoch 99');
  });

  it('may not be acted on before they are on the disk', () => {
    expect(journalFirst.acted?.(act)).toBeUndefined();
    expect(journalFirst.acted?.({ ...act, isBegunDurable: false })).toContain('before that');
  });

  it('may not be told to have ended before that is on the disk', () => {
    const told = { hostId: 'h1', opId: 'r1', step: 1, outcome: 'done', isEndDurable: true };
    expect(endFirst.told?.(told)).toBeUndefined();
    expect(endFirst.told?.({ ...told, isEndDurable: false })).toContain('before that');
  });

  it('may not be acted on twice by a host', () => {
    const checker = onlyOnce();
    expect(checker.acted?.(act)).toBeUndefined();
    expect(checker.acted?.({ ...act, hostId: 'h2' })).toBeUndefined();
    expect(checker.acted?.({ ...act, step: 2 })).toBeUndefined();
    expect(checker.acted?.(act)).toContain('a second time');
  });
});

describe('a VM', () => {
  const wishes: readonly Wish[] = [
    { id: 'r1', type: 'start', vmId: vmA },
    { id: 'r2', type: 'stop', vmId: vmA, mode: 'graceful' },
    { id: 'r3', type: 'stop', vmId: vmA, mode: 'force' },
    { id: 'r4', type: 'start', vmId: vmA },
    { id: 'r5', type: 'stop', vmId: vmB, mode: 'force' },
  ];
  const place = (id: string) => wishes.findIndex((wish) => wish.id === id);
  const ledger: Ledger = {
    wish: (id) => wishes.find((wish) => wish.id === id),
    isBefore: (id, other) => place(id) < place(other),
  };
  const harm = (more: Partial<HarmDone>) =>
    unharmed.harmed?.(
      {
        harm: 'plug',
        hostId: 'h1',
        vmId: vmA,
        opId: 'r3',
        startedBy: 'r1',
        wholeElsewhere: [],
        isOutrun: false,
        ...more,
      },
      ledger,
    );

  it('may be ended as a person asked', () => {
    expect(harm({})).toBeUndefined();
    expect(harm({ harm: 'power-button', opId: 'r2' })).toBeUndefined();
  });

  it('may not be ended without a wish, by another’s wish, or harder than was asked', () => {
    expect(harm({ opId: 'pool-x' })).toContain('nobody asked for that');
    expect(harm({ opId: 'r5' })).toContain('nobody asked for that');
    expect(harm({ opId: 'r2' })).toContain('gracefully');
  });

  it('may not be paused or reset by a wish for something else', () => {
    expect(harm({ harm: 'paused', opId: 'r2' })).toContain('nobody asked for that');
    expect(harm({ harm: 'reset', opId: 'r2' })).toContain('nobody asked for that');
  });

  it('may not be ended by a wish from before it was started again', () => {
    expect(harm({ startedBy: 'r4' })).toContain('before r4');
  });

  it('may not lose its last whole copy', () => {
    const destroyed = { harm: 'destroyed', opId: 'r9' } as const;
    expect(harm(destroyed)).toContain('the last whole one');
    expect(harm({ ...destroyed, wholeElsewhere: ['h2'] })).toBeUndefined();
    expect(harm({ ...destroyed, isOutrun: true })).toBeUndefined();
  });
});

describe('records', () => {
  const key = keys.assignment(vmA);

  it('may not take a generation back, nor change an owner without a new one', () => {
    const back = written({ [key]: assignment() }, { [key]: assignment({ generation: 1 }) });
    expect(generations.committed?.(back.commit, back.truth)).toContain('generation 2 becomes 1');
    const moved = written({ [key]: assignment() }, { [key]: assignment({ hostId: 'h2' }) });
    expect(generations.committed?.(moved.commit, moved.truth)).toContain('its owner h1 becomes h2');
    const good = written(
      { [key]: assignment() },
      { [key]: assignment({ hostId: 'h2', generation: 3 }) },
    );
    expect(generations.committed?.(good.commit, good.truth)).toBeUndefined();
  });

  it('may not move a VM by themselves again before its cooldown is over', () => {
    const moved = { [key]: assignment({ movedAtMs: 1_000_000 }) };
    const ordered = (createdAtMs: number, by = 'balance') =>
      written(moved, { [keys.operation('r1')]: operation({ state: 'pending', by, createdAtMs }) });
    const early = ordered(1_060_000);
    expect(cooldown.committed?.(early.commit, early.truth)).toContain('again after 60 s');
    const late = ordered(1_000_000 + 6 * 3_600_000);
    expect(cooldown.committed?.(late.commit, late.truth)).toBeUndefined();
    const person = ordered(1_060_000, 'operator');
    expect(cooldown.committed?.(person.commit, person.truth)).toBeUndefined();
  });

  it('may not lose an operation, nor one’s end', () => {
    const op = keys.operation('r1');
    const lost = written({ [op]: operation() }, { [op]: undefined });
    expect(operationsEnd.committed?.(lost.commit, lost.truth)).toContain('is gone, unended');
    const ended = operation({ state: 'succeeded' });
    const woken = written({ [op]: ended }, { [op]: operation() });
    expect(operationsEnd.committed?.(woken.commit, woken.truth)).toContain('becomes running');
    const unanswered = written(
      { [keys.request('r1')]: request },
      { [keys.request('r1')]: undefined },
    );
    expect(operationsEnd.committed?.(unanswered.commit, unanswered.truth)).toContain('r1 is gone');
    const pruned = written({ [op]: ended }, { [op]: undefined });
    expect(operationsEnd.committed?.(pruned.commit, pruned.truth)).toBeUndefined();
  });

  it('may not be written by one who does not lead', () => {
    const commitOf = (epoch: string) => ({ v: 1, epoch, commitId: `${epoch}-1` });
    const leaders = [{ [keys.leader('a')]: {} }, { [keys.leader('b')]: {} }];
    const good = written(...leaders, { [keys.lastCommit()]: commitOf('2') });
    expect(writtenByLeader.committed?.(good.commit, good.truth)).toBeUndefined();
    const bad = written(...leaders, { [keys.lastCommit()]: commitOf('3') });
    expect(writtenByLeader.committed?.(bad.commit, bad.truth)).toContain('2 leads');
  });
});

describe('rest', () => {
  it('has come when all has ended and the records say what is true', () => {
    const { truth } = written({ [keys.assignment(vmA)]: assignment() });
    const settled = { ...truth, hosts: [hostWith('h1', copyOf(vmA)), hostWith('h2')] };
    expect(unsettled(settled, new Set())).toEqual([]);
    expect(unsettled(settled, new Set(['r7']))).toEqual([
      'request r7 was acknowledged, and is lost',
    ]);
  });

  it('has not come while anything is open, left over, or not where it should be', () => {
    const { truth } = written({
      [keys.assignment(vmA)]: assignment(),
      [keys.operation('r1')]: operation(),
      [keys.request('r2')]: { ...request, id: 'r2' },
    });
    const hosts = [hostWith('h1'), hostWith('h2', copyOf(vmB, { state: 'paused' }))];
    expect(unsettled({ ...truth, hosts }, new Set())).toEqual([
      'operation r1 (migrate) is running at perform',
      'request r2 has no operation',
      'web is paused on h2, and belongs to nobody',
      `${vmA} is running on h1, where it is absent`,
    ]);
  });
});

describe('one request at a time', () => {
  const stop = (id: string): RequestRecord => ({
    v: 1,
    id,
    type: 'stop',
    vmId: vmA,
    mode: 'graceful',
    by: 'me',
    createdAtMs: 1,
  });
  const drain = (id: string, hostId: string): RequestRecord => ({
    v: 1,
    id,
    type: 'drain',
    hostId,
    by: 'me',
    createdAtMs: 1,
  });
  const judge = (request: RequestRecord, former: RequestRecord, state?: 'running' | 'failed') => {
    const truth = truthOf();
    truth.records.requests.set(former.id, former);
    if (state !== undefined)
      truth.records.operations.set(former.id, { id: former.id, state } as OperationRecord);
    const change = {
      key: keys.request(request.id),
      value: JSON.stringify(request),
      modRevision: 9,
    };
    return oneAtATime.committed?.({ revision: 9, changes: [change], cause: 'txn' }, truth);
  };

  it('a second one on a VM is wrong while the first waits or runs', () => {
    expect(judge(stop('r2'), stop('r1'))).toContain('while stop r1 is under way');
    expect(judge(stop('r2'), stop('r1'), 'running')).toContain('while stop r1 is under way');
    expect(judge(stop('r2'), stop('r1'), 'failed')).toBeUndefined();
  });

  it('a second drain is wrong on the same host only', () => {
    expect(judge(drain('r2', 'h1'), drain('r1', 'h1'))).toContain('while drain r1 is under way');
    expect(judge(drain('r2', 'h2'), drain('r1', 'h1'))).toBeUndefined();
    expect(judge(stop('r2'), drain('r1', 'h1'))).toBeUndefined();
  });
});

describe('a file that is deleted as an orphan', () => {
  const file = `${vmA}-0.qcow2`;
  const deleted = { hostId: 'h1', pool: 'shared', file, opId: 'r9' };
  const judge = (fill: (truth: Truth) => void, of = file) => {
    const truth = truthOf();
    fill(truth);
    return namedFilesKept.deleted?.({ ...deleted, file: of }, truth);
  };

  it('is nobody’s', () => {
    expect(judge(() => {})).toBeUndefined();
    const vm = intent(vmA, 1);
    const disks = [{ pool: 'shared', image: 'tiny.qcow2' }];
    const withDisk = { ...vm, spec: { ...vm.spec, disks } };
    expect(judge(({ records }) => records.vms.set(vmA, withDisk))).toContain('VM web names it');
    expect(judge(({ records }) => records.vms.set(vmA, vm))).toBeUndefined();
  });

  it('is no file of a volume, no saved memory, and nothing that an operation has', () => {
    const text = JSON.stringify({ file });
    expect(judge(({ records }) => records.stored.set('/volumes/a', text))).toContain('names it');
    const saved = { file } as AssignmentRecord['saved'];
    const off = assignment({ state: 'saved', ...(saved ? { saved } : {}) });
    expect(judge(({ records }) => records.assignments.set(vmA, off))).toContain('saved memory');
    const busy = (state: OperationRecord['state']) =>
      judge(
        ({ records }) => records.operations.set('r7', operation({ id: 'r7', state })),
        '.drover/quarantine/r7',
      );
    expect(busy('running')).toContain('operation r7');
    expect(busy('failed')).toBeUndefined();
  });
});
