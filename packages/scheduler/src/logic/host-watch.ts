/**
 * What is heard from hosts, and what silence means: health by the leader's own clock of receipt, the epoch
 * barrier, the outcomes of steps. Silence makes a host `suspect` and then `down`; it never says anything
 * about its VMs.
 */
import type { HostHealth } from '@drover/core';
import type {
  AgentMessage,
  Heartbeat,
  Inventory,
  MigrationProgress,
  StepResult,
} from '@drover/protocol';
import type { SchedulerSettings } from './port.ts';

export interface HeardHost {
  readonly hostId: string;
  lastHeardMs: number;
  /** Of the agent's present life. */
  incarnation: string;
  nonce: string;
  maxEpoch: string;
  heartbeat?: Heartbeat;
  inventory?: Inventory;
  inventoryMs: number;
  /** Counts inventories, so that two different ones can be told apart. */
  inventories: number;
}

const resultsKept = 20_000;

export class HostWatch {
  readonly #hosts = new Map<string, HeardHost>();
  readonly #results = new Map<string, StepResult>();
  readonly #progress = new Map<string, MigrationProgress>();

  get(hostId: string): HeardHost | undefined {
    return this.#hosts.get(hostId);
  }

  all(): readonly HeardHost[] {
    return [...this.#hosts.values()];
  }

  hear(nowMs: number, hostId: string, message: AgentMessage): void {
    switch (message.kind) {
      case 'heartbeat':
        this.#touch(nowMs, hostId, message.body).heartbeat = message.body;
        return;
      case 'inventory': {
        const host = this.#touch(nowMs, hostId, message.body);
        host.inventory = message.body;
        host.inventoryMs = nowMs;
        host.inventories += 1;
        for (const result of message.body.recent) this.#keep(hostId, result);
        return;
      }
      case 'result':
        this.#keep(hostId, message.body.result);
        return;
      case 'progress':
        this.#progress.set(message.body.opId, message.body);
        return;
    }
  }

  health(nowMs: number, hostId: string, settings: SchedulerSettings): HostHealth {
    const host = this.#hosts.get(hostId);
    if (host === undefined) return 'down';
    const age = nowMs - host.lastHeardMs;
    if (age >= settings.downAfterMs) return 'down';
    if (age >= settings.suspectAfterMs) return 'suspect';
    return host.heartbeat?.state === 'degraded' ? 'suspect' : 'up';
  }

  /** The host obeys no leader older than this epoch any more, and has said what it runs since. */
  passedBarrier(hostId: string, epoch: string): boolean {
    return this.#hosts.get(hostId)?.inventory?.maxEpoch === epoch;
  }

  /** The inventory, if one came after this moment and behind the barrier. */
  inventorySince(hostId: string, sinceMs: number, epoch: string): Inventory | undefined {
    const host = this.#hosts.get(hostId);
    if (!host?.inventory || host.inventoryMs <= sinceMs) return undefined;
    return host.inventory.maxEpoch === epoch ? host.inventory : undefined;
  }

  result(hostId: string, opId: string, step: number): StepResult | undefined {
    return this.#results.get(`${hostId}/${opId}/${step}`);
  }

  forgetResult(hostId: string, opId: string, step: number): void {
    this.#results.delete(`${hostId}/${opId}/${step}`);
  }

  progress(opId: string): MigrationProgress | undefined {
    return this.#progress.get(opId);
  }

  forgetProgress(opId: string): void {
    this.#progress.delete(opId);
  }

  #touch(nowMs: number, hostId: string, said: Heartbeat | Inventory): HeardHost {
    const known = this.#hosts.get(hostId);
    const host: HeardHost = known ?? {
      hostId,
      lastHeardMs: nowMs,
      incarnation: said.incarnation,
      nonce: said.nonce,
      maxEpoch: said.maxEpoch,
      inventoryMs: Number.NEGATIVE_INFINITY,
      inventories: 0,
    };
    host.lastHeardMs = nowMs;
    host.incarnation = said.incarnation;
    host.nonce = said.nonce;
    host.maxEpoch = said.maxEpoch;
    this.#hosts.set(hostId, host);
    return host;
  }

  /** An end, once heard, is not taken back by an older `begun`, nor by the refusal of another copy. */
  #keep(hostId: string, result: StepResult): void {
    const key = `${hostId}/${result.opId}/${result.step}`;
    const known = this.#results.get(key);
    if (known && known.outcome !== 'begun' && result.outcome === 'begun') return;
    const isEnd = known !== undefined && known.outcome !== 'begun' && known.outcome !== 'refused';
    if (isEnd && result.outcome === 'refused') return;
    this.#results.delete(key);
    this.#results.set(key, result);
    if (this.#results.size > resultsKept) {
      const oldest = this.#results.keys().next().value;
      if (oldest !== undefined) this.#results.delete(oldest);
    }
  }
}
