/**
 * Brings units that have no place to a host, by moving others out of their way: everything is put somewhere
 * first, then units are moved and exchanged by chance until no host is overfull, those steps kept that make it
 * less so (threshold accepting; see `improve.ts`). What is copied is kept small, but counts less than any
 * overload.
 */
import type { Random } from '../random.ts';
import type { Arrangement } from './arrangement.ts';
import { real, whole } from './numbers.ts';

export interface MakeRoomOptions {
  /** By unit: 1 where it may be moved. */
  readonly movable: Uint8Array;
  readonly costOf: Float64Array;
  readonly steps: number;
  readonly random: Random;
}

/**
 * Everything is weighed in MiB. A MiB too much on a host counts little at first, so that what leaves finds the
 * gaps before others are moved for it, and in the end far more than one that is copied.
 */
const lightest = 0.1;
const growth = 1.11;
const warmestMib = 1024;
const cooling = 0.95;
const levels = 64;

/**
 * The hosts of all units where none is overfull and as little as was found is copied, or nothing. The
 * arrangement is where `homeless` are on hosts that they have to leave; it is left as it was.
 */
export function makeRoom(
  arrangement: Arrangement,
  homeless: readonly number[],
  options: MakeRoomOptions,
): Int32Array | undefined {
  return new Search(arrangement, homeless, options).run();
}

class Search {
  readonly #arrangement: Arrangement;
  readonly #units: Int32Array;
  readonly #homeless: readonly number[];
  readonly #must: ReadonlySet<number>;
  readonly #costOf: Float64Array;
  readonly #steps: number;
  readonly #random: Random;
  /** How many MiB a thousandth of a core stands for. */
  readonly #mibPerCpu: number;
  /** By host: what it was overfull by before, which nobody asks to mend. */
  readonly #allowedMemory: Float64Array;
  readonly #allowedCpu: Float64Array;
  #overload = 0;
  #cost = 0;
  #threshold = warmestMib;
  #weight = lightest;

  constructor(
    arrangement: Arrangement,
    homeless: readonly number[],
    { movable, costOf, steps, random }: MakeRoomOptions,
  ) {
    const { units } = arrangement;
    this.#arrangement = arrangement;
    this.#homeless = homeless;
    this.#must = new Set(homeless);
    this.#units = Int32Array.from(units.keys()).filter((unit) => movable[unit] === 1);
    this.#costOf = costOf;
    this.#steps = steps;
    this.#random = random;
    const all = (list: Float64Array) => list.reduce((sum, one) => sum + one, 0);
    this.#mibPerCpu = all(arrangement.memoryOf) / Math.max(1, all(arrangement.cpuOf));
    this.#allowedMemory = arrangement.freeMemory.map((free) => Math.max(0, -free));
    this.#allowedCpu = arrangement.freeCpu.map((free) => Math.max(0, -free));
  }

