/** What the leader tells monitoring of balance: how uneven the cluster is, and how many moves are recommended. */
import type { api } from '@drover/protocol';
import { Gauge, type Registry } from '@prometheus-io/client';

const perWhole = 1_000_000;

export class BalanceMetrics {
  /** Absent, or answering nothing: it does not lead. */
  read: (() => Promise<api.BalanceStatus | undefined>) | undefined;
  readonly #recommendations: Gauge<string>;
  readonly #imbalance: Gauge<string>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#recommendations = new Gauge<string>({
      name: 'drover_recommendations',
      help: 'Moves that are recommended, by priority; 1 is the most pressing.',
      labelNames: ['priority'],
      registers,
    });
    this.#imbalance = new Gauge<string>({
      name: 'drover_cluster_imbalance',
      help: 'How uneven the cluster is, as docs/balance.md has it; 0 is even.',
      labelNames: [],
      registers,
    });
  }

  /** Of a scheduler that does not lead, and before the first look, there is nothing to tell. */
  async refresh(): Promise<void> {
    const balance = await this.read?.();
    this.#recommendations.reset();
    this.#imbalance.remove();
    if (balance?.unevenBefore === undefined) return;
    this.#imbalance.set(balance.unevenBefore / perWhole);
    for (const priority of [1, 2, 3, 4, 5]) {
      const count = balance.recommendations.filter((one) => one.priority === priority).length;
      this.#recommendations.set({ priority: String(priority) }, count);
    }
  }
}
