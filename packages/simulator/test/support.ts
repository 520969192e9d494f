/** Small pieces of a world for tests of its parts. */
import { Records, type TrueHost, type Truth } from '../src/checkers/truth.ts';
import type { HypervisorWorld } from '../src/hypervisor.ts';
import { Random } from '@drover/core';
import { Storage } from '../src/storage.ts';
import { steady } from '../src/tempo.ts';
import { Timeline } from '../src/timeline.ts';

export const vmA = '22222222-0000-4000-8000-000000000001';
export const vmB = '22222222-0000-4000-8000-000000000002';

export function runFor(timeline: Timeline, ms: number): void {
  const untilMs = timeline.nowMs + ms;
  timeline.after(ms, () => undefined);
  while ((timeline.nextMs ?? Number.POSITIVE_INFINITY) <= untilMs) timeline.step();
}

export function quietWorld(timeline = new Timeline()): HypervisorWorld & { notes: string[] } {
  const notes: string[] = [];
  const storage = new Storage(timeline);
  storage.declare('p');
  return {
    timeline,
    random: new Random(1),
    tempo: steady,
    note: (who, what) => notes.push(`${who} ${what}`),
    touched: () => undefined,
    nature: () => ({ isDeaf: false, dirtyMibPerSecond: 0, hasLock: true, pools: ['p'] }),
    ran: () => undefined,
    storage,
    notes,
  };
}

export function hostWith(id: string, ...copies: TrueHost['copies']): TrueHost {
  return { id, allocatable: { cpuMilli: 16_000, memoryMib: 4_096 }, copies };
}

export function copyOf(vmId: string, more: Partial<TrueHost['copies'][number]> = {}) {
  return { vmId, name: 'web', memoryMib: 1_024, vcpus: 1, state: 'running' as const, ...more };
}

export function truthOf(...hosts: readonly TrueHost[]): Truth {
  const nobody = { byHand: new Set<string>(), lies: new Map<string, Set<string>>() };
  const known = { unusableMs: () => 0, decidedFrom: () => Number.POSITIVE_INFINITY };
  return { hosts, records: new Records(), ...nobody, ...known };
}
