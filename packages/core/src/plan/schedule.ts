/**
 * In which order moves are made, and which at the same time: from an arrangement as it is to where each unit
 * shall be. A move begins when its target has room next to all that is on its way, and both hosts have a slot;
 * of those that could, the one goes first whose busier host has most to copy still (a list schedule of an open
 * shop). Where only moves are left that wait for each other, one of them stops over on a third host.
 */
import { limits } from '../limits.ts';
import type { Arrangement } from '../search/arrangement.ts';
import { real, whole } from '../search/numbers.ts';
import { defaultWaveLimits, isWithin, type WaveLimits } from './wave-limits.ts';

export interface ScheduleOptions extends WaveLimits {
  /** By unit: MiB that are copied; its memory if absent. */
  readonly costOf?: Float64Array;
  /** By unit: MiB per second that it takes at most; no limit if absent. */
  readonly capOf?: Float64Array;
  /** By unit: what it takes of its hosts' slots, and of the cluster's; 1 if absent. */
  readonly shareOf?: Float64Array;
  /** What a move takes besides copying. */
  readonly overheadSeconds: number;
  /** Whether a unit may stop over on a host that is not where it shall be. */
  readonly mayStopOver: boolean;
}

export const scheduleDefaults: ScheduleOptions = {
  ...defaultWaveLimits,
  overheadSeconds: limits.migrationOverheadSeconds,
  mayStopOver: true,
};

/** One unit from one host to another. */
export interface Step {
  readonly unit: number;
  readonly from: number;
  readonly to: number;
  /** Since the first move begins. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** It does not stay there: it makes room for another. */
  readonly stopsOver: boolean;
}

export interface Schedule {
  /** In the order in which they begin. */
  readonly steps: readonly Step[];
  /** Units that could not be brought where they should be in any order that was found. */
  readonly left: readonly number[];
}

/** Changes the arrangement to what it is when all steps are made. `wanted`: by unit, its host at the end. */
export function schedule(
  arrangement: Arrangement,
  wanted: ReadonlyMap<number, number>,
  options: ScheduleOptions = scheduleDefaults,
): Schedule {
  return new Scheduling(arrangement, wanted, options).run();
}

interface Running {
  readonly unit: number;
  readonly from: number;
  readonly to: number;
  readonly startSeconds: number;
  endSeconds: number;
  readonly stopsOver: boolean;
  /** What is still to do: seconds of its own, then MiB over the links. */
  setupSeconds: number;
  leftMib: number;
}

class Scheduling {
  readonly #arrangement: Arrangement;
  readonly #options: ScheduleOptions;
  readonly #costOf: Float64Array;
  readonly #pending: { readonly unit: number; readonly to: number }[];
  readonly #running: Running[] = [];
  readonly #steps: Running[] = [];
  readonly #out: Int32Array;
  readonly #in: Int32Array;
  /** By host, and of all: slots that are taken. */
  readonly #outSlots: Float64Array;
  readonly #inSlots: Float64Array;
  #slots = 0;
  /** By host: MiB that have still to leave it, and to come. */
  readonly #leaving: Float64Array;
  readonly #coming: Float64Array;
  readonly #stoppedOver = new Set<number>();
  #now = 0;

