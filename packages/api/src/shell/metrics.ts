/** What the API tells monitoring. Labels are few: routes, not addresses; never a VM or a token. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';

export class Metrics {
  readonly registry = new Registry();
  readonly #requests = new Counter({
    name: 'drover_api_requests_total',
    help: 'Requests by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: 'drover_api_request_duration_seconds',
    help: 'How long requests took, by method and route; waiting for an operation included.',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.registry],
  });
  readonly #writes = new Counter({
    name: 'drover_api_store_writes_total',
    help: 'Transactions by outcome: done, conflict, unknown.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly #part = new Gauge({
    name: 'drover_api_part_up',
    help: '1 where the part answered last: store, bus, leader; 0 for a leader that decides nothing.',
    labelNames: ['part'],
    registers: [this.registry],
  });
  readonly #streams = new Gauge({
    name: 'drover_api_event_streams',
    help: 'Open event streams.',
    registers: [this.registry],
  });
  readonly #dropped = new Counter({
    name: 'drover_api_event_streams_dropped_total',
    help: 'Event streams ended since the client did not read fast enough.',
    registers: [this.registry],
  });
  readonly #turnedAway = new Counter({
    name: 'drover_api_connections_refused_total',
    help: 'Connections closed at once, since there were too many of one address or of all.',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  answered(method: string, route: string, status: number, seconds: number): void {
    this.#requests.inc({ method, route, status: String(status) });
    this.#seconds.observe({ method, route }, seconds);
  }

  wrote(outcome: string): void {
    this.#writes.inc({ outcome });
  }

  part(part: 'store' | 'bus' | 'leader', isUp: boolean): void {
    this.#part.set({ part }, isUp ? 1 : 0);
  }

  streams(count: number): void {
    this.#streams.set(count);
  }

  droppedStream(): void {
    this.#dropped.inc();
  }

  turnedAway(): void {
    this.#turnedAway.inc();
  }
}
