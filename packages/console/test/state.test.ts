import { describe, expect, it } from 'vitest';
import { applyEvents } from '../src/logic/cluster-state.ts';
import { eventView } from '../src/logic/event-view.ts';
import type { ApiEvent } from '../src/logic/types.ts';
import { host, migration, state, vm } from './support/made-up.ts';

const told = (...events: readonly ApiEvent[]) =>
  applyEvents(state({ hosts: [host('h1')], vms: [vm('a', 'h1'), vm('b', 'h1')] }), events);

describe('events', () => {
  it('change a VM at once, and ask for the rest of it', () => {
    const { state: after, wanted } = told({
      type: 'vm',
      vm: { id: 'id-a', name: 'a', state: 'stopped' },
    });
    expect(after.vms.get('id-a')).toMatchObject({ state: 'stopped' });
    expect(after.vms.get('id-a')).not.toHaveProperty('hostId');
    expect([...wanted.vms]).toEqual(['id-a']);
    expect(wanted.hosts).toBe(true);
  });

  it('ask for a VM that is new, and for none that is deleted in the same breath', () => {
    const born = { type: 'vm', vm: { id: 'id-new', state: 'pending' } } as const;
    expect([...told(born).wanted.vms]).toEqual(['id-new']);
    const gone = { type: 'vm', vm: { id: 'id-new', state: 'deleted' } } as const;
    expect([...told(born, gone).wanted.vms]).toEqual([]);
    expect(told({ type: 'vm', vm: { id: 'id-a', state: 'deleted' } }).state.vms.has('id-a')).toBe(
      false,
    );
  });

  it('take a host that was forgotten out at once, and ask for the rest', () => {
    const gone = { type: 'host', host: { id: 'h1', cordoned: false, isForgotten: true } } as const;
    const { state: after, wanted } = told(gone);
    expect([...after.hosts.keys()]).toEqual([]);
    expect(wanted.hosts).toBe(true);
    expect(eventView(gone)).toEqual({ kind: 'host', text: 'h1 is forgotten', href: undefined });
  });

  it('that come twice change nothing by it', () => {
    const event = { type: 'operation', operation: migration('o', 'a') } as const;
    const once = told(event).state;
    expect(applyEvents(once, [event]).state).toEqual(once);
  });

  it('put new operations in front, and forget the oldest', () => {
    const many = Array.from({ length: 510 }, (_, index): ApiEvent => {
      return { type: 'operation', operation: migration(`o${index}`, 'a') };
    });
    const ids = [...told(...many).state.operations.keys()];
    expect(ids).toHaveLength(500);
    expect(ids[0]).toBe('o509');
  });

  it('of progress end with their operation', () => {
    const progress = {
      type: 'migration-progress',
      operationId: 'o',
      vmId: 'id-a',
      percent: 9,
    } as const;
    const started = { type: 'operation', operation: migration('o', 'a') } as const;
    const ended = {
      type: 'operation',
      operation: migration('o', 'a', { done: true, state: 'succeeded' }),
    } as const;
    expect(told(started, progress).state.progress.get('o')?.percent).toBe(9);
    expect(told(started, progress, ended).state.progress.size).toBe(0);
  });
});
