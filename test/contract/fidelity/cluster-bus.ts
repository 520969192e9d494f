/**
 * NATS as the cluster's processes use it: each has one subscription for all its life. Played on the simulator's bus,
 * and on a real one through the bus that the processes have.
 */
import type { Bus as RealBus } from '@drover/bus';
import { Random } from '@drover/core';
import { subjects } from '@drover/protocol';
import fc from 'fast-check';
import { Bus } from '../../../packages/simulator/src/bus.ts';
import { uneven } from '../../../packages/simulator/src/tempo.ts';
import { Timeline } from '../../../packages/simulator/src/timeline.ts';
import type { BusHarness, Who } from '../support/bus-harness.ts';
import { until } from '../support/until.ts';
import { isElsewhere, type Player, type Step } from './play.ts';
import { passVirtually } from './simulated-etcd.ts';

const processes = ['s1', 's2', 'h1', 'h2'] as const;
type Process = (typeof processes)[number];

export type ClusterOperation =
  | { readonly type: 'start' | 'die'; readonly who: Process }
  /** All speak in turn, so many rounds: schedulers to a host, hosts of themselves. */
  | {
      readonly type: 'speak';
      readonly who: readonly Process[];
      readonly to: 'h1' | 'h2';
      readonly rounds: number;
    }
  | { readonly type: 'restart-server'; readonly who: readonly Process[]; readonly to: 'h1' | 'h2' };

const who = fc.constantFrom(...processes);
const some = fc.uniqueArray(who, { minLength: 1, maxLength: 4 });
const to = fc.constantFrom('h1', 'h2');
export const clusterOperation = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant('start'), who }), weight: 6 },
  { arbitrary: fc.record({ type: fc.constant('die'), who }), weight: 2 },
  {
    arbitrary: fc.record({
      type: fc.constant('speak'),
      who: some,
      to,
      rounds: fc.integer({ min: 1, max: 20 }),
    }),
    weight: 8,
  },
  { arbitrary: fc.record({ type: fc.constant('restart-server'), who: some, to }), weight: 1 },
) as fc.Arbitrary<ClusterOperation>;

export function sayCluster(operation: ClusterOperation): string {
  return Object.values(operation).join(' ');
}

type Ears = (subject: string, text: string) => void;

interface ClusterBus {
  start(process: Process, hear: Ears): Promise<void>;
  die(process: Process): Promise<void>;
  publish(process: Process, subject: string, text: string): void;
  /** `meanwhile` when all know that it is gone. */
  restart(meanwhile: () => void): Promise<void>;
  settle(isSo: () => boolean): Promise<void>;
  end(): Promise<void>;
}

export function simulatedBus(): ClusterBus {
  const timeline = new Timeline();
  const bus = new Bus(timeline, new Random(4), uneven);
  const quiet = async () => passVirtually(timeline, 10_000);
  return {
    start: async (process, onText) => {
      const identity = isHost(process)
        ? ({ role: 'agent', hostId: process } as const)
        : ({ role: 'scheduler' } as const);
      const subject = isHost(process) ? subjects.command(process) : subjects.allAgents();
      bus.attach(process, identity, [subject], { onText, onState: () => undefined });
      await quiet();
    },
    die: async (process) => bus.detach(process),
    publish: (process, subject, text) => bus.publish(process, subject, text),
    restart: async (meanwhile) => {
      bus.restart(1_000);
      meanwhile();
      await quiet();
    },
    settle: quiet,
    end: async () => undefined,
  };
}

export function realClusterBus(harness: BusHarness): ClusterBus {
  const open = new Map<Process, RealBus>();
  const all = async (state: RealBus['state']) =>
    await until(`all are ${state}`, () => [...open.values()].every((bus) => bus.state === state));
  return {
    start: async (process, hear) => {
      const bus = harness.connect(isHost(process) ? process : ('scheduler' satisfies Who));
      open.set(process, bus);
      const subject = isHost(process) ? subjects.command(process) : subjects.allAgents();
      const handle = (text: string, from: string) => hear(from, text);
      bus.subscribe(subject, handle, { queueLimit: 1_000, onOverflow: 'drop-oldest' });
      await all('connected');
      await harness.settle();
    },
    die: async (process) => {
      await open.get(process)?.[Symbol.asyncDispose]();
      open.delete(process);
    },
    publish: (process, subject, text) => void open.get(process)?.publish(subject, text),
    restart: async (meanwhile) => {
      await harness.setDown(true);
      await all('disconnected');
      meanwhile();
      await harness.setDown(false);
      await all('connected');
      await harness.settle();
    },
    settle: async (isSo) => {
      await until('it is as expected', isSo, { timeoutMs: 2_000 }).catch(() => undefined);
    },
    end: async () => {
      for (const bus of open.values()) await bus[Symbol.asyncDispose]();
    },
  };
}

export function clusterPlayer(name: string, open: () => ClusterBus): Player<ClusterOperation> {
  return {
    name,
    play: async (operations, expected) => {
      const bus = open();
      const play = new ClusterPlay(bus);
      const steps: Step[] = [];
      try {
        for (const [at, operation] of operations.entries()) {
          const step = await play.step(operation, expected?.[at]);
          steps.push(step);
          if (isElsewhere(step, expected?.[at])) break;
        }
        return steps;
      } finally {
        await bus.end();
      }
    },
  };
}

class ClusterPlay {
  readonly #bus: ClusterBus;
  readonly #alive = new Set<Process>();
  /** By listener and sender: between two there is an order, among more there is none. */
  readonly #heard = new Map<string, string[]>();
  #said = 0;

  constructor(bus: ClusterBus) {
    this.#bus = bus;
  }

  async step(operation: ClusterOperation, expected: Step | undefined): Promise<Step> {
    this.#heard.clear();
    await this.#do(operation);
    const read = () =>
      [...this.#heard].map(([pair, texts]) => `${pair}: ${texts.join(' ')}`).toSorted(byText);
    await this.#bus.settle(() => expected === undefined || !isElsewhere(read(), expected));
    return read();
  }

  async #do(operation: ClusterOperation): Promise<void> {
    const bus = this.#bus;
    switch (operation.type) {
      case 'start': {
        const { who: process } = operation;
        if (this.#alive.has(process)) return;
        this.#alive.add(process);
        return await bus.start(process, (subject, text) => this.#hear(process, subject, text));
      }
      case 'die':
        this.#alive.delete(operation.who);
        return await bus.die(operation.who);
      case 'speak':
        return this.#speak(operation.who, operation.to, operation.rounds);
      case 'restart-server':
        return await bus.restart(() => this.#speak(operation.who, operation.to, 3));
    }
  }

  #hear(process: Process, subject: string, text: string): void {
    const [sender = '', said = ''] = text.split(' ');
    const pair = `${process} hears ${sender} on ${subject}`;
    this.#heard.set(pair, [...(this.#heard.get(pair) ?? []), said]);
  }

  #speak(speakers: readonly Process[], target: 'h1' | 'h2', rounds: number): void {
    for (let round = 0; round < rounds; round += 1) {
      for (const speaker of speakers.filter((one) => this.#alive.has(one))) {
        this.#said += 1;
        const subject = isHost(speaker)
          ? subjects.agent(speaker, 'result')
          : subjects.command(target);
        this.#bus.publish(speaker, subject, `${speaker} ${this.#said}`);
      }
    }
  }
}

function isHost(process: Process): process is 'h1' | 'h2' {
  return process.startsWith('h');
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
