/** Rules in all that the scheduler does: starts, moves, drains, recoveries, and making one hold. */
import { keys, type QueryReply, type RuleSpec } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB, vmC } from './lab.ts';
import { lacks } from './found-by-hosts.ts';
import { failed } from './scripted-host.ts';

type Spec<T = RuleSpec> = T extends RuleSpec ? Omit<T, 'strength'> & Partial<RuleSpec> : never;

function save(lab: Lab, name: string, spec: Spec): void {
  const uuid = '44444444-4444-4444-8444-444444444444';
  const whole = { strength: 'hard', ...spec };
  const record = { v: 1, name, uuid, spec: whole, by: 'test', createdAtMs: 1, atMs: 1 };
  lab.etcd.write(keys.rule(name), record);
  lab.settle();
}

const ab = { ids: [vmA, vmB] };
const abc = { ids: [vmA, vmB, vmC] };
const apart = { type: 'apart', over: 'host', vms: ab } as const;
const together = { type: 'together', over: 'host', vms: ab } as const;
const drain = { type: 'drain', hostId: 'h1' } as const;
const items = (lab: Lab, id: string) => lab.operation(id).items ?? [];
const hostOf = (lab: Lab, vmId: string) => lab.etcd.assignment(vmId)?.hostId;

describe('a hard rule', () => {
  it('keeps a VM from starting where it would be broken, and is named', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1', { labels: { tier: 'db' } });
    lab.runningVm(vmC, 'h2', { labels: { tier: 'db' } });
    save(lab, 'db', { type: 'apart', over: 'host', vms: { labels: { tier: 'db' } } });
    lab.declareVm(vmB, { labels: { tier: 'db' } });
    const ended = lab.ended(lab.request({ type: 'start', vmId: vmB }));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'no-host-fits' } });
    expect(ended.error?.message).toContain('h1: rule db (apart) would be broken');
    lab.etcd.write(keys.rule('db'), undefined);
    expect(lab.ended(lab.request({ type: 'start', vmId: vmB })).state).toBe('succeeded');
  });

  it('keeps a VM from moving there, whoever names the host', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.runningVm(vmB, 'h2');
    save(lab, 'db', apart);
    const ended = lab.ended(lab.request({ type: 'migrate', vmId: vmA, target: 'h2' }));
    expect(ended.error?.message).toContain('rule db (apart) would be broken');
    save(lab, 'db', { ...apart, strength: 'soft' });
    const again = lab.ended(lab.request({ type: 'migrate', vmId: vmA, target: 'h2' }));
    expect(again.state).toBe('succeeded');
  });

  it.each([
    ['has moved', undefined, 'h2'],
    ['has stayed', failed('migration-failed', 'no'), 'h1'],
  ])('sends a VM where one %s that it belongs to, when both come up at once', (_, end, hostId) => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    // Room alone speaks for the other host.
    lab.runningVm(vmC, hostId);
    lab.declareVm(vmB);
    save(lab, 'pair', together);
    if (end !== undefined) lab.host('h1').scripts.set('migrate-out', () => end);
    lab.commitMode = 'hold';
    const moving = lab.request({ type: 'migrate', vmId: vmA, target: 'h2' });
    lab.until('its end is looked at', () => {
      const { inFlight } = lab.leader;
      // Decided with that look: nothing else is until its commit is through.
      const isNext = inFlight?.puts.some(({ value = '' }) => value.includes('"step":"resolve"'));
      if (isNext) lab.request({ type: 'stop', vmId: vmC, mode: 'force' });
      if (inFlight !== undefined) lab.release('hold');
      return isNext === true;
    });
    expect(lab.operation(moving)).toMatchObject({ state: 'running', step: 'resolve' });
    const starting = lab.request({ type: 'start', vmId: vmB }, 1);
    lab.release('hold');
    lab.release();
    expect(lab.ended(starting).state).toBe('succeeded');
    expect(hostOf(lab, vmB)).toBe(hostId);
  });

  it('goes by racks and zones as hosts’ labels say them', () => {
    const lab = Lab.withHosts(3);
    for (const [id, zone] of [
      ['h1', 'a'],
      ['h2', 'a'],
      ['h3', 'b'],
    ] as const) {
      const record = { v: 1, id, cordoned: false, labels: { zone }, by: 'test', atMs: 1 };
      lab.etcd.write(keys.hostIntent(id), record);
    }
    lab.runningVm(vmA, 'h1');
    save(lab, 'zones', { ...apart, over: 'zone' });
    lab.declareVm(vmB);
    lab.ended(lab.request({ type: 'start', vmId: vmB }));
    expect(hostOf(lab, vmB)).toBe('h3');
  });

  it('lets a VM that is alone in it go cold', () => {
    const lab = Lab.withHosts(2);
    lab.declarePool('p');
    for (const host of lab.hosts.values()) host.disks = ['/srv/pool/a.raw'];
    lab.runningVm(vmA, 'h1', { disks: [{ pool: 'p', volume: 'a.raw' }] });
    save(lab, 'pair', together);
    const moved = lab.ended(lab.request({ type: 'migrate', vmId: vmA, target: 'h2', cold: true }));
    expect(moved).toMatchObject({ state: 'succeeded' });
    expect(hostOf(lab, vmA)).toBe('h2');
  });
});

