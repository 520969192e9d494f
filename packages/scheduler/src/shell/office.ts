/**
 * A scheduler's way through its office: it follows, stands for election while it reaches NATS, leads, and gives the
 * office up when it is told to end, when it may not lead any more, and when NATS has been out of its reach for long:
 * another may reach it.
 */
import { randomUUID } from 'node:crypto';
import type { Bus } from '@drover/bus';
import {
  keyPrefix,
  parseJson,
  Query,
  type QueryReply,
  readAgentMessage,
  subjects,
} from '@drover/protocol';
import type { Leadership, Store } from '@drover/store';
import { createScheduler } from '../logic/index.ts';
import { type Admission, serveAdmission } from './admit.ts';
import { awayFor, connected } from './bus-patience.ts';
import { type Certifier, serveCertificates } from './certify.ts';
import type { SchedulerConfig } from './config.ts';
import { Loader } from './loader.ts';
import type { Metrics } from './metrics.ts';
import { type Log, Performer } from './performer.ts';

/** Without NATS a leader hears nobody and can order nothing. */
const busPatienceMs = 10_000;

export interface Office {
  readonly config: Pick<SchedulerConfig, 'instanceId' | 'leaseSeconds' | 'migration'>;
  /** Absent: hosts are told that there is none. */
  readonly certifier?: Certifier;
  /** Absent: NATS lets in whom its configuration names. */
  readonly admission?: Admission;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly bus: Bus;
  /** Tells it to end. */
  readonly stopping: AbortSignal;
  readonly patienceMs?: number;
}

/** Until it leads no more, or is told to end. */
export async function serveOffice(office: Office): Promise<void> {
  const { config, log, metrics, bus, stopping, patienceMs = busPatienceMs } = office;
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  using follower = follow(office, end);
  log.info(`${config.instanceId} is a candidate`);
  const leadership = await stand(office);
  if (leadership === undefined) return;
  metrics.elected(leadership.epoch);
  follower.lead(leadership);
  using away = awayFor(bus, patienceMs);
  const lost = `NATS has been out of reach for ${patienceMs / 1_000} s; another may reach it`;
  away.signal.addEventListener('abort', () => end(lost), { once: true });
  stopping.addEventListener('abort', () => end('told to end'), { once: true });
  if (stopping.aborted) end('told to end');
  const reason = await ended;
  follower[Symbol.dispose]();
  await leadership.resign();
  log.info(`leads no more: ${reason}`);
}

/** Nothing: it is told to end. */
async function stand(office: Office): Promise<Leadership | undefined> {
  const { config, store, bus, stopping, patienceMs = busPatienceMs } = office;
  while (!stopping.aborted) {
    await connected(bus, stopping);
    using away = awayFor(bus, patienceMs);
    try {
      return await store.campaign({
        prefix: keyPrefix.leader,
        value: JSON.stringify({ instanceId: config.instanceId }),
        ttlSeconds: config.leaseSeconds ?? 10,
        signal: AbortSignal.any([stopping, away.signal]),
      });
    } catch (error) {
      if (!stopping.aborted && !away.signal.aborted) throw error;
    }
  }
  return undefined;
}

interface Follower extends Disposable {
  lead(leadership: Leadership): void;
}

/** Hears the hosts and reads etcd from the beginning, so that it can go on at once when it is elected. */
function follow(
  { config, certifier, admission, log, metrics, store, bus }: Office,
  end: (reason: string) => void,
): Follower {
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
    logic: createScheduler({
      instanceId: config.instanceId,
      ...(config.migration ? { settings: config.migration } : {}),
    }),
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
      const said = readAgentMessage(subject, text);
      if (!said.ok) return metrics.malformed();
      heard.add(said.value.hostId);
      metrics.heardHosts(heard.size);
      performer.feed({ type: 'agent-said', ...said.value });
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
      metrics.readPools(async () => {
        const reply = await performer.ask(randomUUID(), { type: 'pools' });
        const parsed = JSON.parse(reply) as QueryReply;
        return parsed.type === 'pools' ? parsed.pools : undefined;
      });
      metrics.readBalance(async () => {
        const reply = await performer.ask(randomUUID(), { type: 'balance' });
        const parsed = JSON.parse(reply) as QueryReply;
        return parsed.type === 'balance' ? parsed.balance : undefined;
      });
      stack.use(serveCertificates(bus, certifier, log));
      if (admission !== undefined) stack.use(serveAdmission(bus, store, admission, log));
      performer.lead(leadership);
    },
    [Symbol.dispose]: () => stack.dispose(),
  };
}
