/** A libvirt that is away is met every few seconds, and told of once. */
import { DroverError } from '@drover/protocol';
import { LibvirtError } from 'node-libvirt';
import { describe, expect, it } from 'vitest';
import { WriteMeter } from '../../src/shell/write-meter.ts';

/** What libvirt throws at each try; the last one goes on. */
function meter(...errors: readonly Error[]) {
  const warnings: string[] = [];
  let tries = 0;
  const writeMeter = new WriteMeter({
    libvirt: () => {
      tries += 1;
      throw errors[Math.min(tries, errors.length) - 1];
    },
    warn: (text) => void warnings.push(text),
    betweenMs: 1,
  });
  writeMeter.saw(['vm-1']);
  const tried = (times: number) =>
    expect.poll(() => tries, { interval: 1 }).toBeGreaterThanOrEqual(times);
  return { writeMeter, warnings, tried };
}

const away = new DroverError('hypervisor-unreachable', 'libvirt cannot be reached');

describe('measuring what a VM writes', () => {
  it('complains once of what goes on, and again of something else', async () => {
    const { writeMeter, warnings, tried } = meter(away, away, away, new Error('a defect'));
    await tried(8);
    await writeMeter[Symbol.asyncDispose]();
    expect(warnings).toEqual([
      'measuring what vm-1 writes: DroverError: libvirt cannot be reached',
      'measuring what vm-1 writes: Error: a defect',
    ]);
  });

  it('does not complain of a VM that is busy', async () => {
    const busy = new LibvirtError({ code: 55, domain: 10, level: 2, message: 'busy' });
    const { writeMeter, warnings, tried } = meter(busy);
    await tried(3);
    await writeMeter[Symbol.asyncDispose]();
    expect(warnings).toEqual([]);
  });
});
