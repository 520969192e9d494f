/** People in a swarm: they make VMs and ask for things at random, now and then twice or too late. */
import { isOpen } from './checkers/truth.ts';
import type { Random } from '@drover/core';
import type { SwarmOptions } from './swarm.ts';
import type { World } from './world.ts';

const sizesMib = [256, 512, 1_024, 1_536, 2_048, 3_072];

export class Workload {
  readonly #world: World;
  readonly #options: SwarmOptions;
  readonly #random: Random;
  #made = 0;
  #ended = false;

  constructor(world: World, options: SwarmOptions, random: Random) {
    this.#world = world;
    this.#options = options;
    this.#random = random;
  }

  begin(): void {
    const { people, timeline } = this.#world;
    people.declarePool('shared', 'shared', 1);
    people.declarePool('direct', 'nfs-direct', 2);
    timeline.after(8_000, () => this.#next());
  }

  end(): void {
    this.#ended = true;
  }

  #next(): void {
    if (this.#ended) return;
    this.#askForSomething();
    const waitMs = this.#random.within([100, 2 * this.#options.askEveryMs]);
    this.#world.timeline.after(waitMs, () => this.#next());
  }

  #askForSomething(): void {
    const random = this.#random;
    const { people } = this.#world;
    if (this.#made < this.#options.vmCount && random.chance(500)) return this.#create();
    const vmId = random.pick([...this.#world.records.vms.keys()]);
    const hostId = random.pick(this.#world.hosts)?.id ?? '';
    const dice = random.below(100);
    if (dice < 20) return this.#drain(hostId);
    if (dice < 30) return people.cordon(hostId, random.chance(300));
    if (dice < 40) return this.#cancelSomething();
    // Mostly the API refuses what concerns a busy VM; two of its processes may both let it through.
    if (vmId === undefined || (this.#isBusy(vmId) && random.chance(800))) return undefined;
    if (dice < 60) people.migrate(vmId, random.chance(600) ? hostId : undefined);
    else if (dice < 72) people.stop(vmId, random.chance(600) ? 'graceful' : 'force');
    else if (dice < 94) people.start(vmId);
    else people.remove(vmId);
    return undefined;
  }

  #create(): void {
    const random = this.#random;
    this.#made += 1;
    this.#world.people.create({
      name: `vm${this.#made}`,
      memoryMib: random.pick(sizesMib) ?? 256,
      vcpus: 1 + random.below(3),
      nature: {
        isDeaf: random.chance(250),
        dirtyMibPerSecond: random.pick([0, 0, 20, 100, 190, 400]) ?? 0,
      },
      pool: random.chance(250) ? 'direct' : 'shared',
    });
  }

  /** Half of them look at the plan first, think about it, and mean what they saw. */
  #drain(hostId: string): void {
    const { people, timeline, records } = this.#world;
    const isDrained = [...records.operations.values()].some(
      (one) => one.type === 'drain' && one.hostId === hostId && isOpen(one),
    );
    if (isDrained) return;
    if (this.#random.chance(500)) {
      people.drain(hostId);
      return;
    }
    const thinkMs = this.#random.within([500, 20_000]);
    this.#world.leader()?.ask({ type: 'plan-drain', hostId }, (reply) => {
      if (reply.type !== 'plan-drain') return;
      const plan = reply.plan.moves.map(({ vmId, target }) => ({ vmId, target }));
      timeline.after(thinkMs, () => {
        if (!this.#ended) people.drain(hostId, plan);
      });
    });
  }

  #cancelSomething(): void {
    const open = [...this.#world.records.operations.values()].filter(
      (one) => (one.type === 'migrate' || one.type === 'drain') && isOpen(one),
    );
    const one = this.#random.pick(open.filter(({ parentId }) => parentId === undefined));
    if (one) this.#world.people.cancel(one.id);
  }

  #isBusy(vmId: string): boolean {
    return [...this.#world.records.operations.values()].some(
      (one) => one.vmId === vmId && isOpen(one),
    );
  }
}
