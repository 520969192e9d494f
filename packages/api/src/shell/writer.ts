/** Performs the steps by which a decision comes into etcd; which they are is the logic's. */
import { setTimeout as pause } from 'node:timers/promises';
import { DroverError } from '@drover/protocol';
import type { Store, StoreOutcome } from '@drover/store';
import type { Decide } from '../logic/write.ts';
import { type WriteNews, type WriteStep, writing } from '../logic/writing.ts';
import type { Mirror } from './mirror.ts';

export class Writer {
  readonly #store: Store;
  readonly #mirror: Mirror;
  readonly #count: (outcome: string) => void;

  constructor(store: Store, mirror: Mirror, count: (outcome: string) => void) {
    this.#store = store;
    this.#mirror = mirror;
    this.#count = count;
  }

  /** Resolves when it is in etcd, or was so already. */
  async write(decide: Decide): Promise<void> {
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
