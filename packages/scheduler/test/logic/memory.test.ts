import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { HostWatch } from '../../src/logic/host-watch.ts';
import { newVolatile, sweep } from '../../src/logic/turn.ts';
import { Lab, vmA } from './lab.ts';

const result = (opId: string, outcome: 'done' | 'begun' = 'done') =>
  ({
    kind: 'result',
    body: { v: 1, incarnation: 'i1', result: { opId, step: 1, outcome } },
  }) as const;

describe('what a leader remembers', () => {
  it('of results is bounded for each host, so that a thousand hosts push nothing out', () => {
    const watch = new HostWatch();
    watch.hear(1, 'h1', result('kept'));
    for (let host = 2; host <= 1_000; host += 1) {
      for (let op = 0; op < 64; op += 1) watch.hear(2, `h${host}`, result(`op-${host}-${op}`));
    }
    expect(watch.result('h1', 'kept', 1)?.outcome).toBe('done');
    for (let op = 0; op < 1_000; op += 1) watch.hear(3, 'h1', result(`more-${op}`));
    expect(watch.result('h1', 'kept', 1)).toBeUndefined();
    expect(watch.result('h1', 'more-999', 1)?.outcome).toBe('done');
  });

  it('of steps goes when their operation has ended', () => {
    const volatile = newVolatile();
    for (const id of ['open', 'ended']) {
      volatile.sent.set(`h1/${id}/1`, 1);
      volatile.since.set(`${id}/1`, 1);
      volatile.since.set(`${id}/1/again`, 1);
      volatile.tried.set(id, new Map());
      volatile.locked.set(id, { sinceMs: 1, triedMs: 1 });
      volatile.asked.set(`nudge/h1/abort-${id}`, 1);
    }
    volatile.asked.set('h1', 1);
    sweep(volatile, new Set(['open']));
    expect([...volatile.sent.keys()]).toEqual(['h1/open/1']);
    expect([...volatile.since.keys()]).toEqual(['open/1', 'open/1/again']);
    expect([...volatile.tried.keys()]).toEqual(['open']);
    expect([...volatile.locked.keys()]).toEqual(['open']);
    expect([...volatile.asked.keys()]).toEqual(['nudge/h1/abort-open', 'h1']);
  });

  it('is swept with each load, and what goes on is not disturbed by that', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    lab.host('h1').scripts.set('start-vm', () => undefined);
    const id = lab.request({ type: 'start', vmId: vmA });
    lab.load(lab.leader);
    lab.pass(1_000);
    expect(lab.leader.sends('start-vm')).toHaveLength(1);
    expect(lab.etcd.has(keys.operation(id))).toBe(true);
  });
});
