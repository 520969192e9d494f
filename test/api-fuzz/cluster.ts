/**
 * The API's real app, listening on loopback, in front of the simulator's world: its etcd, its scheduler, its hosts with
 * the real logic of agents. Time passes there when it is told to, so that what was asked for gets done.
 */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { buildApp } from '@drover/api';
import type { Bus } from '@drover/bus';
import { DroverError, parseJson, Query, type QueryReply } from '@drover/protocol';
import type { Store } from '@drover/store';
import { pino } from 'pino';
import { AgentEnd, plainTransfer } from '../../packages/api/test/support/agent-end.ts';
import { steady } from '../../packages/simulator/src/tempo.ts';
import { World } from '../../packages/simulator/src/world.ts';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly text: string;
}

/** Of the configuration, by role. */
export const tokens = {
  viewer: 'fuzz-viewer-4c1f3f6a',
  operator: 'fuzz-operator-9b7e2d10',
  admin: 'fuzz-admin-e05a8c77',
} as const;

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const hosts = 6;
const pools = ['fast', 'vms'];
const warnLevel = 40;

export class SimulatedCluster implements AsyncDisposable {
  readonly world: World;
  readonly #app: Awaited<ReturnType<typeof buildApp>>;
  readonly #end: AgentEnd;
  /** Warnings, and what is worse. */
  readonly warnings: LogLine[] = [];
  port = 0;

  private constructor(world: World, end: AgentEnd, app: Awaited<ReturnType<typeof buildApp>>) {
    this.world = world;
    this.#end = end;
    this.#app = app;
  }

  static async start(seed: number): Promise<SimulatedCluster> {
    const shapes = Array.from({ length: hosts }, (_, at) => ({
      id: `h${at + 1}`,
      capacity: { cpuMilli: 64_000, memoryMib: 262_144 },
      reserved: { cpuMilli: 1_000, memoryMib: 4_096 },
      pools,
    }));
    const standing = { hosts: shapes, pools, cordoned: [], vms: [] };
    const world = new World({ seed, hosts: shapes, schedulers: 1, tempo: steady, standing });
    const end = await new AgentEnd({ file: Buffer.alloc(4_096, 7) }).start();
    const warnings: LogLine[] = [];
    const log = pino(
      {},
      {
        write: (text: string) => {
          const { level, msg } = JSON.parse(text) as LogLine;
          if (level >= warnLevel) warnings.push({ level, msg, text });
        },
      },
    );
    const roles = Object.entries(tokens) as [keyof typeof tokens, string][];
    const app = await buildApp({
      join: {
        addresses: ['https://api.example:8440'],
        requireServers: () => ['nats://nats.example:4222'],
      },
      store: storeOf(world),
      bus: busOf(world),
      log,
      tokens: roles.map(([role, secret]) => ({
        name: `the-${role}`,
        role,
        sha256: sha256(secret),
      })),
      requestsPer10Seconds: 1_000_000,
      pendingEach: 1_000,
      transfer: (_, operationId, ask) => plainTransfer(end.end, operationId, ask),
    });
    const cluster = new SimulatedCluster(world, end, app);
    cluster.warnings.push(...warnings.splice(0));
    warnings.push = (...lines) => cluster.warnings.push(...lines);
    await app.listen({ host: '127.0.0.1', port: 0 });
    cluster.port = (app.server.address() as AddressInfo).port;
    // Somebody leads, and has heard every host.
    cluster.pass(30_000);
    return cluster;
  }

  /** Time in that world; none of ours. */
  pass(ms: number): void {
    this.world.run(this.world.nowMs + ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#app.server.closeAllConnections();
    await this.#app.close();
    await this.#end[Symbol.asyncDispose]();
  }
}

function storeOf({ etcd }: World): Store {
  const unused = () => Promise.reject(new Error('an API stands for no office'));
  return {
    range: (prefix) => Promise.resolve(etcd.range(prefix)),
    get: (key) => {
      const entry = etcd.get(key);
      return Promise.resolve({ ...(entry ? { entry } : {}), revision: etcd.revision });
    },
    txn: ({ compares, puts, deletes }) => {
      const asked = compares.map(({ createRevision, ...compare }) => ({
        ...compare,
        ...(createRevision === undefined ? {} : { createRevision: Number(createRevision) }),
      }));
      const leaseless = puts.map(({ key, value }) => ({ key, value }));
      const answer = etcd.txn({ compares: asked, puts: leaseless, deletes });
      if (answer.type === 'no-lease') throw new Error('nothing was put under a lease');
      return Promise.resolve(answer);
    },
    watch: (prefixes, fromRevision, handlers) => {
      let isOpen = true;
      const watching = etcd.watch(prefixes, fromRevision, (revision, changes) => {
        queueMicrotask(() => {
          if (isOpen) handlers.onChanges({ revision, changes });
        });
      });
      if (watching === undefined) queueMicrotask(() => handlers.onLost('compacted'));
      return {
        close: () => {
          isOpen = false;
          watching?.close();
        },
      };
    },
    campaign: unused,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Questions go to who leads there; nothing else is said. */
function busOf(world: World): Bus {
  const nothing = { close: () => undefined };
  return {
    state: 'connected',
    stats: {
      published: 0,
      refusedDisconnected: 0,
      refusedTooLong: 0,
      received: 0,
      dropped: 0,
      malformed: 0,
      permissionViolations: 0,
      connects: 1,
      disconnects: 0,
    },
    publish: () => true,
    subscribe: () => nothing,
    respond: () => nothing,
    onStatus: () => nothing,
    request: async (_subject, text, timeoutMs) => {
      const parsed = parseJson(Query, text);
      if (!parsed.ok) {
        return JSON.stringify({ type: 'error', code: 'bad-request', message: parsed.reason });
      }
      const leader = world.leader();
      if (leader === undefined) throw new DroverError('no-leader', 'nobody leads');
      let reply: QueryReply | undefined;
      leader.ask(parsed.value, (heard) => {
        reply = heard;
      });
      const untilMs = world.nowMs + timeoutMs;
      while (reply === undefined && world.nowMs < untilMs && world.step());
      if (reply === undefined) throw new DroverError('bus-unavailable', 'no answer in time');
      return JSON.stringify(reply);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
