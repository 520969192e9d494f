/**
 * The faults of one run: each is begun once; those that last are mended after a while, or all at once when the run
 * comes to its calm part.
 */
import { Random } from '@drover/core';
import { type FaultName, faults } from './faults.ts';
import type { FaultStep } from './script.ts';
import type { World } from './world.ts';

export class FaultMaker {
  readonly #world: World;
  readonly #random: Random;
  readonly #mending = new Set<() => void>();
  readonly counts = new Map<FaultName, number>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  begin(order: FaultStep): void {
    const { trace, timeline } = this.#world;
    const { do: name, host, to, pool, dice } = order;
    const where = [host, to, pool && `pool ${pool}`]
      .filter((one) => one !== undefined)
      .join(' and ');
    trace.note('fault', `${name}${where === '' ? '' : ` at ${where}`}`);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    const random = dice === undefined ? this.#random : new Random(dice);
    const heal = faults[name].begin(this.#world, order, random);
    if (heal === undefined) return;
    const mend = () => {
      if (!this.#mending.delete(mend)) return;
      trace.note('fault', `${name} is over`);
      heal();
    };
    this.#mending.add(mend);
    timeline.after(order.forMs, mend);
  }

  /** Everything that lasts is mended now. */
  mendAll(): void {
    for (const mend of this.#mending) mend();
    this.#world.points.calm();
    this.#world.migrations.losingFinishes = 0;
    this.#world.migrations.losingSources = 0;
    for (const { hypervisor } of this.#world.hosts) hypervisor.failingStarts = 0;
  }
}
