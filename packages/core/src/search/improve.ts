/**
 * Looks for a better arrangement: units are moved, exchanged and sent home by chance, and a step is kept when
 * it makes things better, or not worse by more than a threshold that sinks to nothing (threshold accepting:
 * Dueck and Scheuer, 1990). What moving costs is part of the value; a budget is never exceeded. Every step
 * leaves every unit where it fits.
 */
import type { Random } from '../random.ts';
import type { Arrangement } from './arrangement.ts';
import type { Loads } from './loads.ts';
import { real, whole } from './numbers.ts';

export interface ImproveOptions {
  /** By unit: 1 where it may be moved. */
  readonly movable: Uint8Array;
  /** By unit: MiB that are copied when it is moved. */
  readonly costOf: Float64Array;
  /** MiB that may be copied in all; no limit if absent. */
  readonly budgetMib?: number;
  /** By unit: what its move adds to the value. */
  readonly priceOf: Float64Array;
  readonly steps: number;
  readonly random: Random;
}

/** Changes both to the best arrangement that it saw. */
export function improve(arrangement: Arrangement, loads: Loads, options: ImproveOptions): void {
  const search = new Search(arrangement, loads, options);
  search.run();
}

/** The first threshold as a share of the value, how often it sinks, and by what. */
const warmest = 0.01;
const levels = 64;
const cooling = 0.88;

class Search {
  readonly #arrangement: Arrangement;
  readonly #loads: Loads;
  readonly #units: Int32Array;
  /** The units by home, and where those of each host begin. */
  readonly #byHome: Int32Array;
  readonly #firstOf: Int32Array;
  readonly #costOf: Float64Array;
  readonly #budget: number;
  readonly #priceOf: Float64Array;
  readonly #steps: number;
  readonly #random: Random;
  /** By unit: its host in the best arrangement so far, and the units that are elsewhere now. */
  readonly #best: Int32Array;
  readonly #changed = new Set<number>();
  #value: number;
  /** MiB away from home, and the price of that. */
  #moved = 0;
  #priced = 0;
  #threshold = 0;

  constructor(arrangement: Arrangement, loads: Loads, options: ImproveOptions) {
    this.#arrangement = arrangement;
    this.#loads = loads;
    this.#best = arrangement.hostOf.slice();
    const units: number[] = [];
    for (const [unit, may] of options.movable.entries()) if (may === 1) units.push(unit);
    this.#units = Int32Array.from(units);
    const { origin, hosts } = arrangement;
    this.#byHome = this.#units.toSorted((a, b) => whole(origin, a) - whole(origin, b) || a - b);
    this.#firstOf = new Int32Array(hosts.length + 1);
    for (const unit of this.#units) {
      const next = whole(origin, unit) + 1;
      this.#firstOf[next] = whole(this.#firstOf, next) + 1;
    }
    for (let host = 0; host < hosts.length; host += 1) {
      this.#firstOf[host + 1] = whole(this.#firstOf, host + 1) + whole(this.#firstOf, host);
    }
    this.#budget = options.budgetMib ?? Number.POSITIVE_INFINITY;
    this.#priceOf = options.priceOf;
    this.#steps = options.steps;
    this.#random = options.random;
    this.#costOf = options.costOf;
    for (const unit of this.#units) {
      if (whole(arrangement.hostOf, unit) === whole(origin, unit)) continue;
      this.#moved += real(this.#costOf, unit);
      this.#priced += real(this.#priceOf, unit);
    }
    this.#value = loads.total() + this.#priced;
  }

