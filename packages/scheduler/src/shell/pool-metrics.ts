/** What the leader tells monitoring of pools: room, promises, where room goes, alarms, and how each host finds them. */
import type { api } from '@drover/protocol';
import { Gauge, type Registry } from '@prometheus-io/client';

export type PoolStatuses = Readonly<Record<string, api.PoolStatus>>;

const bytesPerMib = 1024 * 1024;

export class PoolMetrics {
  /** Absent, or answering nothing: it does not lead. */
  read: (() => Promise<PoolStatuses | undefined>) | undefined;
  readonly #registry: Registry;
  readonly #capacity: Gauge<string>;
  readonly #free: Gauge<string>;
  readonly #promised: Gauge<string>;
  readonly #trend: Gauge<string>;
  readonly #alarm: Gauge<string>;
  readonly #condition: Gauge<string>;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#capacity = this.#gauge('capacity_bytes', 'Size of the pool.', ['pool']);
    this.#free = this.#gauge('free_bytes', 'Free room of the pool.', ['pool']);
    this.#promised = this.#gauge('promised_bytes', 'What its disks may grow to.', ['pool']);
    const trend = 'Free room that comes, or goes below zero.';
    this.#trend = this.#gauge('trend_bytes_per_hour', trend, ['pool', 'host']);
    this.#alarm = this.#gauge('alarm', '1 while it lasts.', ['pool', 'alarm', 'host']);
    const condition = '1: the host finds the pool so.';
    this.#condition = this.#gauge('condition', condition, ['pool', 'host', 'condition']);
  }

  #gauge(name: string, help: string, labelNames: readonly string[]): Gauge<string> {
    const registers = [this.#registry];
    return new Gauge<string>({
      name: `drover_pool_${name}`,
      help,
      labelNames: [...labelNames],
      registers,
    });
  }

  /** What is no longer so is no longer told. */
  async refresh(): Promise<void> {
    const pools = (await this.read?.()) ?? {};
    const all = [this.#capacity, this.#free, this.#promised, this.#trend];
    for (const gauge of [...all, this.#alarm, this.#condition]) gauge.reset();
    for (const [pool, status] of Object.entries(pools)) this.#tell(pool, status);
  }

  #tell(pool: string, status: api.PoolStatus): void {
    this.#capacity.set({ pool }, status.capacityMib * bytesPerMib);
    this.#free.set({ pool }, status.freeMib * bytesPerMib);
    this.#promised.set({ pool }, status.promisedMib * bytesPerMib);
    for (const { hostId: host = '', mibPerHour } of status.trends) {
      this.#trend.set({ pool, host }, mibPerHour * bytesPerMib);
    }
    for (const { code: alarm, hostId: host = '' } of status.alarms) {
      this.#alarm.set({ pool, alarm, host }, 1);
    }
    for (const { hostId: host, condition } of status.hosts) {
      this.#condition.set({ pool, host, condition }, 1);
    }
  }
}
