import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';

describe('a commit', () => {
  it('names the revision of everything that it was decided from', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.commitMode = 'hold';
    lab.request({ type: 'stop', vmId: vmA, mode: 'graceful' });
    const owner = lab.etcd.modRevision(keys.assignment(vmA));
    expect(lab.leader.inFlight?.puts).toMatchObject([
      { key: keys.operation('r1'), expectedModRevision: 0 },
      { key: keys.assignment(vmA), expectedModRevision: owner },
    ]);
    lab.release('hold');
    lab.until('its end is decided', () => lab.leader.inFlight !== undefined);
    const begun = lab.etcd.modRevision(keys.operation('r1'));
    expect(begun).toBeGreaterThan(owner);
    expect(lab.leader.inFlight?.puts).toMatchObject([
      { key: keys.operation('r1'), expectedModRevision: begun },
      { key: keys.assignment(vmA), expectedModRevision: begun },
    ]);
  });

  it('is one at a time, each with an id of its own', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    lab.declareVm(vmB);
    lab.request({ type: 'start', vmId: vmA });
    lab.request({ type: 'start', vmId: vmB });
    lab.pass(10_000);
    const ids = lab.leader.commits().map((one) => one.commitId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => id.startsWith(`${lab.leader.epoch}-`))).toBe(true);
  });

  it('that finds its object changed is decided anew from what is there, and sends nothing', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.settle();
    lab.commitMode = 'hold';
    const id = lab.request({ type: 'stop', vmId: vmA, mode: 'graceful' });
    // Somebody else writes the assignment while the decision is on its way.
    const moved = { v: 1, vmId: vmA, hostId: 'h2', generation: 7, state: 'running' };
    lab.host('h1').vms.clear();
    lab.host('h2').runs(vmA);
    lab.etcd.write(keys.assignment(vmA), moved);
    lab.release('hold');
    expect(lab.leader.sends('stop-vm')).toEqual([]);
    lab.until('it is decided anew', () => lab.leader.inFlight !== undefined);
    lab.release();
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', source: 'h2', generation: 7 });
    expect(lab.leader.sends('stop-vm').map((one) => [one.hostId, one.generation])).toEqual([
      ['h2', 7],
    ]);
  });

  it('that conflicts is followed by a reload, whatever the watch said', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    lab.commitMode = 'hold';
    lab.request({ type: 'start', vmId: vmA });
    lab.etcd.write(keys.operation('r1'), undefined);
    lab.etcd.writeText(keys.operation('r1'), '{}');
    const reloads = () => lab.leader.said.filter((one) => one.type === 'reload').length;
    const before = reloads();
    lab.release();
    expect(reloads()).toBe(before + 1);
  });

  it('that was written, and whose answer the last leader did not live to hear, counts', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    lab.settle();
    lab.commitMode = 'lose-reply';
    const id = lab.request({ type: 'start', vmId: vmA });
    lab.pass(5_000);
    expect(lab.leader.sends('start-vm')).toEqual([]);
    lab.takeOver();
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', generation: 1 });
  });
});

describe('a record that cannot be read', () => {
  it('is named once, and left alone', () => {
    const lab = Lab.withHosts(1);
    lab.etcd.writeText(keys.pool('bad'), '{"v":2}');
    lab.settle();
    lab.load(lab.leader);
    lab.load(lab.leader);
    const named = lab.leader.said.filter(
      (one) => one.type === 'trace' && one.text.includes(keys.pool('bad')),
    );
    expect(named).toMatchObject([{ level: 'error' }]);
  });

  for (const [what, key] of [
    ['an operation', keys.operation('r1')],
    ['an assignment', keys.assignment(vmA)],
    ['a host', keys.host('h2')],
  ] as const) {
    it(`(${what}) does not keep the leader committing, nor others from going on`, () => {
      const lab = Lab.withHosts(1);
      lab.declareVm(vmA);
      lab.declareVm(vmB);
      lab.etcd.writeText(key, '{"v":2}');
      lab.settle();
      lab.load(lab.leader);
      lab.request({ type: 'start', vmId: vmA });
      lab.addHost('h2');
      const other = lab.request({ type: 'start', vmId: vmB });
      expect(lab.ended(other).state).toBe('succeeded');
      const before = lab.leader.commits().length;
      lab.pass(30_000);
      expect(lab.leader.commits().length - before).toBeLessThan(3);
    });
  }

  it('is used again once it was repaired', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    lab.etcd.writeText(keys.assignment(vmA), '{"v":2}');
    lab.settle();
    lab.load(lab.leader);
    const id = lab.request({ type: 'start', vmId: vmA });
    lab.pass(5_000);
    lab.etcd.write(keys.assignment(vmA), undefined);
    expect(lab.ended(id).state).toBe('succeeded');
  });
});

describe('a load', () => {
  it('is asked for again and again, so that a lost watch does not matter', () => {
    const lab = Lab.withHosts(1, { resyncMs: 60_000 });
    const reloads = () => lab.leader.said.filter((one) => one.type === 'reload').length;
    const before = reloads();
    lab.pass(181_000);
    expect(reloads() - before).toBe(3);
  });

  it('that comes while a commit is under way counts, and sends nothing before the acknowledgement', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    lab.declareVm(vmB);
    lab.settle();
    lab.commitMode = 'hold';
    lab.request({ type: 'start', vmId: vmA });
    // Written in a gap of the watch: only the load tells of it.
    const request = { v: 1, id: 'r9', by: 'test', createdAtMs: 1, type: 'start', vmId: vmB };
    lab.unheard(() => lab.etcd.write(keys.request('r9'), request));
    lab.applyUnheard();
    lab.load(lab.leader);
    lab.pass(2_000);
    expect(lab.leader.sends('start-vm')).toEqual([]);
    lab.acknowledge();
    expect(lab.ended('r9').state).toBe('succeeded');
    expect(lab.ended('r1').state).toBe('succeeded');
  });

  it('that is older than what is known is not believed, but asked for again', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    lab.settle();
    const old = { revision: lab.etcd.revision, entries: lab.etcd.entries() };
    const id = lab.request({ type: 'start', vmId: vmA });
    lab.ended(id);
    const before = lab.leader.said.filter((one) => one.type === 'reload').length;
    lab.leader.feed({ type: 'loaded', ...old });
    lab.pass(5_000);
    expect(lab.leader.sends('start-vm')).toHaveLength(1);
    expect(lab.leader.said.filter((one) => one.type === 'reload')).toHaveLength(before + 1);
  });
});
