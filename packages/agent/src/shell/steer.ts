/**
 * Stays with a migration of this host until it ends: looks at its job at the end of each round and once a second,
 * tells its progress, and does what the policy says about one that does not converge.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { MigrationProgress } from '@drover/protocol';
import { isNotFound, isOperationInvalid, type Domain, type JobStats } from 'node-libvirt';
import {
  Convergence,
  type ConvergenceOrder,
  type ConvergenceSample,
  type ConvergenceStep,
  TimelineKeeper,
} from '../logic/index.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { isMigrationJob } from './vm-state.ts';

const lookMs = 1_000;
/** A job whose figures cannot be had is ended so much later than one whose can. */
const blindMs = 10_000;
const abortMs = 30_000;
/** libvirt takes an abort only once QEMU copies; what still waits for the target then is let go of after so long. */
const letGoMs = 5_000;

export interface SteerContext {
  readonly link: LibvirtLink;
  readonly onProgress: (progress: MigrationProgress) => void;
  readonly warn: (text: string) => void;
}

/** Why a running migration is being ended, if it is. */
export interface MigrationEnd {
  reason?: 'migration-timeout' | 'migration-stuck' | 'migration-aborted';
  why?: string;
  /** No memory was on its way yet, and its control connection was ended for that reason. */
  isLetGo?: true;
}

export interface Steered {
  readonly opId: string;
  readonly dom: Domain;
  readonly order: ConvergenceOrder;
  readonly end: MigrationEnd;
  /** Its job was seen already: when there is none any more, it is over. */
  readonly isUnderWay?: boolean;
  /** Ends the control connection; absent where another process opened it. */
  readonly letGo?: () => void;
}

export class Steering {
  readonly #context: SteerContext;
  readonly #steered: Steered;
  readonly #convergence: Convergence;
  readonly #keeper = new TimelineKeeper();
  readonly #begunMs = performance.now();
  #percent = 0;
  #begun: boolean;
  /** Memory is on its way, or was. */
  #copies = false;
  #givenUpMs: number | undefined;

  constructor(context: SteerContext, steered: Steered) {
    this.#context = context;
    this.#steered = steered;
    this.#convergence = new Convergence(steered.order);
    this.#begun = steered.isUnderWay === true;
  }

  get keeper(): TimelineKeeper {
    return this.#keeper;
  }

