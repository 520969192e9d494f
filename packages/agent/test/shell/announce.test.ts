import { describe, expect, it } from 'vitest';
import { announce } from '../../src/shell/announce.ts';

/** A VM whose QEMU says it, or cannot; and a clock that runs only for who waits. */
function aVm(fails?: string) {
  const ending = new AbortController();
  const clock = { nowMs: 0, endsAtMs: Number.POSITIVE_INFINITY };
  const atMs: number[] = [];
  const warned: string[] = [];
  const monitor = {
    announceSelf: () => {
      atMs.push(clock.nowMs);
      return fails === undefined ? Promise.resolve() : Promise.reject(new Error(fails));
    },
  };
  const dom = { name: 'web', monitor } as unknown as Parameters<typeof announce>[0];
  const context = {
    signal: ending.signal,
    warn: (text: string) => void warned.push(text),
    wait: (ms: number) => {
      clock.nowMs += ms;
      if (clock.nowMs > clock.endsAtMs) ending.abort();
      return Promise.resolve();
    },
  };
  return { clock, atMs, warned, announced: () => announce(dom, context) };
}

describe('a VM that has arrived', () => {
  it('is announced at once, after one second and after five', async () => {
    const { atMs, announced } = aVm();
    await announced();
    expect(atMs).toEqual([0, 1_000, 5_000]);
  });

  it('whose QEMU cannot is not tried again; it is logged, and nothing fails', async () => {
    const { atMs, warned, announced } = aVm('announce-self: {"class":"CommandNotFound"}');
    await announced();
    expect(atMs).toEqual([0]);
    expect(warned).toEqual([expect.stringContaining('web is not announced to the network')]);
  });

  it('that failed once is announced again all the same', async () => {
    const { atMs, announced } = aVm('the monitor is busy');
    await announced();
    expect(atMs).toEqual([0, 1_000, 5_000]);
  });

  it('is not announced any more by an agent that ends', async () => {
    const { atMs, clock, announced } = aVm();
    clock.endsAtMs = 500;
    await announced();
    expect(atMs).toEqual([0]);
  });
});
