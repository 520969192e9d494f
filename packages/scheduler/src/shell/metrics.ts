/** What the scheduler tells monitoring: /metrics, /healthz, /readyz. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  type OperationRecord,
  OperationRecord as schema,
  parseJson,
  parseKey,
} from '@drover/protocol';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { SchedulerCommand } from '../logic/index.ts';
import { BalanceMetrics } from './balance-metrics.ts';
import { PoolMetrics, type PoolStatuses } from './pool-metrics.ts';

export class Metrics {
  readonly registry = new Registry();
  readonly #leader = this.#gauge('drover_scheduler_is_leader', '1 while this scheduler leads.');
  readonly #epoch = this.#gauge('drover_scheduler_epoch', 'Epoch of its leadership; 0: none.');
  readonly #hosts = this.#gauge('drover_hosts', 'Hosts that have been heard.');
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  readonly #operations = new Counter({
    name: 'drover_operations_total',
    help: 'Operations that ended, by type and by how.',
    labelNames: ['type', 'result'],
    registers: [this.registry],
  });
  readonly #forecastError = new Histogram({
    name: 'drover_migration_forecast_error_ratio',
    help: 'Of migrations that went through: time that they took over the time expected, less one, without its sign.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    registers: [this.registry],
  });
  readonly #downtime = new Histogram({
    name: 'drover_migration_downtime_seconds',
    help: 'How long VMs stood still for a migration.',
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers: [this.registry],
  });
  readonly #copied = new Counter({
    name: 'drover_migration_bytes_total',
    help: 'Memory that migrations have sent.',
    registers: [this.registry],
  });
  readonly #commits = new Counter({
    name: 'drover_scheduler_commits_total',
    help: 'Transactions by outcome.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly #pools = new PoolMetrics(this.registry);
  readonly #balance = new BalanceMetrics(this.registry);
  readonly #dropped = new Counter({
    name: 'drover_scheduler_malformed_messages_total',
    help: 'Messages of agents that were dropped since they are no such messages.',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#delay.enable();
    const lag = this.#gauge('drover_scheduler_event_loop_p99_seconds', 'Event loop delay.');
    this.#leader.set(0);
    this.#epoch.set(0);
    this.#measureLag = () => lag.set(this.#delay.percentile(99) / 1e9);
  }

  readonly #measureLag: () => void;

  /** Brings what is measured on demand up to date. */
  async refresh(): Promise<void> {
    this.#measureLag();
    await Promise.all([this.#pools.refresh(), this.#balance.refresh()]);
  }

  readBalance(read: NonNullable<BalanceMetrics['read']>): void {
    this.#balance.read = read;
  }

  /** Of one that leads: how it is told what it knows of pools. */
  readPools(read: () => Promise<PoolStatuses | undefined>): void {
    this.#pools.read = read;
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }

  elected(epoch: string): void {
    this.#leader.set(1);
    this.#epoch.set(Number(epoch));
  }

  heardHosts(count: number): void {
    this.#hosts.set(count);
  }

  malformed(): void {
    this.#dropped.inc();
  }

  /** Counts the ends of operations in a commit that went through. */
  committed(
    command: Extract<SchedulerCommand, { type: 'commit' }>,
    outcome: 'done' | 'conflict',
  ): void {
    this.#commits.inc({ outcome });
    if (outcome === 'conflict') return;
    for (const { key, value } of command.puts) {
      if (value === undefined || parseKey(key).type !== 'operation') continue;
      const parsed = parseJson(schema, value);
      const ended: OperationRecord | undefined = parsed.ok ? parsed.value : undefined;
      if (ended?.endedAtMs === undefined) continue;
      this.#operations.inc({ type: ended.type, result: ended.state });
      if (ended.type === 'migrate') this.#migrated(ended);
    }
  }

  #migrated(operation: OperationRecord): void {
    const { state, migration, startedAtMs, endedAtMs, downtimeMs, transferredBytes } = operation;
    this.#copied.inc(transferredBytes ?? 0);
    if (state !== 'succeeded') return;
    if (downtimeMs !== undefined) this.#downtime.observe(downtimeMs / 1_000);
    const expectedMs = migration?.forecast.elapsedMs ?? 0;
    if (expectedMs === 0 || startedAtMs === undefined || endedAtMs === undefined) return;
    this.#forecastError.observe(Math.abs((endedAtMs - startedAtMs) / expectedMs - 1));
  }
}

/** Serves until closed. Rejects where the address is taken. */
export async function serveMetrics(
  at: { readonly host: string; readonly port: number },
  metrics: Metrics,
  missing: () => readonly string[],
): Promise<Server> {
  const server = createServer((request, response) => {
    const say = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
      void response.writeHead(status, { 'content-type': type }).end(text);
    const path = (request.url ?? '').split('?')[0];
    if (path === '/healthz') return say(200, 'ok\n');
    if (path === '/readyz') {
      const lacks = missing();
      return lacks.length === 0 ? say(200, 'ready\n') : say(503, `${lacks.join('\n')}\n`);
    }
    if (path !== '/metrics') return say(404, 'there are /metrics, /healthz and /readyz\n');
    void metrics
      .refresh()
      .then(() => metrics.registry.metrics())
      .then((text) => say(200, text, metrics.registry.contentType))
      .catch((error: unknown) => say(500, `${String(error)}\n`));
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 64;
  server.listen(at.port, at.host);
  await once(server, 'listening');
  return server;
}
