/** What the head of the map says about the loss of hosts. */
import { describe, expect, it } from 'vitest';
import { headroomView } from '../src/logic/headroom-view.ts';
import type { Headroom } from '../src/logic/types.ts';

const lost = (name: string, hosts = ['h1']) => ({
  vmId: '00000000-0000-4000-8000-000000000001',
  vmName: name,
  reason: 'no-host-fits',
  rejections: [
    ...hosts.map((hostId) => ({
      hostId,
      reason: 'not-enough-memory',
      required: 4096,
      available: 1024,
      unit: 'MiB' as const,
    })),
    { hostId: 'h2', reason: 'host-not-up', available: 'down' },
  ],
  remedy: 'free memory',
});
const headroom = (changes: Partial<Headroom> = {}): Headroom => ({
  revision: 1,
  bears: 1,
  exact: true,
  upTo: 2,
  atRisk: [],
  untried: [],
  ...changes,
});
const worst = (...hostIds: string[]) => ({ hostIds, vms: 9, left: [lost('web')] });

describe('headroom', () => {
  it('that is there says so, and what would be too much', () => {
    expect(headroomView(headroom())).toEqual({
      sentence: 'Any one host may be lost',
      isAtRisk: false,
      limit: undefined,
      vms: [],
      more: 0,
    });
    expect(headroomView(headroom({ worst: worst('h1', 'h2') }))).toMatchObject({
      sentence: 'Any one host may be lost',
      isAtRisk: false,
      limit: 'Losing h1 and h2 leaves 9 VMs without a place.',
    });
  });

  it('that is none names the host, and of each VM why: not that the lost host is lost', () => {
    const atRisk = [{ hostId: 'h2', vms: 9 }];
    expect(headroomView(headroom({ bears: 0, atRisk, worst: worst('h2') }))).toEqual({
      sentence: 'Losing h2 leaves 9 VMs without a place',
      isAtRisk: true,
      limit: undefined,
      vms: [{ name: 'web', why: 'h1: needs 4GiB of memory, has 1GiB free; free memory' }],
      more: 8,
    });
  });

  it('does not list every host of a large cluster for each VM', () => {
    const left = [lost('web', ['h1', 'h3', 'h4', 'h5', 'h6'])];
    const view = headroomView(headroom({ bears: 0, worst: { hostIds: ['h2'], vms: 1, left } }));
    expect(view?.vms).toEqual([{ name: 'web', why: 'free memory' }]);
  });

  it('of a cluster without hosts is not spoken of', () => {
    expect(headroomView(headroom({ bears: 0, upTo: 0 }))).toBeUndefined();
  });
});
