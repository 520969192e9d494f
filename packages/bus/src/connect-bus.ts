/**
 * The port over a real NATS. Holds what is subscribed, so that each new connection gets all of it, and
 * refuses to publish where the message could only arrive late or not at all.
 */
import { DroverError } from '@drover/protocol';
import {
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  NoRespondersError,
  RequestError,
} from '@nats-io/transport-node';
import { decode, fits, newCounters } from './counters.ts';
import { Inbox } from './inbox.ts';
import { Link } from './link.ts';
import { Answer, partHeader, splitAnswer } from './parts.ts';
import type {
  Bus,
  BusOptions,
  BusState,
  BusStats,
  MessageHandler,
  RequestHandler,
  RespondOptions,
  SubscribeOptions,
  Subscription,
} from './port.ts';

/** A header of a reply that is no answer: why the request was not taken. */
const refusalHeader = 'Drover-Refusal';

interface Interest {
  readonly subject: string;
  readonly onMessage: (message: Msg, connection: NatsConnection) => void;
  stop: () => void;
}

/** Connects in the background; what is subscribed before takes effect then. */
export function connectBus(options: BusOptions): Bus {
  return new NatsBus(options);
}

class NatsBus implements Bus {
  readonly #counters = newCounters();
  readonly #interests = new Set<Interest>();
  readonly #statusHandlers = new Set<(state: BusState) => void>();
  /** Ends those who wait for an answer. */
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #link: Link;

