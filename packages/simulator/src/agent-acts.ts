/**
 * What the agent's shell does with libvirt, done with the simulated one: same looks, same order, same
 * answers. An answer that comes after the agent's death reaches nobody.
 */
import {
  type ActionOutcome,
  Convergence,
  type ConvergenceOrder,
  type ConvergenceSample,
  type ConvergenceStep,
  type HypervisorAction,
  TimelineKeeper,
} from '@drover/agent/logic';
import type { DiskToAttach, MigrationProgress, ReportedVm } from '@drover/protocol';
import type { Host } from './host.ts';
import type { Copy, Ended } from './hypervisor.ts';
import type { Life } from './life.ts';
import type { MigrationEnd, Migrations, OnSample } from './migration.ts';
import type { Random } from '@drover/core';
import type { Reach } from './storage.ts';
import { baselineCpu, checkCpu, checkIncoming, inspectVm, readCpu } from './preflight.ts';
import type { Tempo } from './tempo.ts';
import type { Timer } from './timeline.ts';

/** Something done to a VM that ends it, or could. */
export type Harm = 'power-button' | 'plug' | 'destroyed';

export interface ActsWorld {
  readonly life: Life;
  readonly host: Host;
  readonly random: Random;
  readonly tempo: Tempo;
  readonly migrations: Migrations;
  readonly hostAt: (address: string) => Host | undefined;
  readonly onProgress: (progress: MigrationProgress) => void;
  readonly onHarm: (harm: Harm, vmId: string, opId: string) => void;
  readonly onAnswer: (outcome: ActionOutcome) => void;
}

const done: ActionOutcome = { outcome: 'done' };
const mibBytes = 1024 * 1024;
const locked = 'Failed to get "write" lock';
/** Of a call of libvirt. */
const callMs = 30_000;
const unanswered: ActionOutcome = {
  outcome: 'unknown',
  error: { code: 'hypervisor-unreachable', message: 'the call was not answered in time' },
};
/** As the agent's shell: a job without figures is ended later than one with them. */
const blindMs = 10_000;
const pressMs = 5_000;
const lookMs = 1_000;
const betweenLooksMs = 500;
const looksToBeSure = 5;

function failed(code: string, message: string): ActionOutcome {
  return { outcome: 'failed', error: { code, message } };
}

const unreachable: ActionOutcome = {
  outcome: 'failed',
  error: { code: 'hypervisor-unreachable', message: 'libvirt does not answer' },
};

/** `opId` is the operation whose command led to this. */
export function act(world: ActsWorld, opId: string, action: HypervisorAction): void {
  const { host, onAnswer } = world;
  const { hypervisor } = host;
  if (!hypervisor.isUp && action.type !== 'stop-vm') {
    return onAnswer(
      action.type === 'inspect' ? { ...unreachable, outcome: 'unknown' } : unreachable,
    );
  }
  switch (action.type) {
    case 'start-vm':
      return startVm(world, opId, action);
    case 'stop-vm':
      return stopVm(world, opId, action);
    case 'prepare-incoming':
      return prepareIncoming(world, action);
    case 'migrate-out':
      return migrateOut(world, action);
    case 'abort-migration':
      world.migrations.abort(host.id, action.vmId);
      return onAnswer(done);
    case 'resume-vm':
      return resumeVm(world, action.vmId);
    case 'destroy-leftover':
      return destroyLeftover(world, opId, action.vmId);
    case 'ensure-pool':
      return ensurePool(world, action.pool.name);
    case 'delete-volumes':
      return deleteVolumes(world, action.disks);
    case 'inspect':
      return inspect(world, action);
    case 'inspect-vm':
      return onAnswer(inspectVm(host, action.vmId));
    case 'check-incoming':
      return onAnswer(checkIncoming(host, action.vmId, action.facts));
    case 'read-cpu':
      return onAnswer(readCpu(host));
    case 'baseline-cpu':
      return onAnswer(baselineCpu(action.cpus));
    case 'check-cpu':
      return onAnswer(checkCpu(action.cpu));
  }
}

