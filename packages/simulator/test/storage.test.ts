/** The pools' servers: who reaches them, and who has which lock. */
import { describe, expect, it } from 'vitest';
import { Storage } from '../src/storage.ts';
import { Timeline } from '../src/timeline.ts';
import { runFor, vmA } from './support.ts';

function serving(): { readonly timeline: Timeline; readonly storage: Storage } {
  const timeline = new Timeline();
  const storage = new Storage(timeline);
  storage.declare('p');
  return { timeline, storage };
}

describe('a lock', () => {
  it('is with one host, and free once that has given it back', () => {
    const { storage } = serving();
    expect(storage.lock(vmA, ['p'], 'h1')).toBe('held');
    expect(storage.lock(vmA, ['p'], 'h2')).toBe('taken');
    storage.unlock(vmA, 'h1');
    expect(storage.lock(vmA, ['p'], 'h2')).toBe('held');
  });

  it('of a host that is off is another’s after the time of a lease, and not before', () => {
    const { timeline, storage } = serving();
    storage.lock(vmA, ['p'], 'h1');
    storage.powerLost('h1');
    runFor(timeline, 89_000);
    expect(storage.lock(vmA, ['p'], 'h2')).toBe('taken');
    runFor(timeline, 2_000);
    expect(storage.lock(vmA, ['p'], 'h2')).toBe('held');
  });

  it('of a host that the server has not heard for that time is lost to it once another has it', () => {
    const { timeline, storage } = serving();
    storage.lock(vmA, ['p'], 'h1');
    const heal = storage.cut('h1');
    runFor(timeline, 91_000);
    expect(storage.hasLost(vmA, 'h1')).toBe(false);
    expect(storage.lock(vmA, ['p'], 'h2')).toBe('held');
    heal();
    expect(storage.hasLost(vmA, 'h1')).toBe(true);
    storage.unlock(vmA, 'h1');
    expect([storage.hasLost(vmA, 'h1'), storage.holder(vmA)]).toEqual([false, 'h2']);
  });

  it('of a host that boots is free at once', () => {
    const { storage } = serving();
    storage.lock(vmA, ['p'], 'h1');
    storage.powerLost('h1');
    storage.booted('h1');
    expect(storage.lock(vmA, ['p'], 'h2')).toBe('held');
  });

  it('that is given back where the server is not reached is free when it is reached again', () => {
    const { storage } = serving();
    storage.lock(vmA, ['p'], 'h1');
    const heal = storage.cut('h1');
    storage.unlock(vmA, 'h1');
    expect(storage.lock(vmA, ['p'], 'h2')).toBe('taken');
    heal();
    expect(storage.lock(vmA, ['p'], 'h2')).toBe('held');
  });

  it('outlives a restart of the server where its host is there to take it back, else it is lost', () => {
    const { timeline, storage } = serving();
    const [vmB, vmC] = ['b', 'c'];
    storage.lock(vmA, ['p'], 'h1');
    storage.lock(vmB, ['p'], 'h2');
    const start = storage.reboot('p');
    storage.cut('h2');
    expect(storage.lock(vmC, ['p'], 'h3')).toBe('waits');
    start();
    expect(storage.lock(vmC, ['p'], 'h3')).toBe('waits');
    runFor(timeline, 90_001);
    expect(storage.lock(vmC, ['p'], 'h3')).toBe('held');
    expect([storage.holder(vmA), storage.holder(vmB)]).toEqual(['h1', undefined]);
  });
});

describe('a pool', () => {
  it('is as bad as the worst that is wrong with it, for the host that is cut off or for all', () => {
    const { storage } = serving();
    expect(storage.reach(['p'], 'h1')).toBe('going');
    const mend = storage.ail('p', 'full');
    expect(storage.reach(['p'], 'h1')).toBe('full');
    storage.cut('h1');
    expect([storage.reach(['p'], 'h1'), storage.reach(['p'], 'h2')]).toEqual(['stalled', 'full']);
    mend();
    expect(storage.reach(['p'], 'h2')).toBe('going');
    expect(storage.reach([], 'h1')).toBe('going');
  });

  it('cannot be used since the first thing that is wrong, and a full one can', () => {
    const { timeline, storage } = serving();
    storage.ail('p', 'full');
    runFor(timeline, 1_000);
    expect(storage.unusableMs(['p'], 'h1')).toBe(0);
    storage.ail('p', 'stalled');
    runFor(timeline, 2_000);
    storage.cut('h1');
    runFor(timeline, 3_000);
    expect(storage.unusableMs(['p'], 'h1')).toBe(5_000);
  });
});
