/** What VMs use, on average between two tellings. */
import { expect, it } from 'vitest';
import { UseMeter } from '../../src/logic/use-meter.ts';
import { reported, vmA } from './driver.ts';

const seen = (cpuMilliUsed: number, more = {}) => [reported({ cpuMilliUsed, ...more })];

it('is the mean of the looks since the last time', () => {
  const meter = new UseMeter(10_000);
  meter.saw(seen(1_000, { cpuWaitMilli: 200 }));
  meter.saw(seen(500, { cpuWaitMilli: 100 }));
  expect(meter.take(0)).toEqual([{ vmId: vmA, cpuMilli: 750, cpuWaitMilli: 150 }]);
  meter.saw(seen(100));
  expect(meter.take(5_000)).toBeUndefined();
  expect(meter.take(10_000)).toEqual([{ vmId: vmA, cpuMilli: 100 }]);
});

it('is nothing of a VM that does not run, is on its way, or has just been seen first', () => {
  const meter = new UseMeter(10_000);
  meter.saw([
    ...seen(100, { state: 'paused' }),
    ...seen(100, { migrating: true }),
    reported({ vmId: vmA }),
  ]);
  expect(meter.take(0)).toEqual([]);
});