type Of<T extends HypervisorAction['type']> = Extract<HypervisorAction, { type: T }>;

function startVm(world: ActsWorld, opId: string, action: Of<'start-vm'>): void {
  const { life, host, random, tempo, onAnswer } = world;
  const { hypervisor } = host;
  const before = hypervisor.copy(action.vmId);
  if (before?.state === 'running') return onAnswer(done);
  if (before?.state.startsWith('paused')) {
    return onAnswer(failed('vm-busy', `a copy of it is ${before.state} on this host`));
  }
  life.after(random.within(tempo.disksMs), () =>
    prepareDisks(world, action, () => createVm(world, opId, action)),
  );
}

/** Before it can start: its pools answer, and its disks are made. */
function prepareDisks(world: ActsWorld, { vm, vmId }: Of<'start-vm'>, then: () => void): void {
  const { host, onAnswer } = world;
  const { storage } = host.hypervisor;
  whenAnswered(world, vm.disks.map(poolOf), (reach) => {
    if (storage.disks.has(vmId)) return then();
    if (reach !== 'going') return onAnswer(failed('pool-unavailable', `the pool is ${reach}`));
    storage.disks.add(vmId);
    then();
  });
}

/** libvirt's calls have a deadline; one about storage that does not answer ends at that. */
function whenAnswered(
  world: ActsWorld,
  pools: readonly string[],
  then: (reach: Exclude<Reach, 'stalled'>) => void,
  waitedMs = 0,
): void {
  const { life, host, onAnswer } = world;
  if (!host.hypervisor.isUp) return onAnswer(unreachable);
  const reach = host.hypervisor.storage.reach(pools, host.id);
  if (reach !== 'stalled') return then(reach);
  if (waitedMs >= callMs) return onAnswer(unanswered);
  life.after(lookMs, () => whenAnswered(world, pools, then, waitedMs + lookMs));
}

function poolOf({ pool }: DiskToAttach): string {
  return pool.name;
}

function ensurePool(world: ActsWorld, name: string): void {
  const { host, onAnswer } = world;
  whenAnswered(world, [name], (reach) => {
    if (reach === 'gone') return onAnswer(failed('pool-unavailable', 'it is not there'));
    host.pools.add(name);
    onAnswer(done);
  });
}

function deleteVolumes(world: ActsWorld, disks: readonly DiskToAttach[]): void {
  const { host, onAnswer } = world;
  whenAnswered(world, disks.map(poolOf), (reach) => {
    if (reach === 'gone' || reach === 'read-only') {
      return onAnswer(failed('pool-unavailable', `the pool is ${reach}`));
    }
    for (const { file } of disks) host.hypervisor.storage.disks.delete(file.slice(0, 36));
    onAnswer(done);
  });
}

function createVm(world: ActsWorld, opId: string, action: Of<'start-vm'>): void {
  const { life, host, onAnswer } = world;
  const { hypervisor } = host;
  const { name, memoryMib, vcpus } = action.vm;
  const { vmId, generation } = action;
  const ended = life.listening((how: Ended) => {
    if (how === 'done') return onAnswer(done);
    if (how === 'locked') return onAnswer(failed('disk-locked', locked));
    if (how === 'failed') return onAnswer(failed('hypervisor-error', 'QEMU did not start'));
    const gone = failed('hypervisor-error', 'libvirt went away while the VM was started');
    settledLook(world, vmId, (copy) => onAnswer(copy ? done : gone));
  });
  hypervisor.create({ vmId, name, memoryMib, vcpus, generation, startedBy: opId }, ended);
}

