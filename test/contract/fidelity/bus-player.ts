/** Clients of a bus that come, go, listen, speak and ask, drawn at random; played on the fake bus and on a real NATS. */
import type { Bus, Subscription } from '@drover/bus';
import { DroverError, inboxPrefix, subjects } from '@drover/protocol';
import fc from 'fast-check';
import { type BusHarness, tooLong, type Who } from '../support/bus-harness.ts';
import { until } from '../support/until.ts';
import { isElsewhere, type Player, type Step, stepwise } from './play.ts';

export type BusOperation =
  | { readonly type: 'open' | 'close'; readonly who: Who }
  | { readonly type: 'subscribe'; readonly who: Who; readonly subject: string }
  /** The one of that number, counted round. */
  | { readonly type: 'unsubscribe'; readonly at: number }
  | {
      readonly type: 'publish';
      readonly who: Who;
      readonly subject: string;
      readonly count: number;
    }
  | { readonly type: 'publish-too-long'; readonly who: Who; readonly subject: string }
  | { readonly type: 'respond' | 'ask'; readonly who: Who; readonly subject: string }
  /** The server goes, is spoken to in vain, and comes back. */
  | { readonly type: 'restart'; readonly who: Who; readonly subject: string };

const everybody = ['scheduler', 'api', 'h1', 'h2'] as const satisfies readonly Who[];
const who = fc.constantFrom<Who>(...everybody);
const spoken = fc.constantFrom(
  subjects.agent('h1', 'heartbeat'),
  subjects.agent('h2', 'result'),
  'drover.agent.h1',
  'drover.agent.h1.a.b',
  subjects.command('h1'),
  subjects.command('h2'),
  subjects.query(),
  subjects.announcement(),
  `${inboxPrefix.api}.x`,
);
const heard = fc.oneof(
  spoken,
  fc.constantFrom(
    subjects.allAgents(),
    'drover.agent.*.*',
    'drover.agent.h1.>',
    'drover.cmd.*',
    '>',
    `${inboxPrefix.api}.>`,
  ),
);

/** What the identity may do comes up often enough to lead to something. */
const useful = fc.constantFrom<BusOperation>(
  { type: 'subscribe', who: 'scheduler', subject: subjects.allAgents() },
  { type: 'subscribe', who: 'scheduler', subject: 'drover.agent.*.*' },
  { type: 'subscribe', who: 'h1', subject: subjects.command('h1') },
  { type: 'subscribe', who: 'h2', subject: subjects.command('h2') },
  { type: 'subscribe', who: 'api', subject: subjects.announcement() },
  { type: 'publish', who: 'h1', subject: subjects.agent('h1', 'progress'), count: 5 },
  { type: 'publish', who: 'h2', subject: subjects.agent('h2', 'progress'), count: 3 },
  { type: 'publish', who: 'scheduler', subject: subjects.command('h1'), count: 4 },
  { type: 'respond', who: 'scheduler', subject: subjects.query() },
  { type: 'ask', who: 'api', subject: subjects.query() },
);

const subject = spoken;
const count = fc.integer({ min: 1, max: 5 });
const is = <T extends BusOperation['type']>(type: T) => fc.constant(type);
export const busOperation = fc.oneof(
  { arbitrary: fc.record({ type: is('open'), who }), weight: 8 },
  { arbitrary: fc.record({ type: is('close'), who }), weight: 2 },
  { arbitrary: fc.record({ type: is('subscribe'), who, subject: heard }), weight: 5 },
  { arbitrary: fc.record({ type: is('unsubscribe'), at: fc.nat({ max: 5 }) }), weight: 2 },
  { arbitrary: fc.record({ type: is('publish'), who, subject, count }), weight: 6 },
  { arbitrary: fc.record({ type: is('publish-too-long'), who, subject }), weight: 1 },
  { arbitrary: fc.record({ type: is('respond'), who, subject }), weight: 2 },
  { arbitrary: fc.record({ type: is('ask'), who, subject }), weight: 3 },
  { arbitrary: fc.record({ type: is('restart'), who, subject }), weight: 1 },
  { arbitrary: useful, weight: 14 },
) as fc.Arbitrary<BusOperation>;

export function sayBus(operation: BusOperation): string {
  return Object.values(operation).join(' ');
}

/** `start`: a server without clients. What clients of it leave behind is closed after each play. */
export function busPlayer(name: string, harness: () => BusHarness): Player<BusOperation> {
  return {
    name,
    play: async (operations, expected) => {
      const play = new BusPlay(harness());
      try {
        return (await stepwise(operations, expected, (...one) => play.step(...one))).steps;
      } finally {
        await play.end();
      }
    },
  };
}