  /** Until the job is over, or `signal` says so. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { dom, order, end } = this.#steered;
    let round = Promise.withResolvers<void>();
    using _ = this.#context.link.onEvent((event) => {
      if (event.name === 'migrationIteration' && event.dom.uuid === dom.uuid) round.resolve();
    });
    while (!signal.aborted) {
      const timer = new AbortController();
      const waiting = pause(lookMs, undefined, { signal: AbortSignal.any([signal, timer.signal]) });
      await Promise.race([waiting.catch(() => undefined), round.promise]);
      timer.abort();
      round = Promise.withResolvers<void>();
      if (signal.aborted) return;
      const seen = await this.#look();
      if (seen === 'over') return;
      if (performance.now() - this.#begunMs >= order.timeoutMs + blindMs) {
        end.reason ??= 'migration-timeout';
        end.why ??= 'libvirt told no figures of it';
      }
      // Said again at each look: where QEMU's monitor is slow, libvirt may not have heard it.
      if (end.reason === undefined) continue;
      if (seen !== 'not begun') await this.#abort();
      this.#letGo();
    }
  }

  async #look(): Promise<'not begun' | 'goes on' | 'over'> {
    const { opId, dom } = this.#steered;
    let stats: JobStats;
    try {
      stats = await dom.job.stats();
    } catch (error) {
      const isGone = isNotFound(error) || isOperationInvalid(error);
      if (isGone && this.#begun) return 'over';
      // Figures are a courtesy: the job goes on without them.
      return this.#begun ? 'goes on' : 'not begun';
    }
    if (!isMigrationJob(stats)) return this.#begun ? 'over' : 'not begun';
    this.#begun = true;
    const sample = sampleOf(stats);
    if (sample === undefined) return 'goes on';
    this.#copies ||= sample.iteration > 0 || sample.transferredBytes > 0;
    const step = this.#convergence.see(sample);
    this.#keeper.saw(this.#convergence.round, sample);
    this.#percent = Math.max(this.#percent, percentOf(stats));
    this.#context.onProgress(progressOf(opId, dom.uuid, stats, this.#percent));
    if (step !== undefined) await this.#take(step, sample);
    return 'goes on';
  }

  async #take(step: ConvergenceStep, sample: ConvergenceSample): Promise<void> {
    const { dom, end } = this.#steered;
    this.#keeper.did(sample.elapsedMs, step);
    try {
      if (step.type === 'set-downtime') await dom.migration.setMaxDowntime(step.downtimeMs);
      if (step.type === 'start-post-copy') await dom.migration.startPostCopy();
    } catch (error) {
      // It may have ended meanwhile; if not, the next rung or the deadline comes.
      this.#context.warn(`${step.type} for ${dom.name}: ${String(error)}`);
    }
    if (step.type !== 'give-up') return;
    end.reason ??= step.code;
    end.why ??= step.why;
  }

  /** Before any memory is on its way nothing is lost by it: the target drops what it has prepared. */
  #letGo(): void {
    const { end, letGo } = this.#steered;
    if (letGo === undefined || this.#copies || end.isLetGo) return;
    this.#givenUpMs ??= performance.now();
    if (performance.now() - this.#givenUpMs < letGoMs) return;
    end.isLetGo = true;
    letGo();
  }

  async #abort(): Promise<void> {
    const { dom } = this.#steered;
    try {
      await dom.job.abort({ timeoutMs: abortMs });
    } catch (error) {
      // Its job has ended meanwhile.
      if (isOperationInvalid(error) || isNotFound(error)) return;
      this.#context.warn(`aborting the migration of ${dom.name}: ${String(error)}`);
    }
  }
}

/** Nothing in the first moments, when libvirt has no figures yet. */
function sampleOf(stats: JobStats): ConvergenceSample | undefined {
  const { timeElapsedMs: elapsedMs, memoryIteration: iteration } = stats;
  const { memoryRemainingBytes: remainingBytes, memoryProcessedBytes: transferredBytes } = stats;
  if (elapsedMs === undefined || iteration === undefined) return undefined;
  if (remainingBytes === undefined || transferredBytes === undefined) return undefined;
  const { autoConvergeThrottlePercent: throttlePercent } = stats;
  return {
    elapsedMs,
    iteration,
    remainingBytes,
    transferredBytes,
    ...(throttlePercent === undefined ? {} : { throttlePercent }),
  };
}

function percentOf(stats: JobStats): number {
  const { memoryTotalBytes: total = 0, memoryRemainingBytes: remaining = total } = stats;
  if (total <= 0) return 0;
  return Math.min(99, Math.max(0, Math.floor((1 - remaining / total) * 100)));
}

function progressOf(
  opId: string,
  vmId: string,
  stats: JobStats,
  percent: number,
): MigrationProgress {
  const pages = stats.memoryDirtyPagesPerSecond;
  const throttlePercent = stats.autoConvergeThrottlePercent;
  return {
    v: 1,
    opId,
    vmId,
    elapsedMs: stats.timeElapsedMs ?? 0,
    totalBytes: stats.memoryTotalBytes ?? 0,
    remainingBytes: stats.memoryRemainingBytes ?? 0,
    transferredBytes: stats.memoryProcessedBytes ?? 0,
    ...(pages === undefined
      ? {}
      : { dirtyRateBytesPerSecond: pages * (stats.memoryPageSizeBytes ?? 4096) }),
    ...(throttlePercent === undefined ? {} : { throttlePercent }),
    iteration: stats.memoryIteration ?? 0,
    percent,
  };
}
