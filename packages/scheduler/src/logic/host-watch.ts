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
  StorageProgress,
} from '@drover/protocol';
import type { SchedulerSettings } from './port.ts';
import { isQuestionId } from './questions.ts';
import { UseWatch } from './use-watch.ts';

export interface HeardHost {
  readonly hostId: string;
  lastHeardMs: number;
  /** Of the agent's present life. */
  incarnation: string;
  nonce: string;
  maxEpoch: string;
  heartbeat?: Heartbeat;
  inventory?: Inventory;
  /** The host looked no earlier than this; when a message arrives says nothing about that. */
  lookedMs: number;
  /** Counts inventories, so that two different ones can be told apart. */
  inventories: number;
}

/**
 * Per host, and more than an inventory names: hosts do not push out each other's results, nor the many answers to
 * questions those few of steps, which a migration still needs.
 */
const resultsKept = 512;
const answersKept = 512;
/** News of a migration that has ended may come late; it is not kept for ever. */
const progressKept = 256;
/** Per host: those that are not answered any more are forgotten. */
const asksKept = 64;

interface HeardResult {
  readonly result: StepResult;
  readonly heardMs: number;
}

const nobody: ReadonlySet<string> = new Set();

export class HostWatch {
  readonly #hosts = new Map<string, HeardHost>();
  readonly #results = new Map<string, Map<string, HeardResult>>();
  readonly #answers = new Map<string, Map<string, HeardResult>>();
  readonly #asked = new Map<string, Map<string, number>>();
  readonly #progress = new Map<string, MigrationProgress>();
  readonly #storageProgress = new Map<string, StorageProgress>();
  readonly #reporting = new Map<string, Set<string>>();
  readonly #busyWith = new Map<string, Set<string>>();
  readonly use = new UseWatch();

  get(hostId: string): HeardHost | undefined {
    return this.#hosts.get(hostId);
  }

  get count(): number {
    return this.#hosts.size;
  }

