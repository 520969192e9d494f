/**
 * One turn of the scheduler: what the parts of the logic see, and how they say what is to be done. What is decided
 * in one turn is committed together; the next turn comes as soon as that is through.
 */
import {
  type AgentCommand,
  type AssignmentRecord,
  type CommandBody,
  keys,
  type OperationError,
  type OperationRecord,
  type RecordMirror,
  type SavedMemory,
  type StepResult,
  type Stored,
  type VmSize,
} from '@drover/protocol';
import type { Cluster } from '@drover/core';
import { type BalanceState, newBalanceState } from './balance/state.ts';
import { Batch } from './batch.ts';
import type { Search } from './find-target.ts';
import type { HostWatch } from './host-watch.ts';
import type { Now, Put, SchedulerCommand, SchedulerSettings } from './port.ts';
import { keptOfMoves } from './moved-lately.ts';
import { type AskedQuestion, type Question, questionIdOf } from './questions.ts';
import { Places } from './places.ts';
import { keptPromise } from './vm-size.ts';
import { withoutWait } from './waits.ts';
import { whereFilesAre } from './where-files-are.ts';
import { PoolTrends } from './pool-trend.ts';
import { askAgainMs } from './settings.ts';
import { LinkShares } from './link-shares.ts';
import { type Refused, Slots } from './slots.ts';

/** When each step's command went out, and each host was asked; gone with the leader, and not missed. */
export interface Volatile {
  readonly sent: Map<string, number>;
  readonly asked: Map<string, number>;
  /** Since when this leader drives a step. */
  readonly since: Map<string, number>;
  /** Hosts that a start tried in vain, by operation, and what they said. */
  readonly tried: Map<string, Map<string, string>>;
  /** Inventories of its owner in which a VM that should run was missing. */
  readonly missing: Map<string, { count: number; inventories: number }>;
  /** Since when a VM is seen to stand still, or to run, other than its record says. */
  readonly stands: Map<string, number>;
  /** Since when a VM is seen to run elsewhere than its record says. */
  readonly elsewhere: Map<string, number>;
  /** Since when a host that was off is seen to have a VM that another one owns. */
  readonly stale: Map<string, number>;
  /** The digest of a host's VMs that went with its newest inventory. */
  readonly digests: Map<string, { digest: string; inventories: number }>;
  /** Starts that found the lock of a disk with another host: since when, and when they tried last. */
  readonly locked: Map<string, { readonly sinceMs: number; readonly triedMs: number }>;
  /** Questions to hosts, by what they are about; the newest of each. */
  readonly questions: Map<string, AskedQuestion>;
  /** For targets, by VM. */
  readonly searches: Map<string, Search>;
  /** Moves that lacked a slot of the cluster. */
  readonly refusedSlots: Refused;
  /** Hosts that cannot give the cluster's CPU. */
  readonly lacksCpu: Set<string>;
  /** What an operation waits for, and since when. */
  readonly waits: Map<string, { readonly text: string; readonly sinceMs: number }>;
  /** Since when a host says that a pool's mark is there, by the pool's id. */
  readonly marks: Map<string, number>;
  readonly poolTrends: PoolTrends;
  readonly balance: BalanceState;
  /** When what people are to be told of pools was looked at last. */
  alarmsMs: number;
  counter: number;
  /** Of questions. */
  inquiries: number;
}

export function newVolatile(): Volatile {
  return {
    sent: new Map(),
    asked: new Map(),
    since: new Map(),
    tried: new Map(),
    missing: new Map(),
    stands: new Map(),
    elsewhere: new Map(),
    stale: new Map(),
    digests: new Map(),
    locked: new Map(),
    questions: new Map(),
    searches: new Map(),
    refusedSlots: new Map(),
    lacksCpu: new Set(),
    waits: new Map(),
    marks: new Map(),
    poolTrends: new PoolTrends(),
    balance: newBalanceState(),
    alarmsMs: Number.NEGATIVE_INFINITY,
    counter: 0,
    inquiries: 0,
  };
}

