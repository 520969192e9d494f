/**
 * The simulator's etcd against a real one: whatever is asked of both at random, their callers see the same. A run of
 * the simulator proves no more than this does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { etcdOperation, sayEtcd } from './fidelity/etcd-operations.ts';
import { etcdPlayer } from './fidelity/etcd-player.ts';
import { electionOperation, electionPlayer, sayElection } from './fidelity/election-player.ts';
import { simulatedElection, storedElection } from './fidelity/elections.ts';
import { fidelityMs, playBoth } from './fidelity/play.ts';
import { simulatedEtcd } from './fidelity/simulated-etcd.ts';
import { StoredEtcd } from './fidelity/stored-etcd.ts';
import { type RealServer, startEtcd } from './support/real-servers.ts';

let server: RealServer;
let etcd: StoredEtcd;

beforeAll(async () => {
  // Leases of a second: etcd raises what is shorter than its election takes.
  server = await startEtcd(['--heartbeat-interval=20', '--election-timeout=100']);
  etcd = new StoredEtcd(server);
});

afterAll(async () => {
  await etcd?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const fake = etcdPlayer('the simulator', simulatedEtcd);
const real = etcdPlayer('etcd', () => etcd.play());

describe('the simulated etcd', () => {
  it(
    'answers, tells and forgets as etcd does',
    async () => {
      const runs = await playBoth({
        fake,
        real,
        operation: etcdOperation(4),
        say: sayEtcd,
        operations: [1, 40],
        runs: 24,
      });
      expect(runs).toBeGreaterThan(0);
    },
    fidelityMs(60_000),
  );

  it(
    'elects, and turns out, as the store does on a real etcd',
    async () => {
      const runs = await playBoth({
        fake: electionPlayer('the simulator', simulatedElection),
        real: electionPlayer('the store', () => storedElection(server.url)),
        operation: electionOperation,
        say: sayElection,
        operations: [4, 12],
        runs: 12,
      });
      expect(runs).toBeGreaterThan(0);
    },
    fidelityMs(90_000),
  );
});