  constructor(
    arrangement: Arrangement,
    wanted: ReadonlyMap<number, number>,
    options: ScheduleOptions,
  ) {
    const count = arrangement.hosts.length;
    this.#arrangement = arrangement;
    this.#options = options;
    this.#costOf = options.costOf ?? arrangement.memoryOf;
    this.#out = new Int32Array(count);
    this.#in = new Int32Array(count);
    this.#outSlots = new Float64Array(count);
    this.#inSlots = new Float64Array(count);
    this.#leaving = new Float64Array(count);
    this.#coming = new Float64Array(count);
    this.#pending = [...wanted]
      .filter(([unit, to]) => whole(arrangement.hostOf, unit) !== to)
      .map(([unit, to]) => ({ unit, to }))
      .toSorted(
        (a, b) => real(this.#costOf, b.unit) - real(this.#costOf, a.unit) || a.unit - b.unit,
      );
    for (const { unit, to } of this.#pending) this.#owe(unit, to, 1);
  }

  run(): Schedule {
    while (this.#pending.length > 0 || this.#running.length > 0) {
      this.#beginAll();
      if (this.#running.length > 0) this.#endNext();
      else if (!this.#stopOver()) break;
    }
    const steps = this.#steps.map(({ unit, from, to, startSeconds, endSeconds, stopsOver }) => ({
      unit,
      from,
      to,
      startSeconds,
      endSeconds,
      stopsOver,
    }));
    return { steps, left: this.#pending.map(({ unit }) => unit) };
  }

  /** Begins one move after the other, as long as one may. */
  #beginAll(): void {
    for (;;) {
      let best = -1;
      let bestUrgency = -1;
      for (const [at, { unit, to }] of this.#pending.entries()) {
        const from = whole(this.#arrangement.hostOf, unit);
        const urgency = Math.max(real(this.#leaving, from), real(this.#coming, to));
        if (urgency <= bestUrgency || !this.#mayBegin(unit, from, to)) continue;
        best = at;
        bestUrgency = urgency;
      }
      const [chosen] = best < 0 ? [] : this.#pending.splice(best, 1);
      if (chosen === undefined) return;
      this.#begin(chosen.unit, chosen.to, false);
    }
  }

  #mayBegin(unit: number, from: number, to: number): boolean {
    const share = this.#shareOf(unit);
    const { outPerHost, inPerHost, perCluster } = this.#options;
    return (
      isWithin(this.#slots + share, perCluster) &&
      isWithin(real(this.#outSlots, from) + share, outPerHost) &&
      isWithin(real(this.#inSlots, to) + share, inPerHost) &&
      this.#arrangement.fits(unit, to)
    );
  }

  #shareOf(unit: number): number {
    const { shareOf } = this.#options;
    return shareOf === undefined ? 1 : real(shareOf, unit);
  }

  #take({ unit, from, to }: Pick<Step, 'unit' | 'from' | 'to'>, times: 1 | -1): void {
    const share = times * this.#shareOf(unit);
    this.#out[from] = whole(this.#out, from) + times;
    this.#in[to] = whole(this.#in, to) + times;
    this.#outSlots[from] = real(this.#outSlots, from) + share;
    this.#inSlots[to] = real(this.#inSlots, to) + share;
    this.#slots += share;
  }

  #begin(unit: number, to: number, stopsOver: boolean): void {
    const from = whole(this.#arrangement.hostOf, unit);
    const step: Running = {
      unit,
      from,
      to,
      startSeconds: this.#now,
      endSeconds: this.#now,
      stopsOver,
      setupSeconds: this.#options.overheadSeconds,
      leftMib: real(this.#costOf, unit),
    };
    this.#arrangement.begin(unit, to);
    this.#running.push(step);
    this.#steps.push(step);
    this.#take(step, 1);
    if (!stopsOver) this.#owe(unit, to, -1);
  }

  /** MiB per second: the moves over a link share it evenly. */
  #rate({ unit, from, to }: Running): number {
    const speed = (host: number) =>
      this.#arrangement.hosts[host]?.linkMibPerSecond ?? limits.linkMibPerSecond;
    const { capOf } = this.#options;
    return Math.min(
      speed(from) / whole(this.#out, from),
      speed(to) / whole(this.#in, to),
      capOf === undefined ? Number.POSITIVE_INFINITY : real(capOf, unit),
    );
  }

  #endNext(): void {
    let first = 0;
    let soonest = Number.POSITIVE_INFINITY;
    const rates = this.#running.map((step) => this.#rate(step));
    for (const [at, { setupSeconds, leftMib }] of this.#running.entries()) {
      const needs = setupSeconds + leftMib / (rates[at] ?? 1);
      if (needs >= soonest) continue;
      first = at;
      soonest = needs;
    }
    for (const [at, step] of this.#running.entries()) {
      const setup = Math.min(step.setupSeconds, soonest);
      step.setupSeconds -= setup;
      step.leftMib = Math.max(0, step.leftMib - (soonest - setup) * (rates[at] ?? 1));
    }
    this.#now += soonest;
    const [step] = this.#running.splice(first, 1);
    if (step === undefined) return;
    step.endSeconds = this.#now;
    this.#arrangement.arrive(step.unit, step.to);
    this.#take(step, -1);
  }

  /** The smallest unit that waits and that a third host can take goes there first. */
  #stopOver(): boolean {
    if (!this.#options.mayStopOver) return false;
    for (const { unit, to } of this.#pending.toReversed()) {
      if (this.#stoppedOver.has(unit)) continue;
      const from = whole(this.#arrangement.hostOf, unit);
      for (let via = 0; via < this.#arrangement.hosts.length; via += 1) {
        if (via === from || via === to || !this.#arrangement.fits(unit, via)) continue;
        this.#stoppedOver.add(unit);
        this.#owe(unit, to, -1);
        this.#begin(unit, via, true);
        this.#endNext();
        this.#owe(unit, to, 1);
        return true;
      }
    }
    return false;
  }

  /** So many times the unit has to be copied from where it is to host `to`. */
  #owe(unit: number, to: number, times: number): void {
    const from = whole(this.#arrangement.hostOf, unit);
    const mib = times * real(this.#costOf, unit);
    this.#leaving[from] = real(this.#leaving, from) + mib;
    this.#coming[to] = real(this.#coming, to) + mib;
  }
}
