/** An API over fakes of etcd and NATS, with a leader whose answers a test decides. */
import { createHash } from 'node:crypto';
import { createFakeBus, type FakeBus } from '@drover/bus/testing';
import { type api, keys, type Query, type QueryReply, subjects } from '@drover/protocol';
import { createFakeStore, type FakeStore } from '@drover/store/testing';
import { pino } from 'pino';
import { type AppParts, buildApp } from '../../src/index.ts';

export type App = Awaited<ReturnType<typeof buildApp>>;
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export const vmId = '11111111-1111-4111-8111-111111111111';
export const otherVmId = '22222222-2222-4222-8222-222222222222';
export const hostUuid = '33333333-3333-4333-8333-333333333333';
export const spec = { vcpus: 1, memoryMib: 128, disks: [], networks: [] };

const tokens = ['viewer', 'operator', 'admin'].map((role) => ({
  name: `the-${role}`,
  role: role as 'viewer',
  sha256: createHash('sha256').update(`${role}-token`).digest('hex'),
}));

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  // What a stranger gets: JSON of any shape.
  readonly body: Readonly<Record<string, unknown>>;
}

export class World implements AsyncDisposable {
  readonly store: FakeStore;
  readonly bus: FakeBus;
  readonly leaderBus: FakeBus;
  readonly app: App;
  readonly log: readonly Readonly<Record<string, unknown>>[];
  answer: (query: Query) => QueryReply;

  private constructor(
    app: App,
    store: FakeStore,
    buses: { readonly bus: FakeBus; readonly leaderBus: FakeBus },
    log: readonly Readonly<Record<string, unknown>>[],
  ) {
    this.app = app;
    this.store = store;
    this.bus = buses.bus;
    this.leaderBus = buses.leaderBus;
    this.log = log;
    this.answer = emptyAnswer;
  }

