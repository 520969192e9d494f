import type { QueryReply } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { type Finding, finds, lacks } from './found-by-hosts.ts';
import { Lab, vmA, vmB } from './lab.ts';
import { failed } from './scripted-host.ts';

const iso: Finding = { code: 'path-missing', subject: '/iso/a.iso', required: 'cdrom' };
const network: Finding = { code: 'network-missing', subject: 'bridge br1' };

/** The VM runs on h1 of so many hosts. */
function aLab(count: number): Lab {
  const lab = Lab.withHosts(count);
  lab.runningVm(vmA, 'h1');
  return lab;
}

const codes = (error: { readonly reasons?: readonly { readonly code: string }[] } | undefined) =>
  error?.reasons?.map(({ code }) => code);

function drainPlan(lab: Lab): Extract<QueryReply, { type: 'plan-drain' }> {
  const reply = lab.ask({ type: 'plan-drain', hostId: 'h1' });
  if (reply?.type !== 'plan-drain') throw new Error(JSON.stringify(reply));
  return reply;
}

function movePlan(lab: Lab, target?: string): Extract<QueryReply, { type: 'plan-move' }>['plan'] {
  const named = target === undefined ? {} : { target };
  const reply = lab.ask({ type: 'plan-move', vmId: vmA, ...named });
  if (reply?.type !== 'plan-move') throw new Error(JSON.stringify(reply));
  return reply.plan;
}

describe('a migration that its host finds impossible', () => {
  it('is refused with every reason and its remedy, before any target is asked, and leaves no trace', () => {
    const lab = aLab(3);
    finds(lab.host('h1'), vmA, { snapshots: 2, blockJobs: ['vda'], devices: ['pci 0000:3b:00.0'] });
    const { state, error } = lab.ended(lab.request({ type: 'migrate', vmId: vmA }));
    expect({ state, code: error?.code }).toEqual({ state: 'failed', code: 'preflight-failed' });
    expect(codes(error)).toEqual(['block-job', 'snapshot', 'device-held']);
    expect(error?.reasons?.map(({ remedy }) => remedy)).toEqual([
      expect.stringContaining('virsh blockjob VM vda --abort'),
      expect.stringContaining('virsh snapshot-delete'),
      expect.stringContaining('--cold'),
    ]);
    expect(lab.leader.sends('check-incoming')).toEqual([]);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ generation: 1, state: 'running' });
    expect(lab.leader.sends().filter(({ vmId }) => vmId === vmA)).toEqual([]);
  });

  it('is tried again once the reason is gone: what was found before does not count', () => {
    const lab = aLab(2);
    finds(lab.host('h1'), vmA, { snapshots: 1 });
    lab.ended(lab.request({ type: 'migrate', vmId: vmA }));
    lab.host('h1').scripts.delete('inspect-vm');
    expect(lab.ended(lab.request({ type: 'migrate', vmId: vmA }))).toMatchObject({
      state: 'succeeded',
    });
  });
});

describe('a migration that its target finds impossible', () => {
  it('goes to the next best host where nobody named one', () => {
    const lab = aLab(3);
    lacks(lab.host('h2'), vmA, iso);
    const id = lab.request({ type: 'migrate', vmId: vmA });
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', target: 'h3' });
    expect(lab.leader.sends('prepare-incoming').map(({ hostId }) => hostId)).toEqual(['h3']);
  });

  it('to the host that a person named is refused with all that is in the way there', () => {
    const lab = aLab(3);
    lacks(lab.host('h2'), vmA, iso, network);
    const { error } = lab.ended(lab.request({ type: 'migrate', vmId: vmA, target: 'h2' }));
    expect(error?.code).toBe('preflight-failed');
    expect(codes(error)).toEqual(['network-missing', 'path-missing']);
    expect(error?.message).toContain('h2: it lacks /iso/a.iso (cdrom)');
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', generation: 1 });
  });

  it('everywhere is refused with the reasons of every host', () => {
    const lab = aLab(3);
    lacks(lab.host('h2'), vmA, iso);
    lacks(lab.host('h3'), vmA, network);
    const { error } = lab.ended(lab.request({ type: 'migrate', vmId: vmA }));
    expect(error?.reasons?.map(({ hostId, code }) => [hostId, code])).toEqual([
      ['h2', 'path-missing'],
      ['h3', 'network-missing'],
    ]);
  });

  it('because it cannot say goes elsewhere', () => {
    const lab = aLab(3);
    lab.host('h2').scripts.set('check-incoming', () => failed('hypervisor-error', 'no answer'));
    const id = lab.request({ type: 'migrate', vmId: vmA });
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', target: 'h3' });
  });
});