  constructor(options: BusOptions) {
    this.#link = new Link(options, {
      onUp: (connection) => {
        this.#counters.connects += 1;
        for (const interest of this.#interests) register(connection, interest);
        this.#tell();
      },
      onDown: () => {
        this.#counters.disconnects += 1;
        for (const end of this.#waiting) {
          end(new DroverError('bus-unavailable', 'NATS was disconnected'));
        }
        this.#tell();
      },
      onPermissionViolation: () => {
        this.#counters.permissionViolations += 1;
      },
      onError: (why) => {
        this.#counters.lastError = why;
      },
    });
  }

  get state(): BusState {
    return this.#link.connection ? 'connected' : 'disconnected';
  }

  get stats(): BusStats {
    return { ...this.#counters };
  }

  publish(subject: string, text: string): boolean {
    const connection = this.#link.connection;
    if (!connection || connection.isClosed()) {
      this.#counters.refusedDisconnected += 1;
      return false;
    }
    if (!fits(text)) {
      this.#counters.refusedTooLong += 1;
      return false;
    }
    connection.publish(subject, text);
    this.#counters.published += 1;
    return true;
  }

  subscribe(subject: string, handler: MessageHandler, options: SubscribeOptions): Subscription {
    const inbox = new Inbox<{ readonly text: string; readonly subject: string }>(
      options,
      (message) => handler(message.text, message.subject),
      () => {
        this.#counters.dropped += 1;
      },
    );
    const subscription = this.#listen(subject, (message) => {
      const text = this.#read(message);
      if (text !== undefined) inbox.add({ text, subject: message.subject });
    });
    return {
      close: () => {
        subscription.close();
        inbox.close();
      },
    };
  }

  async request(subject: string, text: string, timeoutMs: number): Promise<string> {
    const connection = this.#link.connection;
    if (!connection || connection.isClosed()) {
      this.#counters.refusedDisconnected += 1;
      throw new DroverError('bus-unavailable', 'NATS is not connected');
    }
    if (!fits(text)) {
      this.#counters.refusedTooLong += 1;
      throw new DroverError('bus-unavailable', `the request to ${subject} is too long`);
    }
    this.#counters.published += 1;
    const { promise: down, reject: end } = Promise.withResolvers<never>();
    this.#waiting.add(end);
    try {
      return await Promise.race([this.#answerOf(connection, subject, text, timeoutMs), down]);
    } catch (error) {
      throw error instanceof DroverError ? error : toDroverError(subject, error);
    } finally {
      this.#waiting.delete(end);
    }
  }

  /** In as many parts as it comes. */
  async #answerOf(
    connection: NatsConnection,
    subject: string,
    text: string,
    timeoutMs: number,
  ): Promise<string> {
    const options = { strategy: 'timer', maxWait: timeoutMs, noMux: true } as const;
    const answer = new Answer();
    for await (const message of await connection.requestMany(subject, text, options)) {
      const refusal = message.headers?.get(refusalHeader);
      if (refusal) throw new DroverError('bus-unavailable', `${subject}: ${refusal}`);
      this.#counters.received += 1;
      const whole = answer.add(message.headers?.get(partHeader) ?? '', message.data);
      if (whole !== undefined) return whole;
    }
    throw new DroverError('bus-unavailable', `no answer to ${subject} in ${timeoutMs} ms`);
  }

  respond(subject: string, handler: RequestHandler, options: RespondOptions = {}): Subscription {
    const limit = options.concurrency ?? 64;
    let busy = 0;
    let closed = false;
    const subscription = this.#listen(subject, (message, connection) => {
      const text = this.#read(message);
      if (text === undefined || !message.reply) return;
      if (busy >= limit) {
        this.#counters.dropped += 1;
        return refuse(connection, message, 'too many requests at the same time');
      }
      busy += 1;
      const answer = async () => {
        const reply = await handler(text).finally(() => {
          busy -= 1;
        });
        if (!closed) this.#reply(connection, message, reply);
      };
      // A handler that rejects is a defect: the rejection is nobody's and ends the process.
      void answer();
    });
    return {
      close: () => {
        closed = true;
        subscription.close();
      },
    };
  }

  onStatus(handler: (state: BusState) => void): Subscription {
    const own = (state: BusState) => handler(state);
    this.#statusHandlers.add(own);
    queueMicrotask(() => {
      if (this.#statusHandlers.has(own)) own(this.state);
    });
    return {
      close: () => {
        this.#statusHandlers.delete(own);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#statusHandlers.clear();
    for (const interest of this.#interests) interest.stop();
    this.#interests.clear();
    await this.#link.close();
  }

  #listen(subject: string, onMessage: Interest['onMessage']): Subscription {
    const interest: Interest = { subject, onMessage, stop: () => {} };
    this.#interests.add(interest);
    if (this.#link.connection) register(this.#link.connection, interest);
    return {
      close: () => {
        this.#interests.delete(interest);
        interest.stop();
      },
    };
  }

  #read(message: Msg): string | undefined {
    const text = decode(message.data);
    if (text === undefined) this.#counters.malformed += 1;
    else this.#counters.received += 1;
    return text;
  }

  #reply(connection: NatsConnection, message: Msg, text: string): void {
    if (connection.isClosed()) {
      this.#counters.refusedDisconnected += 1;
      return;
    }
    // A snapshot of a large cluster is longer than any other message, and than the server takes in one.
    const parts = splitAnswer(text, connection.info?.max_payload ?? 0);
    if (parts === undefined) {
      this.#counters.refusedTooLong += 1;
      return refuse(connection, message, 'the answer is too long');
    }
    for (const [at, bytes] of parts.entries()) {
      message.respond(bytes, parts.length === 1 ? {} : { headers: partOf(at + 1, parts.length) });
      this.#counters.published += 1;
    }
  }

  #tell(): void {
    for (const handler of this.#statusHandlers) handler(this.state);
  }
}

function register(connection: NatsConnection, interest: Interest): void {
  if (connection.isClosed()) return;
  const subscription = connection.subscribe(interest.subject, {
    callback: (error, message) => {
      // What the server does not permit is counted by the link.
      if (!error) interest.onMessage(message, connection);
    },
  });
  interest.stop = () => {
    if (!connection.isClosed()) subscription.unsubscribe();
  };
}

function partOf(at: number, count: number): MsgHdrs {
  const part = headers();
  part.set(partHeader, `${at}/${count}`);
  return part;
}

function refuse(connection: NatsConnection, message: Msg, why: string): void {
  if (connection.isClosed()) return;
  const refusal = headers();
  refusal.set(refusalHeader, why);
  message.respond('', { headers: refusal });
}

function toDroverError(subject: string, error: unknown): DroverError {
  const noResponders =
    error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
  if (noResponders)
    return new DroverError('no-leader', `nobody answers ${subject}`, { cause: error });
  return new DroverError('bus-unavailable', `no answer to ${subject}: ${String(error)}`, {
    cause: error,
  });
}
