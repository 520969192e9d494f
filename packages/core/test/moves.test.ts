/** Moves as values: begun, made, and checked again just before they are made. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyMove,
  applyMoves,
  beginMove,
  checkMove,
  type Move,
  place,
  promisedOn,
} from '../src/index.ts';
import { aCluster, aHost, aVm, someCluster } from './builders.ts';

const move: Move = {
  vmId: 'a',
  vmName: 'vm-a',
  source: 'h1',
  target: 'h2',
  mode: 'live',
  memoryMib: 1024,
  reason: 'best',
};
const cluster = aCluster([aHost('h1'), aHost('h2')], [aVm('a', { hostId: 'h1' })]);
const one = { cpuMilli: 1000, memoryMib: 1024 };
const nothing = { cpuMilli: 0, memoryMib: 0 };

describe('a move', () => {
  it('counts on both hosts while it is under way, and takes slots of both', () => {
    const begun = beginMove(cluster, move);
    expect([promisedOn(begun, 'h1'), promisedOn(begun, 'h2')]).toEqual([one, one]);
    expect(begun.migrations).toMatchObject([{ vmId: 'a', source: 'h1', target: 'h2' }]);
    expect(begun.vms.get('a')).toMatchObject({ state: 'migrating', hostId: 'h1' });
  });

  it('counts only on the target afterwards, and leaves no reservation', () => {
    const made = applyMove(beginMove(cluster, move), move);
    expect([promisedOn(made, 'h1'), promisedOn(made, 'h2')]).toEqual([nothing, one]);
    expect(made.reservations).toEqual([]);
    expect(made.migrations).toEqual([]);
    expect(made.vms.get('a')).toMatchObject({ state: 'running', hostId: 'h2' });
  });

  it('touches neither the snapshot it was asked on nor other VMs’ reservations', () => {
    const held = { operationId: 'o', vmId: 'z', hostId: 'h2', request: one };
    const before = { ...cluster, reservations: [held] };
    expect(applyMove(beginMove(before, move), move).reservations).toEqual([held]);
    expect(before.vms.get('a')?.state).toBe('running');
    expect(before.reservations).toEqual([held]);
  });

  it('takes along what the VM uses and waits for', () => {
    const usage = (cpuMilli: number) => ({
      cpuMilli,
      memoryMib: 0,
      cpuPressurePermille: 0,
      memoryPressurePermille: 0,
    });
    const hosts = [aHost('h1', { usage: usage(1_500) }), aHost('h2', { usage: usage(100) })];
    const used = { cpuMilli: 900, cpuWaitMilli: 100, memoryMib: 0 };
    const vm = aVm('a', { hostId: 'h1', usage: used });
    const after = applyMoves(aCluster(hosts, [vm]), [{ vmId: 'a', target: 'h2' }]);
    expect([...after.hosts.values()].map((host) => host.usage?.cpuMilli)).toEqual([500, 1_100]);
  });

  it('of a VM that is gone changes nothing', () => {
    const gone = { ...move, vmId: 'z' };
    expect(beginMove(cluster, gone)).toBe(cluster);
    expect(applyMove(cluster, gone)).toBe(cluster);
  });
});

describe('a planned move is checked again', () => {
  const check = (more: Parameters<typeof aVm>[1], hosts = cluster.hosts) =>
    checkMove({ ...cluster, hosts, vms: new Map([['a', aVm('a', more)]]) }, move);

  it('and is right while nothing has changed', () => {
    expect(checkMove(cluster, move)).toEqual({ type: 'right' });
  });

  it('and is off where the VM is gone, elsewhere, nowhere, or not running', () => {
    expect(checkMove({ ...cluster, vms: new Map() }, move)).toMatchObject({ type: 'changed' });
    expect(check({ hostId: 'h3' })).toEqual({ type: 'changed', why: 'it is on h3 now' });
    expect(check({ state: 'stopped' })).toEqual({ type: 'changed', why: 'it is on no host now' });
    expect(check({ hostId: 'h1', state: 'stopping' })).toEqual({
      type: 'changed',
      why: 'it is stopping',
    });
  });

  it('and is off where the target is gone or would be refused today', () => {
    const alone = new Map([['h1', aHost('h1')]]);
    expect(check({ hostId: 'h1' }, alone)).toEqual({ type: 'changed', why: 'h2 is gone' });
    const cordoned = new Map(cluster.hosts).set('h2', aHost('h2', { intent: 'cordoned' }));
    expect(check({ hostId: 'h1' }, cordoned)).toEqual({
      type: 'refused',
      rejection: { hostId: 'h2', reason: 'host-cordoned' },
    });
  });

  it('by the same filters that place asks, on any cluster', () => {
    fc.assert(
      fc.property(someCluster, (any) => {
        for (const vm of any.vms.values()) {
          if (vm.hostId === undefined || vm.state !== 'running') continue;
          const answer = place(any, { shape: vm, source: vm.hostId });
          for (const hostId of any.hosts.keys()) {
            const rejection = answer.rejections.find((no) => no.hostId === hostId);
            const checked = checkMove(any, { vmId: vm.id, source: vm.hostId, target: hostId });
            expect(checked).toEqual(rejection ? { type: 'refused', rejection } : { type: 'right' });
          }
        }
      }),
    );
  });
});