interface Listening {
  readonly who: Who;
  readonly heard: string[];
  readonly subscription: Subscription;
}

class BusPlay {
  readonly #harness: BusHarness;
  readonly #open = new Map<Who, Bus>();
  #listening: Listening[] = [];
  #said = 0;

  constructor(harness: BusHarness) {
    this.#harness = harness;
  }

  async step(operation: BusOperation, expected: Step | undefined): Promise<Step> {
    const lines: string[] = [];
    for (const { heard: already } of this.#listening) already.length = 0;
    await this.#do(operation, lines);
    await this.#harness.settle();
    const read = () => [...lines, ...this.#state()];
    const isSo = () => expected === undefined || !isElsewhere(read(), expected);
    const waiting = { timeoutMs: 2_000, pause: (ms: number) => this.#harness.pass(ms) };
    await until('it is as expected', isSo, waiting).catch(() => undefined);
    return read();
  }

  async end(): Promise<void> {
    for (const bus of this.#open.values()) await bus[Symbol.asyncDispose]();
  }

  async #do(operation: BusOperation, lines: string[]): Promise<void> {
    if (operation.type === 'unsubscribe') {
      const at = operation.at % Math.max(1, this.#listening.length);
      this.#listening[at]?.subscription.close();
      this.#listening = this.#listening.filter((_, other) => other !== at);
      return;
    }
    const bus = this.#open.get(operation.who);
    if (operation.type === 'open') {
      if (bus === undefined) await this.#connect(operation.who);
      return;
    }
    if (bus === undefined) return;
    switch (operation.type) {
      case 'close':
        this.#open.delete(operation.who);
        this.#listening = this.#listening.filter((one) => one.who !== operation.who);
        return await bus[Symbol.asyncDispose]();
      case 'subscribe':
        return this.#subscribe(operation.who, bus, operation.subject);
      case 'publish':
        return this.#publish(operation.who, bus, operation.subject, operation.count, lines);
      case 'publish-too-long':
        lines.push(`sent: ${bus.publish(operation.subject, tooLong)}`);
        return;
      case 'respond':
        bus.respond(operation.subject, async (text) => `answer to ${text}`);
        return;
      case 'ask':
        lines.push(await asked(bus, operation.subject));
        return;
      case 'restart':
        await this.#harness.setDown(true);
        await this.#all('disconnected');
        this.#publish(operation.who, bus, operation.subject, 1, lines);
        lines.push(await asked(bus, subjects.query()));
        await this.#harness.setDown(false);
        await this.#all('connected');
    }
  }

  async #connect(name: Who): Promise<void> {
    this.#open.set(name, this.#harness.connect(name));
    await this.#all('connected');
  }

  async #all(state: Bus['state']): Promise<void> {
    const pause = (ms: number) => this.#harness.pass(ms);
    const areThey = () => [...this.#open.values()].every((bus) => bus.state === state);
    await until(`all are ${state}`, areThey, { pause });
  }

  #subscribe(name: Who, bus: Bus, pattern: string): void {
    const texts: string[] = [];
    const hear = (text: string, from: string) => void texts.push(`${text} on ${from}`);
    const subscription = bus.subscribe(pattern, hear, {
      queueLimit: 1_000,
      onOverflow: 'drop-oldest',
    });
    this.#listening.push({ who: name, heard: texts, subscription });
  }

  #publish(name: Who, bus: Bus, to: string, times: number, lines: string[]): void {
    for (let time = 0; time < times; time += 1) {
      this.#said += 1;
      lines.push(`sent: ${bus.publish(to, `${this.#said} from ${name}`)}`);
    }
  }

  /** In an operation one client speaks: what each hears of it is in order. */
  #state(): readonly string[] {
    return [
      ...this.#listening.flatMap(({ who: name, heard: texts }, at) =>
        texts.map((text) => `${at} ${name} hears ${text}`),
      ),
      ...[...this.#open].map(([name, { state, stats }]) => {
        const { permissionViolations, refusedDisconnected, refusedTooLong } = stats;
        const refused = [permissionViolations, refusedDisconnected, refusedTooLong].join(', ');
        return `${name} ${state}, refused ${refused}`;
      }),
    ];
  }
}

async function asked(bus: Bus, question: string): Promise<string> {
  try {
    return await bus.request(question, 'question', 400);
  } catch (error) {
    if (error instanceof DroverError) return error.code;
    throw error;
  }
}
