/** Nothing that an agent says, and no name, makes a record or an order that its reader must refuse. */
import { AgentCommand, OperationRecord, parseJson } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { HostWatch } from '../../src/logic/host-watch.ts';
import { Lab, vmA } from './lab.ts';

describe('an operation', () => {
  it('ends in a record that can be read, whatever code the agent gave', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    const error = { code: 'Not A Code', message: 'x'.repeat(1024) };
    lab.host('h1').scripts.set('start-vm', () => ({ outcome: 'failed', error }));
    const ended = lab.ended(lab.request({ type: 'start', vmId: vmA }));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'internal' } });
    expect(parseJson(OperationRecord, JSON.stringify(ended)).ok).toBe(true);
  });

  it('is what libvirt shows where the agent knows the step with other content', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    lab.host('h1').scripts.set('start-vm', (command) => {
      lab.host('h1').obey(command);
      return { outcome: 'refused', error: { code: 'duplicate-differs', message: 'no' } };
    });
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA })).state).toBe('succeeded');
    expect(lab.running(vmA)).toEqual(['h1']);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: 'h1', state: 'running' });
  });
});

describe('an order about a pool', () => {
  it('can be read, however long the pool’s name is', () => {
    const lab = Lab.withHosts(1);
    lab.declarePool(`p${'x'.repeat(62)}`);
    lab.pass(1_000);
    const [order] = lab.leader.sends('ensure-pool');
    expect(parseJson(AgentCommand, JSON.stringify(order)).ok).toBe(true);
  });
});

describe('progress', () => {
  it('of operations that ended is forgotten, the oldest first', () => {
    const watch = new HostWatch();
    const bytes = { elapsedMs: 1, totalBytes: 1, remainingBytes: 1, transferredBytes: 1 };
    const about = { v: 1 as const, vmId: vmA, iteration: 1, percent: 1, ...bytes };
    for (let n = 0; n <= 1000; n += 1) {
      watch.hear(1, 'h1', { kind: 'progress', body: { ...about, opId: `o${n}` } });
    }
    expect(watch.progress('o0')).toBeUndefined();
    expect(watch.progress('o1000')).toBeDefined();
  });
});
