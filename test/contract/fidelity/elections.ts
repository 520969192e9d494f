/** The office of the leader, as the simulator has it and as the store has it on a real etcd. */
import { keyPrefix } from '@drover/protocol';
import { connectStore, type Store } from '@drover/store';
import { Election } from '../../../packages/simulator/src/election.ts';
import { systemClock } from '../../../packages/store/src/clock.ts';
import { connectEtcd } from '../../../packages/store/src/etcd-rpc.ts';
import { runCampaign } from '../../../packages/store/src/campaign.ts';
import { until } from '../support/until.ts';
import type { Candidate, Candidacy, ElectionEars, ElectionSide } from './election-player.ts';
import { passVirtually, simulatedReach } from './simulated-etcd.ts';

const prefix = keyPrefix.leader;
/** Long enough that a busy machine loses no office by accident. */
const ttlSeconds = 4;

export async function simulatedElection(): Promise<ElectionSide> {
  const { timeline, etcd, client, newLife } = simulatedReach(2);
  return {
    campaign: (candidate, ears) => {
      const life = newLife();
      const election = new Election(client(candidate, life), life, candidate, {
        onElected: ({ epoch }) => ears.onElected(epoch),
        onLost: (reason) => {
          ears.onLost(reason);
          // A process that has lost the office ends.
          life.end();
        },
      });
      election.stand();
      return {
        isCurrent: () => election.isCurrent(),
        resign: () => election.resign(),
        kill: () => life.end(),
      };
    },
    standing: async () => byAge(etcd.range(prefix).entries),
    strike: async (key) => void etcd.txn({ compares: [], puts: [], deletes: [key] }),
    revoke: async (key) => etcd.revoke(Number.parseInt(key.slice(prefix.length), 16)),
    settle: async () => passVirtually(timeline, 30_000),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** `url`: of an etcd in which nobody else campaigns. */
export async function storedElection(url: string): Promise<ElectionSide> {
  const stack = new AsyncDisposableStack();
  const store: Store = stack.use(connectStore({ endpoints: [url] }));
  const outsider = connectEtcd({ endpoints: [url] });
  stack.defer(() => outsider.close());
  const { entries } = await store.range(prefix);
  await store.txn({ compares: [], puts: [], deletes: entries.map(({ key }) => key) });
  return {
    campaign: (candidate, ears) => {
      const { candidacy, end } = campaign(url, candidate, ears);
      stack.defer(end);
      return candidacy;
    },
    standing: async () => byAge((await store.range(prefix)).entries),
    strike: async (key) => void (await store.txn({ compares: [], puts: [], deletes: [key] })),
    revoke: async (key) =>
      await outsider.revokeLease(String(BigInt(`0x${key.slice(prefix.length)}`))),
    settle: async (after, isSo) => {
      // A dead one's lease has to run out.
      const timeoutMs = after === 'kill' ? 3_000 * ttlSeconds : 4_000;
      await until('it is as expected', isSo, { timeoutMs }).catch(() => undefined);
    },
    [Symbol.asyncDispose]: async () => await stack.disposeAsync(),
  };
}

/** One process with a connection of its own. */
function campaign(url: string, candidate: Candidate, ears: ElectionEars) {
  const etcd = connectEtcd({ endpoints: [url] });
  const ending = new AbortController();
  const given = new AbortController();
  let isCurrent = () => false;
  let resign = async () => given.abort();
  const context = { etcd, clock: systemClock, ending: ending.signal };
  const value = JSON.stringify({ instanceId: candidate });
  void runCampaign(context, { prefix, value, ttlSeconds, signal: given.signal }).then(
    async (leadership) => {
      isCurrent = () => leadership.isCurrent();
      resign = async () => {
        await leadership.resign();
      };
      ears.onElected(Number(leadership.epoch));
      const reason = await leadership.lost;
      if (!isOver && reason !== 'resigned') ears.onLost(reason);
    },
    () => undefined,
  );
  let isOver = false;
  const end = () => {
    isOver = true;
    // Its connection first: what is dead gives nothing back.
    etcd.close();
    ending.abort(new Error('killed'));
  };
  const candidacy: Candidacy = {
    isCurrent: () => isCurrent(),
    resign: () => void resign(),
    kill: end,
  };
  return { candidacy, end };
}

function byAge(
  entries: readonly {
    readonly key: string;
    readonly value: string;
    readonly createRevision: number;
  }[],
) {
  return entries
    .map(({ key, value, createRevision }) => ({
      key,
      candidate: (JSON.parse(value) as { instanceId: string }).instanceId,
      createRevision,
    }))
    .toSorted((a, b) => a.createRevision - b.createRevision);
}
