/**
 * The simulator's bus, and the fake one of the bus' own tests, against a real nats-server: who hears what, in which
 * order, and what is lost.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busOperation, busPlayer, sayBus } from './fidelity/bus-player.ts';
import {
  clusterOperation,
  clusterPlayer,
  realClusterBus,
  sayCluster,
  simulatedBus,
} from './fidelity/cluster-bus.ts';
import { fidelityMs, playBoth } from './fidelity/play.ts';
import { type BusHarness, fakeBusHarness, realBusHarness } from './support/bus-harness.ts';

let real: BusHarness;

beforeAll(async () => {
  real = await realBusHarness();
});

afterAll(async () => {
  await real?.[Symbol.asyncDispose]();
});

describe('the simulated bus', () => {
  it(
    'carries, orders and loses what the processes say as NATS does',
    async () => {
      const runs = await playBoth({
        fake: clusterPlayer('the simulator', simulatedBus),
        real: clusterPlayer('NATS', () => realClusterBus(real)),
        operation: clusterOperation,
        say: sayCluster,
        operations: [5, 20],
        runs: 5,
      });
      expect(runs).toBeGreaterThan(0);
    },
    fidelityMs(60_000),
  );
});

describe('the fake bus', () => {
  it(
    'lets its clients hear, ask and be refused as NATS does',
    async () => {
      const runs = await playBoth({
        fake: busPlayer('the fake', fakeBusHarness),
        real: busPlayer('NATS', () => real),
        operation: busOperation,
        say: sayBus,
        operations: [5, 25],
        runs: 5,
      });
      expect(runs).toBeGreaterThan(0);
    },
    fidelityMs(60_000),
  );
});
