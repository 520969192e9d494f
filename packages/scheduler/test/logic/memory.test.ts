/** What a leader keeps in memory has bounds: it may lead for months. */
import type { OperationRecord, StepResult } from '@drover/protocol';
import { RecordMirror } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { HostWatch } from '../../src/logic/host-watch.ts';
import { defaultSettings } from '../../src/logic/settings.ts';
import { snapshotOf } from '../../src/logic/snapshot.ts';
import { newVolatile, Turn } from '../../src/logic/turn.ts';
import { FakeAgent } from './fake-agent.ts';

const now = { monoMs: 1, wallMs: 1 };
const agent: FakeAgent = new FakeAgent('h1', (): FakeAgent => agent);

function aTurn(hosts: HostWatch, volatile = newVolatile(), monoMs = 1): Turn {
  const mirror = new RecordMirror();
  const cluster = snapshotOf(now, mirror, hosts, defaultSettings);
  const about = { settings: defaultSettings, settled: true, epoch: '0' };
  return new Turn({ now: { monoMs, wallMs: 1 }, mirror, hosts, cluster, volatile, ...about });
}

const operation: OperationRecord = {
  v: 1,
  id: 'o1',
  type: 'migrate',
  state: 'running',
  step: 'perform',
  stepIndex: 2,
  generation: 1,
  epoch: '0',
  by: 'p',
  createdAtMs: 1,
};

describe('of an operation that ended', () => {
  it('nothing is kept', () => {
    const hosts = new HostWatch();
    hosts.hear(1, 'h1', agent.inventory());
    const turn = aTurn(hosts);
    const { volatile } = turn;
    turn.awaitStep({ hostId: 'h1', opId: 'o1', step: 2, body: { kind: 'resume-vm' } });
    turn.awaitStep({ hostId: 'h1', opId: 'o2', step: 2, body: { kind: 'resume-vm' } });
    turn.nudge({ hostId: 'h1', opId: 'abort-o1', body: { kind: 'abort-migration' } }, 1);
    turn.since(operation);
    volatile.tried.set('o1', new Set(['h1']));
    turn.end({ value: operation, modRevision: 1 }, 'succeeded', {});
    expect([...volatile.sent.keys()]).toEqual(['h1/o2/2']);
    expect([volatile.since.size, volatile.asked.size, volatile.tried.size]).toEqual([0, 0, 0]);
  });

  it('an error that no record may hold is told in words that one may', () => {
    const turn = aTurn(new HostWatch());
    const error = { code: 'Not A Code', message: 'x'.repeat(2000) };
    turn.end({ value: operation, modRevision: 1 }, 'failed', { error });
    const written = JSON.parse(turn.puts?.[0]?.value ?? '{}') as OperationRecord;
    expect(written.error).toEqual({ code: 'internal', message: 'x'.repeat(1024) });
  });
});

describe('of what is sent without waiting', () => {
  it('nothing is kept but when it was sent last', () => {
    const hosts = new HostWatch();
    hosts.hear(1, 'h1', agent.inventory());
    const volatile = newVolatile();
    for (let n = 1; n <= 100; n += 1) {
      const turn = aTurn(hosts, volatile, n * 10_000);
      turn.nudge({ hostId: 'h1', opId: 'pool-p', body: { kind: 'abort-migration' } }, 1);
      turn.ask('h1');
      expect(turn.out).toHaveLength(2);
    }
    expect(volatile.sent.size).toBe(0);
    expect(volatile.asked.size).toBe(2);
  });
});

describe('of what hosts say', () => {
  const result = (step: number): StepResult => ({ opId: 'o', step, outcome: 'done' });
  const say = (watch: HostWatch, hostId: string, step: number) =>
    watch.hear(1, hostId, {
      kind: 'result',
      body: { v: 1, incarnation: 'i', result: result(step) },
    });

  it('the newest results of each host are kept, however much the others say', () => {
    const watch = new HostWatch();
    say(watch, 'h1', 1);
    for (let host = 0; host < 400; host += 1) {
      for (let step = 0; step < 64; step += 1) say(watch, `other-${host}`, step);
    }
    expect(watch.result('h1', 'o', 1)).toEqual(result(1));
    for (let step = 2; step < 2000; step += 1) say(watch, 'h1', step);
    expect(watch.result('h1', 'o', 1)).toBeUndefined();
    expect(watch.result('h1', 'o', 1999)).toEqual(result(1999));
  });

  it('the newest progress is kept, and no more than a thousand', () => {
    const watch = new HostWatch();
    const bytes = { elapsedMs: 1, totalBytes: 1, remainingBytes: 1, transferredBytes: 1 };
    const about = { v: 1 as const, vmId: '', iteration: 1, percent: 1, ...bytes };
    for (let n = 0; n <= 1000; n += 1) {
      watch.hear(1, 'h1', { kind: 'progress', body: { ...about, opId: `o${n}` } });
    }
    expect(watch.progress('o0')).toBeUndefined();
    expect(watch.progress('o1000')).toBeDefined();
  });
});