describe('a question', () => {
  it('that is lost is asked again', () => {
    const lab = aLab(2);
    let asked = 0;
    const h1 = lab.host('h1');
    h1.scripts.set('inspect-vm', (command) => {
      asked += 1;
      return asked === 1 ? undefined : h1.obey(command);
    });
    const id = lab.request({ type: 'migrate', vmId: vmA });
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(asked).toBe(2);
  });

  it('waits for a libvirt that comes back', () => {
    const lab = aLab(2);
    lab.host('h1').scripts.set('inspect-vm', () => failed('hypervisor-unreachable'));
    const id = lab.request({ type: 'migrate', vmId: vmA });
    lab.pass(5_000);
    expect(lab.operation(id).state).toBe('pending');
    lab.host('h1').scripts.delete('inspect-vm');
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded' });
  });
});

describe('a drain', () => {
  it('moves what can move, to a host that takes it, and blocks the others with reason and remedy', () => {
    const lab = aLab(3);
    lab.runningVm(vmB, 'h1');
    finds(lab.host('h1'), vmB, { snapshots: 1 });
    lacks(lab.host('h2'), vmA, iso);
    const ended = lab.ended(lab.request({ type: 'drain', hostId: 'h1' }));
    expect(ended.state).toBe('blocked');
    const [a, b] = [vmA, vmB].map((vmId) => ended.items?.find((item) => item.vmId === vmId));
    expect(a).toMatchObject({ state: 'moved', target: 'h3' });
    expect(b).toMatchObject({
      state: 'blocked',
      reason: 'libvirt has 1 snapshot of it',
      remedy: expect.stringContaining('virsh snapshot-delete'),
      reasons: [{ code: 'snapshot' }],
    });
    expect(lab.running(vmB)).toEqual(['h1']);
  });

  describe('that shuts down what cannot move as it runs', () => {
    const drain = { type: 'drain', hostId: 'h1', onUnmovable: 'shutdown' } as const;

    function heldBack(): Lab {
      const lab = aLab(3);
      lab.declarePool('p');
      for (const host of lab.hosts.values()) host.disks = ['/srv/pool/b.raw'];
      lab.runningVm(vmB, 'h1', { disks: [{ pool: 'p', volume: 'b.raw' }] });
      finds(lab.host('h1'), vmB, { snapshots: 1 });
      return lab;
    }
    const itemOf = (lab: Lab, id: string, vmId: string) =>
      lab.operation(id).items?.find((item) => item.vmId === vmId);

    it('moves the others live, and that one cold', () => {
      const lab = heldBack();
      const id = lab.request(drain);
      expect(lab.ended(id).state).toBe('succeeded');
      expect(itemOf(lab, id, vmB)).toMatchObject({ state: 'moved', cold: true });
      expect(lab.leader.sends('stop-vm').map(({ vmId, body }) => [vmId, body])).toMatchObject([
        [vmB, { mode: 'graceful' }],
      ]);
      const [cold] = lab.etcd.operations().filter(({ mode }) => mode === 'cold');
      expect(cold).toMatchObject({ state: 'succeeded', parentId: id, vmId: vmB });
      expect(lab.running(vmB)).not.toContain('h1');
      expect(lab.running(vmB)).toHaveLength(1);
    });

    it('forces nothing: one that does not shut down runs on, and is named', () => {
      const lab = heldBack();
      lab.host('h1').scripts.set('stop-vm', () => failed('stop-timeout'));
      const id = lab.request(drain);
      expect(lab.ended(id).state).toBe('blocked');
      expect(itemOf(lab, id, vmB)).toMatchObject({ state: 'blocked', attempts: 1 });
      expect(itemOf(lab, id, vmB)?.remedy).toContain('--force');
      expect(lab.leader.sends('stop-vm')).toHaveLength(1);
      expect(lab.running(vmB)).toEqual(['h1']);
    });

    it('says of one that could not be started again that it is off', () => {
      const lab = heldBack();
      for (const id of ['h2', 'h3']) {
        lab.host(id).scripts.set('start-vm', () => failed('hypervisor-error'));
      }
      const id = lab.request(drain);
      expect(lab.ended(id).state).toBe('blocked');
      const item = itemOf(lab, id, vmB);
      expect(item).toMatchObject({ state: 'blocked', cold: true });
      expect(item?.reason).toContain('it was shut down, and could not be started');
      expect(item?.remedy).toMatch(/drover vm start/);
      expect(lab.running(vmB)).toEqual([]);
    });

    it('leaves what shutting it down does not help', () => {
      const lab = aLab(2);
      lacks(lab.host('h2'), vmA, network);
      const ended = lab.ended(lab.request(drain));
      expect(ended.items?.[0]).toMatchObject({
        state: 'blocked',
        reasons: [{ code: 'network-missing' }],
      });
      expect(lab.leader.sends('stop-vm')).toEqual([]);
    });
  });

  it('blocks what no host takes with what each of them found', () => {
    const lab = aLab(3);
    lacks(lab.host('h2'), vmA, iso);
    lacks(lab.host('h3'), vmA, network);
    const [item] = lab.ended(lab.request({ type: 'drain', hostId: 'h1' })).items ?? [];
    expect(item?.reasons?.map(({ hostId, code }) => [hostId, code])).toEqual([
      ['h2', 'path-missing'],
      ['h3', 'network-missing'],
    ]);
    expect(item?.attempts).toBe(0);
  });

  it('that was planned onto a host that cannot take a VM says why it goes elsewhere', () => {
    const lab = aLab(3);
    lacks(lab.host('h2'), vmA, iso);
    const plan = [{ vmId: vmA, target: 'h2' }];
    const [item] = lab.ended(lab.request({ type: 'drain', hostId: 'h1', plan })).items ?? [];
    expect(item).toMatchObject({ state: 'moved', target: 'h3' });
    expect(item?.reason).toContain('not h2: h2: it lacks /iso/a.iso');
  });
});

