import { describe, expect, it } from 'vitest';
import { Heartbeat, Inventory, parseValue } from '@drover/protocol';
import { digestOf } from '../../src/logic/report.ts';
import {
  begunRecord,
  Driver,
  facts,
  ready,
  reported,
  startBody,
  stopBody,
  vmA,
  vmB,
} from './driver.ts';

describe('a heartbeat', () => {
  it('is sent at the first look and with each beat, each with a nonce of its own', () => {
    const driver = Driver.ready({ keep: true });
    expect(driver.messages('heartbeat')).toHaveLength(1);
    driver.beat();
    driver.beat();
    const nonces = driver.messages('heartbeat').map((body) => body.nonce);
    expect(new Set(nonces).size).toBe(3);
    expect(driver.messages('heartbeat').map((body) => body.seq)).toEqual([1, 2, 3]);
  });

  it('is of the shape that the wire wants', () => {
    const driver = ready();
    driver.beat();
    expect(parseValue(Heartbeat, driver.last('heartbeat')).ok).toBe(true);
  });

  it('arms the next, and says when libvirt is away', () => {
    const driver = ready({ settings: { heartbeatMs: 2_000 } });
    driver.beat();
    const due = { type: 'wake', key: 'heartbeat', atMonoMs: driver.monoMs + 2_000 };
    expect(driver.out).toContainEqual(due);
    driver.send({ type: 'hypervisor', state: 'disconnected' });
    expect(driver.last('heartbeat')).toMatchObject({
      state: 'degraded',
      reasons: ['libvirt-unreachable'],
    });
    driver.send({ type: 'hypervisor', state: 'connected' });
    expect(driver.last('heartbeat')).toMatchObject({ state: 'ready', reasons: [] });
  });

  it('has another digest when a pool’s condition or mark changes', () => {
    const digests = [{}, { condition: 'full' }, { mark: 'missing' }, { mark: 'there' }].map(
      (more) => {
        const pool = { name: 'p', state: 'active', capacityMib: 9, freeMib: 9, ...more };
        const pools = [pool] as unknown as typeof facts.pools;
        return digestOf({ vms: [], facts: { ...facts, pools } });
      },
    );
    expect(new Set(digests).size).toBe(4);
  });

  it('has another digest when a VM’s state changes, and not when only its load does', () => {
    const driver = ready({ vms: [reported()] });
    const digest = () => {
      driver.beat();
      return driver.last('heartbeat').vmDigest;
    };
    const before = digest();
    driver.observe([reported({ cpuMilliUsed: 700 })]);
    expect(digest()).toBe(before);
    driver.observe([reported({ state: 'paused' })]);
    expect(digest()).not.toBe(before);
    driver.observe([reported(), reported({ vmId: vmB })]);
    expect(digest()).not.toBe(before);
  });

  it('has another digest when a pool cannot be used any more, and an inventory tells which', () => {
    const driver = ready();
    const pool = { name: 'p', state: 'active', capacityMib: 2, freeMib: 1 } as const;
    driver.look({ pools: [pool] });
    driver.beat();
    const before = driver.last('heartbeat').vmDigest;
    driver.out = [];
    driver.look({ pools: [{ ...pool, state: 'error', reason: 'it can only be read' }] });
    expect(driver.last('inventory').pools).toMatchObject([{ reason: 'it can only be read' }]);
    expect(parseValue(Inventory, driver.last('inventory')).ok).toBe(true);
    driver.beat();
    expect(driver.last('heartbeat').vmDigest).not.toBe(before);
  });

  it('has another digest, and the inventory is told at once, when QEMU can encrypt memory', () => {
    const driver = ready({ vms: [] });
    driver.beat();
    const before = driver.last('heartbeat').vmDigest;
    const inventories = () => driver.messages('inventory').length;
    const told = inventories();
    const able = { ...facts, migrationTls: { able: true, reason: 'certificate until 2027' } };
    for (const nonce of ['a', 'b']) {
      driver.send({ type: 'observed', facts: able, vms: [], nonce });
      expect(inventories()).toBe(told + 1);
    }
    expect(driver.last('inventory').migrationTls?.able).toBe(true);
    driver.beat();
    expect(driver.last('heartbeat').vmDigest).not.toBe(before);
  });
});

