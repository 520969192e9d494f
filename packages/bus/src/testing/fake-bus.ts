/**
 * A NATS server without a network, for tests: identities and their permissions as the real one enforces
 * them, messages that arrive later than they were sent, clients that can be cut off.
 */
import { type BusIdentity, DroverError, inboxPrefix, natsPermissions } from '@drover/protocol';
import { type Counters, fits, newCounters } from '../counters.ts';
import { Inbox } from '../inbox.ts';
import type { Bus, BusState, Subscription } from '../port.ts';
import { coversAny } from './subject-match.ts';

/** One process' bus, and what may happen to its connection. */
export interface FakeBus extends Bus {
  /** `false`: cut off, as if the server were gone for this client. */
  setOnline(online: boolean): void;
}

export interface FakeBusHub {
  /** Without an identity everything is allowed, as on a server without accounts. */
  connect(identity?: BusIdentity): FakeBus;
  /** Lets everything arrive that was sent. */
  settle(): Promise<void>;
}

interface Message {
  readonly subject: string;
  readonly text: string;
  readonly reply?: (from: FakeClient, answer: string | { readonly refusal: string }) => void;
}

interface Interest {
  readonly client: FakeClient;
  readonly subject: string;
  readonly deliver: (message: Message) => void;
  /** The server refused it; tried again with the next connection. */
  refused: boolean;
}

export function createFakeBus(): FakeBusHub {
  const server = new FakeServer();
  return {
    connect: (identity) => new FakeClient(server, identity),
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

class FakeServer {
  readonly interests = new Set<Interest>();

  /** Delivers after a turn; returns whether anybody listens. */
  send(message: Message): boolean {
    const listeners = [...this.interests].filter(
      ({ client, subject, refused }) =>
        !refused && client.state === 'connected' && coversAny([subject], message.subject),
    );
    for (const interest of listeners) {
      queueMicrotask(() => {
        const { client } = interest;
        if (client.state === 'connected' && this.interests.has(interest)) interest.deliver(message);
      });
    }
    return listeners.length > 0;
  }
}

class FakeClient implements FakeBus {
  readonly #server: FakeServer;
  readonly #identity: BusIdentity | undefined;
  readonly #counters: Counters = { ...newCounters(), connects: 1 };
  readonly #statusHandlers = new Set<(state: BusState) => void>();
  readonly #pendingRequests = new Set<(why: string) => void>();
  #online = true;

  constructor(server: FakeServer, identity: BusIdentity | undefined) {
    this.#server = server;
    this.#identity = identity;
  }

  get state(): BusState {
    return this.#online ? 'connected' : 'disconnected';
  }

  get stats() {
    return { ...this.#counters };
  }

  setOnline(online: boolean): void {
    if (online === this.#online) return;
    this.#online = online;
    this.#counters[online ? 'connects' : 'disconnects'] += 1;
    if (!online) for (const fail of this.#pendingRequests) fail('NATS was disconnected');
    if (online) {
      for (const interest of this.#server.interests) {
        if (interest.client === this) this.#ask(interest);
      }
    }
    for (const handler of this.#statusHandlers) handler(this.state);
  }

  publish(subject: string, text: string): boolean {
    if (!this.#maySend(text)) return false;
    this.#counters.published += 1;
    if (this.permits('publish', subject)) this.#server.send({ subject, text });
    return true;
  }

  subscribe(...[subject, handler, options]: Parameters<Bus['subscribe']>): Subscription {
    const inbox = new Inbox<Message>(
      options,
      (message) => handler(message.text, message.subject),
      () => {
        this.#counters.dropped += 1;
      },
    );
    const subscription = this.#listen(subject, (message) => inbox.add(message));
    return {
      close: () => {
        subscription.close();
        inbox.close();
      },
    };
  }

  async request(subject: string, text: string, timeoutMs: number): Promise<string> {
    if (!this.#maySend(text)) {
      throw new DroverError('bus-unavailable', 'not connected, or the request is too long');
    }
    this.#counters.published += 1;
    const inbox = `${this.#inboxPrefix()}.reply`;
    // The server is asked for both, and counts both.
    const mayHear = this.permits('subscribe', inbox);
    const maySay = this.permits('publish', subject);
    if (!mayHear || !maySay) {
      throw new DroverError('bus-unavailable', `not permitted to ask ${subject}`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const fail = (why: string) => reject(new DroverError('bus-unavailable', `${subject}: ${why}`));
    const timer = setTimeout(fail, timeoutMs, 'no answer in time');
    this.#pendingRequests.add(fail);
    const heard = this.#server.send({
      subject,
      text,
      reply: (from, answer) => {
        if (!from.permits('publish', inbox) || this.state !== 'connected') return;
        if (typeof answer === 'string') resolve(answer);
        else fail(answer.refusal);
      },
    });
    if (!heard) reject(new DroverError('no-leader', `nobody answers ${subject}`));
    try {
      const reply = await promise;
      this.#counters.received += 1;
      return reply;
    } finally {
      clearTimeout(timer);
      this.#pendingRequests.delete(fail);
    }
  }

  respond(...[subject, handler, options]: Parameters<Bus['respond']>): Subscription {
    const limit = options?.concurrency ?? 64;
    let busy = 0;
    return this.#listen(subject, (message) => {
      if (!message.reply) return;
      if (busy >= limit) {
        this.#counters.dropped += 1;
        return message.reply(this, { refusal: 'too many requests at the same time' });
      }
      busy += 1;
      const answer = async () => {
        const reply = await handler(message.text).finally(() => {
          busy -= 1;
        });
        if (this.state === 'connected') message.reply?.(this, reply);
      };
      void answer();
    });
  }

  onStatus(handler: (state: BusState) => void): Subscription {
    const own = (state: BusState) => handler(state);
    this.#statusHandlers.add(own);
    queueMicrotask(() => {
      if (this.#statusHandlers.has(own)) own(this.state);
    });
    return { close: () => void this.#statusHandlers.delete(own) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#statusHandlers.clear();
    this.setOnline(false);
    for (const interest of this.#server.interests) {
      if (interest.client === this) this.#server.interests.delete(interest);
    }
    await Promise.resolve();
  }

  /** Asks the server's permissions; counts a violation. */
  permits(what: 'publish' | 'subscribe', subject: string): boolean {
    const allowed = this.#identity ? natsPermissions(this.#identity)[what] : ['>'];
    if (coversAny(allowed, subject)) return true;
    this.#counters.permissionViolations += 1;
    return false;
  }

  #maySend(text: string): boolean {
    if (!this.#online) this.#counters.refusedDisconnected += 1;
    else if (!fits(text)) this.#counters.refusedTooLong += 1;
    else return true;
    return false;
  }

  #inboxPrefix(): string {
    const role = this.#identity?.role;
    return role === 'api' || role === 'scheduler' ? inboxPrefix[role] : '_INBOX';
  }

  #listen(subject: string, deliver: (message: Message) => void): Subscription {
    const interest: Interest = {
      client: this,
      subject,
      refused: false,
      deliver: (message) => {
        this.#counters.received += 1;
        deliver(message);
      },
    };
    this.#server.interests.add(interest);
    if (this.#online) this.#ask(interest);
    return { close: () => void this.#server.interests.delete(interest) };
  }

  #ask(interest: Interest): void {
    interest.refused = !this.permits('subscribe', interest.subject);
  }
}