describe('the plan of a drain', () => {
  it('shows what is held and with what remedy, and moves only what its target takes', () => {
    const lab = aLab(3);
    lab.runningVm(vmB, 'h1');
    finds(lab.host('h1'), vmB, { snapshots: 1 });
    lacks(lab.host('h2'), vmA, iso);
    const { plan, unchecked } = drainPlan(lab);
    expect(plan.moves.map(({ vmId, target, mode }) => [vmId, target, mode])).toEqual([
      [vmA, 'h3', 'live'],
    ]);
    expect(plan.blockers).toMatchObject([
      { vmId: vmB, reason: 'preflight-failed', held: [{ code: 'snapshot' }] },
    ]);
    expect(unchecked).toEqual([]);
  });

  it('names every host’s findings for what none takes', () => {
    const lab = aLab(3);
    for (const host of ['h2', 'h3']) lacks(lab.host(host), vmA, iso);
    const [blocker] = drainPlan(lab).plan.blockers;
    expect(blocker?.rejections).toMatchObject([
      { hostId: 'h1' },
      { hostId: 'h2', reason: 'preflight-failed', reasons: [iso] },
      { hostId: 'h3', reason: 'preflight-failed', reasons: [iso] },
    ]);
    expect(blocker?.remedy).toContain('eject it');
  });

  it('says in which mode each goes', () => {
    const lab = aLab(2);
    lab.host('h1').unlocked.add(vmA);
    expect(drainPlan(lab).plan.moves[0]?.mode).toBe('paused');
  });

  it('is told in time though a host says nothing, and what was not looked at is named', () => {
    const lab = aLab(2);
    lab.host('h2').scripts.set('check-incoming', () => undefined);
    lab.leader.feed({
      type: 'asked',
      queryId: 'late',
      query: { type: 'plan-drain', hostId: 'h1' },
    });
    const reply = () =>
      lab.leader.said.find((one) => one.type === 'reply' && one.queryId === 'late');
    lab.pass(1_000);
    expect(reply()).toBeUndefined();
    lab.until('it is told', () => reply() !== undefined);
    expect(reply()).toMatchObject({ reply: { unchecked: [vmA], plan: { moves: [{}] } } });
  });
});

describe('the plan of a move', () => {
  it('has the target and the mode, and changes nothing', () => {
    const lab = aLab(2);
    const { revision } = lab.etcd;
    expect(movePlan(lab)).toMatchObject({ target: 'h2', mode: 'live', reasons: [] });
    expect(lab.etcd.revision).toBe(revision);
    expect(lab.leader.sends().filter(({ vmId }) => vmId === vmA)).toEqual([]);
  });

  it('has the reasons of both hosts at once', () => {
    const lab = aLab(2);
    finds(lab.host('h1'), vmA, { snapshots: 1 });
    lacks(lab.host('h2'), vmA, iso, network);
    const plan = movePlan(lab, 'h2');
    expect(plan.target).toBeUndefined();
    expect(plan.reasons.map(({ code, hostId }) => [code, hostId])).toEqual([
      ['snapshot', undefined],
      ['network-missing', 'h2'],
      ['path-missing', 'h2'],
    ]);
  });

  it('says why a host that is not asked is none', () => {
    const lab = aLab(2);
    lab.cordon('h2');
    expect(movePlan(lab, 'h2').rejections).toMatchObject([
      { hostId: 'h2', reason: 'host-cordoned' },
    ]);
  });
});
