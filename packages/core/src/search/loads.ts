/**
 * How evenly an arrangement is loaded, as one number that a move changes in constant time: less is better.
 * Its terms are contention (what VMs ask for beyond what a host can give without making them wait) and the
 * standard deviations, over the hosts that take part, of measured CPU, of memory and of promised CPU, each
 * as a share of the host's capacity. Soft rules add to it.
 */
import type { Host, Resources } from '../cluster/host.ts';
import type { Arrangement } from './arrangement.ts';
import { real, whole } from './numbers.ts';

/** How much each term counts; 0 leaves it out. */
export interface LoadWeights {
  readonly contention: number;
  readonly demand: number;
  readonly memory: number;
  readonly promisedCpu: number;
  /** For each point of a soft rule that is broken. */
  readonly rules: number;
}

export const loadWeights: LoadWeights = {
  contention: 8,
  demand: 2,
  memory: 1,
  promisedCpu: 1,
  rules: 0.01,
};

/** The share of a host's CPU from which on its VMs begin to wait for each other. */
export const contentionFrom = 0.8;

export type LoadTermName = 'contention' | 'CPU in use' | 'memory' | 'promised CPU' | 'soft rules';

export interface LoadTerm {
  readonly name: LoadTermName;
  readonly millionths: number;
}

/** One kind of load: by unit how much it brings, by host the share of capacity that is used. */
interface Measure {
  readonly name: LoadTermName;
  readonly weight: number;
  readonly of: Float64Array;
  /** Less `mean`, which keeps the sums of squares exact. */
  readonly load: Float64Array;
  readonly mean: number;
  readonly inverse: Float64Array;
  sum: number;
  squares: number;
}

export class Loads {
  readonly #arrangement: Arrangement;
  readonly #weights: LoadWeights;
  readonly #measures: readonly Measure[];
  readonly #demand: Measure;
  /** By host: whether it counts. A host that cannot take a VM is nobody's measure of evenness. */
  readonly #counts: Uint8Array;
  readonly #counted: number;
  #contention = 0;
  #rules = 0;