/** Until the VM is up, or surely not on its way. */
function settledLook(
  world: ActsWorld,
  vmId: string,
  then: (copy: Copy | undefined) => void,
  absent = 0,
): void {
  const { life, host } = world;
  const copy = host.hypervisor.isUp ? host.hypervisor.copy(vmId) : undefined;
  if (copy && copy.state !== 'starting') return then(copy);
  const missed = host.hypervisor.isUp && !copy ? absent + 1 : 0;
  if (missed >= looksToBeSure) return then(undefined);
  life.after(betweenLooksMs, () => settledLook(world, vmId, then, missed));
}

function stopVm(world: ActsWorld, opId: string, action: Of<'stop-vm'>): void {
  const { life, host, onAnswer, onHarm } = world;
  const { hypervisor } = host;
  const { vmId, mode, timeoutMs } = action;
  if (!hypervisor.isUp) return onAnswer(unreachable);
  if (!hypervisor.copy(vmId)) return onAnswer(done);
  if (mode === 'force') {
    onHarm('plug', vmId, opId);
    hypervisor.remove(vmId, 'lost its plug');
    return onAnswer(done);
  }
  const deadlineMs = life.monoMs + timeoutMs;
  let pressAtMs = 0;
  const look = () => {
    const now = life.monoMs;
    if (!hypervisor.isUp) return void life.after(lookMs, look);
    if (!hypervisor.copy(vmId)) return onAnswer(done);
    if (now >= deadlineMs) {
      return onAnswer(failed('stop-timeout', `it did not shut down in ${timeoutMs} ms`));
    }
    if (now >= pressAtMs) {
      pressAtMs = now + pressMs;
      onHarm('power-button', vmId, opId);
      hypervisor.press(vmId);
    }
    life.after(Math.max(1, Math.min(lookMs, deadlineMs - now)), look);
  };
  look();
}

function prepareIncoming(world: ActsWorld, action: Of<'prepare-incoming'>): void {
  const { host, random, onAnswer } = world;
  const copy = host.hypervisor.copy(action.vmId);
  if (copy) return onAnswer(failed('vm-running', `a copy of it is ${copy.state} here already`));
  const port = 20_000 + random.below(20_000);
  const tunnel = { host: host.address, port, secret: random.hex(64) };
  host.openTunnel(action.opId, tunnel);
  onAnswer({ outcome: 'done', tunnel });
}

function migrateOut(world: ActsWorld, action: Of<'migrate-out'>): void {
  const { life, host, migrations, hostAt, onAnswer } = world;
  const copy = host.hypervisor.copy(action.vmId);
  if (copy?.state !== 'running') {
    const state = copy?.state ?? 'absent';
    return onAnswer(failed('vm-not-running', `the VM is ${state} on this host`));
  }
  const target = hostAt(action.migrationAddress);
  const end = target?.tunnel(action.opId);
  if (target === undefined || end?.secret !== action.tunnel.secret || !target.isPowered) {
    return onAnswer(failed('tunnel-failed', 'nobody listens at the other end'));
  }
  // It takes one connection.
  target.closeTunnel(action.opId);
  const steering = steer(world, action.opId, action.vmId, action);
  const answer = life.listening((ended: MigrationEnd) => {
    steering.deadline.cancel();
    onAnswer({ ...outcomeOf(ended, steering.why), ...timelineOf(ended, steering.keeper) });
  });
  migrations.begin({
    vmId: action.vmId,
    source: host.hypervisor,
    target: target.hypervisor,
    mode: action.mode,
    throttle: action.policy.throttle,
    downtimeMs: action.policy.downtimeLadderMs[0] ?? 0,
    onSample: steering.onSample,
    onEnd: answer,
  });
}

type GivenUp = Extract<ConvergenceStep, { type: 'give-up' }>;

/** What the agent's shell does while it stays with a migration. */
interface Steering {
  readonly keeper: TimelineKeeper;
  readonly onSample: OnSample;
  readonly deadline: Timer;
  readonly why: GivenUp | undefined;
}