  run(): Int32Array | undefined {
    const before = this.#arrangement.hostOf.slice();
    let best: Int32Array | undefined;
    let bestCost = Number.POSITIVE_INFINITY;
    if (this.#placeAll()) {
      for (let host = 0; host < this.#arrangement.hosts.length; host += 1) {
        this.#overload += this.#overloadOf(host, 0, 0);
      }
      const stepsPerLevel = Math.max(1, Math.floor(this.#steps / levels));
      for (let step = 1; step <= this.#steps; step += 1) {
        if (step % stepsPerLevel === 0) {
          this.#threshold *= cooling;
          this.#weight *= growth;
        }
        if (this.#random.below(3) > 0) this.#tryMove();
        else this.#tryTrade();
        if (this.#overload > 1e-6 || this.#cost >= bestCost - 1e-9) continue;
        bestCost = this.#cost;
        best = this.#arrangement.hostOf.slice();
      }
    }
    for (const [unit, host] of before.entries()) this.#arrangement.put(unit, host);
    return best;
  }

  /** Each homeless unit where it may be and the load is least; false where one may be nowhere. */
  #placeAll(): boolean {
    for (const unit of this.#homeless) {
      let best = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let to = 0; to < this.#arrangement.hosts.length; to += 1) {
        if (!this.#mayBeOn(unit, to)) continue;
        const overload = this.#overloadOf(
          to,
          real(this.#arrangement.memoryOf, unit),
          real(this.#arrangement.cpuOf, unit),
        );
        if (overload >= least) continue;
        best = to;
        least = overload;
      }
      if (best < 0) return false;
      this.#put(unit, best);
    }
    return true;
  }

  #tryMove(): void {
    const unit = this.#draw();
    const { hosts, hostOf, origin, memoryOf, cpuOf } = this.#arrangement;
    const from = whole(hostOf, unit);
    const goesHome = this.#random.below(4) === 0 && !this.#must.has(unit);
    const to = goesHome ? whole(origin, unit) : this.#random.below(hosts.length);
    if (to === from || !this.#mayBeOn(unit, to)) return;
    const memory = real(memoryOf, unit);
    const cpu = real(cpuOf, unit);
    const change =
      this.#overloadOf(from, -memory, -cpu) +
      this.#overloadOf(to, memory, cpu) -
      this.#overloadOf(from, 0, 0) -
      this.#overloadOf(to, 0, 0);
    const cost = this.#costOfMove(unit, to);
    if (this.#weight * change + cost > this.#threshold) return;
    this.#overload += change;
    this.#cost += cost;
    this.#put(unit, to);
  }

  #tryTrade(): void {
    const unit = this.#draw();
    const other = this.#draw();
    const { hostOf, memoryOf, cpuOf } = this.#arrangement;
    const from = whole(hostOf, unit);
    const to = whole(hostOf, other);
    if (from === to || !this.#mayBeOn(unit, to, other) || !this.#mayBeOn(other, from, unit)) return;
    const memory = real(memoryOf, unit) - real(memoryOf, other);
    const cpu = real(cpuOf, unit) - real(cpuOf, other);
    const change =
      this.#overloadOf(from, -memory, -cpu) +
      this.#overloadOf(to, memory, cpu) -
      this.#overloadOf(from, 0, 0) -
      this.#overloadOf(to, 0, 0);
    const cost = this.#costOfMove(unit, to) + this.#costOfMove(other, from);
    if (this.#weight * change + cost > this.#threshold) return;
    this.#overload += change;
    this.#cost += cost;
    this.#put(unit, to);
    this.#put(other, from);
  }

  /** Mostly one on a host that has too much; any one otherwise. */
  #draw(): number {
    const { hostOf, freeMemory, freeCpu } = this.#arrangement;
    let unit = 0;
    for (let draw = 0; draw < 4; draw += 1) {
      unit = whole(this.#units, this.#random.below(this.#units.length));
      const host = whole(hostOf, unit);
      if (real(freeMemory, host) < 0 || real(freeCpu, host) < 0) return unit;
    }
    return unit;
  }

  #mayBeOn(unit: number, to: number, leaving = -1): boolean {
    return this.#arrangement.eligible(unit, to) && this.#arrangement.permitted(unit, to, leaving);
  }

  #overloadOf(host: number, memory: number, cpu: number): number {
    const { freeMemory, freeCpu } = this.#arrangement;
    const memoryLeft = real(freeMemory, host) + real(this.#allowedMemory, host) - memory;
    const cpuLeft = real(freeCpu, host) + real(this.#allowedCpu, host) - cpu;
    return (memoryLeft < 0 ? -memoryLeft : 0) + (cpuLeft < 0 ? -cpuLeft * this.#mibPerCpu : 0);
  }

  /** Homeless units have to be copied in any case. */
  #costOfMove(unit: number, to: number): number {
    if (this.#must.has(unit)) return 0;
    const { hostOf, origin } = this.#arrangement;
    const home = whole(origin, unit);
    const was = whole(hostOf, unit) !== home;
    const will = to !== home;
    return was === will ? 0 : (will ? 1 : -1) * real(this.#costOf, unit);
  }

  #put(unit: number, to: number): void {
    this.#arrangement.put(unit, to);
  }
}