describe('a drain', () => {
  it('says of what belongs together which of them a host does not take, and why', () => {
    const lab = Lab.withHosts(2);
    for (const vmId of [vmA, vmB]) lab.runningVm(vmId, 'h1');
    save(lab, 'pair', together);
    lacks(lab.host('h2'), vmB, { code: 'network-missing', subject: 'bridge br1' });
    const ended = lab.ended(lab.request(drain));
    expect(ended.state).toBe('blocked');
    for (const { reason } of ended.items ?? []) expect(reason).toContain('h2: vm-b: ');
  });

  it('moves VMs that belong together side by side, to one host', () => {
    const lab = Lab.withHosts(3);
    for (const vmId of [vmA, vmB]) lab.runningVm(vmId, 'h1');
    save(lab, 'pair', together);
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    const id = lab.request(drain);
    lab.until('both are on their way', () => lab.leader.sends('migrate-out').length === 2);
    const moves = lab.etcd.operations().filter(({ parentId }) => parentId === id);
    expect(new Set(moves.map(({ target }) => target)).size).toBe(1);
    expect(moves.map(({ vmId, along }) => [vmId, along])).toEqual([
      [vmA, [vmB]],
      [vmB, [vmA]],
    ]);
  });

  it('keeps those whose fellow cannot move, and says why', () => {
    const lab = Lab.withHosts(2);
    for (const vmId of [vmA, vmB]) lab.runningVm(vmId, 'h1', { memoryMib: 1_500 });
    save(lab, 'pair', together);
    // Room for one of them alone.
    lab.runningVm(vmC, 'h2', { memoryMib: 2_000 });
    const id = lab.request(drain);
    expect(lab.ended(id)).toMatchObject({ state: 'blocked' });
    expect(items(lab, id).map(({ state }) => state)).toEqual(['blocked', 'blocked']);
    expect(items(lab, id)[1]?.reason).toMatch(/h2: needs 1500 MiB, has 596 MiB free/);
    expect([hostOf(lab, vmA), hostOf(lab, vmB)]).toEqual(['h1', 'h1']);
  });

  it('is blocked by a rule, by its name, unless that may bend', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.runningVm(vmB, 'h2');
    save(lab, 'db', apart);
    const id = lab.request(drain);
    expect(lab.ended(id).state).toBe('blocked');
    expect(items(lab, id)[0]).toMatchObject({
      reason: expect.stringContaining('rule db (apart) would be broken'),
      remedy: 'change rule db',
    });
    save(lab, 'db', { ...apart, bendsForDrain: true });
    const again = lab.request(drain);
    expect(lab.ended(again).state).toBe('succeeded');
    expect(items(lab, again)[0]?.reason).toBe('a rule bends: there is no other way');
    expect(hostOf(lab, vmA)).toBe('h2');
  });

  it('bends nothing where there is another way', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h1');
    lab.runningVm(vmB, 'h2');
    lab.runningVm(vmC, 'h3');
    save(lab, 'db', { ...apart, bendsForDrain: true });
    lab.ended(lab.request(drain));
    expect(hostOf(lab, vmA)).toBe('h3');
  });
});

