import { describe, expect, it } from 'vitest';
import {
  Driver,
  migrateBody,
  prepareBody,
  ready,
  startBody,
  stopBody,
  vmA,
  vmB,
} from './driver.ts';

describe('a command is refused', () => {
  it('when it is for another host, or for an earlier process', () => {
    const driver = ready();
    driver.command({ body: startBody, hostId: 'h9' });
    driver.command({ body: startBody, incarnation: 'i0' });
    expect(driver.codes()).toEqual(['not-fresh', 'not-fresh']);
    expect(driver.pending).toEqual([]);
  });

  it('when its leader was deposed', () => {
    const driver = ready({ records: [{ type: 'epoch', epoch: '7' }] });
    driver.command({ body: startBody, epoch: '6' });
    expect(driver.codes()).toEqual(['stale-epoch']);
    driver.command({ body: startBody, epoch: '7' });
    driver.flush();
    expect(driver.acts()).toHaveLength(1);
  });

  it('when its leader was deposed a moment ago and the new epoch is not even on disk', () => {
    const driver = ready();
    driver.command({ body: { kind: 'sync' }, epoch: '10' });
    driver.command({ body: startBody, epoch: '9' });
    expect(driver.codes()).toEqual(['stale-epoch']);
  });

  it('compares epochs as numbers of 63 bits, not as text', () => {
    const driver = ready({ records: [{ type: 'epoch', epoch: '9007199254740993' }] });
    driver.command({ body: startBody, epoch: '9007199254740992' });
    driver.command({ body: startBody, epoch: '99' });
    expect(driver.codes()).toEqual(['stale-epoch', 'stale-epoch']);
  });

  it('for half a minute after a leader is heard, on a journal that has lost records', () => {
    const driver = Driver.ready({ records: [{ type: 'altered' }] });
    driver.beat();
    expect(driver.last('heartbeat')).toMatchObject({ reasons: ['journal-altered'] });
    driver.command({ body: startBody });
    expect(driver.codes()).toEqual(['not-fresh']);
    driver.command({ body: { kind: 'sync' }, epoch: '12', step: 9 });
    driver.flush();
    driver.monoMs += 29_000;
    driver.beat();
    driver.flush();
    expect(driver.last('heartbeat')).toMatchObject({ reasons: ['journal-altered'] });
    driver.monoMs += 1_000;
    driver.beat();
    driver.flush();
    expect(driver.last('heartbeat')).toMatchObject({ reasons: [], maxEpoch: '12' });
    driver.beat();
    driver.command({ body: startBody, epoch: '11' });
    expect(driver.codes()).toEqual(['not-fresh', 'stale-epoch']);
    driver.command({ body: startBody, epoch: '12' });
    driver.flush();
    expect(driver.acts()).toHaveLength(1);
  });

  it('as long as no leader is heard, and after another start too', () => {
    const first = Driver.ready({ records: [{ type: 'altered' }] });
    first.monoMs += 3_600_000;
    first.beat();
    first.flush();
    expect(first.last('heartbeat')).toMatchObject({ reasons: ['journal-altered'] });
    first.command({ body: { kind: 'sync' }, epoch: '12', step: 9 });
    first.flush();
    const second = Driver.ready({ records: first.disk });
    second.beat();
    second.command({ body: startBody, epoch: '12' });
    expect(second.codes()).toEqual(['not-fresh']);
    expect(second.last('heartbeat')).toMatchObject({ reasons: ['journal-altered'] });
  });

  it('never again once the disk says that leaders were listened to', () => {
    const first = Driver.ready({ records: [{ type: 'altered' }] });
    first.beat();
    first.command({ body: { kind: 'sync' }, epoch: '12', step: 9 });
    first.monoMs += 30_000;
    first.beat();
    first.flush();
    const second = Driver.ready({ records: first.disk, keep: true });
    expect(second.last('heartbeat')).toMatchObject({ reasons: [] });
  });

  it('of another version is said not to be known, and one that is for another is nobody’s affair', () => {
    const driver = ready();
    const address = { v: 2, opId: 'op7', step: 3, hostId: 'h1', incarnation: 'i1' };
    driver.send({ type: 'misunderstood', address });
    expect(driver.codes()).toEqual(['unknown-command']);
    driver.send({ type: 'misunderstood', address: { ...address, hostId: 'h2' } });
    driver.send({ type: 'misunderstood', address: { ...address, incarnation: 'i0' } });
    expect(driver.codes()).toEqual(['unknown-command']);
    const { opId, step } = driver.command({ body: startBody });
    driver.flush();
    driver.out = [];
    driver.send({ type: 'misunderstood', address: { ...address, opId, step } });
    expect(driver.last('result').result).toMatchObject({ opId, step, outcome: 'begun' });
  });

  it('when its freshness is none of the last nonces', () => {
    const driver = ready({ settings: { freshNonces: 2 } });
    const old = driver.freshness;
    driver.command({ body: startBody, freshness: 'made-up' });
    driver.beat();
    driver.beat();
    driver.command({ body: startBody, freshness: old });
    expect(driver.codes()).toEqual(['not-fresh', 'not-fresh']);
  });

  it('but not for one heartbeat that crossed it', () => {
    const driver = ready({ settings: { freshNonces: 2 } });
    const old = driver.freshness;
    driver.beat();
    driver.command({ body: startBody, freshness: old });
    driver.flush();
    expect(driver.acts()).toHaveLength(1);
  });

  it('when a start or an incoming copy does not carry a newer generation', () => {
    const driver = ready({ records: [{ type: 'generation', vmId: vmA, generation: 4 }] });
    driver.command({ body: startBody, generation: 4 });
    driver.command({ body: prepareBody, generation: 3 });
    expect(driver.codes()).toEqual(['stale-generation', 'stale-generation']);
    driver.command({ body: startBody, generation: 5, step: 3 });
    driver.flush();
    expect(driver.acts()).toHaveLength(1);
  });

  it('when anything else carries a smaller generation; an equal one is right', () => {
    const driver = ready({ records: [{ type: 'generation', vmId: vmA, generation: 4 }] });
    driver.command({ body: stopBody, generation: 3 });
    expect(driver.codes()).toEqual(['stale-generation']);
    driver.command({ body: stopBody, generation: 4, step: 2 });
    driver.flush();
    expect(driver.acts()).toHaveLength(1);
  });

  it('when it names no VM but is about one', () => {
    const driver = ready();
    const { vmId: _, ...command } = driver.command({ body: { kind: 'sync' } });
    driver.send({ type: 'commanded', command: { ...command, body: stopBody } });
    expect(driver.codes()).toEqual(['unknown-command']);
  });

  it('while another action on the same VM runs; another VM is free', () => {
    const driver = ready();
    driver.begin({ body: startBody });
    driver.command({ body: stopBody, opId: 'op2' });
    expect(driver.codes()).toEqual(['vm-busy']);
    driver.begin({ body: startBody, opId: 'op3', vmId: vmB });
    expect(driver.acts().map(({ action }) => action.type)).toEqual(['start-vm', 'start-vm']);
  });

  it('but an abort meets the migration it is to end', () => {
    const driver = ready();
    driver.begin({ body: migrateBody });
    driver.begin({ body: { kind: 'abort-migration' }, opId: 'op1', step: 2 });
    expect(driver.acts().map(({ action }) => action.type)).toEqual([
      'migrate-out',
      'abort-migration',
    ]);
  });

  it('when libvirt cannot be reached, and then nothing is journalled', () => {
    const driver = ready();
    driver.send({ type: 'hypervisor', state: 'disconnected' });
    const epoch = { type: 'epoch', epoch: '5' };
    driver.command({ body: startBody });
    expect(driver.codes()).toEqual(['hypervisor-unreachable']);
    expect(driver.pending.map((write) => write.record)).toEqual([epoch]);
    driver.flush();
    driver.send({ type: 'hypervisor', state: 'connected' });
    driver.command({ body: startBody, step: 2 });
    driver.flush();
    expect(driver.acts()).toHaveLength(1);
  });

  it('when another copy of it was refused: the leader may have started the VM elsewhere since', () => {
    const driver = ready();
    driver.send({ type: 'hypervisor', state: 'disconnected' });
    driver.command({ body: startBody });
    driver.send({ type: 'hypervisor', state: 'connected' });
    driver.command({ body: startBody });
    driver.flush();
    expect(driver.codes()).toEqual(['hypervisor-unreachable', 'hypervisor-unreachable']);
    expect(driver.acts()).toEqual([]);
  });

  it('but not for good when its copy was only too old', () => {
    const driver = ready();
    driver.command({ body: startBody, freshness: 'made-up' });
    driver.command({ body: startBody });
    driver.flush();
    expect(driver.codes()).toEqual(['not-fresh']);
    expect(driver.acts()).toHaveLength(1);
  });

  it('when more steps are under way than an inventory could tell of', () => {
    const driver = ready({ settings: { journalTail: 1 } });
    driver.begin({ body: startBody });
    driver.command({ body: startBody, opId: 'op2', vmId: vmB });
    expect(driver.codes()).toEqual(['too-many-pending']);
  });
});

