/**
 * A run that breaks a promise, made smaller as long as it breaks the same one: fewer steps (delta debugging:
 * Zeller and Hildebrandt, 2002), fewer hosts and schedulers, shorter faults, less chance.
 */
import { replay } from './play.ts';
import type { Scenario } from './scenario.ts';
import type { TimedStep } from './script.ts';
import type { Violation } from './world.ts';

export interface Shrunk {
  readonly scenario: Scenario;
  readonly violation: Violation;
  readonly tries: number;
}

/** Nothing where playing it again does not break that promise. `mayTry` is asked before each run. */
export function shrink(
  scenario: Scenario,
  promise: string,
  mayTry: () => boolean,
): Shrunk | undefined {
  const violation = breaks(scenario, promise);
  if (violation === undefined) return undefined;
  const shrinker = new Shrinker({ scenario, violation, tries: 1 }, promise, mayTry);
  return shrinker.run();
}

class Shrinker {
  #best: Shrunk;
  readonly #promise: string;
  readonly #mayTry: () => boolean;

  constructor(first: Shrunk, promise: string, mayTry: () => boolean) {
    this.#best = first;
    this.#promise = promise;
    this.#mayTry = mayTry;
  }

  run(): Shrunk {
    this.#cutTheEnd();
    for (;;) {
      const before = this.#best.scenario;
      this.#dropSteps();
      this.#dropHosts();
      this.#try({ ...this.#best.scenario, schedulers: 1 });
      this.#simplifySteps();
      this.#calmChance();
      if (this.#best.scenario === before || !this.#mayTry()) return this.#best;
    }
  }

  /** Keeps the smaller one where it breaks the same promise. */
  #try(scenario: Scenario): boolean {
    if (!this.#mayTry() || isSame(scenario, this.#best.scenario)) return false;
    const violation = breaks(scenario, this.#promise);
    const tries = this.#best.tries + 1;
    this.#best =
      violation === undefined ? { ...this.#best, tries } : { scenario, violation, tries };
    return violation !== undefined;
  }

  #cutTheEnd(): void {
    const { scenario, violation } = this.#best;
    const untilMs = Math.min(scenario.untilMs, violation.atMs);
    const steps = scenario.steps.filter(({ atMs }) => atMs <= untilMs);
    this.#try({ ...scenario, steps, untilMs });
  }

  #dropSteps(): void {
    for (let size = Math.ceil(this.#best.scenario.steps.length / 2); size >= 1;) {
      let dropped = false;
      for (let at = 0; at < this.#best.scenario.steps.length && this.#mayTry();) {
        const { steps } = this.#best.scenario;
        const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
        if (this.#try({ ...this.#best.scenario, steps: fewer })) dropped = true;
        else at += size;
      }
      if (size === 1 && !dropped) return;
      if (!this.#mayTry()) return;
      size = size === 1 ? 1 : Math.floor(size / 2);
    }
  }

  #dropHosts(): void {
    for (const { id } of this.#best.scenario.hosts.toReversed()) {
      const hosts = this.#best.scenario.hosts.filter((host) => host.id !== id);
      if (hosts.length > 0) this.#try({ ...this.#best.scenario, hosts });
    }
  }

  #simplifySteps(): void {
    for (const at of this.#best.scenario.steps.keys()) {
      for (const simpler of simplerOf(this.#best.scenario.steps[at] as TimedStep)) {
        const steps = this.#best.scenario.steps.with(at, simpler);
        if (this.#try({ ...this.#best.scenario, steps })) break;
      }
    }
  }

  #calmChance(): void {
    const { chance, ...steady } = this.#best.scenario;
    if (chance === undefined || this.#try(steady)) return;
    this.#try({ ...steady, chance: { ...chance, clocksOffMs: 0 } });
  }
}

/** The simplest first. */
function simplerOf({ atMs, step }: TimedStep): readonly TimedStep[] {
  if (step.do === 'create') {
    const plain = { ...step, vcpus: 1, deaf: false, dirtyMibPerSecond: 0, pool: 'shared' as const };
    return [
      { atMs, step: { ...plain, memoryMib: 256 } },
      { atMs, step: plain },
    ];
  }
  if (!('forMs' in step) || step.forMs === 0) return [];
  return [
    { atMs, step: { ...step, forMs: 1_000 } },
    { atMs, step: { ...step, forMs: Math.round(step.forMs / 2_000) * 1_000 } },
  ];
}

function isSame(one: Scenario, other: Scenario): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function breaks(scenario: Scenario, promise: string): Violation | undefined {
  const { violation } = replay(scenario);
  return violation?.promise === promise ? violation : undefined;
}
