/** Questions to the scheduler that leads, over NATS. Asking changes nothing, there or here. */
import type { Bus } from '@drover/bus';
import {
  DroverError,
  isErrorCode,
  type Query,
  type QueryReply,
  type SnapshotView,
  subjects,
} from '@drover/protocol';

const answerMs = 5_000;
/** Where the answer only adds to what etcd says already. */
const extraMs = 1_500;

type Answer<T extends Query['type']> = Extract<QueryReply, { readonly type: T }>;

export class Leader {
  readonly #bus: Bus;
  /** Those who ask while a snapshot is on its way get the same one. */
  #coming: Promise<SnapshotView> | undefined;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  async ask<Q extends Query>(query: Q, timeoutMs = answerMs): Promise<Answer<Q['type']>> {
    const text = await this.#bus.request(subjects.query(), JSON.stringify(query), timeoutMs);
    let reply: QueryReply;
    try {
      reply = JSON.parse(text) as QueryReply;
    } catch (error) {
      throw new DroverError('no-leader', 'what leads answered with no JSON', { cause: error });
    }
    if (reply.type === 'error') {
      throw new DroverError(isErrorCode(reply.code) ? reply.code : 'internal', reply.message);
    }
    if (reply.type === query.type) return reply as Answer<Q['type']>;
    throw new DroverError('no-leader', `what leads answered ${reply.type} to ${query.type}`);
  }

  snapshot(): Promise<SnapshotView> {
    this.#coming ??= this.ask({ type: 'snapshot' })
      .then((answer) => answer.snapshot)
      .finally(() => {
        this.#coming = undefined;
      });
    return this.#coming;
  }

  /** Nothing where nobody leads, NATS is away, or the answer takes long: the records will do. */
  async snapshotIfThere(): Promise<SnapshotView | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, extraMs, undefined);
    try {
      return await Promise.race([this.snapshot().catch(() => undefined), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
