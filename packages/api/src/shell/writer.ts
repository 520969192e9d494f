/**
 * Performs the steps by which a decision comes into etcd; which they are is the logic's. What the request says of
 * how it is to be taken (version, key, dry run) becomes part of the decision here.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DroverError } from '@drover/protocol';
import type { Store, StoreOutcome } from '@drover/store';
import type { FastifyRequest } from 'fastify';
import { onlyOnce } from '../logic/repeat.ts';
import { onlyOfVersion } from '../logic/versions.ts';
import { withinLimit } from '../logic/pending.ts';
import type { Decide } from '../logic/write.ts';
import { type WriteNews, type WriteStep, writing } from '../logic/writing.ts';
import { isDryRun } from './auth.ts';
import { Rehearsed, subjectOf } from './conventions.ts';
import type { Mirror } from './mirror.ts';

export class Writer {
  readonly #store: Store;
  readonly #mirror: Mirror;
  readonly #count: (outcome: string) => void;

  readonly #pendingEach: number;

  constructor(store: Store, mirror: Mirror, count: (outcome: string) => void, pendingEach: number) {
    this.#store = store;
    this.#mirror = mirror;
    this.#count = count;
    this.#pendingEach = pendingEach;
  }

  /**
   * Resolves when it is in etcd, or was so already, or was written for this very request before. Throws
   * `Rehearsed` for a dry run.
   */
  async write(request: FastifyRequest, decide: Decide): Promise<void> {
    if (request.formerIds !== undefined) return;
    const asked = this.#asAsked(request, decide);
    if (isDryRun(request)) throw new Rehearsed(asked(this.#mirror.records));
    await this.carryOut(asked);
  }

  #asAsked(request: FastifyRequest, decide: Decide): Decide {
    const by = request.principal?.name ?? '';
    const subject = subjectOf(request);
    const ifMatch = request.headers['if-match'];
    const made = { by, atMs: Date.now(), ids: request.ids };
    let asked = withinLimit(decide, by, this.#pendingEach);
    if (ifMatch !== undefined && subject !== undefined) {
      asked = onlyOfVersion(asked, subject, ifMatch);
    }
    if (request.named === undefined || isDryRun(request)) return asked;
    return onlyOnce(asked, request.named, made);
  }

  /** What no person asked for. */
  async carryOut(decide: Decide): Promise<void> {
    const steps = writing(decide, this.#mirror, this.#count);
    for (let next = steps.next(); next.done !== true;) {
      next = steps.next(await this.#perform(next.value));
    }
  }

  async #perform(step: WriteStep): Promise<WriteNews> {
    switch (step.type) {
      case 'send':
        return this.#send(step);
      case 'read':
        return {
          type: 'entries',
          entries: await Promise.all(step.keys.map((key) => this.#read(key))),
        };
      case 'read-back':
        return this.#readBack(step);
      case 'hear':
        await this.#mirror.reaches(step.revision, step.totalMs);
        return { type: 'heard' };
    }
  }

  async #send({ txn }: Extract<WriteStep, { type: 'send' }>): Promise<WriteNews> {
    try {
      return await this.#store.txn(txn);
    } catch (error) {
      if (outcomeOf(error) !== 'unknown') throw error;
      return { type: 'unknown', why: error };
    }
  }

  async #readBack(step: Extract<WriteStep, { type: 'read-back' }>): Promise<WriteNews> {
    const until = performance.now() + step.totalMs;
    do {
      try {
        return { type: 'entries', entries: [await this.#read(step.key)] };
      } catch {
        await pause(step.betweenMs);
      }
    } while (performance.now() < until);
    return { type: 'unknown' };
  }

  async #read(key: string) {
    const { entry } = await this.#store.get(key);
    return entry;
  }
}

function outcomeOf(error: unknown): StoreOutcome | undefined {
  if (!(error instanceof DroverError) || error.code !== 'store-unavailable') return undefined;
  return error.details['outcome'] as StoreOutcome | undefined;
}
