/** What happens in the cluster besides requests, so that those meet hosts that are off, VMs that are gone and new leaders. */
import type { Random } from '@drover/core';
import { FaultMaker } from '../../packages/simulator/src/fault-maker.ts';
import { type FaultName, faults } from '../../packages/simulator/src/faults.ts';
import type { World } from '../../packages/simulator/src/world.ts';
import type { Learnt } from './learnt.ts';

const names: readonly FaultName[] = [
  'agent-crash',
  'host-reboot',
  'leader-stop',
  'libvirt-restart',
  'start-fails',
  'vm-crash',
];

export class Mishaps {
  readonly #world: World;
  readonly #random: Random;
  readonly #learnt: Learnt;
  readonly #faults: FaultMaker;

  constructor(world: World, random: Random, learnt: Learnt) {
    this.#world = world;
    this.#random = random;
    this.#learnt = learnt;
    this.#faults = new FaultMaker(world, random.fork('faults'));
  }

  befall(): void {
    const random = this.#random;
    const vmId = this.#learnt.pick('vmId', random);
    if (vmId !== undefined && random.chance(500)) {
      return this.#world.people.load(vmId, 4_000 * random.below(8));
    }
    const name = random.pick(names) ?? 'agent-crash';
    this.#faults.begin({ do: name, forMs: random.within(faults[name].lastsMs ?? [0, 0]) });
  }
}
