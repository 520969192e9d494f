/**
 * A thousand hosts and twenty thousand VMs that are made up, on a real etcd, NATS, schedulers and API: people and
 * programs read and place for a while, and a host is drained meanwhile. What is slow, lost or growing shows.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../../contract/support/until.ts';
import { type Goal, median, rounded } from '../htools/goal.ts';
import { MadeUpCluster, token, vmName } from './made-up-cluster.ts';

const hosts = 1_000;
const vmsPerHost = 20;
const readers = 50;
const placers = 10;
/** Of memory at the end over that of the beginning: what counts as flat. */
const flat = 1.25;

export interface LoadOptions {
  readonly seconds: number;
}

export async function benchLoad(
  { seconds }: LoadOptions,
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  await using stack = new AsyncDisposableStack();
  const { processes, url } = stack.use(await MadeUpCluster.start({ hosts, vmsPerHost }, onStep));
  const client = new Client(url);
  onStep('until the API knows every host');
  await until('every host is up', async () => (await client.hostsUp()) === hosts, {
    timeoutMs: 300_000,
    pause: () => wait(1_000),
  });
  const memory = () => ({
    s1: processes.residentMib('s1'),
    s2: processes.residentMib('s2'),
    api: processes.residentMib('api'),
  });
  const samples: ReturnType<typeof memory>[] = [];
  const endMs = performance.now() + seconds * 1_000;
  const isOver = () => performance.now() >= endMs;
  const sampler = async () => {
    while (!isOver()) {
      samples.push(memory());
      await wait(2_000);
    }
  };
  onStep(`${readers} read, ${placers} place, one host is drained, for ${seconds} s`);
  const drained = drainOne(client, endMs);
  await Promise.all([
    sampler(),
    drained,
    ...Array.from({ length: readers }, (_, at) => client.read(at, isOver)),
    ...Array.from({ length: placers }, (_, at) => client.place(at, isOver)),
  ]);
  const up = await client.hostsUp();
  const quarter = samples.slice(Math.floor(samples.length / 4));
  const growth = (of: keyof ReturnType<typeof memory>) => {
    const half = Math.floor(quarter.length / 2);
    const mib = quarter.map((one) => one[of]);
    return rounded(median(mib.slice(half)) / median(mib.slice(0, half)), 3);
  };
  const grown = [growth('s1'), growth('s2'), growth('api')];
  const drain = await drained;
  return [
    {
      id: 'load',
      what: `${hosts} hosts, ${hosts * vmsPerHost} VMs, ${readers} readers and ${placers} placers for ${seconds} s: hosts up at the end, memory of the second half over the first, the drain`,
      target: `${hosts} up, ≤ ${flat}, drained`,
      reached: `${up} up, ${Math.max(...grown)}, ${drain.state}`,
      ok: up === hosts && Math.max(...grown) <= flat && drain.state === 'succeeded',
      raw: {
        ...client.figures(seconds),
        memoryMib: samples.at(-1),
        grown,
        drain,
        endedByThemselves: processes.endedByThemselves,
      },
    },
  ];
}

async function drainOne(
  client: Client,
  endMs: number,
): Promise<{ readonly state: string; readonly seconds: number }> {
  await wait(5_000);
  const begunMs = performance.now();
  const { id = '' } = await client.call<{ id?: string }>('POST', '/v1/hosts/n0500/drain', {});
  for (;;) {
    const { state = 'unknown' } = await client.call<{ state?: string }>(
      'GET',
      `/v1/operations/${id}`,
    );
    const seconds = rounded((performance.now() - begunMs) / 1_000, 1);
    const isOpen = state === 'pending' || state === 'running';
    if (!isOpen || performance.now() >= endMs) return { state, seconds };
    await wait(500);
  }
}

class Client {
  readonly #base: string;
  readonly #times = new Map<string, number[]>();
  readonly #failures = new Map<string, number>();

  constructor(base: string) {
    this.#base = base;
  }

  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const reply = await fetch(`${this.#base}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await reply.json()) as T & { readonly code?: string };
    if (!reply.ok) throw new Error(`${reply.status} ${answer.code ?? ''}`);
    return answer;
  }

  async hostsUp(): Promise<number> {
    const all = await this.call<{ items: readonly { readonly state: string }[] }>(
      'GET',
      '/v1/hosts',
    ).catch(() => ({ items: [] }));
    return all.items.filter(({ state }) => state !== 'suspect' && state !== 'down').length;
  }

  async read(at: number, isOver: () => boolean): Promise<void> {
    const paths = ['/v1/hosts', '/v1/operations', `/v1/vms/${vmName(at, 1)}`, '/v1/migrations'];
    for (let round = at; !isOver(); round += 1) {
      const path = paths[round % paths.length] ?? '';
      await this.#timed(`GET ${path.replace(/vm-.*/, 'NAME')}`, () => this.call('GET', path));
      await wait(500);
    }
  }

  async place(at: number, isOver: () => boolean): Promise<void> {
    for (let round = 0; !isOver(); round += 1) {
      const vm = {
        name: `new-${at}-${round}`,
        spec: { vcpus: 1, memoryMib: 512, disks: [], networks: [] },
      };
      await this.#timed('POST /v1/vms', () => this.call('POST', '/v1/vms', vm));
      await wait(500);
    }
  }

  figures(seconds: number) {
    const times = [...this.#times].map(([what, list]) => {
      const sorted = list.toSorted((a, b) => a - b);
      const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
      const perSecond = rounded(list.length / seconds, 1);
      return [what, { perSecond, p50Ms: at(0.5), p99Ms: at(0.99) }] as const;
    });
    return {
      requests: Object.fromEntries(times),
      failures: Object.fromEntries(this.#failures),
    };
  }

  async #timed(what: string, work: () => Promise<unknown>): Promise<void> {
    const begunMs = performance.now();
    try {
      await work();
      const list = this.#times.get(what) ?? [];
      list.push(performance.now() - begunMs);
      this.#times.set(what, list);
    } catch (error) {
      const why = `${what}: ${(error as Error).message}`;
      this.#failures.set(why, (this.#failures.get(why) ?? 0) + 1);
    }
  }
}