  constructor(arrangement: Arrangement, weights: LoadWeights = loadWeights) {
    this.#arrangement = arrangement;
    this.#weights = weights;
    const { hosts } = arrangement;
    this.#counts = Uint8Array.from(hosts, (host) => (takesPart(host, arrangement.closed) ? 1 : 0));
    this.#counted = Math.max(
      1,
      this.#counts.reduce((sum, one) => sum + one, 0),
    );
    const { demand, promisedMemory, promisedCpu } = arrangement.frame;
    this.#demand = this.#measure(
      'CPU in use',
      'cpuMilli',
      weights.demand,
      demand.ofUnit,
      (host, at) => share(real(demand.onHost, at), host.capacity.cpuMilli),
    );
    const memory = this.#measure(
      'memory',
      'memoryMib',
      weights.memory,
      arrangement.memoryOf,
      (host, at) =>
        share(real(promisedMemory, at) + host.reserved.memoryMib, host.capacity.memoryMib),
    );
    const promise = this.#measure(
      'promised CPU',
      'cpuMilli',
      weights.promisedCpu,
      arrangement.cpuOf,
      (host, at) => share(real(promisedCpu, at) + host.reserved.cpuMilli, host.capacity.cpuMilli),
    );
    this.#measures = [this.#demand, memory, promise].filter(({ weight }) => weight > 0);
    for (const [at] of hosts.entries()) this.#contention += this.#excess(at, 0);
    this.#rules = arrangement.book.violations().reduce((sum, { cost }) => sum + cost, 0);
  }

  /** The number itself. */
  total(): number {
    let total = this.#weights.contention * this.#contention + this.#weights.rules * this.#rules;
    for (const { weight, sum, squares } of this.#measures) {
      total += weight * deviation(sum, squares, this.#counted);
    }
    return total;
  }

  /** What it would be if the unit went to host `to`. */
  after(unit: number, to: number): number {
    const from = whole(this.#arrangement.hostOf, unit);
    return this.#changed(from, to, unit, -1);
  }

  /** What it would be if two units on different hosts changed places. */
  afterSwap(unit: number, other: number): number {
    const { hostOf } = this.#arrangement;
    return this.#changed(whole(hostOf, unit), whole(hostOf, other), unit, other);
  }

  /** Follows a unit to host `to`; called before the arrangement puts it there. */
  follow(unit: number, to: number): void {
    const from = whole(this.#arrangement.hostOf, unit);
    if (from === to) return;
    this.#rules += this.#arrangement.ruleCostOfMove(unit, to);
    this.#contention -= this.#excess(from, 0) + this.#excess(to, 0);
    for (const measure of this.#measures) this.#shift(measure, unit, from, to);
    // A measure that has no weight is still what contention is read from.
    if (!this.#measures.includes(this.#demand)) this.#shift(this.#demand, unit, from, to);
    this.#contention += this.#excess(from, 0) + this.#excess(to, 0);
  }

  /** CPU asked for beyond what the host gives freely, over all hosts, as a share of one host's capacity. */
  get contention(): number {
    return this.#contention;
  }

  /** What the number is made of, in millionths: integers, so that they add up. */
  terms(): readonly LoadTerm[] {
    const { contention, rules } = this.#weights;
    const measured = this.#measures.map(({ name, weight, sum, squares }) => ({
      name,
      millionths: millionths(weight * deviation(sum, squares, this.#counted)),
    }));
    return [
      { name: 'contention', millionths: millionths(contention * this.#contention) },
      ...measured,
      { name: 'soft rules', millionths: millionths(rules * this.#rules) },
    ];
  }

  /** The sum of the terms: how uneven the arrangement is, in millionths; 0 is even. */
  uneven(): number {
    return unevenOf(this.terms());
  }

  #changed(from: number, to: number, unit: number, other: number): number {
    const counted = this.#counted;
    const fromCounts = this.#counts[from] === 1;
    const toCounts = this.#counts[to] === 1;
    let total = 0;
    for (const { weight, of, load, inverse, sum, squares } of this.#measures) {
      const amount = real(of, unit) - (other < 0 ? 0 : real(of, other));
      let newSum = sum;
      let newSquares = squares;
      if (fromCounts) {
        const before = real(load, from);
        const after = before - amount * real(inverse, from);
        newSum += after - before;
        newSquares += after * after - before * before;
      }
      if (toCounts) {
        const before = real(load, to);
        const after = before + amount * real(inverse, to);
        newSum += after - before;
        newSquares += after * after - before * before;
      }
      total += weight * deviation(newSum, newSquares, counted);
    }
    const { of } = this.#demand;
    const amount = real(of, unit) - (other < 0 ? 0 : real(of, other));
    const contention =
      amount === 0
        ? this.#contention
        : this.#contention -
          (this.#excess(from, 0) + this.#excess(to, 0)) +
          (this.#excess(from, -amount) + this.#excess(to, amount));
    let rules = this.#rules + this.#arrangement.ruleCostOfMove(unit, to);
    if (other >= 0) rules += this.#arrangement.ruleCostOfMove(other, from);
    return total + this.#weights.contention * contention + this.#weights.rules * rules;
  }

  #excess(host: number, more: number): number {
    if (this.#counts[host] !== 1) return 0;
    const { load, inverse, mean } = this.#demand;
    const used = real(load, host) + mean + more * real(inverse, host);
    return used > contentionFrom ? used - contentionFrom : 0;
  }

  #shift(measure: Measure, unit: number, from: number, to: number): void {
    const { of, load, inverse } = measure;
    const amount = real(of, unit);
    for (const [host, by] of [
      [from, -amount],
      [to, amount],
    ] as const) {
      const before = real(load, host);
      const after = before + by * real(inverse, host);
      load[host] = after;
      if (this.#counts[host] !== 1) continue;
      measure.sum += after - before;
      measure.squares += after * after - before * before;
    }
  }

  #measure(
    name: LoadTermName,
    resource: keyof Resources,
    weight: number,
    of: Float64Array,
    loadOf: (host: Host, at: number) => number,
  ): Measure {
    const { hosts } = this.#arrangement;
    const load = Float64Array.from(hosts, loadOf);
    let mean = 0;
    for (const [at, one] of load.entries()) if (this.#counts[at] === 1) mean += one;
    mean /= this.#counted;
    let sum = 0;
    let squares = 0;
    for (const [at, one] of load.entries()) {
      const apart = one - mean;
      load[at] = apart;
      if (this.#counts[at] !== 1) continue;
      sum += apart;
      squares += apart * apart;
    }
    const inverse = Float64Array.from(hosts, (host) => share(1, host.capacity[resource]));
    return { name, weight, of, load, mean, inverse, sum, squares };
  }
}

/** Of the hosts that can take a VM: the others are nobody's measure of evenness. */
function takesPart(host: Host, closed: ReadonlySet<string>): boolean {
  return host.health === 'up' && host.intent === 'active' && !closed.has(host.id);
}

/** The terms add up to how uneven the cluster is. */
export function unevenOf(terms: readonly LoadTerm[]): number {
  return terms.reduce((sum, term) => sum + term.millionths, 0);
}

function millionths(value: number): number {
  return Math.round(value * 1_000_000);
}

function share(part: number, whole_: number): number {
  return whole_ <= 0 ? 0 : part / whole_;
}

function deviation(sum: number, squares: number, count: number): number {
  const mean = sum / count;
  const variance = squares / count - mean * mean;
  return variance <= 0 ? 0 : Math.sqrt(variance);
}