it('a restore brings VMs that belong together back side by side', () => {
  const lab = Lab.withHosts(2);
  for (const vmId of [vmA, vmB]) lab.runningVm(vmId, 'h1');
  save(lab, 'pair', together);
  lab.ended(lab.request(drain));
  expect([hostOf(lab, vmA), hostOf(lab, vmB)]).toEqual(['h2', 'h2']);
  const id = lab.request({ type: 'restore', hostId: 'h1' });
  expect(lab.ended(id)).toMatchObject({ state: 'succeeded' });
  const moves = lab.etcd.operations().filter(({ parentId }) => parentId === id);
  expect(moves.map(({ vmId, along }) => [vmId, along])).toEqual([
    [vmA, [vmB]],
    [vmB, [vmA]],
  ]);
  expect([hostOf(lab, vmA), hostOf(lab, vmB)]).toEqual(['h1', 'h1']);
});

it('a recovery starts VMs that belong together on one host that has room for both', () => {
  const lab = Lab.withHosts(3);
  // h2 has room for one of them alone.
  lab.runningVm(vmC, 'h2', { memoryMib: 1_500 });
  for (const vmId of [vmA, vmB]) lab.runningVm(vmId, 'h1', { memoryMib: 1_500 });
  save(lab, 'pair', together);
  lab.pass(3_000);
  lab.host('h1').silent = true;
  lab.pass(31_000);
  expect(lab.ended(lab.request({ type: 'recover', hostId: 'h1' })).state).toBe('succeeded');
  expect([hostOf(lab, vmA), hostOf(lab, vmB)]).toEqual(['h3', 'h3']);
});

