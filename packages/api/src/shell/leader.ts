/** Questions to the scheduler that leads, over NATS. Asking changes nothing, there or here. */
import type { Bus } from '@drover/bus';
import { DroverError, isErrorCode, type Query, type QueryReply, subjects } from '@drover/protocol';

const answerMs = 5_000;
/** Where the answer only adds to what etcd says already. */
const extraMs = 1_500;

type Answer<T extends Query['type']> = Extract<QueryReply, { readonly type: T }>;

export class Leader {
  readonly #bus: Bus;
  /** By question: those who ask while the answer is on its way get the same one. */
  readonly #coming = new Map<string, Promise<QueryReply>>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  async ask<Q extends Query>(query: Q): Promise<Answer<Q['type']>> {
    const text = JSON.stringify(query);
    let coming = this.#coming.get(text);
    if (coming === undefined) {
      coming = this.#send(text).finally(() => this.#coming.delete(text));
      this.#coming.set(text, coming);
    }
    const reply = await coming;
    if (reply.type === 'error') {
      throw new DroverError(isErrorCode(reply.code) ? reply.code : 'internal', reply.message);
    }
    if (reply.type === query.type) return reply as Answer<Q['type']>;
    throw new DroverError('no-leader', `what leads answered ${reply.type} to ${query.type}`);
  }

  async #send(question: string): Promise<QueryReply> {
    const text = await this.#bus.request(subjects.query(), question, answerMs);
    try {
      return JSON.parse(text) as QueryReply;
    } catch (error) {
      throw new DroverError('no-leader', 'what leads answered with no JSON', { cause: error });
    }
  }

  /** Nothing where nobody leads, NATS is away, or the answer takes long: the records will do. */
  async askIfThere<Q extends Query>(query: Q): Promise<Answer<Q['type']> | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, extraMs, undefined);
    try {
      return await Promise.race([this.ask(query).catch(() => undefined), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
