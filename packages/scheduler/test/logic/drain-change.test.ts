/** What is said to a drain that is under way: begin no move for now, go on, try one that stays once more. */
import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB, vmC } from './lab.ts';
import { failed } from './scripted-host.ts';

type Change = Partial<{
  paused: { by: string; atMs: number };
  retries: readonly { vmId: string; by: string; atMs: number }[];
}>;

/** `undefined` takes it away. */
function say(lab: Lab, id: string, change: { [Key in keyof Change]: Change[Key] | undefined }) {
  const record = { ...lab.etcd.request(id), ...change };
  lab.etcd.write(keys.request(id), record);
  lab.settle();
}

const paused = { by: 'anna', atMs: 5 };

function aDrain(vms: readonly string[], more = {}): { lab: Lab; begin: () => string } {
  const lab = Lab.withHosts(3);
  for (const vm of vms) lab.runningVm(vm, 'h1', { memoryMib: 256 });
  return { lab, begin: () => lab.request({ type: 'drain', hostId: 'h1', ...more }) };
}

const states = (lab: Lab, id: string) => (lab.operation(id).items ?? []).map(({ state }) => state);
const itemOf = (lab: Lab, id: string, vmId: string) =>
  lab.operation(id).items?.find((one) => one.vmId === vmId);

/** Migrations out of h1 go on until they are let through. */
function held(lab: Lab): () => void {
  const h1 = lab.host('h1');
  h1.scripts.set('migrate-out', () => undefined);
  return () => {
    h1.scripts.clear();
    for (const command of h1.acted) {
      const isOpen = lab.operation(command.opId).endedAtMs === undefined;
      if (command.body.kind === 'migrate-out' && isOpen) h1.end(command, h1.obey(command));
    }
  };
}

describe('a drain that is paused', () => {
  it('lets what is on its way arrive, begins no move, and goes on when it is told to', () => {
    const plan = [vmA, vmB, vmC].map((vmId) => ({ vmId, target: 'h2' }));
    const { lab, begin } = aDrain([vmA, vmB, vmC], { plan, parallel: 1 });
    const letThrough = held(lab);
    const id = begin();
    lab.pass(30_000);
    expect(states(lab, id)).toEqual(['moving', 'waiting', 'waiting']);
    say(lab, id, { paused });
    letThrough();
    lab.pass(600_000);
    expect(states(lab, id)).toEqual(['moved', 'waiting', 'waiting']);
    expect(lab.operation(id).state).toBe('running');
    expect(lab.running(vmB)).toEqual(['h1']);
    say(lab, id, { paused: undefined });
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded' });
  });

  it('is paused under the next leader as well', () => {
    const { lab, begin } = aDrain([vmA, vmB], { parallel: 1 });
    const letThrough = held(lab);
    const id = begin();
    lab.pass(30_000);
    say(lab, id, { paused });
    lab.takeOver();
    letThrough();
    lab.pass(600_000);
    expect(states(lab, id).toSorted()).toEqual(['moved', 'waiting']);
  });

  it('takes back a move that it ordered and that has not begun, and frees its VM for others', () => {
    const { lab, begin } = aDrain([vmA, vmB], { parallel: 2 });
    const letThrough = held(lab);
    // Two moves of other VMs have all slots of the cluster: what the drain orders only waits.
    for (const [vmId, from] of [
      [vmC, 'h2'],
      ['44444444-4444-4444-8444-444444444444', 'h3'],
    ] as const) {
      lab.runningVm(vmId, from, { memoryMib: 256 });
      lab.host(from).scripts.set('migrate-out', () => undefined);
      lab.request({ type: 'migrate', vmId });
    }
    lab.pass(10_000);
    const id = begin();
    lab.pass(10_000);
    const ordered = lab.etcd.operations().filter((one) => one.parentId === id);
    expect(ordered.some(({ state }) => state === 'pending')).toBe(true);
    say(lab, id, { paused });
    lab.pass(5_000);
    const now = lab.etcd.operations().filter((one) => one.parentId === id);
    expect(now.map(({ state }) => state)).not.toContain('pending');
    expect(new Set(states(lab, id))).toEqual(new Set(['waiting']));
    for (const host of ['h2', 'h3']) lab.host(host).scripts.clear();
    letThrough();
    say(lab, id, { paused: undefined });
    lab.pass(5_000);
    expect(states(lab, id)).toContain('moving');
  });

  it('has its deadline all the same', () => {
    const { lab } = aDrain([vmA, vmB]);
    const letThrough = held(lab);
    const deadlineMs = 1_700_000_000_000 + Math.floor(lab.monoMs) + 90_000;
    const id = lab.request({ type: 'drain', hostId: 'h1', parallel: 1, deadlineMs });
    lab.pass(20_000);
    say(lab, id, { paused });
    letThrough();
    lab.pass(120_000);
    expect(lab.ended(id)).toMatchObject({ state: 'blocked' });
    expect(states(lab, id).toSorted()).toEqual(['blocked', 'moved']);
  });

  it('is cancelled as any other', () => {
    const { lab, begin } = aDrain([vmA, vmB], { parallel: 1 });
    const letThrough = held(lab);
    const id = begin();
    lab.pass(20_000);
    say(lab, id, { paused });
    letThrough();
    lab.pass(20_000);
    lab.cancel(id);
    expect(lab.ended(id)).toMatchObject({ state: 'cancelled' });
    expect(states(lab, id).toSorted()).toEqual(['cancelled', 'moved']);
  });
});