  all(): readonly HeardHost[] {
    return [...this.#hosts.values()];
  }

  hear(nowMs: number, hostId: string, message: AgentMessage): void {
    switch (message.kind) {
      case 'heartbeat':
        this.#touch(nowMs, hostId, message.body).heartbeat = message.body;
        this.use.hear(nowMs, hostId, message.body);
        return;
      case 'inventory': {
        const host = this.#touch(nowMs, hostId, message.body);
        this.#index(hostId, host.inventory, message.body);
        host.inventory = message.body;
        host.lookedMs = Math.max(host.lookedMs, this.#askedMs(hostId, message.body.answers));
        host.inventories += 1;
        for (const result of message.body.recent) this.#keep(nowMs, hostId, result);
        return;
      }
      case 'result':
        this.#keep(nowMs, hostId, message.body.result);
        return;
      case 'progress':
        this.#progress.delete(message.body.opId);
        this.#progress.set(message.body.opId, message.body);
        dropOldest(this.#progress, progressKept);
        return;
      case 'storage-progress':
        this.#storageProgress.delete(message.body.opId);
        this.#storageProgress.set(message.body.opId, message.body);
        dropOldest(this.#storageProgress, progressKept);
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

  /** Hosts whose newest inventory has the VM, in whatever state. */
  reporting(vmId: string): ReadonlySet<string> {
    return this.#reporting.get(vmId) ?? nobody;
  }

  /** Hosts whose newest inventory has a step about the VM that was begun and had not ended. */
  busyWith(vmId: string): ReadonlySet<string> {
    return this.#busyWith.get(vmId) ?? nobody;
  }

  #index(hostId: string, before: Inventory | undefined, now: Inventory): void {
    this.#reportsNothing(hostId, before);
    for (const { vmId } of now.vms) add(this.#reporting, vmId, hostId);
    for (const vmId of begunIn(now)) add(this.#busyWith, vmId, hostId);
  }

  #reportsNothing(hostId: string, before: Inventory | undefined): void {
    if (before === undefined) return;
    for (const { vmId } of before.vms) take(this.#reporting, vmId, hostId);
    for (const vmId of begunIn(before)) take(this.#busyWith, vmId, hostId);
  }

  /** The host obeys no leader older than this epoch any more, and has said what it runs since. */
  passedBarrier(hostId: string, epoch: string): boolean {
    return this.#hosts.get(hostId)?.inventory?.maxEpoch === epoch;
  }

  /** A `sync` goes out: the inventory that answers it is a look from now or later. */
  ask(nowMs: number, hostId: string, opId: string, step: number): void {
    const asked = this.#asked.get(hostId) ?? new Map<string, number>();
    this.#asked.set(hostId, asked);
    asked.set(`${opId}/${step}`, nowMs);
    dropOldest(asked, asksKept);
  }

  #askedMs(hostId: string, answers: Inventory['answers']): number {
    if (answers === undefined) return Number.NEGATIVE_INFINITY;
    const asked = this.#asked.get(hostId)?.get(`${answers.opId}/${answers.step}`);
    return asked ?? Number.NEGATIVE_INFINITY;
  }

  /** The inventory, if the host looked after this moment and behind the barrier. */
  inventorySince(hostId: string, sinceMs: number, epoch: string): Inventory | undefined {
    const host = this.#hosts.get(hostId);
    if (!host?.inventory || host.lookedMs < sinceMs) return undefined;
    return host.inventory.maxEpoch === epoch ? host.inventory : undefined;
  }

  result(hostId: string, opId: string, step: number): StepResult | undefined {
    return this.#of(opId).get(hostId)?.get(`${opId}/${step}`)?.result;
  }

  /** When its result was heard. */
  resultMs(hostId: string, opId: string, step: number): number | undefined {
    return this.#of(opId).get(hostId)?.get(`${opId}/${step}`)?.heardMs;
  }

  forgetResult(hostId: string, opId: string, step: number): void {
    this.#of(opId).get(hostId)?.delete(`${opId}/${step}`);
  }

  /** All that it has said: it is as one that was never heard. */
  forget(hostId: string): void {
    this.#reportsNothing(hostId, this.#hosts.get(hostId)?.inventory);
    this.#hosts.delete(hostId);
    this.#results.delete(hostId);
    this.#answers.delete(hostId);
    this.#asked.delete(hostId);
    this.use.forget(hostId);
  }

  progress(opId: string): MigrationProgress | undefined {
    return this.#progress.get(opId);
  }

  forgetProgress(opId: string): void {
    this.#progress.delete(opId);
  }

  storageProgress(opId: string): StorageProgress | undefined {
    return this.#storageProgress.get(opId);
  }

  forgetStorageProgress(opId: string): void {
    this.#storageProgress.delete(opId);
  }

  #touch(nowMs: number, hostId: string, said: Heartbeat | Inventory): HeardHost {
    const known = this.#hosts.get(hostId);
    const host: HeardHost = known ?? {
      hostId,
      lastHeardMs: nowMs,
      incarnation: said.incarnation,
      nonce: said.nonce,
      maxEpoch: said.maxEpoch,
      lookedMs: Number.NEGATIVE_INFINITY,
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
  #keep(nowMs: number, hostId: string, result: StepResult): void {
    const key = `${result.opId}/${result.step}`;
    const all = this.#of(result.opId);
    const ofHost = all.get(hostId) ?? new Map<string, HeardResult>();
    all.set(hostId, ofHost);
    const known = ofHost.get(key)?.result;
    // Heard before: what was heard first counts, so that looks after it count too.
    if (known?.outcome === result.outcome && known.error?.code === result.error?.code) return;
    if (known && known.outcome !== 'begun' && result.outcome === 'begun') return;
    const isEnd = known !== undefined && known.outcome !== 'begun' && known.outcome !== 'refused';
    if (isEnd && result.outcome === 'refused') return;
    ofHost.delete(key);
    ofHost.set(key, { result, heardMs: nowMs });
    dropOldest(ofHost, all === this.#answers ? answersKept : resultsKept);
  }

  #of(opId: string): Map<string, Map<string, HeardResult>> {
    return isQuestionId(opId) ? this.#answers : this.#results;
  }
}

function begunIn({ recent }: Inventory): readonly string[] {
  return recent.flatMap(({ outcome, vmId }) => (outcome === 'begun' && vmId ? [vmId] : []));
}

function add(hostsOf: Map<string, Set<string>>, vmId: string, hostId: string): void {
  hostsOf.set(vmId, (hostsOf.get(vmId) ?? new Set()).add(hostId));
}

function take(hostsOf: Map<string, Set<string>>, vmId: string, hostId: string): void {
  const known = hostsOf.get(vmId);
  known?.delete(hostId);
  if (known?.size === 0) hostsOf.delete(vmId);
}

function dropOldest<V>(map: Map<string, V>, kept: number): void {
  const oldest = map.keys().next().value;
  if (map.size > kept && oldest !== undefined) map.delete(oldest);
}
