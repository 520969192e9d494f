#!/usr/bin/env node
/**
 * A scheduler: campaigns, and while it leads, feeds the logic and performs what it says. When it no longer
 * leads, or cannot know, the process ends; whoever supervises it starts it again as a candidate.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Bus, connectBus } from '@drover/bus';
import {
  type AgentMessage,
  DroverError,
  Heartbeat,
  inboxPrefix,
  Inventory,
  keyPrefix,
  MigrationProgress,
  parseAgentSubject,
  parseJson,
  Query,
  ResultMessage,
  subjects,
} from '@drover/protocol';
import { connectStore, type Leadership, type Store } from '@drover/store';
import { type Logger, pino } from 'pino';
import { createScheduler } from './logic/index.ts';
import { readConfig, type SchedulerConfig } from './shell/config.ts';
import { Loader } from './shell/loader.ts';
import { Metrics, serveMetrics } from './shell/metrics.ts';
import { Performer } from './shell/performer.ts';

const usage = `drover scheduler: places VMs, moves them, empties hosts; one of several leads

  main.ts --config FILE

  --config FILE   YAML: instanceId, etcd.endpoints, nats.servers, nats.nkeySeedFile, metrics, leaseSeconds
  --help          this text
`;

const messageSchemas = {
  heartbeat: Heartbeat,
  inventory: Inventory,
  result: ResultMessage,
  progress: MigrationProgress,
} as const;

async function run(config: SchedulerConfig, log: Logger): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const metrics = new Metrics();
  const store = stack.use(connectStore({ endpoints: config.etcd.endpoints }));
  const seedFile = config.nats.nkeySeedFile;
  const bus = stack.use(
    connectBus({
      servers: config.nats.servers,
      name: config.instanceId,
      inboxPrefix: inboxPrefix.scheduler,
      ...(seedFile === undefined ? {} : { nkeySeed: readFileSync(seedFile, 'utf8').trim() }),
    }),
  );
  if (config.metrics) {
    const missing = () => (bus.state === 'connected' ? [] : ['NATS']);
    const server = await serveMetrics(config.metrics, metrics, missing);
    stack.defer(() => {
      server.close();
      server.closeAllConnections();
    });
  }
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => stopping.abort(new Error(`ended by ${signal}`)));
  }
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  const follower = stack.use(follow({ config, log, metrics, store, bus, end }));
  log.info(`${config.instanceId} is a candidate`);
  let leadership: Leadership;
  try {
    leadership = await store.campaign({
      prefix: keyPrefix.leader,
      value: JSON.stringify({ instanceId: config.instanceId }),
      ttlSeconds: config.leaseSeconds ?? 10,
      signal: stopping.signal,
    });
  } catch (error) {
    if (stopping.signal.aborted) return;
    throw error;
  }
  metrics.elected(leadership.epoch);
  follower.lead(leadership);
  stopping.signal.addEventListener('abort', () => end('told to end'), { once: true });
  if (stopping.signal.aborted) end('told to end');
  const reason = await ended;
  follower[Symbol.dispose]();
  await leadership.resign();
  log.info(`leads no more: ${reason}`);
}

interface Following {
  readonly config: SchedulerConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly bus: Bus;
  /** Called with why it leads no more. */
  readonly end: (reason: string) => void;
}

interface Follower extends Disposable {
  lead(leadership: Leadership): void;
}

/** Hears the hosts and reads etcd from the beginning, so that it can go on at once when it is elected. */
function follow({ config, log, metrics, store, bus, end }: Following): Follower {
  const stack = new DisposableStack();
  const heard = new Set<string>();
  const loader = stack.use(
    new Loader(
      store,
      (event) => performer.feed(event),
      (text) => log.warn(text),
    ),
  );
  const performer = new Performer({
    logic: createScheduler({ instanceId: config.instanceId }),
    store,
    bus,
    metrics,
    log,
    reload: () => loader.load(),
    exit: end,
  });
  const agents = bus.subscribe(
    subjects.allAgents(),
    (text, subject) => {
      const from = parseAgentSubject(subject);
      const parsed = from && parseJson(messageSchemas[from.kind], text);
      if (!from || !parsed?.ok) return metrics.malformed();
      heard.add(from.hostId);
      metrics.heardHosts(heard.size);
      const message = { kind: from.kind, body: parsed.value } as AgentMessage;
      performer.feed({ type: 'agent-said', hostId: from.hostId, message });
    },
    { queueLimit: 10_000, onOverflow: 'drop-oldest' },
  );
  stack.defer(() => agents.close());
  stack.defer(() => performer.end());
  loader.load();
  return {
    lead(leadership) {
      const queries = bus.respond(subjects.query(), async (text) => {
        const parsed = parseJson(Query, text);
        if (parsed.ok) return performer.ask(randomUUID(), parsed.value);
        return JSON.stringify({ type: 'error', code: 'bad-request', message: parsed.reason });
      });
      stack.defer(() => queries.close());
      performer.lead(leadership);
    },
    [Symbol.dispose]: () => stack.dispose(),
  };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { config: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help || values.config === undefined) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const log = pino({ name: 'drover-scheduler' }, pino.destination({ dest: 1, sync: true }));
  process.on('unhandledRejection', (error) => {
    log.fatal(error, 'a promise failed that nobody waited for');
    process.exit(1);
  });
  try {
    await run(readConfig(values.config), log);
    return 0;
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    log.error(`${error.code}: ${error.message}`);
    return 1;
  }
}

process.exit(await main());