/** Forgets what was kept for operations that are not open any more. */
export function sweep(volatile: Volatile, open: ReadonlySet<string>): void {
  for (const key of volatile.sent.keys()) {
    if (!open.has(key.split('/')[1] ?? '')) volatile.sent.delete(key);
  }
  for (const key of volatile.since.keys()) {
    if (!open.has(key.split('/')[0] ?? '')) volatile.since.delete(key);
  }
  for (const id of volatile.tried.keys()) if (!open.has(id)) volatile.tried.delete(id);
  for (const id of volatile.waits.keys()) if (!open.has(id)) volatile.waits.delete(id);
  for (const id of volatile.locked.keys()) if (!open.has(id)) volatile.locked.delete(id);
  for (const key of volatile.asked.keys()) {
    const aborted = /^nudge\/[^/]+\/abort-(.+)$/.exec(key)?.[1];
    if (aborted !== undefined && !open.has(aborted)) volatile.asked.delete(key);
  }
}

export interface StepCommand {
  readonly hostId: string;
  readonly opId: string;
  readonly step: number;
  readonly body: CommandBody;
  readonly vmId?: string;
  readonly generation?: number;
}

/** `null`: it is gone from the record. */
interface KeptChange {
  readonly saved?: SavedMemory | null;
  readonly promised?: VmSize | null;
}

export class Turn {
  readonly now: Now;
  readonly epoch: string;
  readonly mirror: RecordMirror;
  readonly hosts: HostWatch;
  readonly places: Places;
  readonly settings: SchedulerSettings;
  /** All known hosts were heard, or have had their time to be. */
  readonly settled: boolean;
  /** How etcd was seen to go back. */
  readonly wentBack: string | undefined;
  readonly volatile: Volatile;
  readonly out: SchedulerCommand[] = [];
  readonly #batch: Batch;
  #slots: Slots | undefined;
  #pending: ReadonlyMap<string, readonly OperationRecord[]> | undefined;
  /** What operations were seen to wait for in this turn. */
  readonly waits = new Map<string, string>();

  constructor(given: {
    readonly now: Now;
    readonly epoch: string;
    readonly mirror: RecordMirror;
    readonly hosts: HostWatch;
    readonly cluster: Cluster;
    readonly settings: SchedulerSettings;
    readonly settled: boolean;
    readonly wentBack: string | undefined;
    readonly volatile: Volatile;
    /** Writes that this turn may commit. */
    readonly mostPuts: number;
  }) {
    this.now = given.now;
    this.epoch = given.epoch;
    this.mirror = given.mirror;
    this.hosts = given.hosts;
    this.places = new Places(given.cluster);
    this.#batch = new Batch(given.mostPuts);
    this.settings = given.settings;
    this.settled = given.settled;
    this.wentBack = given.wentBack;
    this.volatile = given.volatile;
  }

  /** With what this turn has decided so far. */
  get cluster(): Cluster {
    return this.places.cluster;
  }

