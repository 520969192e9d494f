/**
 * P9: placements that are durable, next to raw writes. On one etcd, as many clients as there are: each writes one key
 * and waits, over and over; then each asks for many VMs at once, as the API would write it, and waits until etcd has a
 * place for every one of them.
 */
import { randomUUID } from 'node:crypto';
import { AssignmentRecord, keyPrefix, keys, parseJson, parseKey } from '@drover/protocol';
import { connectStore, type Store } from '@drover/store';
import { startEtcd, startNats } from '../../contract/support/real-servers.ts';
import { until } from '../../contract/support/until.ts';
import { type Goal, median, rounded } from '../htools/goal.ts';
import { Fleet } from './fleet.ts';
import { Processes } from './processes.ts';

const hosts = 100;
const clientCounts = [1, 4] as const;
/** Of one request, three records each. */
const vmsAtOnce = 120;
/** In one transaction, which takes 128 operations. */
const vmsPerTxn = 40;
/** Of all clients together, in one round. */
const requests = 12;
const puts = 3_000;
/** Of one VM each: what somebody waits who wants no more. */
const singles = 200;
/** That they end is no part of what is measured. */
const startMs = 3_000;
const rounds = 3;
const spec = { vcpus: 1, memoryMib: 64, disks: [], networks: [] };

interface Measured {
  readonly perSecond: number;
  readonly p99Ms: number;
}

export async function benchCommit(
  _: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  // It would fetch an image to tidy up with; what is started here is removed here.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  await using stack = new AsyncDisposableStack();
  const etcd = stack.use(await startEtcd());
  const nats = stack.use(await startNats({}));
  const store = stack.use(connectStore({ endpoints: [etcd.url] }));
  stack.use(new Fleet({ servers: [nats.url], hosts, startMs }));
  const processes = stack.use(new Processes());
  const common = { etcd: { endpoints: [etcd.url] }, nats: { servers: [nats.url] } };
  processes.start('s1', 'scheduler', { instanceId: 's1', ...common });
  await until(
    'the leader knows every host',
    async () => (await store.range(keys.host(''))).entries.length === hosts,
    { timeoutMs: 60_000 },
  );
  using places = new Places(store);
  await places.started;
  const quiet = () =>
    until('all have started', async () => await isQuiet(store), { timeoutMs: 60_000 });
  const goals: Goal[] = [];
  for (const clients of clientCounts) {
    const raw: Measured[] = [];
    const placed: Measured[] = [];
    const single: Measured[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      raw.push(await measure(clients, puts, 1, () => putOne(store)));
      placed.push(
        await measure(clients, requests, vmsAtOnce, () => placeMany(store, places, vmsAtOnce)),
      );
      await quiet();
      single.push(await measure(clients, singles, 1, () => placeMany(store, places, 1)));
      await quiet();
      onStep(`${clients} clients: round ${round} of ${rounds}`);
    }
    const ratio = (list: readonly Measured[], of: keyof Measured) =>
      median(list.map((one, at) => rounded(one[of] / (raw[at]?.[of] ?? Number.NaN), 3)));
    const [faster, slower] = [ratio(placed, 'perSecond'), ratio(single, 'p99Ms')];
    goals.push({
      id: `P9-${clients}`,
      what: `${clients} clients, each asking for ${vmsAtOnce} VMs at once: places in etcd per second over single puts of as many clients; and the p99 of asking for one VM over that of a put; medians of ${rounds}`,
      target: '≥ 5, ≤ 3',
      reached: `${faster}, ${slower}`,
      ok: faster >= 5 && slower <= 3,
      raw: { raw, placed, single, endedByThemselves: processes.endedByThemselves },
    });
  }
  return goals;
}

/** Everybody asks again as soon as there is an answer, until all have asked so many times. */
async function measure(
  clients: number,
  times: number,
  each: number,
  request: () => Promise<void>,
): Promise<Measured> {
  const begunMs = performance.now();
  const tookMs: number[] = [];
  let asked = 0;
  const client = async () => {
    while (asked < times) {
      asked += 1;
      const askedMs = performance.now();
      await request();
      tookMs.push(performance.now() - askedMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - begunMs) / 1_000;
  const sorted = tookMs.toSorted((a, b) => a - b);
  return {
    perSecond: rounded((times * each) / seconds, 1),
    p99Ms: rounded(sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN, 2),
  };
}

async function isQuiet(store: Store): Promise<boolean> {
  const { entries } = await store.range(keys.assignment(''));
  return entries.every(({ value }) => !value.includes('"starting"'));
}

async function putOne(store: Store): Promise<void> {
  const puts = [{ key: `/bench/${randomUUID()}`, value: '{}' }];
  await store.txn({ compares: [], puts, deletes: [] });
}

/** As the API's writer does it: what is wanted, its name, and the request to start it. */
async function placeMany(store: Store, places: Places, count: number): Promise<void> {
  const vmIds = Array.from({ length: count }, () => randomUUID());
  const placed = Promise.all(vmIds.map((vmId) => places.of(vmId)));
  const createdAtMs = Date.now();
  const records = vmIds.map((id) => {
    const request = { v: 1, id: randomUUID(), type: 'start', vmId: id, by: 'bench', createdAtMs };
    const intent = { v: 1, id, name: id, spec, desired: 'running', by: 'bench', createdAtMs };
    return [
      { key: keys.vmIntent(id), value: JSON.stringify(intent) },
      { key: keys.vmName(id), value: JSON.stringify({ v: 1, vmId: id }) },
      { key: keys.request(request.id), value: JSON.stringify(request) },
    ];
  });
  for (let at = 0; at < records.length; at += vmsPerTxn) {
    const some = records.slice(at, at + vmsPerTxn).flat();
    await store.txn({ compares: [], puts: some, deletes: [] });
  }
  await placed;
}

/** Tells when etcd has a place for a VM, by a watch of its own. */
class Places implements Disposable {
  readonly started: Promise<void>;
  readonly #waiting = new Map<string, () => void>();
  #close = () => {};

  constructor(store: Store) {
    this.started = this.#start(store);
  }

  of(vmId: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(vmId, resolve));
  }

  [Symbol.dispose](): void {
    this.#close();
  }

  async #start(store: Store): Promise<void> {
    const { revision } = await store.get(keys.lastCommit());
    const watch = store.watch([keyPrefix.decision], revision + 1, {
      onChanges: ({ changes }) => {
        for (const { key, value } of changes) {
          const parsed = parseKey(key);
          if (parsed.type !== 'assignment' || !this.#waiting.has(parsed.id)) continue;
          const owner = parseJson(AssignmentRecord, value ?? '');
          if (!owner.ok || owner.value.hostId === undefined) continue;
          this.#waiting.get(parsed.id)?.();
          this.#waiting.delete(parsed.id);
        }
      },
      onLost: (reason) => {
        throw new Error(`the watch was lost: ${reason}`);
      },
    });
    this.#close = () => watch.close();
  }
}
