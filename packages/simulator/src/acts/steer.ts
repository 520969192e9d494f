/** What the agent's shell does while it stays with a migration: tells its progress, and does what the policy says. */
import {
  Convergence,
  type ConvergenceOrder,
  type ConvergenceSample,
  type ConvergenceStep,
  TimelineKeeper,
} from '@drover/agent/logic';
import type { MigrationProgress } from '@drover/protocol';
import type { OnSample } from '../migration.ts';
import type { Timer } from '../timeline.ts';
import type { ActsWorld } from './world.ts';

const mibBytes = 1024 * 1024;
/** As the agent's shell: a job without figures is ended later than one with them. */
const blindMs = 10_000;

export type GivenUp = Extract<ConvergenceStep, { type: 'give-up' }>;

interface Steering {
  readonly keeper: TimelineKeeper;
  readonly onSample: OnSample;
  readonly deadline: Timer;
  readonly why: GivenUp | undefined;
}

export function steer(
  world: ActsWorld,
  opId: string,
  vmId: string,
  order: ConvergenceOrder,
): Steering {
  const { life, host, migrations, onProgress } = world;
  const convergence = new Convergence(order);
  const keeper = new TimelineKeeper();
  let why: GivenUp | undefined;
  let percent = 0;
  const giveUp = (step: GivenUp) => {
    why ??= step;
    migrations.abort(host.id, vmId);
  };
  const late = { type: 'give-up', code: 'migration-timeout', why: 'no figures came' } as const;
  return {
    keeper,
    deadline: life.after(order.timeoutMs + blindMs, () => giveUp(late)),
    get why() {
      return why;
    },
    onSample: (sample, totalMib) =>
      life.guard(() => {
        const step = convergence.see(sample);
        keeper.saw(convergence.round, sample);
        percent = Math.max(percent, percentOf(sample, totalMib));
        onProgress(progress(opId, vmId, percent, sample, totalMib));
        if (step === undefined) return;
        keeper.did(sample.elapsedMs, step);
        if (step.type === 'set-downtime') {
          migrations.setDowntime(host.id, vmId, step.downtimeMs);
        }
        if (step.type === 'give-up') giveUp(step);
      })(),
  };
}

function percentOf({ remainingBytes }: ConvergenceSample, totalMib: number): number {
  return Math.min(99, Math.max(0, Math.floor((1 - remainingBytes / (totalMib * mibBytes)) * 100)));
}

function progress(
  opId: string,
  vmId: string,
  percent: number,
  sample: ConvergenceSample,
  totalMib: number,
): MigrationProgress {
  return { v: 1, opId, vmId, percent, totalBytes: totalMib * mibBytes, ...sample };
}
