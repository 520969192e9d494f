/** Faults that overlap in time: what two of them make wrong is wrong until the last of them is over. */
import { describe, expect, it } from 'vitest';
import { worldOf } from '../src/play.ts';
import type { Scenario } from '../src/scenario.ts';

const scenario: Scenario = {
  claim: 'faults overlap',
  hosts: [1, 2].map((index) => ({
    id: `h${index}`,
    capacity: { cpuMilli: 4_000, memoryMib: 4_096 },
    reserved: { cpuMilli: 500, memoryMib: 512 },
  })),
  schedulers: 1,
  steps: [],
  untilMs: 100_000,
};

function made() {
  const { world, faults } = worldOf(scenario, { keepTrace: false });
  world.run(1_000);
  return { world, faults };
}

describe('two faults', () => {
  it('of one kind, at one place, last until the second is over', () => {
    const { world, faults } = made();
    const { storage } = world;
    faults.begin({ do: 'storage-cut', host: 'h1', forMs: 10_000 });
    faults.begin({ do: 'bus-cut', host: 'h1', forMs: 10_000 });
    faults.begin({ do: 'etcd-cut', host: 's1', forMs: 10_000 });
    world.run(6_000);
    faults.begin({ do: 'storage-cut', host: 'h1', forMs: 20_000 });
    faults.begin({ do: 'bus-cut', host: 'h1', forMs: 20_000 });
    faults.begin({ do: 'etcd-cut', host: 's1', forMs: 20_000 });
    const isWrong = () => [
      storage.reach(['shared'], 'h1') === 'stalled',
      world.bus.link('h1').isCut,
      world.etcdWeather.cutOff.has('s1'),
    ];
    world.run(15_000);
    expect(isWrong()).toEqual([true, true, true]);
    expect(storage.unusableMs(['shared'], 'h1')).toBeGreaterThanOrEqual(14_000);
    world.run(30_000);
    expect(isWrong()).toEqual([false, false, false]);
  });

  it('of two kinds, at one link, end each at its own time', () => {
    const { world, faults } = made();
    faults.begin({ do: 'bus-deaf', host: 'h1', forMs: 10_000 });
    faults.begin({ do: 'bus-slow', host: 'h1', forMs: 30_000 });
    world.run(15_000);
    expect(world.bus.link('h1')).toMatchObject({ isDeaf: false, lagMs: [0, 4_000] });
    world.run(35_000);
    expect(world.bus.link('h1')).toMatchObject({ isDeaf: false, lagMs: [0, 0] });
  });

  it('are all over when everything is mended', () => {
    const { world, faults } = made();
    faults.begin({ do: 'bus-deaf', host: 'h1', forMs: 10_000 });
    faults.begin({ do: 'bus-deaf', host: 'h1', forMs: 30_000 });
    faults.mendAll();
    expect(world.bus.link('h1').isDeaf).toBe(false);
    world.run(1_500);
    faults.begin({ do: 'bus-deaf', host: 'h1', forMs: 20_000 });
    world.run(12_000);
    expect(world.bus.link('h1').isDeaf).toBe(true);
  });
});
