import { createFakeBus } from '@drover/bus/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { awayFor, connected } from '../../src/shell/bus-patience.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('patience with NATS', () => {
  it('ends after so long without a break, and not where the connection was back in between', () => {
    const bus = createFakeBus().connect();
    using away = awayFor(bus, 1_000);
    for (let round = 0; round < 3; round += 1) {
      bus.setOnline(false);
      vi.advanceTimersByTime(999);
      bus.setOnline(true);
      vi.advanceTimersByTime(10_000);
    }
    expect(away.signal.aborted).toBe(false);
    bus.setOnline(false);
    vi.advanceTimersByTime(1_000);
    expect(away.signal.aborted).toBe(true);
  });

  it('counts from the beginning where it is away already, and never after it was let go', async () => {
    const bus = createFakeBus().connect();
    bus.setOnline(false);
    using away = awayFor(bus, 1_000);
    const gone = awayFor(bus, 1_000);
    gone[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(1_000);
    expect([away.signal.aborted, gone.signal.aborted]).toEqual([true, false]);
  });

  it('waits for a connection, or for being told to stop', async () => {
    const bus = createFakeBus().connect();
    const stopping = new AbortController();
    await connected(bus, stopping.signal);
    bus.setOnline(false);
    const back = connected(bus, stopping.signal);
    bus.setOnline(true);
    await back;
    bus.setOnline(false);
    const stopped = connected(bus, stopping.signal);
    stopping.abort();
    await stopped;
    expect(bus.state).toBe('disconnected');
  });
});
