import type { Inventory } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { HostWatch } from '../../src/logic/host-watch.ts';

const inventory = (answers?: Inventory['answers']): Inventory => ({
  v: 1,
  bootId: 'boot-1',
  incarnation: 'i1',
  nonce: 'n1',
  maxEpoch: '7',
  hostUuid: '11111111-1111-4111-8111-111111111111',
  arch: 'x86_64',
  accelerator: 'kvm',
  acceleratorReason: 'test',
  capacity: { cpuMilli: 4_000, memoryMib: 4_096 },
  reserved: { cpuMilli: 0, memoryMib: 0 },
  cpuModel: 'test',
  machineTypes: [],
  qemuVersion: 10_000_000,
  libvirtVersion: 11_003_000,
  numaCells: [],
  labels: {},
  bridges: [],
  pools: [],
  migrationAddress: '10.0.0.1',
  vms: [],
  recent: [],
  ...(answers ? { answers } : {}),
});

const hear = (watch: HostWatch, atMs: number, answers?: Inventory['answers']) =>
  watch.hear(atMs, 'h1', { kind: 'inventory', body: inventory(answers) });

describe('an inventory that arrives late', () => {
  it('is no news of a moment after which the host was not asked', () => {
    const watch = new HostWatch();
    watch.ask(1_000, 'h1', 'sync-7', 1);
    hear(watch, 5_000, { opId: 'sync-7', step: 1 });
    expect(watch.inventorySince('h1', 1_000, '7')).toBeDefined();
    expect(watch.inventorySince('h1', 1_001, '7')).toBeUndefined();
  });

  it('is none at all when it answers nothing, or the question of another leader', () => {
    const watch = new HostWatch();
    watch.ask(1_000, 'h1', 'sync-7', 1);
    hear(watch, 5_000);
    hear(watch, 5_001, { opId: 'sync-6', step: 1 });
    expect(watch.inventorySince('h1', 0, '7')).toBeUndefined();
  });

  it('does not take back what a newer one has answered', () => {
    const watch = new HostWatch();
    watch.ask(1_000, 'h1', 'sync-7', 1);
    watch.ask(2_000, 'h1', 'sync-7', 2);
    hear(watch, 3_000, { opId: 'sync-7', step: 2 });
    hear(watch, 3_001, { opId: 'sync-7', step: 2 });
    expect(watch.inventorySince('h1', 2_000, '7')).toBeDefined();
  });
});

describe('a refusal', () => {
  it('of another copy does not take back how the step ended', () => {
    const watch = new HostWatch();
    const about = { opId: 'r1', step: 1 } as const;
    const say = (result: Parameters<typeof resultMessage>[0]) =>
      watch.hear(1, 'h1', resultMessage(result));
    say({ ...about, outcome: 'done' });
    say({ ...about, outcome: 'refused', error: { code: 'stale-epoch', message: 'old' } });
    expect(watch.result('h1', 'r1', 1)?.outcome).toBe('done');
  });
});

function resultMessage(result: Inventory['recent'][number]) {
  return { kind: 'result', body: { v: 1, incarnation: 'i1', result } } as const;
}