  static async start(
    options: Partial<Omit<AppParts, 'store' | 'bus' | 'log' | 'tokens'>> = {},
  ): Promise<World> {
    const store = createFakeStore({ clock: 'system' });
    const hub = createFakeBus();
    const bus = hub.connect({ role: 'api' });
    const leaderBus = hub.connect({ role: 'scheduler' });
    const lines: Readonly<Record<string, unknown>>[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
    const put = (key: string, value: object) => ({ key, value: JSON.stringify(value) });
    await store.txn({
      compares: [],
      deletes: [],
      puts: ['h1', 'h2'].map((id) => put(keys.host(id), { v: 1, id, hostUuid, firstSeenMs: 1 })),
    });
    const join = { requireServers: () => ['nats://nats.example:4222'] };
    const app = await buildApp({ store, bus, log, tokens, join, ...options });
    const world = new World(app, store, { bus, leaderBus }, lines);
    leaderBus.respond(subjects.query(), (text) =>
      Promise.resolve(JSON.stringify(world.answer(JSON.parse(text) as Query))),
    );
    await until('the mirror is loaded', async () => {
      const { status } = await world.send('GET', '/v1/vms');
      return status === 200 ? true : undefined;
    });
    return world;
  }

  async send(
    method: Method,
    url: string,
    body?: unknown,
    { role = 'admin', ...headers }: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await this.app.inject({
      method,
      url,
      headers: {
        ...(role === 'nobody' ? {} : { authorization: `Bearer ${role}-token` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(text === undefined ? {} : { payload: text }),
    });
    const type = String(response.headers['content-type']);
    const parsed: unknown = type.includes('json') ? response.json() : { text: response.body };
    return {
      status: response.statusCode,
      type,
      headers: response.headers,
      body: parsed as Answer['body'],
    };
  }

  /** What the scheduler, or another API, writes; the mirror has heard it when this resolves. */
  async put(records: Readonly<Record<string, object | undefined>>): Promise<number> {
    const entries = Object.entries(records);
    const result = await this.store.txn({
      compares: [],
      puts: entries.flatMap(([key, value]) =>
        value === undefined ? [] : [{ key, value: JSON.stringify(value) }],
      ),
      deletes: entries.flatMap(([key, value]) => (value === undefined ? [key] : [])),
    });
    await until('the change is heard', async () => {
      const { headers } = await this.send('GET', '/v1/pools');
      return Number(headers['drover-revision']) >= result.revision ? true : undefined;
    });
    return result.revision;
  }

  read(key: string): Readonly<Record<string, unknown>> | undefined {
    const entry = this.store.entries().find((one) => one.key === key);
    return entry && (JSON.parse(entry.value) as Readonly<Record<string, unknown>>);
  }

  /** Keys of the given kind, e.g. `intent/requests`. */
  keysUnder(kind: string): readonly string[] {
    return this.store
      .entries()
      .map(({ key }) => key)
      .filter((key) => key.startsWith(`/drover/${kind}/`));
  }

  async vm(state: 'running' | 'stopped' = 'running'): Promise<void> {
    const hostId = state === 'running' ? 'h1' : undefined;
    await this.put({
      [keys.vmIntent(vmId)]: {
        v: 1,
        id: vmId,
        name: 'web-1',
        spec,
        desired: 'running',
        by: 'x',
        createdAtMs: 1,
      },
      [keys.vmName('web-1')]: { v: 1, vmId },
      [keys.assignment(vmId)]: {
        v: 1,
        vmId,
        generation: 1,
        state,
        ...(hostId === undefined ? {} : { hostId }),
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
    await this.bus[Symbol.asyncDispose]();
    await this.leaderBus[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }
}

export function operation(id: string, more: object = {}): object {
  return {
    v: 1,
    id,
    type: 'migrate',
    state: 'running',
    step: 'perform',
    stepIndex: 1,
    vmId,
    vmName: 'web-1',
    generation: 1,
    epoch: '5',
    by: 'x',
    createdAtMs: 5,
    ...more,
  };
}

export const host = {
  id: 'h1',
  intent: 'active',
  health: 'up',
  arch: 'x86_64',
  accelerator: 'kvm',
  capacity: { cpuMilli: 4000, memoryMib: 4096 },
  reserved: { cpuMilli: 0, memoryMib: 256 },
  cpuOvercommitPermille: 4000,
  cpuModel: 'EPYC',
  machineTypes: ['pc-q35-10.0'],
  qemuVersion: 10_000_002,
  libvirtVersion: 11_003_000,
  numaCells: [],
  labels: {},
  pools: [],
  bridges: ['br0'],
  reportAgeMs: 100,
  reasons: [],
  acceleratorReason: 'it works',
  allocatable: { cpuMilli: 16_000, memoryMib: 3840 },
  promised: { cpuMilli: 0, memoryMib: 0 },
  vmCount: 0,
  foreignVmCount: 0,
} as const;

/** All is well. */
export const leader = { leader: 's1', epoch: '5', revision: 1, settled: true, highestEra: 0 };

export const poolStatus: api.PoolStatus = {
  capacityMib: 1_000,
  freeMib: 100,
  promisedMib: 2_000,
  promisableMib: 2_000,
  reservedMib: 0,
  trends: [],
  protection: 'image-lock',
  protectedBy: 'image locks on the server (NFS 4.2)',
  alarms: [{ code: 'nearly-full', message: '90 % are in use, 100 MiB are free' }],
  hosts: [
    { hostId: 'h1', condition: 'reachable', capacityMib: 1_000, freeMib: 100, reportAgeMs: 1 },
  ],
};

function emptyAnswer(query: Query): QueryReply {
  if (query.type === 'leader') {
    return { type: 'leader', leader };
  }
  if (query.type === 'hosts') return { type: 'hosts', hosts: [host] };
  if (query.type === 'observed') return { type: 'observed', vms: {} };
  if (query.type === 'dump') return { type: 'dump', text: '{"hosts":[\n{"id":"h1"}\n]}\n' };
  if (query.type === 'progress') return { type: 'progress', migrations: [] };
  if (query.type === 'place') {
    const rejections = [
      { hostId: 'h1', reason: 'not-enough-memory', required: 9, available: 1, unit: 'MiB' },
    ] as const;
    return { type: 'place', answers: [{ type: 'refused', rejections }] };
  }
  if (query.type === 'plan-drain') {
    const plan = {
      hostId: query.hostId,
      hostIds: [],
      bent: [],
      revision: 1,
      moves: [],
      waves: [],
      blockers: [],
    };
    return { type: 'plan-drain', plan: { ...plan, estimatedSeconds: 0 }, unchecked: [] };
  }
  if (query.type === 'plan-move') {
    const reasons = [
      { code: 'path-missing', hostId: 'h2', subject: '/iso', required: 'cdrom' },
    ] as const;
    const about = { vmId: query.vmId, vmName: 'web-1', source: 'h1' };
    return { type: 'plan-move', plan: { ...about, reasons, rejections: [], unchecked: false } };
  }
  if (query.type === 'pools') return { type: 'pools', pools: { vms: poolStatus } };
  if (query.type === 'cpu-gaps') return { type: 'cpu-gaps', hosts: ['h2'] };
  return { type: 'error', code: 'vm-not-found', message: 'no such VM' };
}

/** Waits for a condition with a deadline. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 10_000;
  while (performance.now() < end) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`after 10 s still not: ${what}`);
}
