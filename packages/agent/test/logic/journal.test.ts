import { describe, expect, it } from 'vitest';
import { compact, replay, type JournalRecord } from '../../src/logic/index.ts';
import { begunRecord, ready, startBody, stopBody, vmA, vmB } from './driver.ts';

describe('nothing is done before it is on disk', () => {
  it('neither before the epoch, nor the generation, nor begun', () => {
    const driver = ready();
    driver.command({ body: startBody });
    const seqs = driver.pending.map((write) => write.seq);
    expect(driver.pending.map((write) => write.record.type)).toEqual([
      'epoch',
      'generation',
      'begun',
    ]);
    for (const seq of seqs.toReversed()) {
      expect(driver.acts()).toEqual([]);
      driver.send({ type: 'journaled', seq, ok: true });
    }
    expect(driver.acts()).toHaveLength(1);
  });

  it('whichever acknowledgement comes first, each act follows its own', () => {
    const driver = ready();
    driver.command({ body: startBody });
    driver.command({ body: startBody, opId: 'op2', vmId: vmB });
    driver.flush(true, 'backwards');
    const vms = driver.acts().map(({ action }) => 'vmId' in action && action.vmId);
    expect(vms).toEqual([vmB, vmA]);
  });

  it('an acknowledgement of nothing is passed over', () => {
    const driver = ready();
    driver.command({ body: startBody });
    driver.send({ type: 'journaled', seq: 99, ok: true });
    expect(driver.acts()).toEqual([]);
  });

  it('and its end is told only when that is on disk too', () => {
    const driver = ready();
    const id = driver.begin({ body: startBody });
    driver.send({ type: 'acted', actionId: id, outcome: { outcome: 'done' } });
    expect(driver.results()).toEqual([]);
    driver.command({ body: startBody });
    expect(driver.results().map((result) => result.outcome)).toEqual(['begun']);
    driver.flush();
    expect(driver.results().map((result) => result.outcome)).toEqual(['begun', 'done']);
  });

  it('a deposed leader’s command that still waits for the disk is not done', () => {
    const driver = ready();
    driver.command({ body: startBody, epoch: '5' });
    driver.command({ body: { kind: 'sync' }, opId: 'op2', epoch: '6' });
    driver.flush();
    driver.flush();
    expect(driver.acts()).toEqual([]);
    expect(driver.codes()).toEqual(['stale-epoch']);
    expect(driver.results()[0]?.outcome).toBe('failed');
  });
});

describe('a journal that cannot be written', () => {
  it('refuses the command, degrades the host, and forgets the step', () => {
    const driver = ready();
    driver.command({ body: startBody });
    driver.flush(false);
    expect(driver.codes()).toEqual(['journal-unwritable']);
    expect(driver.last('heartbeat')).toMatchObject({
      state: 'degraded',
      reasons: ['journal-unwritable'],
    });
    driver.command({ body: startBody, step: 2 });
    driver.flush();
    expect(driver.acts()).toHaveLength(1);
    expect(driver.last('heartbeat').state).toBe('ready');
  });

  it('refuses also when only one of the writes failed', () => {
    const driver = ready();
    driver.command({ body: startBody });
    driver.pending.forEach(({ seq }, at) => driver.send({ type: 'journaled', seq, ok: at !== 1 }));
    expect(driver.acts()).toEqual([]);
    expect(driver.codes()).toEqual(['journal-unwritable']);
  });

  it('is not the barrier of an epoch that it does not hold', () => {
    const driver = ready();
    driver.command({ body: { kind: 'sync' } });
    driver.flush(false);
    driver.observe();
    expect(driver.messages('inventory')).toEqual([]);
    expect(driver.codes()).toEqual(['journal-unwritable']);
    expect(driver.last('heartbeat').maxEpoch).toBe('0');
  });

  it('holds back an end until it can be written, then tells it', () => {
    const driver = ready();
    const id = driver.begin({ body: startBody });
    driver.send({ type: 'acted', actionId: id, outcome: { outcome: 'done' } });
    driver.flush(false);
    expect(driver.results()).toEqual([]);
    driver.beat();
    driver.flush();
    expect(driver.results().map((result) => result.outcome)).toEqual(['done']);
  });

  it('is tried again with each heartbeat until it works', () => {
    const driver = ready();
    driver.command({ body: startBody });
    driver.flush(false);
    driver.beat();
    driver.flush(false);
    expect(driver.last('heartbeat').state).toBe('degraded');
    driver.beat();
    driver.flush();
    expect(driver.last('heartbeat').state).toBe('ready');
  });
});

describe('replaying', () => {
  const ended = (opId: string): JournalRecord => ({
    type: 'ended',
    opId,
    step: 1,
    result: { opId, step: 1, outcome: 'done', vmId: vmA },
    wallMs: 0,
  });

  it('adds up to the highest epoch and generations', () => {
    const { maxEpoch, generations } = replay([
      { type: 'epoch', epoch: '9' },
      { type: 'epoch', epoch: '10' },
      { type: 'epoch', epoch: '2' },
      { type: 'generation', vmId: vmA, generation: 3 },
      { type: 'generation', vmId: vmA, generation: 2 },
      begunRecord('start-vm', { vmId: vmB, generation: 7 }),
    ]);
    expect(maxEpoch).toBe('10');
    expect([...generations]).toEqual([
      [vmA, 3],
      [vmB, 7],
    ]);
  });

  it('takes a journal cut anywhere: each prefix has no more than the whole', () => {
    const whole = ready();
    whole.end(whole.begin({ body: startBody }), { outcome: 'done' });
    whole.end(whole.begin({ body: stopBody, opId: 'op2' }), { outcome: 'done' });
    for (let cut = 0; cut <= whole.disk.length; cut += 1) {
      const prefix = whole.disk.slice(0, cut);
      const again = ready({ records: prefix, vms: [] });
      again.command({ body: startBody });
      const begun = prefix.some((record) => record.type === 'begun');
      again.flush();
      const starts = again.acts().filter(({ action }) => action.type === 'start-vm');
      // Where only the generation got to disk, a new one is asked for.
      const raised = prefix.some((record) => record.type === 'generation');
      expect(starts).toHaveLength(begun || raised ? 0 : 1);
    }
  });

  it('is survived by an end without a beginning', () => {
    expect(replay([ended('op9')]).steps.size).toBe(0);
  });

  it('of the compacted journal gives the same', () => {
    const records: JournalRecord[] = [{ type: 'epoch', epoch: '3' }];
    for (let at = 0; at < 300; at += 1) {
      records.push({ type: 'generation', vmId: vmA, generation: at });
      records.push(begunRecord('start-vm', { opId: `op${at}` }));
      if (at !== 2) records.push(ended(`op${at}`));
    }
    const short = compact(records);
    expect(short.length).toBeLessThan(600);
    expect(replay(short)).toEqual(replay(records));
    expect(replay(short).steps.size).toBe(257);
    expect(replay(short).steps.get('op2/1')?.result).toBeUndefined();
    expect(replay(short).generations.get(vmA)).toBe(299);
  });
});
