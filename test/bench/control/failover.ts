/**
 * P12: how long nobody leads. Real etcd, NATS and schedulers, a thousand hosts that are made up; the leader is killed,
 * or told to end, again and again. And how fast heartbeats are taken in, next to what NATS' own client delivers.
 */
import { connectStore } from '@drover/store';
import { startEtcd, startNats } from '../../contract/support/real-servers.ts';
import { until } from '../../contract/support/until.ts';
import { type Goal, median, rounded } from '../htools/goal.ts';
import { Fleet } from './fleet.ts';
import { heartbeatGoal } from './heartbeats.ts';
import { Processes } from './processes.ts';

const hosts = 1_000;
const leaseSeconds = 5;
const kills = 20;
const handOffs = 10;

/** What the fleet saw of one change of leaders: milliseconds since the old one's end began. */
interface Gap {
  readonly firstCommandMs: number;
  /** Until every host had answered the new leader with its inventory. */
  readonly rebuiltMs: number;
}

export async function benchFailover(
  _: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  // It would fetch an image to tidy up with; what is started here is removed here.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  await using stack = new AsyncDisposableStack();
  onStep('etcd and NATS');
  const etcd = stack.use(await startEtcd());
  const nats = stack.use(await startNats({}));
  const seen = new Watchtower();
  const fleet = stack.use(
    new Fleet({
      servers: [nats.url],
      hosts,
      onCommand: ({ epoch }) => seen.command(epoch),
      onInventory: (hostId, epoch) => seen.inventory(hostId, epoch),
      onHeartbeat: () => seen.heartbeat(),
    }),
  );
  const schedulers = stack.use(new Processes());
  const store = stack.use(connectStore({ endpoints: [etcd.url] }));
  for (const instanceId of ['s1', 's2']) {
    const config = {
      instanceId,
      etcd: { endpoints: [etcd.url] },
      nats: { servers: [nats.url] },
      leaseSeconds,
    };
    schedulers.start(instanceId, 'scheduler', config);
  }
  await until('every host has answered a leader', () => seen.answered >= hosts, {
    timeoutMs: 120_000,
  });
  const leader = async () => {
    const { entries } = await store.range('/drover/leader/');
    const oldest = entries.toSorted((a, b) => a.createRevision - b.createRevision)[0];
    return oldest && (JSON.parse(oldest.value) as { instanceId: string }).instanceId;
  };
  const change = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<Gap> => {
    await until('two stand for election', async () => {
      const { entries } = await store.range('/drover/leader/');
      return entries.length === 2;
    });
    // Who has just been started knows no host yet; the cluster would not be told to change leaders then.
    const heard = seen.heartbeats + 2 * hosts;
    await until('the successor has heard every host', () => seen.heartbeats >= heard);
    const id = await until('somebody leads', leader);
    const begunMs = seen.begin();
    await schedulers.end(id, signal);
    await until('another has heard every host', () => seen.answered >= hosts, {
      timeoutMs: 60_000,
    });
    schedulers.start(id);
    return { firstCommandMs: seen.firstMs - begunMs, rebuiltMs: seen.lastMs - begunMs };
  };
  const crashes: Gap[] = [];
  for (let round = 1; round <= kills; round += 1) {
    crashes.push(await change('SIGKILL'));
    if (round % 5 === 0) onStep(`${round} of ${kills} leaders killed`);
  }
  const planned: Gap[] = [];
  for (let round = 1; round <= handOffs; round += 1) planned.push(await change('SIGTERM'));
  onStep(`${handOffs} leaders told to end`);
  const putMs = await putTime(store);
  await fleet[Symbol.asyncDispose]();
  const ttlMs = leaseSeconds * 1_000;
  const ratios = (list: readonly Gap[], of: keyof Gap, by: number) =>
    list.map((gap) => rounded(gap[of] / by, 3));
  const crashed = ratios(crashes, 'rebuiltMs', ttlMs);
  const handed = ratios(planned, 'firstCommandMs', putMs);
  return [
    {
      id: 'P12a-crash',
      what: `from kill -9 of the leader until its successor has every one of ${hosts} hosts’ inventories, over the lease’s time: median of ${kills}`,
      target: '≤ 1.4',
      reached: median(crashed),
      ok: median(crashed) <= 1.4,
      raw: {
        leaseSeconds,
        endedByThemselves: schedulers.endedByThemselves,
        rebuilt: crashed,
        firstCommand: ratios(crashes, 'firstCommandMs', ttlMs),
      },
    },
    {
      id: 'P12a-planned',
      what: `from telling the leader to end until its successor’s first command, over one put to etcd: median of ${handOffs}`,
      target: '≤ 25',
      reached: median(handed),
      ok: median(handed) <= 25,
      raw: {
        putMs: rounded(putMs, 3),
        handed,
        gapsMs: planned.map((one) => Math.round(one.firstCommandMs)),
      },
    },
    await heartbeatGoal(nats, onStep),
  ];
}

/** Sees, from the hosts, who leads. */
class Watchtower {
  #epoch = 0n;
  #answered = new Set<string>();
  heartbeats = 0;
  firstMs = 0;
  lastMs = 0;

  get answered(): number {
    return this.#answered.size;
  }

  /** From now on only a newer leader counts. */
  begin(): number {
    this.#answered = new Set();
    this.#newer = undefined;
    return performance.now();
  }

  #newer: bigint | undefined;

  command(epoch: string): void {
    const one = BigInt(epoch);
    if (one <= this.#epoch) return;
    this.#epoch = one;
    this.#newer = one;
    this.firstMs = performance.now();
  }

  heartbeat(): void {
    this.heartbeats += 1;
  }

  inventory(hostId: string, epoch: string): void {
    if (this.#newer === undefined || BigInt(epoch) !== this.#newer) return;
    this.#answered.add(hostId);
    this.lastMs = performance.now();
  }
}

async function putTime(store: ReturnType<typeof connectStore>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 200; round += 1) {
    const begunMs = performance.now();
    await store.txn({
      compares: [],
      puts: [{ key: '/bench/put', value: `${round}` }],
      deletes: [],
    });
    times.push(performance.now() - begunMs);
  }
  return median(times);
}