describe('a duplicate', () => {
  it('is told begun while the step runs, and its end afterwards; it is never done again', () => {
    const driver = ready();
    const id = driver.begin({ body: startBody });
    driver.command({ body: startBody });
    driver.end(id, { outcome: 'done' });
    driver.command({ body: startBody });
    expect(driver.results().map((result) => result.outcome)).toEqual(['begun', 'done', 'done']);
    expect(driver.acts()).toHaveLength(1);
  });

  it('is answered from the journal after a restart', () => {
    const first = ready();
    first.end(first.begin({ body: startBody }), { outcome: 'failed' });
    const second = ready({ records: first.disk });
    second.command({ body: startBody });
    expect(second.results().map((result) => result.outcome)).toEqual(['failed']);
    expect(second.acts()).toEqual([]);
  });

  it('is answered whatever its freshness and though libvirt is away', () => {
    const driver = ready();
    driver.end(driver.begin({ body: startBody }), { outcome: 'done' });
    driver.send({ type: 'hypervisor', state: 'disconnected' });
    driver.command({ body: startBody, freshness: 'long-ago' });
    expect(driver.results().map((result) => result.outcome)).toEqual(['done', 'done']);
  });

  it('is not answered before its first is on disk', () => {
    const driver = ready();
    driver.command({ body: startBody });
    driver.command({ body: startBody });
    expect(driver.results()).toEqual([]);
    driver.flush();
    expect(driver.acts()).toHaveLength(1);
  });

  it('with other content is refused', () => {
    const driver = ready();
    driver.begin({ body: startBody });
    driver.command({ body: { ...startBody, vm: { ...startBody.vm, vcpus: 2 } } });
    driver.command({ body: startBody, generation: 2 });
    expect(driver.codes()).toEqual(['duplicate-differs', 'duplicate-differs']);
  });

  it('of a newer leader is the same, and its epoch is kept', () => {
    const driver = ready();
    driver.begin({ body: startBody });
    driver.command({ body: startBody, epoch: '8' });
    driver.flush();
    expect(driver.results().map((result) => result.outcome)).toEqual(['begun']);
    driver.command({ body: stopBody, opId: 'op2', epoch: '7' });
    expect(driver.codes().at(-1)).toBe('stale-epoch');
    expect(driver.disk).toContainEqual({ type: 'epoch', epoch: '8' });
  });
});

