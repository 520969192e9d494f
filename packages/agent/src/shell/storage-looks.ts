/**
 * Questions to the host's storage, which may never answer: a call to a dead file server holds one of the process's few
 * file threads for as long as the server is dead. So one at a time is asked of each mount, only so many of all, and who
 * asks where nobody answers is told so at once.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isLocal, mountOf, type Mount } from './mounts.ts';

export const silence = Symbol('no answer');

export interface StorageLooksOptions {
  readonly mounts: () => Promise<readonly Mount[]>;
  /** How long one who asks waits for the turn, and then for the answer. */
  readonly patienceMs?: number;
  /** Under way together, answered or not. libuv has four threads for files, and the journal needs one. */
  readonly atOnce?: number;
}

interface Turn {
  readonly place: string;
  /** False: it is not to be asked. */
  readonly decide: (mayAsk: boolean) => void;
}

export class StorageLooks {
  readonly #mounts: StorageLooksOptions['mounts'];
  readonly #patienceMs: number;
  readonly #atOnce: number;
  readonly #underWay = new Set<string>();
  /** Of those under way: who asked has stopped waiting. */
  readonly #silent = new Set<string>();
  readonly #waiting = new Set<Turn>();

  constructor({ mounts, patienceMs = 2_000, atOnce = 2 }: StorageLooksOptions) {
    this.#mounts = mounts;
    this.#patienceMs = patienceMs;
    this.#atOnce = atOnce;
  }

  /** Rejects as the question does. */
  async ask<T>(path: string, question: (path: string) => Promise<T>): Promise<T | typeof silence> {
    const place = placeOf(path, await this.#mounts());
    if (!(await this.#turn(place))) return silence;
    const answer = this.#ask(place, () => question(path));
    const first = await this.#inTime(answer, silence);
    if (first === silence && this.#underWay.has(place)) {
      this.#silent.add(place);
      this.#decide();
    }
    return first;
  }

  async #ask<T>(place: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } finally {
      this.#underWay.delete(place);
      this.#silent.delete(place);
      this.#decide();
    }
  }

  async #turn(place: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const turn = { place, decide: resolve };
    this.#waiting.add(turn);
    this.#decide();
    const mayAsk = await this.#inTime(promise, false);
    this.#waiting.delete(turn);
    return mayAsk;
  }

  #decide(): void {
    for (const turn of this.#waiting) {
      const { place } = turn;
      const isHopeless = this.#silent.has(place) || this.#silent.size >= this.#atOnce;
      const isFree = !this.#underWay.has(place) && this.#underWay.size < this.#atOnce;
      if (!isHopeless && !isFree) continue;
      this.#waiting.delete(turn);
      if (!isHopeless) this.#underWay.add(place);
      turn.decide(!isHopeless);
    }
  }

  async #inTime<T, L>(answer: Promise<T>, tooLate: L): Promise<T | L> {
    const late = new AbortController();
    try {
      return await Promise.race([
        answer,
        pause(this.#patienceMs, tooLate, { signal: late.signal }),
      ]);
    } finally {
      late.abort();
    }
  }
}

/** A path of the host's own may lead anywhere by a link, and speaks for itself alone. */
function placeOf(path: string, mounts: readonly Mount[]): string {
  const mount = mountOf(path, mounts);
  return mount === undefined || isLocal(mount) ? path : mount.at;
}
