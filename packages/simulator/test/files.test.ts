/** What a simulated agent does with files of pools: whole or not at all, once, and not under a VM that runs. */
import type { ActionOutcome, HypervisorAction } from '@drover/agent/logic';
import { Random } from '@drover/core';
import type { StorageJob, StorageProgress } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { act } from '../src/acts/act.ts';
import { Host } from '../src/host.ts';
import { Life } from '../src/life.ts';
import { Migrations } from '../src/migration.ts';
import { steady } from '../src/tempo.ts';
import { quietWorld, runFor, vmA } from './support.ts';

const pool = { name: 'p', spec: { type: 'shared' as const, path: '/srv/p' } };
const at = (file: string) => ({ pool, file });
const create: StorageJob = { job: 'create', into: at('v'), format: 'raw', virtualBytes: 1 };

function anAgent() {
  const world = quietWorld();
  const { timeline } = world;
  world.storage.declare('p');
  const capacity = { cpuMilli: 4_000, memoryMib: 8_192 };
  const host = new Host(0, { id: 'h1', capacity, reserved: { cpuMilli: 0, memoryMib: 0 } }, world);
  const answers: ActionOutcome[] = [];
  const told: StorageProgress[] = [];
  const life = new Life(timeline, { monoMs: 0, wallMs: 0 });
  const around = {
    life,
    host,
    random: new Random(1),
    tempo: steady,
    migrations: new Migrations(world),
    hostAt: () => undefined,
    onProgress: () => undefined,
    onJobProgress: (progress: StorageProgress) => void told.push(progress),
    jobs: new Map<string, () => void>(),
    onHarm: () => undefined,
    onDeleted: () => undefined,
    onAnswer: (outcome: ActionOutcome) => void answers.push(outcome),
  };
  const ask = (action: HypervisorAction) => act(around, 'op', action);
  const job = (order: StorageJob, step = 1) =>
    ask({ type: 'storage-job', opId: 'op', step, job: order });
  return { host, answers, told, life, ask, job, world, pass: (ms: number) => runFor(timeline, ms) };
}

describe('a job', () => {
  it('takes its time, tells how far it is, and then the file is there', () => {
    const { answers, told, job, pass, world } = anAgent();
    job(create);
    pass(1_500);
    expect([...world.storage.files]).toEqual([]);
    pass(1_000);
    expect(answers).toMatchObject([{ outcome: 'done', stored: { file: 'v', virtualBytes: 1 } }]);
    expect([...world.storage.files]).toEqual(['p/v']);
    expect(told.length).toBeGreaterThan(1);
  });

  it('that is done again finds what it made', () => {
    const { answers, job, pass } = anAgent();
    job(create);
    pass(3_000);
    job(create, 2);
    pass(10);
    expect(answers.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
  });

  it('that is cancelled, or whose agent dies, leaves nothing', () => {
    const { answers, ask, job, pass, world, life } = anAgent();
    job(create);
    pass(100);
    ask({ type: 'abort-job', opId: 'op', ofStep: 1 });
    expect(answers.map(({ error }) => error?.code)).toEqual(['job-cancelled', undefined]);
    job(create, 2);
    pass(100);
    life.end();
    pass(10_000);
    expect(answers).toHaveLength(2);
    expect([...world.storage.files]).toEqual([]);
  });

  it.each([
    ['full', 'pool-full'],
    ['read-only', 'pool-unavailable'],
  ] as const)('in a pool that is %s says %s', (ailment, code) => {
    const { answers, job, pass, world } = anAgent();
    world.storage.ail('p', ailment);
    job(create);
    pass(5_000);
    expect(answers).toMatchObject([{ outcome: 'failed', error: { code } }]);
  });

  it('does not take a file from under a VM', () => {
    const { answers, job, pass, world } = anAgent();
    world.storage.lock(vmA, ['p'], 'h1');
    const files = [at(`${vmA}-0.qcow2`)];
    job({ job: 'delete', files });
    pass(10);
    world.storage.unlock(vmA, 'h1');
    job({ job: 'delete', files }, 2);
    pass(10);
    expect(answers.map(({ error }) => error?.code)).toEqual(['volume-in-use', undefined]);
  });
});
