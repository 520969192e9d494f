/** What is kept of a migration's course: its rounds, and what was done about it. Small, whatever happens. */
import {
  type MigrationIntervention,
  type MigrationRound,
  type MigrationTimeline,
  timelineLimits,
} from '@drover/protocol';
import type { ConvergenceSample, ConvergenceStep } from './converge.ts';

/** Figures of a job that has ended, where libvirt gave them. */
export interface FinalFigures {
  readonly setupMs?: number;
  readonly elapsedMs?: number;
  readonly downtimeMs?: number;
  readonly totalBytes?: number;
  readonly transferredBytes?: number;
}

export class TimelineKeeper {
  #rounds: MigrationRound[] = [];
  readonly #interventions: MigrationIntervention[] = [];
  #roundCount = 0;
  #throttlePercent = 0;
  #last: ConvergenceSample | undefined;

  /** `round` as the migration counts them, from 1. */
  saw(round: number, sample: ConvergenceSample): void {
    this.#last = sample;
    this.#throttlePercent = Math.max(this.#throttlePercent, sample.throttlePercent ?? 0);
    if (round <= this.#roundCount) return;
    this.#roundCount = round;
    this.#rounds.push({
      round,
      atMs: sample.elapsedMs,
      remainingBytes: sample.remainingBytes,
      transferredBytes: sample.transferredBytes,
      throttlePercent: sample.throttlePercent ?? 0,
    });
    if (this.#rounds.length > timelineLimits.rounds) this.#thin();
  }

  did(atMs: number, step: ConvergenceStep): void {
    if (this.#interventions.length >= timelineLimits.interventions) return;
    this.#interventions.push({
      atMs,
      type: step.type,
      ...(step.type === 'set-downtime' ? { downtimeMs: step.downtimeMs } : {}),
      why: step.why.slice(0, 300),
    });
  }

  timeline(final: FinalFigures = {}): MigrationTimeline {
    const elapsedMs = final.elapsedMs ?? this.#last?.elapsedMs ?? 0;
    const transferredBytes = final.transferredBytes ?? this.#last?.transferredBytes ?? 0;
    const copyMs = Math.max(1, elapsedMs - (final.setupMs ?? 0));
    return {
      ...(final.setupMs === undefined ? {} : { setupMs: final.setupMs }),
      elapsedMs,
      ...(final.downtimeMs === undefined ? {} : { downtimeMs: final.downtimeMs }),
      totalBytes: final.totalBytes ?? 0,
      transferredBytes,
      bytesPerSecond: Math.round((transferredBytes * 1_000) / copyMs),
      throttlePercent: this.#throttlePercent,
      roundCount: this.#roundCount,
      rounds: [...this.#rounds],
      interventions: [...this.#interventions],
    };
  }

  /** Leaves out the round that is nearest to the one before it: what changed least in time is missed least. */
  #thin(): void {
    let nearest = 1;
    let shortest = Number.POSITIVE_INFINITY;
    for (let at = 1; at < this.#rounds.length - 1; at += 1) {
      const gap = (this.#rounds[at + 1]?.atMs ?? 0) - (this.#rounds[at - 1]?.atMs ?? 0);
      if (gap >= shortest) continue;
      shortest = gap;
      nearest = at;
    }
    this.#rounds.splice(nearest, 1);
  }
}