  run(): void {
    if (this.#units.length === 0 || this.#arrangement.hosts.length < 2) return;
    let bestValue = this.#value;
    this.#threshold = this.#value * warmest;
    const stepsPerLevel = Math.ceil(this.#steps / levels);
    for (let step = 1; step <= this.#steps; step += 1) {
      if (step % stepsPerLevel === 0) this.#threshold *= cooling;
      const kind = this.#random.below(16);
      if (kind < 3) this.#tryMove(this.#anyUnit());
      else if (kind < 5) this.#tryMove(this.#anyMoved());
      else if (kind < 7) this.#tryTrade(this.#anyUnit(), this.#anyUnit());
      else if (kind < 10) this.#tryTrade(this.#anyMoved(), this.#anyMoved());
      else if (kind < 15) this.#tryExchange();
      else this.#tryHome();
      if (this.#value < bestValue - 1e-12) {
        bestValue = this.#value;
        this.#remember();
      }
    }
    for (const unit of this.#changed) this.#put(unit, whole(this.#best, unit));
  }

  /** What was changed since the best arrangement is now part of it. */
  #remember(): void {
    for (const unit of this.#changed) this.#best[unit] = whole(this.#arrangement.hostOf, unit);
    this.#changed.clear();
  }

  /** One unit to another host. */
  #tryMove(unit: number): void {
    if (unit < 0) return;
    const to = this.#random.below(this.#arrangement.hosts.length);
    if (to === whole(this.#arrangement.hostOf, unit)) return;
    const away = this.#awayBy(unit, to);
    const moved = this.#moved + away * real(this.#costOf, unit);
    if (moved > this.#budget || !this.#arrangement.fits(unit, to)) return;
    const priced = this.#priced + away * real(this.#priceOf, unit);
    const value = this.#loads.after(unit, to) + priced;
    if (value <= this.#value + this.#threshold) this.#keep(unit, to, value, moved, priced);
  }

  /** Two units on different hosts change places. */
  #tryTrade(unit: number, other: number): void {
    if (unit < 0 || other < 0) return;
    const { hostOf } = this.#arrangement;
    const from = whole(hostOf, unit);
    const to = whole(hostOf, other);
    if (from === to) return;
    const away = this.#awayBy(unit, to);
    const otherAway = this.#awayBy(other, from);
    const moved =
      this.#moved + away * real(this.#costOf, unit) + otherAway * real(this.#costOf, other);
    if (moved > this.#budget) return;
    if (!this.#arrangement.fitsInPlaceOf(unit, to, other)) return;
    if (!this.#arrangement.fitsInPlaceOf(other, from, unit)) return;
    const priced =
      this.#priced + away * real(this.#priceOf, unit) + otherAway * real(this.#priceOf, other);
    const value = this.#loads.afterSwap(unit, other) + priced;
    if (value > this.#value + this.#threshold) return;
    this.#put(unit, to);
    this.#put(other, from);
    // Anew: two that share a rule cost together what each alone does not.
    this.#value = this.#loads.total() + priced;
    this.#moved = moved;
    this.#priced = priced;
  }

  /** A moved unit goes home, and what that leaves of the budget moves another. */
  #tryExchange(): void {
    const { hostOf, origin, hosts } = this.#arrangement;
    const unit = this.#anyMoved();
    if (unit < 0) return;
    const away = whole(hostOf, unit);
    const home = whole(origin, unit);
    if (!this.#arrangement.fits(unit, home)) return;
    const valueBefore = this.#value;
    const back = this.#awayBy(unit, home);
    const movedAfter = this.#moved + back * real(this.#costOf, unit);
    const pricedAfter = this.#priced + back * real(this.#priceOf, unit);
    this.#put(unit, home);
    const other = this.#random.below(4) === 0 ? this.#anyUnit() : this.#anyOf(home);
    const to = this.#random.below(4) > 0 ? away : this.#random.below(hosts.length);
    const elsewhere = this.#awayBy(other, to);
    const moved = movedAfter + elsewhere * real(this.#costOf, other);
    if (
      other !== unit &&
      to !== whole(hostOf, other) &&
      moved <= this.#budget &&
      this.#arrangement.fits(other, to)
    ) {
      const priced = pricedAfter + elsewhere * real(this.#priceOf, other);
      const value = this.#loads.after(other, to) + priced;
      if (value <= valueBefore + this.#threshold) {
        this.#keep(other, to, value, moved, priced);
        return;
      }
    }
    this.#put(unit, away);
  }

  /** A moved unit goes home. */
  #tryHome(): void {
    const unit = this.#anyMoved();
    if (unit < 0) return;
    const home = whole(this.#arrangement.origin, unit);
    if (!this.#arrangement.fits(unit, home)) return;
    const back = this.#awayBy(unit, home);
    const moved = this.#moved + back * real(this.#costOf, unit);
    const priced = this.#priced + back * real(this.#priceOf, unit);
    const value = this.#loads.after(unit, home) + priced;
    if (value <= this.#value + this.#threshold) this.#keep(unit, home, value, moved, priced);
  }

  #anyUnit(): number {
    return whole(this.#units, this.#random.below(this.#units.length));
  }

  /** One of those whose home is that host. */
  #anyOf(home: number): number {
    const first = whole(this.#firstOf, home);
    const count = whole(this.#firstOf, home + 1) - first;
    return whole(this.#byHome, first + this.#random.below(count));
  }

  /** One of those that are not at home, or -1 when a few draws found none. */
  #anyMoved(): number {
    const { hostOf, origin } = this.#arrangement;
    for (let draw = 0; draw < 8; draw += 1) {
      const unit = this.#anyUnit();
      if (whole(hostOf, unit) !== whole(origin, unit)) return unit;
    }
    return -1;
  }

  /** 1 where the unit would leave home by going to host `to`, -1 where it would come home, else 0. */
  #awayBy(unit: number, to: number): number {
    const { hostOf, origin } = this.#arrangement;
    const home = whole(origin, unit);
    const was = whole(hostOf, unit) !== home;
    const will = to !== home;
    return was === will ? 0 : will ? 1 : -1;
  }

  #keep(unit: number, to: number, value: number, moved: number, priced: number): void {
    this.#put(unit, to);
    this.#value = value;
    this.#moved = moved;
    this.#priced = priced;
  }

  #put(unit: number, to: number): void {
    this.#changed.add(unit);
    this.#loads.follow(unit, to);
    this.#arrangement.put(unit, to);
  }
}
