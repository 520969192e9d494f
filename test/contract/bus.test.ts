/**
 * The contract of the bus, the same for the fake and for a real nats-server: who may say what, what is
 * never sent late, and what comes back by itself.
 */
import type { Bus } from '@drover/bus';
import { inboxPrefix, subjects } from '@drover/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type BusHarness,
  fakeBusHarness,
  realBusHarness,
  tooLong,
  type Who,
} from './support/bus-harness.ts';
import { until } from './support/until.ts';

const ample = { queueLimit: 1_000, onOverflow: 'drop-oldest' } as const;

describe.each([
  { name: 'the fake', start: fakeBusHarness },
  { name: 'nats-server', start: realBusHarness },
])('a bus over $name', ({ start }) => {
  let harness: BusHarness;
  let open: Bus[] = [];

  beforeAll(async () => {
    harness = await start();
  });
  afterEach(async () => {
    await Promise.all(open.map((bus) => bus[Symbol.asyncDispose]()));
    open = [];
  });
  afterAll(async () => {
    await harness?.[Symbol.asyncDispose]();
  });

  const eventually = async <T>(what: string, read: () => T | Promise<T>) =>
    await until(what, read, { pause: (ms) => harness.pass(ms) });
  const connected = async (who: Who): Promise<Bus> => {
    const bus = harness.connect(who);
    open.push(bus);
    await eventually(`${who} is connected`, () => bus.state === 'connected');
    return bus;
  };
  const record = (bus: Bus, subject: string) => {
    const seen: string[] = [];
    bus.subscribe(subject, (text, from) => void seen.push(`${from} ${text}`), ample);
    return seen;
  };
  const failure = async (promise: Promise<unknown>) =>
    await promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  describe('identities', () => {
    it('a host is heard under its own name, by the scheduler', async () => {
      const scheduler = await connected('scheduler');
      const h1 = await connected('h1');
      const reports = record(scheduler, subjects.allAgents());
      const commands = record(h1, subjects.command('h1'));
      await harness.settle();
      expect(h1.publish(subjects.agent('h1', 'heartbeat'), '{"v":1,"é":"✓"}')).toBe(true);
      expect(scheduler.publish(subjects.command('h1'), 'go')).toBe(true);
      await eventually('both arrived', () => reports.length === 1 && commands.length === 1);
      expect(reports).toEqual(['drover.agent.h1.heartbeat {"v":1,"é":"✓"}']);
      expect(commands).toEqual(['drover.cmd.h1 go']);
      expect(h1.stats.permissionViolations).toBe(0);
    });

    it.each<[string, Who, string]>([
      ['a host cannot speak as another', 'h1', subjects.agent('h2', 'result')],
      ['a host cannot command another', 'h1', subjects.command('h2')],
      ['a host cannot command itself', 'h1', subjects.command('h1')],
      ['a host cannot ask the leader', 'h1', subjects.query()],
      ['a host cannot answer the API', 'h1', `${inboxPrefix.api}.x`],
      ['the API cannot command a host', 'api', subjects.command('h1')],
      ['the API cannot speak as a host', 'api', subjects.agent('h1', 'heartbeat')],
      ['the scheduler cannot speak as a host', 'scheduler', subjects.agent('h1', 'heartbeat')],
    ])('%s', async (_claim, who, subject) => {
      const sender = await connected(who);
      const everyone: readonly [Who, string][] = [
        ['scheduler', subjects.allAgents()],
        ['scheduler', subjects.query()],
        ['h1', subjects.command('h1')],
        ['h2', subjects.command('h2')],
        ['api', `${inboxPrefix.api}.>`],
      ];
      const heard: string[][] = [];
      for (const [listener, listened] of everyone) {
        heard.push(record(await connected(listener), listened));
      }
      await harness.settle();
      sender.publish(subject, 'forged');
      await eventually('the server refused it', () => sender.stats.permissionViolations > 0);
      await harness.settle();
      expect(heard.flat()).toEqual([]);
    });

    it.each<[string, Who, string]>([
      ['a host cannot read the commands of another', 'h1', subjects.command('h2')],
      ['a host cannot read all commands', 'h1', 'drover.cmd.*'],
      ['a host cannot read the reports of another', 'h1', subjects.agent('h2', 'inventory')],
      ['a host cannot read everything', 'h1', '>'],
      ['a host cannot read the inbox of the API', 'h1', `${inboxPrefix.api}.>`],
      ['a host cannot read questions to the leader', 'h1', subjects.query()],
      ['the API cannot read commands', 'api', 'drover.cmd.>'],
      ['the API cannot read reports', 'api', subjects.allAgents()],
      ['the scheduler cannot read everything', 'scheduler', '>'],
    ])('%s', async (_claim, who, subject) => {
      const eavesdropper = await connected(who);
      const heard = record(eavesdropper, subject);
      await eventually('the server refused it', () => eavesdropper.stats.permissionViolations > 0);
      const scheduler = await connected('scheduler');
      const h2 = await connected('h2');
      scheduler.publish(subjects.command('h2'), 'secret');
      h2.publish(subjects.agent('h2', 'inventory'), 'secret');
      await harness.settle();
      expect(heard).toEqual([]);
    });
  });

  describe('requests', () => {
    it('are answered by the leader, over the inbox of the API', async () => {
      const api = await connected('api');
      const leader = await connected('scheduler');
      leader.respond(subjects.query(), async (text) => `${text} answered`);
      await harness.settle();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => api.request(subjects.query(), `${index}`, 5_000)),
      );
      expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => `${index} answered`));
    });

    it('have answers longer than a message may be, several of them at a time', async () => {
      const api = await connected('api');
      const leader = await connected('scheduler');
      // Two bytes each, so that parts end within a letter.
      const long = (text: string) => text + 'ä'.repeat(1_500_000);
      leader.respond(subjects.query(), async (text) => long(text));
      await harness.settle();
      const answers = await Promise.all(
        ['1', '2', '3'].map((text) => api.request(subjects.query(), text, 10_000)),
      );
      expect(answers.map((answer) => answer === long(answer.charAt(0)))).toEqual([
        true,
        true,
        true,
      ]);
      expect(answers.map((answer) => answer.charAt(0))).toEqual(['1', '2', '3']);
    });

    it('end at once with no-leader where nobody answers', async () => {
      const api = await connected('api');
      const startedAt = performance.now();
      expect(await failure(api.request(subjects.query(), 'x', 10_000))).toMatchObject({
        code: 'no-leader',
      });
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    });

    it('end with no-leader once the one who answered has stopped', async () => {
      const api = await connected('api');
      const leader = await connected('scheduler');
      const responding = leader.respond(subjects.query(), async () => 'yes');
      await harness.settle();
      expect(await api.request(subjects.query(), 'x', 5_000)).toBe('yes');
      responding.close();
      await harness.settle();
      expect(await failure(api.request(subjects.query(), 'x', 5_000))).toMatchObject({
        code: 'no-leader',
      });
    });

    it('end with bus-unavailable when the answer does not come', async () => {
      const api = await connected('api');
      const leader = await connected('scheduler');
      leader.respond(subjects.query(), () => new Promise(() => {}));
      await harness.settle();
      expect(await failure(api.request(subjects.query(), 'x', 200))).toMatchObject({
        code: 'bus-unavailable',
      });
    });

    it('are refused at once beyond what the leader answers at the same time', async () => {
      const api = await connected('api');
      const leader = await connected('scheduler');
      const gate = Promise.withResolvers<string>();
      leader.respond(subjects.query(), () => gate.promise, { concurrency: 2 });
      await harness.settle();
      const two = [0, 1].map((index) => api.request(subjects.query(), `${index}`, 10_000));
      await harness.settle();
      const third = await failure(api.request(subjects.query(), '3', 10_000));
      expect(third).toMatchObject({
        code: 'bus-unavailable',
        message: expect.stringContaining('too many'),
      });
      expect(leader.stats.dropped).toBe(1);
      gate.resolve('late');
      expect(await Promise.all(two)).toEqual(['late', 'late']);
      expect(await api.request(subjects.query(), '4', 5_000)).toBe('late');
    });
  });

  describe('bounds', () => {
    it.each([
      ['drop-oldest', ['1', '8', '9', '10']],
      ['drop-newest', ['1', '2', '3', '4']],
    ] as const)('the queue of a slow handler stays bounded: %s', async (onOverflow, handled) => {
      const scheduler = await connected('scheduler');
      const h1 = await connected('h1');
      const gate = Promise.withResolvers<void>();
      const seen: string[] = [];
      scheduler.subscribe(
        subjects.allAgents(),
        async (text) => {
          seen.push(text);
          await gate.promise;
        },
        { queueLimit: 3, onOverflow },
      );
      await harness.settle();
      for (let index = 1; index <= 10; index += 1) {
        h1.publish(subjects.agent('h1', 'progress'), String(index));
      }
      await eventually('all came', () => scheduler.stats.received === 10);
      expect(seen).toEqual(['1']);
      gate.resolve();
      await eventually('the queue is handled', () => seen.length === 4);
      expect(seen).toEqual(handled);
      expect(scheduler.stats.dropped).toBe(6);
    });

    it('a message that is too long is not sent', async () => {
      const h1 = await connected('h1');
      expect(h1.publish(subjects.agent('h1', 'inventory'), tooLong)).toBe(false);
      expect(h1.stats).toMatchObject({ refusedTooLong: 1, published: 0 });
      const api = await connected('api');
      expect(await failure(api.request(subjects.query(), tooLong, 1_000))).toMatchObject({
        code: 'bus-unavailable',
      });
    });

    it('no handler runs after its subscription was closed', async () => {
      const scheduler = await connected('scheduler');
      const h1 = await connected('h1');
      const seen: string[] = [];
      const subscription = scheduler.subscribe(
        subjects.allAgents(),
        (text) => {
          seen.push(text);
          subscription.close();
        },
        ample,
      );
      await harness.settle();
      for (const text of ['1', '2', '3']) h1.publish(subjects.agent('h1', 'progress'), text);
      await eventually('the first came', () => seen.length > 0);
      await harness.settle();
      expect(seen).toEqual(['1']);
    });
  });

  describe('a server that goes away', () => {
    it('is found again, with all subscriptions, and hears nothing late', async () => {
      const scheduler = await connected('scheduler');
      const h1 = await connected('h1');
      const states: string[] = [];
      h1.onStatus((state) => states.push(state));
      const reports = record(scheduler, subjects.allAgents());
      const commands = record(h1, subjects.command('h1'));
      await harness.settle();
      scheduler.publish(subjects.command('h1'), 'before');
      await eventually('it came', () => commands.length === 1);

      await harness.setDown(true);
      await eventually(
        'both know',
        () => h1.state === 'disconnected' && scheduler.state === 'disconnected',
      );
      expect(scheduler.publish(subjects.command('h1'), 'during')).toBe(false);
      expect(scheduler.stats.refusedDisconnected).toBe(1);
      const api = harness.connect('api');
      expect(await failure(api.request(subjects.query(), 'x', 1_000))).toMatchObject({
        code: 'bus-unavailable',
      });
      // What is subscribed meanwhile takes effect later.
      const alsoCommands = record(h1, subjects.command('h1'));

      await harness.setDown(false);
      await eventually('both are back', () =>
        [h1, scheduler].every((bus) => bus.state === 'connected'),
      );
      await harness.settle();
      scheduler.publish(subjects.command('h1'), 'after');
      h1.publish(subjects.agent('h1', 'result'), 'done');
      await eventually('all came', () => alsoCommands.length === 1 && reports.length === 1);
      expect(commands).toEqual(['drover.cmd.h1 before', 'drover.cmd.h1 after']);
      expect(states).toEqual(['connected', 'disconnected', 'connected']);
      expect(h1.stats).toMatchObject({ connects: 2, disconnects: 1 });
    });

    it('is noticed within 20 s where it only hangs', async () => {
      const h1 = await connected('h1');
      const commands = record(h1, subjects.command('h1'));
      await harness.setHung(true);
      await until('h1 notices', () => h1.state === 'disconnected', { timeoutMs: 20_000 });
      await harness.setHung(false);
      const scheduler = await connected('scheduler');
      await eventually('h1 is back', () => h1.state === 'connected');
      await harness.settle();
      scheduler.publish(subjects.command('h1'), 'after');
      await eventually('the command came', () => commands.length === 1);
      expect(commands).toEqual(['drover.cmd.h1 after']);
    });

    it('ends a request that waits', async () => {
      const api = await connected('api');
      const leader = await connected('scheduler');
      leader.respond(subjects.query(), () => new Promise(() => {}));
      await harness.settle();
      const waiting = failure(api.request(subjects.query(), 'x', 60_000));
      await harness.settle();
      const startedAt = performance.now();
      await harness.setDown(true);
      expect(await waiting).toMatchObject({ code: 'bus-unavailable' });
      expect(performance.now() - startedAt).toBeLessThan(20_000);
      await harness.setDown(false);
      await eventually('it is back', () => api.state === 'connected');
    });
  });
});