function steer(world: ActsWorld, opId: string, vmId: string, order: ConvergenceOrder): Steering {
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

function timelineOf(ended: MigrationEnd, keeper: TimelineKeeper): Pick<ActionOutcome, 'timeline'> {
  const { downtimeMs, transferredMib } = ended;
  const figures = {
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
    ...(transferredMib === undefined ? {} : { transferredBytes: transferredMib * mibBytes }),
  };
  return { timeline: keeper.timeline(figures) };
}

function outcomeOf(ended: MigrationEnd, why: GivenUp | undefined): ActionOutcome {
  const { message } = ended;
  switch (ended.type) {
    case 'done': {
      const { downtimeMs = 0, transferredMib = 0 } = ended;
      return { outcome: 'done', downtimeMs, transferredBytes: transferredMib * mibBytes };
    }
    case 'aborted':
      return failed(why?.code ?? 'migration-aborted', why?.why ?? message);
    case 'failed':
      return failed('migration-failed', message);
    case 'lost':
      return { outcome: 'unknown', error: { code: 'hypervisor-unreachable', message } };
  }
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

function resumeVm({ life, host, onAnswer }: ActsWorld, vmId: string): void {
  const copy = host.hypervisor.copy(vmId);
  if (copy?.state === 'running') return onAnswer(done);
  if (!copy?.state.startsWith('paused')) {
    return onAnswer(failed('vm-not-running', `the VM is ${copy?.state ?? 'absent'} on this host`));
  }
  if (copy.job) return onAnswer(failed('hypervisor-error', 'a migration of it is under way'));
  let isAnswered = false;
  const answer = (outcome: ActionOutcome) => {
    if (!isAnswered) onAnswer(outcome);
    isAnswered = true;
  };
  // The call is given up; that it was made cannot be taken back.
  life.after(callMs, () => answer(unanswered));
  const ended = life.listening((how: Ended) =>
    answer(how === 'done' ? done : failed('hypervisor-error', how === 'locked' ? locked : how)),
  );
  host.hypervisor.resume(copy, ended);
}

function destroyLeftover({ host, onAnswer, onHarm }: ActsWorld, opId: string, vmId: string): void {
  const copy = host.hypervisor.copy(vmId);
  if (!copy) return onAnswer(done);
  if (copy.state !== 'paused' && copy.state !== 'paused-migrating') {
    return onAnswer(
      failed('vm-running', `it is ${copy.state} here: not a copy that was left behind`),
    );
  }
  onHarm('destroyed', vmId, opId);
  host.hypervisor.remove(vmId, 'was left over, and is destroyed');
  onAnswer(done);
}

function inspect(world: ActsWorld, { vmId, opId, kind, order }: Of<'inspect'>): void {
  const { host, migrations, onAnswer } = world;
  if (opId !== undefined && order !== undefined) {
    const isOut = host.hypervisor.copy(vmId)?.job === 'out';
    if (isOut) migrations.follow(host.id, vmId, steer(world, opId, vmId, order).onSample);
  }
  const tell = (copy: Copy | undefined) => {
    const tunnel = kind === 'prepare-incoming' ? host.tunnel(opId ?? '') : undefined;
    onAnswer({ ...done, ...(tunnel ? { tunnel } : {}), ...(copy ? { vm: inspected(copy) } : {}) });
  };
  if (kind === 'start-vm') settledLook(world, vmId, tell);
  else tell(host.hypervisor.copy(vmId));
}

/** Its size does not matter to what became of a step, and is not looked for. */
function inspected(copy: Copy): ReportedVm {
  const { vmId, name, state, migrating } = reportedVm(copy);
  return { vmId, name, state, migrating, memoryMib: 0, vcpus: 0 };
}

/** `starting` is what libvirt calls paused, starting up. */
export function reportedVm(copy: Copy): ReportedVm {
  const { vmId, name, memoryMib, vcpus, generation, state, job } = copy;
  return {
    vmId,
    name,
    state: state === 'starting' ? 'paused' : state,
    migrating: job !== undefined,
    generation,
    memoryMib,
    vcpus,
  };
}
