/** What was used, as it is drawn and as it is read out. */
import { expect, it } from 'vitest';
import type { Usage } from '../src/logic/types.ts';
import { pathOf, usageAreas } from '../src/logic/usage-chart.ts';

it('is stairs, and a gap is a gap', () => {
  expect(pathOf([1, 2, undefined, 4], 4)).toBe('M0 100V75H1V50H2V100ZM3 100V0H4V100Z');
  expect(pathOf([undefined, 1], 1)).toBe('M1 100V0H2V100Z');
  expect(pathOf([undefined, undefined], 1)).toBe('');
});

it('is said in words: mean, most and when, and how much is missing', () => {
  const usage: Usage = {
    fromMs: 0,
    untilMs: 180_000,
    stepMs: 60_000,
    points: [
      { atMs: 0, hosts: ['h1'], cpuMilli: 500, mostCpuMilli: 1_000 },
      { atMs: 120_000, hosts: ['h2'], cpuMilli: 1_500, mostCpuMilli: 2_000 },
    ],
    hosts: ['h1', 'h2'],
    silent: [],
  };
  const areas = usageAreas(usage, (ms) => `${ms} ms`);
  expect(areas).toEqual([
    {
      name: 'CPU',
      mean: 'M0 100V75H1V100ZM2 100V25H3V100Z',
      most: 'M0 100V50H1V100ZM2 100V0H3V100Z',
      meanText: '1 cores',
      mostText: '2 cores',
      label: 'CPU: mean 1 cores, most 2 cores at 120000 ms; not measured in 1 of 3 steps',
    },
  ]);
});
