/** Smoothed load: what counts is what lasts, and it goes with the VM. */
import { expect, it } from 'vitest';
import { UseWatch } from '../../src/logic/use-watch.ts';

const usage = (cpuMilli: number) => ({
  cpuMilli,
  memoryMib: 100,
  cpuPressurePermille: 0,
  memoryPressurePermille: 0,
});

it('a moment of much load counts for little, what lasts for all', () => {
  const watch = new UseWatch();
  const say = (atMs: number, cpuMilli: number) =>
    watch.hear(atMs, 'h1', { usage: usage(cpuMilli), vms: [{ vmId: 'a', cpuMilli }] });
  for (let atMs = 0; atMs < 100_000; atMs += 10_000) say(atMs, 100);
  say(100_000, 4_000);
  expect(watch.ofVm(100_000, 'a')?.cpuMilli).toBeLessThan(800);
  for (let atMs = 110_000; atMs < 600_000; atMs += 10_000) say(atMs, 4_000);
  expect(watch.ofVm(600_000, 'a')?.cpuMilli).toBeGreaterThan(3_900);
});

it('what a VM uses is not what its host uses besides', () => {
  const watch = new UseWatch();
  watch.hear(0, 'h1', { usage: usage(1_500), vms: [{ vmId: 'a', cpuMilli: 1_000 }] });
  expect(watch.ofHost(0, 'h1', 1_000)?.cpuMilli).toBe(1_500);
  // It has moved: at once it is not here any more.
  expect(watch.ofHost(0, 'h1', 0)?.cpuMilli).toBe(500);
});

it('what was said a minute ago says nothing', () => {
  const watch = new UseWatch();
  watch.hear(0, 'h1', { usage: usage(1_500), vms: [{ vmId: 'a', cpuMilli: 1_000 }] });
  expect(watch.ofVm(60_000, 'a')).toBeUndefined();
  expect(watch.ofHost(60_000, 'h1', 0)).toBeUndefined();
});