describe('an inventory', () => {
  it('is sent after connecting, after a change, each minute, and not otherwise', () => {
    const driver = ready({ vms: [reported()] });
    driver.observe();
    expect(driver.messages('inventory')).toHaveLength(0);
    driver.observe([reported({ state: 'paused' })]);
    expect(driver.messages('inventory')).toHaveLength(1);
    driver.send({ type: 'woke', key: 'inventory' });
    expect(driver.messages('inventory')).toHaveLength(1);
    driver.observe();
    expect(driver.messages('inventory')).toHaveLength(2);
    driver.send({ type: 'bus', state: 'connected' });
    driver.observe();
    expect(driver.messages('inventory')).toHaveLength(3);
  });

  it('is of the shape that the wire wants', () => {
    const driver = Driver.ready({ keep: true, vms: [reported()] });
    expect(parseValue(Inventory, driver.last('inventory'))).toMatchObject({ ok: true });
  });

  it('is the barrier: it says the epoch once that is on disk', () => {
    const driver = ready();
    driver.command({ body: { kind: 'sync' }, epoch: '12' });
    driver.observe();
    expect(driver.messages('inventory')).toEqual([]);
    driver.flush();
    driver.observe();
    expect(driver.last('inventory').maxEpoch).toBe('12');
    expect(driver.results()).toEqual([]);
  });

  it('answers a sync with a look that began after it', () => {
    const driver = ready({ records: [{ type: 'epoch', epoch: '5' }] });
    driver.command({ body: { kind: 'sync' } });
    const asked = driver.out.findLast((action) => action.type === 'observe');
    driver.observe([], (asked?.id ?? 0) - 1);
    expect(driver.messages('inventory')).toEqual([]);
    driver.observe([], asked?.id);
    expect(driver.messages('inventory')).toHaveLength(1);
  });

  it('names the newest sync that came before its look, and none that came later', () => {
    const driver = ready({ records: [{ type: 'epoch', epoch: '5' }] });
    driver.command({ body: { kind: 'sync' }, opId: 'sync-5', step: 1 });
    const first = driver.out.findLast((action) => action.type === 'observe')?.id ?? 0;
    driver.command({ body: { kind: 'sync' }, opId: 'sync-5', step: 2 });
    driver.observe([], first);
    expect(driver.last('inventory').answers).toEqual({ opId: 'sync-5', step: 1 });
    driver.observe([], first + 1);
    expect(driver.last('inventory').answers).toEqual({ opId: 'sync-5', step: 2 });
  });

  it('is not put off for ever by one sync after the other', () => {
    const driver = ready({ records: [{ type: 'epoch', epoch: '5' }] });
    for (let at = 0; at < 5; at += 1) {
      driver.command({ body: { kind: 'sync' } });
      const asked = driver.out.findLast((action) => action.type === 'observe');
      driver.command({ body: { kind: 'sync' } });
      driver.observe([], asked?.id);
    }
    expect(driver.messages('inventory').length).toBeGreaterThanOrEqual(5);
  });

  it('is not made while libvirt is away: what was is not what is', () => {
    const driver = ready({ records: [{ type: 'epoch', epoch: '5' }] });
    driver.send({ type: 'hypervisor', state: 'disconnected' });
    driver.command({ body: { kind: 'sync' } });
    driver.observe();
    expect(driver.messages('inventory')).toEqual([]);
  });

  it('says the highest generation known of each VM, from journal or copy', () => {
    const driver = ready({
      records: [
        { type: 'generation', vmId: vmA, generation: 4 },
        { type: 'generation', vmId: vmB, generation: 4 },
      ],
    });
    const foreign = '00000000-0000-4000-8000-00000000000c';
    driver.observe([
      reported({ generation: 2 }),
      reported({ vmId: vmB, generation: 6 }),
      reported({ vmId: foreign }),
    ]);
    expect(driver.last('inventory').vms.map((vm) => vm.generation)).toEqual([4, 6, undefined]);
  });

  it('tells of a step from the moment it was accepted', () => {
    const driver = ready();
    driver.command({ body: startBody });
    driver.observe([reported()]);
    expect(driver.last('inventory').recent).toEqual([
      { opId: 'op1', step: 1, outcome: 'begun', vmId: vmA },
    ]);
  });

  it('tells first of what is under way, then of the newest that ended', () => {
    const driver = ready({ settings: { journalTail: 3 }, records: [begunRecord('start-vm')] });
    for (const opId of ['op2', 'op3', 'op4']) {
      driver.end(
        driver.begin({ opId, body: startBody, vmId: vmB, generation: 9 + Number(opId[2]) }),
        {
          outcome: 'done',
        },
      );
    }
    driver.observe([reported()]);
    expect(driver.last('inventory').recent.map((step) => step.opId)).toEqual(['op1', 'op4', 'op3']);
  });
});

describe('free hands', () => {
  it('are as many as set; what waits goes on when one is free', () => {
    const driver = ready({ settings: { parallelActions: 1 } });
    const first = driver.begin({ body: startBody });
    driver.command({ body: stopBody, opId: 'op2', vmId: vmB });
    driver.flush();
    expect(driver.acts()).toHaveLength(1);
    driver.end(first, { outcome: 'done' });
    expect(driver.acts().map(({ action }) => action.type)).toEqual(['start-vm', 'stop-vm']);
  });
});
