/** What an agent that was started again does about a migration that it found under way, and no longer. */
import type { ActionOutcome, HypervisorAction } from '@drover/agent/logic';
import { migrationPresets, Random } from '@drover/core';
import { describe, expect, it } from 'vitest';
import { act } from '../src/acts/act.ts';
import { Host } from '../src/host.ts';
import { Life } from '../src/life.ts';
import { Migrations } from '../src/migration.ts';
import { steady } from '../src/tempo.ts';
import { quietWorld, runFor, vmA } from './support.ts';

const policy = {
  ...migrationPresets.gentle,
  downtimeLadderMs: [...migrationPresets.gentle.downtimeLadderMs],
};
const shape = (id: string) => ({
  id,
  capacity: { cpuMilli: 4_000, memoryMib: 8_192 },
  reserved: { cpuMilli: 0, memoryMib: 0 },
});

function cluster() {
  const world = quietWorld();
  const { timeline } = world;
  const hosts = [new Host(0, shape('h1'), world), new Host(1, shape('h2'), world)] as const;
  const [source, target] = hosts;
  const migrations = new Migrations(world);
  const about = { name: 'web', memoryMib: 1_000, vcpus: 1, generation: 1, startedBy: 'r1' };
  source.hypervisor.create({ vmId: vmA, ...about }, () => undefined);
  runFor(timeline, 1_000);
  const answers: ActionOutcome[] = [];
  const tunnel = { host: target.address, port: 1, secret: 's' };
  /** One life of the source's agent. */
  const agent = () => {
    const life = new Life(timeline, { monoMs: 0, wallMs: 0 });
    const ask = (opId: string, action: HypervisorAction) =>
      act(
        {
          life,
          host: source,
          random: new Random(1),
          tempo: steady,
          migrations,
          hostAt: (address) => hosts.find((host) => host.address === address),
          onProgress: () => undefined,
          onJobProgress: () => undefined,
          jobs: new Map(),
          onHarm: () => undefined,
          onDeleted: () => undefined,
          onAnswer: (outcome) => void answers.push(outcome),
        },
        opId,
        action,
      );
    const migrate = (opId: string, timeoutMs: number) => {
      target.openTunnel(opId, tunnel);
      ask(opId, {
        type: 'migrate-out',
        opId,
        vmId: vmA,
        target: 'h2',
        tunnel,
        migrationAddress: target.address,
        mode: 'live',
        memoryPath: 'clear',
        policy,
        timeoutMs,
      });
    };
    return { life, ask, migrate };
  };
  return { timeline, source, target, migrations, answers, agent };
}

describe('an agent that was started again', () => {
  it('steers the migration that it found, and ends it at its deadline', () => {
    const { timeline, target, source, migrations, agent } = cluster();
    const first = agent();
    first.migrate('r2', 100_000);
    first.life.end();
    runFor(timeline, 1_000);
    const order = { policy, timeoutMs: 2_000 };
    agent().ask('', { type: 'inspect', vmId: vmA, opId: 'r2', kind: 'migrate-out', order });
    migrations.cut('h1', 'h2');
    runFor(timeline, 13_000);
    expect(source.hypervisor.copy(vmA)).toMatchObject({ state: 'running' });
    expect(source.hypervisor.copy(vmA)?.job).toBeUndefined();
    runFor(timeline, 31_000);
    expect(target.hypervisor.copy(vmA)).toBeUndefined();
  });

  it('leaves a later migration of the same VM alone', () => {
    const { timeline, migrations, answers, agent } = cluster();
    const first = agent();
    first.migrate('r2', 100_000);
    first.life.end();
    runFor(timeline, 1_000);
    const second = agent();
    const order = { policy, timeoutMs: 1_000 };
    second.ask('', { type: 'inspect', vmId: vmA, opId: 'r2', kind: 'migrate-out', order });
    migrations.abort('h1', vmA);
    runFor(timeline, 7_500);
    answers.length = 0;
    // It is under way when the deadline of the one before would come.
    second.migrate('r3', 100_000);
    runFor(timeline, 10_000);
    expect(answers).toMatchObject([{ outcome: 'done' }]);
  });
});
