/**
 * Whether a migration gets done, judged round by round, and what is done about one that does not. A round is one
 * pass over what the VM has written since the last one; only at its end is it known how much there is to copy
 * still. Stuck is a migration whose best such figure has not got better within the policy's window.
 *
 *   stuck ─▶ the lowest rung of the downtime ladder that the best round would fit
 *         ─▶ wait, while QEMU can still slow the VM down further
 *         ─▶ the last rung ─▶ post-copy, or give up
 */
import type { MigrationPolicy } from '@drover/core';

/** What libvirt says about the job at one moment. */
export interface ConvergenceSample {
  /** Since the migration began, by the source's libvirt. */
  readonly elapsedMs: number;
  /** Rounds that were begun, from 1; earlier migrations of the same QEMU may count in. */
  readonly iteration: number;
  readonly remainingBytes: number;
  readonly transferredBytes: number;
  readonly throttlePercent?: number;
}

export type ConvergenceStep =
  | { readonly type: 'set-downtime'; readonly downtimeMs: number; readonly why: string }
  | { readonly type: 'start-post-copy'; readonly why: string }
  | {
      readonly type: 'give-up';
      readonly code: 'migration-stuck' | 'migration-timeout';
      readonly why: string;
    };

export interface ConvergenceOrder {
  readonly policy: MigrationPolicy;
  readonly timeoutMs: number;
}

/** Less than that is not better: a VM at rest still writes a little. */
const betterFactor = 0.95;
/** A rung has to fit what there is to copy with so much to spare. */
const spareFactor = 1.2;
/** Of the speed: what was measured over so long counts as much as all that was before. */
const halfLifeMs = 4_000;
/** So often it is waited for QEMU to slow the VM down by one more step. */
const idleWindowsMax = 3;
/** A stream this much slower than it was is broken off rather than slow: nothing is forced then. */
const collapsedFactor = 0.1;
const mib = 1024 * 1024;

export class Convergence {
  readonly #order: ConvergenceOrder;
  #last: ConvergenceSample | undefined;
  #firstIteration = 0;
  #round = 0;
  /** At the end of a round: the least that was left, and when that was. */
  #bestBytes = Number.POSITIVE_INFINITY;
  /** When the window began: at the last better round, or the last step taken. */
  #sinceMs = 0;
  /** The least that was left at the end of any round of this window. */
  #windowBytes = Number.POSITIVE_INFINITY;
  #windowThrottle = 0;
  #bytesPerMs = 0;
  #peakBytesPerMs = 0;
  #rung = 0;
  /** Windows in which QEMU might have slowed the VM down and did not. */
  #idleWindows = 0;
  #over = false;

  constructor(order: ConvergenceOrder) {
    this.#order = order;
  }

  /** Rounds begun by this migration, from 1; 0 before the first. */
  get round(): number {
    return this.#round;
  }

  /** Smoothed; 0 where nothing was measured yet. */
  get bytesPerSecond(): number {
    return this.#bytesPerMs * 1_000;
  }

  /** Of the ladder, as set last. */
  get downtimeMs(): number {
    return this.#order.policy.downtimeLadderMs[this.#rung] ?? 0;
  }

