/** A script is played on a cluster as a dump has it. */
import { type Cluster, dumpCluster, type Host, type Vm } from '@drover/core';
import { describe, expect, it } from 'vitest';
import { hostOf as host, vmOf as vm } from './standing.ts';
import { readScenario, readStanding, replay, runScenario } from '../src/index.ts';

function dumpOf(hosts: readonly Host[], vms: readonly Vm[]): string {
  const cluster: Cluster = {
    revision: 5,
    hosts: new Map(hosts.map((one) => [one.id, one])),
    vms: new Map(vms.map((one) => [one.id, one])),
    reservations: [],
    migrations: [],
  };
  return dumpCluster(cluster);
}

const hosts = [host('node-a'), host('node-b'), host('node-c', { intent: 'cordoned' })];
const vms = [vm(1, 'node-a'), vm(2, 'node-a'), vm(3, undefined)];
const standing = readStanding(dumpOf(hosts, vms));
const script = (steps: readonly object[], untilS = 120) => ({ script: steps, until: untilS });

describe('a dump', () => {
  it('is where a script begins: its VMs run, and are known by their names', () => {
    const drain = script([{ at: 10, do: 'drain', host: 'node-a' }]);
    const { world } = runScenario(readScenario('drain', drain, standing));
    const owners = vms.map(({ id }) => world.records.assignments.get(id)?.hostId);
    expect(owners).toEqual(['node-b', 'node-b', undefined]);
    expect(world.host('node-b')?.hypervisor.copies).toHaveLength(2);
    expect([...world.records.operations.values()].map(({ type, state }) => [type, state])).toEqual([
      ['drain', 'succeeded'],
      ['migrate', 'succeeded'],
      ['migrate', 'succeeded'],
    ]);
    expect(world.violation).toBeUndefined();
  });

  it('has its hosts as they are: what is cordoned, and what pools, networks and room they have', () => {
    const begin = script([
      { at: 10, do: 'start', vm: 'vm-3' },
      { at: 20, do: 'migrate', vm: 'vm-1', as: 'move' },
    ]);
    const few = [host('node-a', { bridges: ['br0'] }), host('node-b'), hosts[2] as Host];
    const { world } = runScenario(readScenario('x', begin, readStanding(dumpOf(few, vms))));
    expect(world.records.assignments.get(vms[2]?.id ?? '')?.hostId).toBe('node-b');
    const full = host('node-b', { foreign: { cpuMilli: 0, memoryMib: 7_000 } });
    const tight = readStanding(dumpOf([host('node-a'), full], vms));
    const refused = runScenario(
      readScenario('x', script([{ at: 10, do: 'drain', host: 'node-a' }]), tight),
    );
    const states = [...refused.world.records.operations.values()].map(
      ({ type, state }) => `${type} ${state}`,
    );
    expect(states).toEqual(['drain blocked']);
  });

  it('has its VMs as balance may move them', () => {
    const set = readStanding(
      dumpOf(hosts, [vm(1, 'node-a', { balance: 'never' }), ...vms.slice(1)]),
    );
    const balances = set.vms.map(({ spec }) => spec.balance);
    expect(balances).toEqual(['never', undefined, undefined]);
  });

  it('stands up to faults, as any scenario', () => {
    const storm = script([
      { at: 10, do: 'drain', host: 'node-a' },
      { at: 11, do: 'host-reboot', host: 'node-b', for: 20 },
      { at: 12, do: 'leader-crash' },
    ]);
    expect(replay(readScenario('storm', storm, standing)).violation).toBeUndefined();
  });

  it('may come from elsewhere, with ids that are not ours', () => {
    const theirs = [
      vm(1, 'Node_A.example', { id: 'inst1.example', name: 'inst1.example' }),
      vm(2, 'Node_A.example', { id: 'Inst1.Example', name: 'Inst1.Example' }),
    ];
    const foreign = readStanding(dumpOf([host('Node_A.example'), host('b')], theirs));
    expect(foreign.vms).toMatchObject([
      { name: 'inst1-example', hostId: 'node-a-example', generation: 7 },
      { name: 'inst1-example-2', hostId: 'node-a-example', generation: 7 },
    ]);
    const move = script([{ at: 10, do: 'migrate', vm: 'inst1-example', to: 'b' }]);
    const { world } = runScenario(readScenario('x', move, foreign));
    expect(world.host('b')?.hypervisor.copies).toHaveLength(1);
  });

  it('that cannot be read says where; a script with a cluster of its own is refused', () => {
    expect(() => readStanding('{"format":"drover-cluster","version":1}')).toThrow(/cluster/);
    const own = { ...script([]), cluster: { hosts: {} } };
    expect(() => readScenario('x.yaml', own, standing)).toThrow(/the cluster is in the dump/);
    const stranger = script([{ at: 1, do: 'start', vm: 'nobody' }]);
    expect(() => runScenario(readScenario('x', stranger, standing))).toThrow(
      /nothing is called nobody/,
    );
  });
});
