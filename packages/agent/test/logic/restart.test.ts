import { describe, expect, it } from 'vitest';
import type { ReportedVm } from '@drover/protocol';
import type { ActionOutcome } from '../../src/logic/index.ts';
import { begunRecord, ready, reported, startBody, vmA } from './driver.ts';

const look = (vm: ReportedVm | undefined): ActionOutcome =>
  vm ? { outcome: 'done', vm } : { outcome: 'done' };

function restartedWith(
  kind: string,
  vm: ReportedVm | undefined,
  more: Partial<ActionOutcome> = {},
) {
  const driver = ready({ records: [begunRecord(kind)] });
  driver.end(1, { ...look(vm), ...more });
  return driver;
}

describe('a step begun before a restart', () => {
  const rows = [
    ['start-vm', 'running', 'done', undefined],
    ['start-vm', 'paused', 'done', undefined],
    ['start-vm', 'paused-io-error', 'done', undefined],
    ['start-vm', 'absent', 'failed', 'hypervisor-error'],
    ['start-vm', 'shut-off', 'failed', 'hypervisor-error'],
    ['start-vm', 'crashed', 'failed', 'hypervisor-error'],
    ['stop-vm', 'absent', 'done', undefined],
    ['stop-vm', 'shut-off', 'done', undefined],
    ['stop-vm', 'crashed', 'done', undefined],
    ['stop-vm', 'running', 'failed', 'stop-timeout'],
    ['stop-vm', 'paused', 'failed', 'stop-timeout'],
    ['migrate-out', 'running', 'unknown', undefined],
    ['migrate-out', 'absent', 'unknown', undefined],
    ['migrate-out', 'shut-off', 'unknown', undefined],
    ['migrate-out', 'paused-migrating', 'unknown', undefined],
    ['save-vm', 'running', 'unknown', undefined],
    ['save-vm', 'paused', 'unknown', undefined],
    ['save-vm', 'absent', 'unknown', undefined],
    ['resume-saved', 'running', 'done', undefined],
    ['resume-saved', 'paused', 'unknown', undefined],
    ['resume-saved', 'absent', 'unknown', undefined],
    ['prepare-incoming', 'absent', 'failed', 'tunnel-failed'],
    ['prepare-incoming', 'paused-migrating', 'failed', 'tunnel-failed'],
  ] as const;
  for (const [kind, found, outcome, code] of rows) {
    it(`${kind}, found ${found}: ${outcome}`, () => {
      const vm = found === 'absent' ? undefined : reported({ state: found });
      const driver = restartedWith(kind, vm);
      expect(driver.results()).toHaveLength(1);
      expect(driver.results()[0]).toMatchObject({ opId: 'op1', step: 1, outcome, vmId: vmA });
      expect(driver.codes()).toEqual([code]);
    });
  }

  for (const kind of ['abort-migration', 'resume-vm', 'destroy-leftover', 'delete-seeds']) {
    it(`${kind}: unknown, without a look`, () => {
      const driver = ready({ records: [begunRecord(kind)] });
      driver.flush();
      expect(driver.acts()).toEqual([]);
      expect(driver.results().map((result) => result.outcome)).toEqual(['unknown']);
    });
  }

  it('prepare-incoming whose tunnel lives: done, with the tunnel', () => {
    const tunnel = { host: '10.0.0.1', port: 7001, secret: 'cd'.repeat(32) };
    const driver = restartedWith('prepare-incoming', undefined, { tunnel });
    expect(driver.results()[0]).toMatchObject({ outcome: 'done', tunnel });
  });

  it('is never done again: only looked at', () => {
    const driver = ready({ records: [begunRecord('start-vm')], keep: true });
    driver.send({ type: 'hypervisor', state: 'connected' });
    driver.flush();
    expect(driver.acts().every(({ action }) => action.type === 'inspect')).toBe(true);
  });

  it('keeps its VM busy until it was looked at', () => {
    const driver = ready({ records: [begunRecord('stop-vm')] });
    driver.command({ body: startBody, opId: 'op2', generation: 2 });
    expect(driver.codes()).toEqual(['vm-busy']);
    driver.end(1, look(undefined));
    driver.command({ body: startBody, opId: 'op2', step: 2, generation: 2 });
    driver.flush();
    expect(driver.acts().map(({ action }) => action.type)).toEqual(['start-vm']);
  });

  it('is looked at again as long as a look failed', () => {
    const driver = ready({ records: [begunRecord('start-vm')] });
    driver.end(1, { outcome: 'unknown' });
    expect(driver.results()).toEqual([]);
    driver.beat();
    const again = driver.acts().at(-1);
    expect(again?.action).toMatchObject({ type: 'inspect', vmId: vmA, kind: 'start-vm' });
    driver.end(again?.actionId ?? 0, look(reported()));
    expect(driver.results().map((result) => result.outcome)).toEqual(['done']);
  });
});

describe('a migration under way at a restart', () => {
  const moving = reported({ migrating: true });

  it('is adopted: it stays begun and its progress is told', () => {
    const driver = restartedWith('migrate-out', moving);
    driver.observe([moving]);
    expect(driver.results()).toEqual([]);
    expect(driver.last('inventory').recent[0]).toMatchObject({ opId: 'op1', outcome: 'begun' });
    const progress = {
      v: 1 as const,
      opId: 'op1',
      vmId: vmA,
      elapsedMs: 1,
      totalBytes: 9,
      remainingBytes: 3,
      transferredBytes: 6,
      iteration: 1,
    };
    driver.send({ type: 'migration-progress', progress: { ...progress, percent: 60 } });
    driver.send({ type: 'migration-progress', progress: { ...progress, percent: 40 } });
    expect(driver.messages('progress').map((body) => body.percent)).toEqual([60, 60]);
  });

  for (const [what, after] of [
    ['gone', []],
    ['still here', [reported()]],
  ] as const) {
    it(`ends as unknown when its job is over and the VM is ${what}`, () => {
      const driver = restartedWith('migrate-out', moving);
      driver.observe([moving]);
      driver.observe(after);
      driver.flush();
      expect(driver.results().map((result) => result.outcome)).toEqual(['unknown']);
    });
  }
});

describe('a save under way at a restart', () => {
  const saving = reported({ state: 'paused', saving: true });

  it('is adopted, and its progress is told', () => {
    const driver = restartedWith('save-vm', saving);
    driver.observe([saving]);
    expect(driver.results()).toEqual([]);
    expect(driver.last('inventory').recent[0]).toMatchObject({ opId: 'op1', outcome: 'begun' });
    expect(driver.last('inventory').vms[0]).toMatchObject({ state: 'paused', saving: true });
    const progress = { v: 1, opId: 'op1', phase: 'save', doneBytes: 1, elapsedMs: 1 } as const;
    driver.send({ type: 'storage-progress', progress });
    expect(driver.messages('storage-progress')).toEqual([progress]);
  });

  it('ends as unknown when its job is over, for the VM may be gone or run on', () => {
    const driver = restartedWith('save-vm', saving);
    driver.observe([saving]);
    driver.observe([]);
    driver.flush();
    expect(driver.results().map((result) => result.outcome)).toEqual(['unknown']);
  });
});