describe('a question', () => {
  const body = { kind: 'inspect-vm' } as const;

  it('is asked of the hypervisor at once, answered when that has answered, and never journalled', () => {
    const driver = ready();
    driver.command({ body: { kind: 'sync' } });
    driver.flush();
    driver.command({ body, opId: 'ask-1', step: 1 });
    expect(driver.pending).toEqual([]);
    const [act] = driver.acts();
    expect(act?.action).toEqual({ type: 'inspect-vm', vmId: vmA });
    driver.send({ type: 'acted', actionId: act?.actionId ?? 0, outcome: { outcome: 'done' } });
    driver.flush();
    expect(driver.results()).toMatchObject([{ opId: 'ask-1', step: 1, outcome: 'done' }]);
    driver.command({ body, opId: 'ask-1', step: 1 });
    expect(driver.acts()).toHaveLength(2);
  });

  it('may come while something is done with the VM, and keeps nothing from being done', () => {
    const driver = ready();
    driver.command({ body: startBody });
    driver.command({ body, opId: 'ask-1', step: 1 });
    driver.flush();
    expect(driver.codes()).toEqual([]);
    expect(
      driver
        .acts()
        .map(({ action }) => action.type)
        .toSorted(),
    ).toEqual(['inspect-vm', 'start-vm']);
  });

  it('of a deposed leader is not answered, and too many at once are refused', () => {
    const driver = ready({
      records: [{ type: 'epoch', epoch: '7' }],
      settings: { journalTail: 2 },
    });
    driver.command({ body, opId: 'ask-6', step: 1, epoch: '6' });
    expect(driver.codes()).toEqual(['stale-epoch']);
    for (const step of [1, 2, 3]) driver.command({ body, opId: 'ask-7', step, epoch: '7' });
    expect(driver.codes()).toEqual(['stale-epoch', 'too-many-pending']);
  });
});
