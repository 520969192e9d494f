/** When a scheduler stands for election, leads, and gives its office up: on a store and a bus in memory. */
import { createFakeBus } from '@drover/bus/testing';
import { keyPrefix } from '@drover/protocol';
import { createFakeStore } from '@drover/store/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Metrics } from '../../src/shell/metrics.ts';
import { serveOffice } from '../../src/shell/office.ts';

const patienceMs = 60;
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function anOffice(instanceId = 's1', store = createFakeStore(), hub = createFakeBus()) {
  const bus = hub.connect({ role: 'scheduler' });
  const stopping = new AbortController();
  const lines: string[] = [];
  const note = (text: string) => void lines.push(text);
  const serve = () =>
    serveOffice({
      config: { instanceId },
      log: { info: note, warn: note, error: note },
      metrics: new Metrics(),
      store,
      bus,
      stopping: stopping.signal,
      patienceMs,
    });
  let served: Promise<void> | undefined;
  ends.push(async () => {
    stopping.abort();
    await served;
  });
  const candidates = () =>
    store
      .entries()
      .flatMap(({ key, value }) =>
        key.startsWith(keyPrefix.leader)
          ? [(JSON.parse(value) as { instanceId: string }).instanceId]
          : [],
      );
  return {
    store,
    hub,
    bus,
    stopping,
    candidates,
    serve: () => (served = serve()),
    said: (text: string) => vi.waitFor(() => expect(lines.join('\n')).toContain(text), 5_000),
  };
}

describe('a scheduler', () => {
  it('leads, and gives its office back when it is told to end', async () => {
    const { serve, said, stopping, candidates } = anOffice();
    const served = serve();
    await said('leads under epoch');
    expect(candidates()).toEqual(['s1']);
    stopping.abort();
    await served;
    await said('leads no more: told to end');
    expect(candidates()).toEqual([]);
  });

  it('does not stand for election before it reaches NATS', async () => {
    const { serve, said, bus, candidates } = anOffice();
    bus.setOnline(false);
    void serve();
    await said('is a candidate');
    expect(candidates()).toEqual([]);
    bus.setOnline(true);
    await said('leads under epoch');
    expect(candidates()).toEqual(['s1']);
  });

  it('gives its office up to one that reaches NATS when it has not for long', async () => {
    const first = anOffice();
    const served = first.serve();
    await first.said('leads under epoch');
    const second = anOffice('s2', first.store, first.hub);
    void second.serve();
    first.bus.setOnline(false);
    await served;
    await first.said('NATS has been out of reach for 0.06 s; another may reach it');
    await second.said('leads under epoch');
    expect(first.candidates()).toEqual(['s2']);
  });

  it('takes its candidacy back while NATS is out of its reach, and stands again afterwards', async () => {
    const leader = anOffice();
    void leader.serve();
    await leader.said('leads under epoch');
    const { serve, bus, candidates } = anOffice('s2', leader.store, leader.hub);
    void serve();
    await vi.waitFor(() => expect(candidates()).toContain('s2'), 5_000);
    bus.setOnline(false);
    await vi.waitFor(() => expect(candidates()).toEqual(['s1']), 5_000);
    bus.setOnline(true);
    await vi.waitFor(() => expect(candidates()).toContain('s2'), 5_000);
  });
});
