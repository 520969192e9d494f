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
/** Of one request: three records each, in one transaction. */
const vmsAtOnce = 40;
const measureMs = 10_000;
const rounds = 3;
const spec = { vcpus: 1, memoryMib: 64, disks: [], networks: [] };

/** Of one client's requests, in milliseconds. */
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
  stack.use(new Fleet({ servers: [nats.url], hosts }));
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
  const goals: Goal[] = [];
  for (const clients of clientCounts) {
    const raw: Measured[] = [];
    const placed: Measured[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      raw.push(await measure(clients, 1, () => putOne(store)));
      placed.push(await measure(clients, vmsAtOnce, () => placeMany(store, places)));
      onStep(`${clients} clients: round ${round} of ${rounds}`);
    }
    const ratio = (of: keyof Measured) =>
      median(placed.map((one, at) => rounded(one[of] / (raw[at]?.[of] ?? Number.NaN), 3)));
    const [faster, slower] = [ratio('perSecond'), ratio('p99Ms')];
    goals.push({
      id: `P9-${clients}`,
      what: `${clients} clients, each asking for ${vmsAtOnce} VMs at once: places in etcd per second over single puts of as many clients, and the p99 of a request over that of a put; medians of ${rounds}`,
      target: '≥ 5, ≤ 3',
      reached: `${faster}, ${slower}`,
      ok: faster >= 5 && slower <= 3,
      raw: { raw, placed, endedByThemselves: processes.endedByThemselves },
    });
  }
  return goals;
}

/** Everybody asks again as soon as there is an answer. */
async function measure(
  clients: number,
  each: number,
  request: () => Promise<void>,
): Promise<Measured> {
  const begunMs = performance.now();
  const endMs = begunMs + measureMs;
  const times: number[] = [];
  const client = async () => {
    while (performance.now() < endMs) {
      const askedMs = performance.now();
      await request();
      times.push(performance.now() - askedMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - begunMs) / 1_000;
  const sorted = times.toSorted((a, b) => a - b);
  return {
    perSecond: rounded((times.length * each) / seconds, 1),
    p99Ms: rounded(sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN, 2),
  };
}

async function putOne(store: Store): Promise<void> {
  const puts = [{ key: `/bench/${randomUUID()}`, value: '{}' }];
  await store.txn({ compares: [], puts, deletes: [] });
}

/** As the API's writer does it: what is wanted, its name, and the request to start it. */
async function placeMany(store: Store, places: Places): Promise<void> {
  const vmIds = Array.from({ length: vmsAtOnce }, () => randomUUID());
  const placed = Promise.all(vmIds.map((vmId) => places.of(vmId)));
  const createdAtMs = Date.now();
  const puts = vmIds.flatMap((id) => {
    const request = { v: 1, id: randomUUID(), type: 'start', vmId: id, by: 'bench', createdAtMs };
    const intent = { v: 1, id, name: id, spec, desired: 'running', by: 'bench', createdAtMs };
    return [
      { key: keys.vmIntent(id), value: JSON.stringify(intent) },
      { key: keys.vmName(id), value: JSON.stringify({ v: 1, vmId: id }) },
      { key: keys.request(request.id), value: JSON.stringify(request) },
    ];
  });
  await store.txn({ compares: [], puts, deletes: [] });
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
