/**
 * The points at which a process can die or stand still: before and after whatever it asks of its environment.
 * They are counted for each process over all its lives, so that a run can be made again with a blow at each.
 */
import type { Random } from '@drover/core';
import type { Life } from './life.ts';

/** `kill`: kill -9, and started again. `stop`: it stands still, as after a SIGSTOP, and goes on. `sleep`: its clock too. */
export type Blow = 'kill' | 'stop' | 'sleep';

export interface PlannedBlow {
  readonly who: string;
  /** Which of its points, from 0. */
  readonly at: number;
  readonly how: Blow;
}

export interface Process {
  readonly id: string;
  readonly life: Life;
  crash(why: string): void;
}

/** Longer than a lease, a step's time and the silence after which a host is down. */
const stopMs = 32_000;
const napMs = [7_000, 15_000] as const;

export class Points {
  readonly #random: Random;
  readonly #planned: ReadonlyMap<string, Blow>;
  readonly #later: (ms: number, run: () => void) => void;
  readonly #counts = new Map<string, number>();
  /** In thousandths, by process: how often chance strikes. */
  readonly kills = new Map<string, number>();
  readonly naps = new Map<string, number>();
  /** Where the last planned blow fell. */
  struck = '';

  constructor(
    random: Random,
    planned: readonly PlannedBlow[],
    later: (ms: number, run: () => void) => void,
  ) {
    this.#random = random;
    this.#planned = new Map(planned.map(({ who, at, how }) => [`${who} ${at}`, how]));
    this.#later = later;
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Goes on unless the process dies here; a process that stands still goes on afterwards. */
  pass(process: Process, where: string, goOn: () => void): void {
    const { id, life } = process;
    if (!life.isAlive) return;
    const at = this.#counts.get(id) ?? 0;
    this.#counts.set(id, at + 1);
    const planned = this.#planned.get(`${id} ${at}`);
    if (planned !== undefined) this.struck = `${id} ${where}`;
    const blow = planned ?? this.#byChance(id);
    if (blow === 'kill') return process.crash(where);
    if (blow !== undefined && !life.isFrozen) {
      life.freeze(blow === 'sleep' ? 'sleep' : 'stop');
      this.#later(blow === 'sleep' ? this.#random.within(napMs) : stopMs, () => life.thaw());
    }
    life.guard(goOn)();
  }

  /** Chance strikes nobody any more. */
  calm(): void {
    this.kills.clear();
    this.naps.clear();
  }

  #byChance(id: string): Blow | undefined {
    const kill = this.kills.get(id) ?? 0;
    if (kill > 0 && this.#random.chance(kill)) return 'kill';
    const nap = this.naps.get(id) ?? 0;
    return nap > 0 && this.#random.chance(nap) ? 'sleep' : undefined;
  }
}