  /** To be called at the end of each round, and now and then in between. At most one step each time. */
  see(sample: ConvergenceSample): ConvergenceStep | undefined {
    const last = this.#last;
    this.#last = sample;
    if (last === undefined) this.#firstIteration = sample.iteration;
    if (last !== undefined) this.#measure(last, sample);
    this.#round = Math.max(0, sample.iteration - Math.max(0, this.#firstIteration - 1));
    if (this.#over) return undefined;
    const isBoundary = last !== undefined && sample.iteration > last.iteration;
    if (isBoundary) this.#endRound(sample);
    if (sample.elapsedMs >= this.#order.timeoutMs) return this.#giveUp('migration-timeout', sample);
    return isBoundary && this.#isStuck(sample) ? this.#climb(sample) : undefined;
  }

  #measure(before: ConvergenceSample, now: ConvergenceSample): void {
    const tookMs = now.elapsedMs - before.elapsedMs;
    if (tookMs <= 0) return;
    const speed = Math.max(0, now.transferredBytes - before.transferredBytes) / tookMs;
    const weight = this.#bytesPerMs === 0 ? 1 : tookMs / (tookMs + halfLifeMs);
    this.#bytesPerMs += (speed - this.#bytesPerMs) * weight;
    this.#peakBytesPerMs = Math.max(this.#peakBytesPerMs, this.#bytesPerMs);
  }

  #endRound({ remainingBytes, elapsedMs, throttlePercent = 0 }: ConvergenceSample): void {
    this.#windowBytes = Math.min(this.#windowBytes, remainingBytes);
    if (remainingBytes > this.#bestBytes * betterFactor) return;
    this.#bestBytes = remainingBytes;
    this.#beginWindow(elapsedMs, throttlePercent);
    this.#windowBytes = remainingBytes;
  }

  #beginWindow(elapsedMs: number, throttlePercent: number): void {
    this.#sinceMs = elapsedMs;
    this.#windowBytes = Number.POSITIVE_INFINITY;
    this.#windowThrottle = throttlePercent;
  }

  #isStuck({ elapsedMs, throttlePercent = 0 }: ConvergenceSample): boolean {
    const most = this.#order.policy.throttle?.atMostPercent;
    if (most !== undefined && throttlePercent > most) return true;
    if (elapsedMs - this.#sinceMs < this.#order.policy.stallSeconds * 1_000) return false;
    return this.#bytesPerMs >= this.#peakBytesPerMs * collapsedFactor;
  }

  #climb(sample: ConvergenceSample): ConvergenceStep | undefined {
    const { policy } = this.#order;
    const { elapsedMs, throttlePercent = 0 } = sample;
    const leftBytes = Math.min(this.#windowBytes, sample.remainingBytes);
    const neededMs = leftBytes / this.#bytesPerMs;
    const why = this.#words(leftBytes, neededMs);
    const ladder = policy.downtimeLadderMs;
    const fitting = ladder.findIndex(
      (ms, rung) => rung > this.#rung && ms >= neededMs * spareFactor,
    );
    const windowThrottle = this.#windowThrottle;
    this.#beginWindow(elapsedMs, throttlePercent);
    if (fitting >= 0) return this.#setDowntime(fitting, why);
    const { throttle } = policy;
    if (throttlePercent === windowThrottle) this.#idleWindows += 1;
    const isSlowing = throttlePercent > windowThrottle || this.#idleWindows < idleWindowsMax;
    if (throttle && throttlePercent < throttle.atMostPercent && isSlowing) return undefined;
    if (this.#rung < ladder.length - 1) return this.#setDowntime(ladder.length - 1, why);
    if (policy.whenStuck === 'post-copy') {
      this.#over = true;
      return { type: 'start-post-copy', why };
    }
    return this.#giveUp('migration-stuck', sample, why);
  }

  #setDowntime(rung: number, why: string): ConvergenceStep {
    this.#rung = rung;
    return { type: 'set-downtime', downtimeMs: this.downtimeMs, why };
  }

  #giveUp(
    code: 'migration-stuck' | 'migration-timeout',
    sample: ConvergenceSample,
    why = this.#words(sample.remainingBytes, sample.remainingBytes / this.#bytesPerMs),
  ): ConvergenceStep {
    this.#over = true;
    return { type: 'give-up', code, why };
  }

  /** `best round left 812 MiB, which would stop it for 8.1 s at 100 MiB/s; 500 ms are allowed`. */
  #words(leftBytes: number, neededMs: number): string {
    const left = `${Math.ceil(leftBytes / mib)} MiB are left`;
    if (!Number.isFinite(neededMs)) return `${left} and nothing is sent`;
    const speed = `${Math.round(this.bytesPerSecond / mib)} MiB/s`;
    const pause =
      neededMs < 1_000 ? `${Math.ceil(neededMs)} ms` : `${(neededMs / 1_000).toFixed(1)} s`;
    return `${left}, ${pause} at ${speed}, where ${this.downtimeMs} ms are allowed`;
  }
}