  /** For migrations; counts what this turn decides. */
  get slots(): Slots {
    this.#slots ??= new Slots(
      this.mirror,
      this.cluster,
      new LinkShares(this.mirror, this.hosts),
      this.volatile.refusedSlots,
    );
    return this.#slots;
  }

  get puts(): readonly Put[] {
    return this.#batch.puts;
  }

  /** What is not decided yet is the next turn's. */
  get isFull(): boolean {
    return this.#batch.isFull;
  }

  /**
   * One decision. False: not in this turn. What would be written over a record that cannot be read is not proposed:
   * it could only conflict.
   */
  commit(...puts: readonly Put[]): boolean {
    if (puts.some(({ key }) => this.mirror.unreadable.has(key))) return false;
    return this.#batch.add(puts);
  }

  /** Operations about the VM that have not begun, as of the beginning of the turn. */
  pendingOn(vmId: string): readonly OperationRecord[] {
    this.#pending ??= Map.groupBy(
      [...this.mirror.operations.values()]
        .map(({ value }) => value)
        .filter(({ state }) => state === 'pending'),
      (operation) => operation.vmId ?? '',
    );
    return this.#pending.get(vmId) ?? [];
  }

  /** What the operation waits for, as seen this turn; `sayWaits` brings it into the record. */
  wait(operationId: string, forWhat: string): void {
    this.waits.set(operationId, `waits for ${forWhat}`);
  }

  /** Nothing but its silence says that a host is down, so it is waited for, however long. */
  waitForHost(operationId: string, hostId: string): void {
    if (!this.settled) return;
    if (this.hosts.health(this.now.monoMs, hostId, this.settings) !== 'down') return;
    this.wait(operationId, `${hostId}, it is down`);
  }

  trace(level: 'info' | 'warn' | 'error', text: string): void {
    this.out.push({ type: 'trace', level, text });
  }

  /**
   * Sends a step's command, waits for its outcome, and asks when there is none: a command without an answer
   * is unknown, never failed. `undefined`: not known yet. `refused` comes back only where sending it again
   * would change nothing.
   */
  awaitStep(command: StepCommand): StepResult | undefined {
    const { hostId, opId, step } = command;
    this.waitForHost(opId, hostId);
    if (!this.hosts.passedBarrier(hostId, this.epoch)) return this.#notYet(hostId);
    const key = `${hostId}/${opId}/${step}`;
    const result = this.hosts.result(hostId, opId, step);
    if (result !== undefined && result.outcome !== 'begun') {
      if (!mayGoAgain(result)) return result;
      this.hosts.forgetResult(hostId, opId, step);
    }
    const sentMs = this.volatile.sent.get(key);
    if (sentMs === undefined) {
      this.#send(command);
      return undefined;
    }
    if (this.now.monoMs - sentMs < this.settings.stepTimeoutMs) return undefined;
    if (this.#isGone(command, sentMs)) this.#send(command);
    else this.ask(hostId);
    return undefined;
  }

  /**
   * An inventory names every step that is under way. One that it does not name was never begun, or was lost
   * with its agent before it was on the disk.
   */
  #isGone({ hostId, opId, step }: StepCommand, sentMs: number): boolean {
    const inventory = this.hosts.inventorySince(hostId, sentMs, this.epoch);
    if (inventory === undefined) return false;
    return !inventory.recent.some((one) => one.opId === opId && one.step === step);
  }

  #notYet(hostId: string): undefined {
    this.ask(hostId);
    return undefined;
  }

  #send(command: StepCommand): void {
    const { hostId, opId, step, body, vmId, generation } = command;
    const host = this.hosts.get(hostId);
    if (host === undefined) return;
    this.volatile.sent.set(`${hostId}/${opId}/${step}`, this.now.monoMs);
    const sent: AgentCommand = {
      v: 1,
      opId,
      step,
      epoch: this.epoch,
      hostId,
      incarnation: host.incarnation,
      freshness: host.nonce,
      body,
      ...(vmId === undefined ? {} : { vmId }),
      ...(generation === undefined ? {} : { generation }),
    };
    this.out.push({ type: 'send', command: sent });
  }

  /** Sends without waiting for an outcome, at most every `everyMs`. */
  nudge(command: Omit<StepCommand, 'step'>, everyMs: number): void {
    const key = `nudge/${command.hostId}/${command.opId}`;
    const last = this.volatile.asked.get(key);
    if (last !== undefined && this.now.monoMs - last < everyMs) return;
    this.volatile.asked.set(key, this.now.monoMs);
    this.volatile.counter += 1;
    const opId = `${command.opId}-${this.epoch}`;
    this.#send({ ...command, opId, step: this.volatile.counter });
    this.volatile.sent.delete(`${command.hostId}/${opId}/${this.volatile.counter}`);
  }

  /** Asks a host for its inventory, unless it was asked just now; what was asked before `sinceMs` is no help. */
  ask(hostId: string, sinceMs = Number.NEGATIVE_INFINITY): void {
    const host = this.hosts.get(hostId);
    if (host === undefined) return;
    const last = this.volatile.asked.get(hostId);
    if (last !== undefined && last >= sinceMs && this.now.monoMs - last < askAgainMs) return;
    this.volatile.asked.set(hostId, this.now.monoMs);
    this.volatile.counter += 1;
    const opId = `sync-${this.epoch}`;
    this.hosts.ask(this.now.monoMs, hostId, opId, this.volatile.counter);
    this.#send({ hostId, opId, step: this.volatile.counter, body: { kind: 'sync' } });
    this.volatile.sent.delete(`${hostId}/${opId}/${this.volatile.counter}`);
  }

  get questionId(): string {
    return questionIdOf(this.epoch);
  }

  /**
   * Sends what changes nothing, and so needs no commit; `again`: under the number that it had. Gives its number;
   * nothing for a host that never spoke.
   */
  inquire(
    hostId: string,
    body: Question['body'],
    vmId: string | undefined,
    again: number | undefined,
  ): number | undefined {
    if (this.hosts.get(hostId) === undefined) return undefined;
    if (again === undefined) this.volatile.inquiries += 1;
    const step = again ?? this.volatile.inquiries;
    const opId = this.questionId;
    this.#send({ hostId, opId, step, body, ...(vmId === undefined ? {} : { vmId }) });
    this.volatile.sent.delete(`${hostId}/${opId}/${step}`);
    return step;
  }

  /** When the step's result was heard; what the host saw before that says nothing about it. */
  heardMs(hostId: string, { id, stepIndex }: OperationRecord): number {
    return this.hosts.resultMs(hostId, id, stepIndex) ?? this.now.monoMs;
  }

  /** Since when this leader has been driving this step. */
  since(operation: OperationRecord): number {
    const key = `${operation.id}/${operation.stepIndex}`;
    const known = this.volatile.since.get(key);
    if (known !== undefined) return known;
    this.volatile.since.set(key, this.now.monoMs);
    return this.now.monoMs;
  }

  putOperation(stored: Stored<OperationRecord>, changes: Partial<OperationRecord>): Put {
    const { reason, ...rest } = stored.value;
    const kept = withoutWait(reason);
    const before = kept === undefined ? rest : { ...rest, reason: kept };
    const { error, ...merged }: OperationRecord = { ...before, ...changes, epoch: this.epoch };
    const value = error === undefined ? merged : { ...merged, error: readable(error) };
    return put(keys.operation(value.id), value, stored.modRevision);
  }

  /** `saved: null`: what was saved of its memory is never used again. */
  putAssignment(
    vmId: string,
    {
      saved,
      promised,
      ...changes
    }: Omit<AssignmentRecord, 'v' | 'vmId' | 'saved' | 'promised'> & KeptChange,
  ): Put {
    const stored = this.mirror.assignments.get(vmId);
    const { saved: kept, ...files } = whereFilesAre(this.mirror, vmId, changes);
    const memory = saved === undefined ? kept : (saved ?? undefined);
    const size =
      promised === undefined
        ? keptPromise(stored?.value, changes, memory !== undefined)
        : promised === null
          ? {}
          : { promised };
    const value: AssignmentRecord = {
      v: 1,
      vmId,
      ...files,
      ...size,
      ...keptOfMoves(stored?.value, changes),
      ...changes,
      ...(memory === undefined ? {} : { saved: memory }),
      // One with saved memory is never just off: it does not boot.
      ...(memory !== undefined && changes.state === 'stopped' ? { state: 'saved' as const } : {}),
    };
    return put(keys.assignment(vmId), value, stored?.modRevision ?? 0);
  }

  /** Commits the operation's end; `more` goes into the same transaction. */
  end(...about: Parameters<Turn['tryEnd']>): void {
    this.tryEnd(...about);
  }

  /** False: it does not end in this turn. */
  tryEnd(
    stored: Stored<OperationRecord>,
    state: 'succeeded' | 'failed' | 'cancelled' | 'blocked',
    changes: Partial<OperationRecord>,
    ...more: readonly Put[]
  ): boolean {
    const { type, id, vmName, file, hostId, rule } = stored.value;
    const ended = { ...changes, state, step: 'ended', endedAtMs: this.now.wallMs };
    if (!this.commit(this.putOperation(stored, ended), ...more)) return false;
    this.hosts.forgetProgress(id);
    const why = changes.error ? `: ${changes.error.message}` : '';
    this.trace(
      state === 'failed' ? 'warn' : 'info',
      `${type} ${vmName ?? file ?? hostId ?? rule ?? id} ${state}${why}`,
    );
    return true;
  }
}

/** Agents' errors have limits of their own; a record that cannot be read again would be lost. */
function readable(error: OperationError): OperationError {
  const code = /^[a-z0-9-]{1,64}$/.test(error.code) ? error.code : 'internal';
  return { ...error, code, message: error.message.slice(0, 1024) };
}

export function put(key: string, value: object | undefined, expectedModRevision: number): Put {
  return value === undefined
    ? { key, expectedModRevision }
    : { key, value: JSON.stringify(value), expectedModRevision };
}

/**
 * The host did nothing, and would do it now: an order that came too late, or the same step as a deposed
 * leader sent it (our own order may have been obeyed all the same).
 */
function mayGoAgain({ outcome, error }: StepResult): boolean {
  return outcome === 'refused' && (error?.code === 'not-fresh' || error?.code === 'stale-epoch');
}