describe('a VM that stays', () => {
  /** A first VM is on its way all the time, so that the drain is under way; another one has been given up. */
  function stuck(): { lab: Lab; id: string; letThrough: () => void } {
    const plan = [vmA, vmB].map((vmId, at) => ({ vmId, target: `h${at + 2}` }));
    const { lab, begin } = aDrain([vmA, vmB], { plan, parallel: 2 });
    const h1 = lab.host('h1');
    h1.scripts.set('migrate-out', (command) =>
      command.vmId === vmB ? failed('migration-stuck') : undefined,
    );
    const id = begin();
    lab.until('it is blocked', () => itemOf(lab, id, vmB)?.state === 'blocked');
    const letThrough = () => {
      h1.scripts.clear();
      for (const command of h1.acted) {
        if (command.body.kind === 'migrate-out' && command.vmId === vmA) {
          h1.end(command, h1.obey(command));
        }
      }
    };
    return { lab, id, letThrough };
  }

  it('is tried again where a person says so, once for each time', () => {
    const { lab, id, letThrough } = stuck();
    const tries = () =>
      lab.etcd.operations().filter(({ parentId, vmId }) => parentId === id && vmId === vmB).length;
    expect(tries()).toBe(1);
    lab.pass(60_000);
    expect(tries()).toBe(1);
    say(lab, id, { retries: [{ vmId: vmB, by: 'anna', atMs: 10 }] });
    lab.until('it was tried again', () => tries() === 2);
    lab.until('it is blocked', () => itemOf(lab, id, vmB)?.state === 'blocked');
    lab.pass(60_000);
    expect(tries()).toBe(2);
    letThrough();
    say(lab, id, { retries: [{ vmId: vmB, by: 'anna', atMs: 20 }] });
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(itemOf(lab, id, vmB)).toMatchObject({ state: 'moved', retriedAtMs: 20 });
    expect(lab.running(vmB)).not.toEqual(['h1']);
  });

  it('is tried again with those that a rule keeps with it, and not without them', () => {
    const { lab, begin } = aDrain([vmA, vmB, vmC], { parallel: 4 });
    const spec = { type: 'together', over: 'host', vms: { ids: [vmA, vmB] }, strength: 'hard' };
    const uuid = '44444444-4444-4444-8444-444444444444';
    const of = { v: 1, name: 'pair', uuid, by: 'test', createdAtMs: 1, atMs: 1 };
    lab.etcd.write(keys.rule('pair'), { ...of, spec });
    const h1 = lab.host('h1');
    h1.scripts.set('migrate-out', (command) =>
      command.vmId === vmC ? undefined : failed('migration-stuck'),
    );
    const id = begin();
    const pair = () => [vmA, vmB].map((vm) => itemOf(lab, id, vm)?.state);
    lab.until('both are blocked', () => pair().every((state) => state === 'blocked'));
    h1.scripts.set('migrate-out', (command) =>
      command.vmId === vmC ? undefined : h1.obey(command),
    );
    say(lab, id, { retries: [{ vmId: vmB, by: 'anna', atMs: 10 }] });
    lab.until('both have moved', () => pair().every((state) => state === 'moved'));
    expect(lab.running(vmA)).toEqual(lab.running(vmB));
  });

  it('is not tried again because another one is', () => {
    const { lab, id } = stuck();
    say(lab, id, { retries: [{ vmId: vmA, by: 'anna', atMs: 10 }] });
    lab.pass(60_000);
    expect(itemOf(lab, id, vmB)).toMatchObject({ state: 'blocked' });
  });
});
