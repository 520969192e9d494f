/** Which moves off a host copy at the same time: short ones, and ones that leave room on the link. */
import { describe, expect, it } from 'vitest';
import { Lab } from './lab.ts';

const vmIds = Array.from({ length: 6 }, (_, at) => `00000000-0000-4000-8000-00000000000${at + 1}`);

/** Eight hosts, so that the limit for all of them is out of the way; six VMs on h1, whose moves do not end. */
function drainingLab(
  about: { readonly touchedMib?: number; readonly dirtyKibPerSecond?: number },
  drain: { readonly parallel?: number; readonly migration?: { readonly bandwidthMibps: number } },
): Lab {
  const lab = Lab.withHosts(8);
  for (const vmId of vmIds) {
    lab.runningVm(vmId, 'h1', { memoryMib: 1_000 });
    lab.host('h1').runs(vmId, about);
  }
  lab.host('h1').report();
  lab.host('h1').scripts.set('migrate-out', () => undefined);
  lab.request({ type: 'drain', hostId: 'h1', ...drain });
  lab.pass(5_000);
  return lab;
}

/** That copy now. */
function copying(lab: Lab): number {
  return lab.etcd
    .operations()
    .filter(
      ({ type, state, step }) => type === 'migrate' && state === 'running' && step === 'perform',
    ).length;
}

describe('moves of a drain', () => {
  it.each([
    ['whose memory fills the link for a while: one after the other', { touchedMib: 900 }, {}, 1],
    ['of which nobody knows what they have touched: one after the other', {}, {}, 1],
    ['that are copied in a moment: four at a time', { touchedMib: 20 }, {}, 4],
    ['that copy for half of their time: two at a time', { touchedMib: 200 }, {}, 2],
    [
      'that write as much as the link carries: one after the other',
      { touchedMib: 20, dirtyKibPerSecond: 100 * 1_024 },
      {},
      1,
    ],
    [
      'that are capped to a third of the link: three at a time',
      { touchedMib: 900 },
      { migration: { bandwidthMibps: 33 } },
      3,
    ],
    ['of a person who wants one at a time: one', { touchedMib: 20 }, { parallel: 1 }, 1],
    ['of a person who wants three at a time: three', { touchedMib: 900 }, { parallel: 3 }, 3],
  ])('%s', (_, about, drain, most) => {
    expect(copying(drainingLab(about, drain))).toBe(most);
  });

  it('leave room for no other where one fills the link', () => {
    const lab = drainingLab({ touchedMib: 900 }, {});
    const id = lab.request({ type: 'migrate', vmId: vmIds[5] ?? '' });
    lab.pass(10_000);
    expect(lab.operation(id)).toMatchObject({ state: 'pending' });
    expect(lab.operation(id).reason).toContain('a free slot for a migration out of h1');
  });
});
