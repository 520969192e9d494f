/** The simulator's etcd, through its clients, in virtual time. */
import { Random } from '@drover/core';
import { EtcdClient, fairEtcd, type Answer } from '../../../packages/simulator/src/etcd-client.ts';
import { type Commit, Etcd, type TxnAnswer } from '../../../packages/simulator/src/etcd.ts';
import { Life } from '../../../packages/simulator/src/life.ts';
import { uneven } from '../../../packages/simulator/src/tempo.ts';
import { Timeline } from '../../../packages/simulator/src/timeline.ts';
import type { EtcdSide } from './etcd-player.ts';

/** Longer than any answer or news takes in the simulator. */
const quietMs = 10_000;
const leaseMs = { long: 3_600_000, short: 1_500 } as const;

export interface SimulatedReach {
  readonly timeline: Timeline;
  readonly etcd: Etcd;
  readonly commits: readonly Commit[];
  readonly client: (owner: string, life?: Life) => EtcdClient;
  readonly newLife: () => Life;
  readonly weather: ReturnType<typeof fairEtcd>;
}

export function simulatedReach(seed: number): SimulatedReach {
  const timeline = new Timeline();
  const commits: Commit[] = [];
  const etcd = new Etcd(timeline, (commit) => commits.push(commit));
  const weather = fairEtcd();
  const random = new Random(seed);
  const reach = { timeline, etcd, weather, random, tempo: uneven, mark: () => undefined };
  const newLife = () => new Life(timeline, { monoMs: 0, wallMs: 0 });
  return {
    timeline,
    etcd,
    commits,
    weather,
    newLife,
    client: (owner, life = newLife()) => new EtcdClient(reach, owner, life),
  };
}

/** Runs the world for so long. */
export function passVirtually(timeline: Timeline, ms: number): void {
  const untilMs = timeline.nowMs + ms;
  // Something to come at the end, so that time gets there.
  timeline.after(ms, () => undefined);
  while ((timeline.nextMs ?? Infinity) <= untilMs) timeline.step();
}

export async function simulatedEtcd(): Promise<EtcdSide> {
  const { timeline, etcd, commits, client, weather } = simulatedReach(1);
  const actor = client('actor');
  const watcher = client('watcher');
  const leases: number[] = [];
  const ask = <T>(call: (then: (answer: Answer<T>) => void) => void): Answer<T> => {
    let heard: Answer<T> | undefined;
    call((answer) => {
      heard = answer;
    });
    while (heard === undefined && timeline.step());
    if (heard === undefined) throw new Error('the simulated etcd never answered');
    return heard;
  };
  const certain = <T>(call: (then: (answer: Answer<T>) => void) => void): T => {
    const answer = ask(call);
    if (answer.type === 'lost') throw new Error('the simulated etcd did not answer');
    return answer.value;
  };
  return {
    name: 'the simulator',
    revision: async () => etcd.revision,
    txn: async ({ compares, puts, deletes }, isHeard) => {
      weather.lostAnswers = isHeard ? 0 : 1_000;
      const leased = puts.map(({ lease, ...put }) =>
        lease === undefined ? put : { ...put, leaseId: leases[lease] ?? 0 },
      );
      const answer = ask<TxnAnswer>((then) => actor.txn({ compares, puts: leased, deletes }, then));
      weather.lostAnswers = 0;
      return answer.type === 'lost' ? 'lost' : answer.value;
    },
    range: async (prefix) => {
      const { revision, entries } = certain<ReturnType<Etcd['range']>>((then) =>
        actor.range(prefix, then),
      );
      return { revision, entries };
    },
    grant: async (how) => {
      leases.push(certain<number>((then) => actor.grant(leaseMs[how], then)));
    },
    keepAlive: async (lease) =>
      certain<number>((then) => actor.keepAlive(leases[lease] ?? 0, then)) > 0,
    revoke: async (lease) => {
      actor.revoke(leases[lease] ?? 0);
      passVirtually(timeline, 100);
    },
    watch: (prefixes, fromRevision, { onChanges, onLost }) =>
      watcher.watch(prefixes, fromRevision, (_, changes) => onChanges(changes), onLost),
    compact: async (revision) => etcd.compact(revision),
    whileBroken: async (work) => {
      weather.cutOff.add('watcher');
      await work();
      passVirtually(timeline, 100);
      weather.cutOff.delete('watcher');
    },
    settle: async () => passVirtually(timeline, quietMs),
    pass: async (ms) => passVirtually(timeline, ms),
    commits: async () =>
      commits.map(({ revision, changes }) => {
        const told = changes.map(({ key, value, before }) => {
          const what = value === undefined ? `${key} deleted` : `${key}=${value}`;
          const was = before ? `${before.value} of r${before.modRevision - 1}` : 'nothing';
          return `${what} was ${was}`;
        });
        return `r${revision - 1}: ${told.join(', ')}`;
      }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