describe('enforcing a rule', () => {
  const enforce = (more: { plan?: { vmId: string; target: string }[] } = {}) =>
    ({ type: 'enforce', rule: 'db', ...more }) as const;

  function broken(hosts = 3): Lab {
    const lab = Lab.withHosts(hosts);
    for (const vmId of [vmA, vmB, vmC]) lab.runningVm(vmId, 'h1');
    save(lab, 'db', { ...apart, vms: abc });
    return lab;
  }

  it('moves what has to, and nothing before somebody asks', () => {
    const lab = broken();
    lab.pass(60_000);
    expect(lab.leader.sends('migrate-out')).toEqual([]);
    const id = lab.request(enforce());
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', rule: 'db' });
    expect(items(lab, id).map(({ state }) => state)).toEqual(['moved', 'moved']);
    expect(new Set([vmA, vmB, vmC].map((vmId) => hostOf(lab, vmId))).size).toBe(3);
  });

  it('makes the moves of the plan that was shown', () => {
    const lab = broken();
    const plan = [
      { vmId: vmA, target: 'h3' },
      { vmId: vmC, target: 'h2' },
    ];
    expect(lab.ended(lab.request(enforce({ plan }))).state).toBe('succeeded');
    expect([vmA, vmB, vmC].map((vmId) => hostOf(lab, vmId))).toEqual(['h3', 'h1', 'h2']);
  });

  it('plans anew where the plan that was shown is not right any more', () => {
    const lab = broken(4);
    const plan = [
      { vmId: vmA, target: 'h3' },
      { vmId: vmC, target: 'h2' },
    ];
    lab.cordon('h3');
    const id = lab.request(enforce({ plan }));
    expect(lab.ended(id).state).toBe('succeeded');
    expect(items(lab, id)[0]).toMatchObject({ state: 'gone', reason: 'planned anew' });
    expect(new Set([vmA, vmB, vmC].map((vmId) => hostOf(lab, vmId))).size).toBe(3);
  });

  it('ends as blocked where the rule cannot hold, and moves nothing then', () => {
    const lab = broken(2);
    const id = lab.request(enforce());
    expect(lab.ended(id)).toMatchObject({ state: 'blocked', error: { code: 'rule-broken' } });
    expect(lab.leader.sends('migrate-out')).toEqual([]);
  });

  it('tries a move again, and then says what could not move', () => {
    const lab = broken();
    lab.host('h1').scripts.set('migrate-out', () => failed('migration-failed', 'no way'));
    const id = lab.request(enforce());
    const ended = lab.ended(id);
    expect(ended.state).toBe('blocked');
    expect(items(lab, id)[0]).toMatchObject({ state: 'blocked', reason: 'no way' });
    expect(ended.error?.message).toMatch(/^rule db does not hold, these could not move: vm-/);
  });

  it('does not try a move again that did not converge: it would not the next time', () => {
    const lab = broken();
    lab.host('h1').scripts.set('migrate-out', () => failed('migration-stuck', '9 MiB are left'));
    const id = lab.request(enforce());
    expect(lab.ended(id).state).toBe('blocked');
    const [first] = items(lab, id);
    expect(first).toMatchObject({ state: 'blocked', attempts: 1, reason: '9 MiB are left' });
    expect(first?.remedy).toContain('must-finish');
  });

  it('is taken back by a person: what has moved stays moved', () => {
    const lab = broken();
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    const id = lab.request(enforce());
    lab.until('a move has begun', () => lab.leader.sends('migrate-out').length === 1);
    lab.cancel(id);
    lab.until('the rest is not begun', () => items(lab, id)[1]?.state === 'cancelled');
    expect(lab.leader.sends('abort-migration').length).toBeGreaterThan(0);
  });

  it('of a rule that is not there fails', () => {
    const lab = Lab.withHosts(2);
    const ended = lab.ended(lab.request(enforce()));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'rule-not-found' } });
  });

  it('goes on under the next leader', () => {
    const lab = broken();
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    const id = lab.request(enforce());
    lab.until('a move has begun', () => lab.leader.sends('migrate-out').length === 1);
    lab.takeOver();
    const [command] = lab.host('h1').acted.filter(({ body }) => body.kind === 'migrate-out');
    lab.host('h1').scripts.clear();
    if (command !== undefined) lab.host('h1').end(command, lab.host('h1').obey(command));
    expect(lab.ended(id).state).toBe('succeeded');
  });
});

describe('asked about rules, the leader says', () => {
  function asked(lab: Lab, query: Parameters<Lab['ask']>[0]): QueryReply | undefined {
    return lab.ask(query);
  }

  it('whether each holds, and who breaks it', () => {
    const lab = Lab.withHosts(2);
    for (const vmId of [vmA, vmB]) lab.runningVm(vmId, 'h1');
    save(lab, 'db', apart);
    save(lab, 'pair', { ...together, vms: { ids: [vmA, vmC] } });
    expect(asked(lab, { type: 'rules' })).toEqual({
      type: 'rules',
      rules: {
        db: { members: [vmA, vmB], broken: 1, brokenBy: [vmA, vmB] },
        pair: { members: [vmA], broken: 0, brokenBy: [] },
      },
    });
  });

  it('what one would move that is not saved, and what it contradicts', () => {
    const lab = Lab.withHosts(2);
    for (const vmId of [vmA, vmB]) lab.runningVm(vmId, 'h1');
    const spec = { strength: 'hard', ...apart } as const;
    const query = { type: 'rule-plan', name: 'db', spec } as const;
    expect(asked(lab, query)).toMatchObject({
      plan: { broken: 1, feasible: 'yes', moves: [{ source: 'h1', target: 'h2' }] },
      conflicts: [],
    });
    save(lab, 'pair', together);
    expect(asked(lab, query)).toMatchObject({
      plan: { feasible: 'no' },
      conflicts: [{ ruleId: 'pair', why: 'one keeps vm-a, vm-b apart, the other together' }],
    });
  });
});
