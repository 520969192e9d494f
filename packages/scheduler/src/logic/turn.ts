/**
 * One turn of the scheduler: what the parts of the logic see, and how they say what is to be done. A part
 * proposes at most one commit per turn; the next turn comes as soon as that is through.
 */
import {
  type AgentCommand,
  type AssignmentRecord,
  type CommandBody,
  keys,
  type OperationError,
  type OperationRecord,
  type RecordMirror,
  type StepResult,
  type Stored,
} from '@drover/protocol';
import type { Cluster } from '@drover/core';
import type { HostWatch } from './host-watch.ts';
import type { Now, Put, SchedulerCommand, SchedulerSettings } from './port.ts';
import { askAgainMs } from './settings.ts';

/** When each step's command went out, and each host was asked; gone with the leader, and not missed. */
export interface Volatile {
  readonly sent: Map<string, number>;
  readonly asked: Map<string, number>;
  /** Since when this leader drives a step. */
  readonly since: Map<string, number>;
  /** Hosts that a start tried in vain, by operation. */
  readonly tried: Map<string, Set<string>>;
  /** Inventories of its owner in which a VM that should run was missing. */
  readonly missing: Map<string, { count: number; inventories: number }>;
  /** The digest of a host's VMs that went with its newest inventory. */
  readonly digests: Map<string, { digest: string; inventories: number }>;
  counter: number;
}

export function newVolatile(): Volatile {
  return {
    sent: new Map(),
    asked: new Map(),
    since: new Map(),
    tried: new Map(),
    missing: new Map(),
    digests: new Map(),
    counter: 0,
  };
}

export interface StepCommand {
  readonly hostId: string;
  readonly opId: string;
  readonly step: number;
  readonly body: CommandBody;
  readonly vmId?: string;
  readonly generation?: number;
}

export class Turn {
  readonly now: Now;
  readonly epoch: string;
  readonly mirror: RecordMirror;
  readonly hosts: HostWatch;
  readonly cluster: Cluster;
  readonly settings: SchedulerSettings;
  /** All known hosts were heard, or have had their time to be. */
  readonly settled: boolean;
  readonly volatile: Volatile;
  readonly out: SchedulerCommand[] = [];
  puts: readonly Put[] | undefined;

  constructor(given: {
    readonly now: Now;
    readonly epoch: string;
    readonly mirror: RecordMirror;
    readonly hosts: HostWatch;
    readonly cluster: Cluster;
    readonly settings: SchedulerSettings;
    readonly settled: boolean;
    readonly volatile: Volatile;
  }) {
    this.now = given.now;
    this.epoch = given.epoch;
    this.mirror = given.mirror;
    this.hosts = given.hosts;
    this.cluster = given.cluster;
    this.settings = given.settings;
    this.settled = given.settled;
    this.volatile = given.volatile;
  }

  get hasCommit(): boolean {
    return this.puts !== undefined;
  }

  /** What cannot be read is not overwritten: its revision is not known, and its writer knew more. */
  commit(...puts: readonly Put[]): void {
    if (puts.length === 0 || puts.some(({ key }) => this.mirror.unreadable.has(key))) return;
    this.puts ??= puts;
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
    const sent = { ...command, opId: `${command.opId}-${this.epoch}`, step: this.volatile.counter };
    this.#send(sent);
    this.volatile.sent.delete(`${sent.hostId}/${sent.opId}/${sent.step}`);
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

  /** What is remembered of an operation is of no use after its end. */
  #forget(id: string): void {
    const { sent, since, asked, tried } = this.volatile;
    for (const map of [sent, since, asked]) {
      for (const key of map.keys()) {
        if (key.split('/').some((part) => part === id || part === `abort-${id}`)) map.delete(key);
      }
    }
    tried.delete(id);
  }

  putOperation(stored: Stored<OperationRecord>, changes: Partial<OperationRecord>): Put {
    const merged: OperationRecord = { ...stored.value, ...changes, epoch: this.epoch };
    const { error } = merged;
    const value = error === undefined ? merged : { ...merged, error: readable(error) };
    return put(keys.operation(value.id), value, stored.modRevision);
  }

  putAssignment(vmId: string, changes: Omit<AssignmentRecord, 'v' | 'vmId'>): Put {
    const stored = this.mirror.assignments.get(vmId);
    const value: AssignmentRecord = { v: 1, vmId, ...changes };
    return put(keys.assignment(vmId), value, stored?.modRevision ?? 0);
  }

  /** Commits the operation's end; `more` goes into the same transaction. */
  end(
    stored: Stored<OperationRecord>,
    state: 'succeeded' | 'failed' | 'cancelled' | 'blocked',
    changes: Partial<OperationRecord>,
    ...more: readonly Put[]
  ): void {
    if (this.hasCommit) return;
    const { type, id, vmName, hostId } = stored.value;
    this.hosts.forgetProgress(id);
    this.#forget(id);
    const why = changes.error ? `: ${changes.error.message}` : '';
    this.trace(
      state === 'failed' ? 'warn' : 'info',
      `${type} ${vmName ?? hostId ?? id} ${state}${why}`,
    );
    const ended = { ...changes, state, step: 'ended', endedAtMs: this.now.wallMs };
    this.commit(this.putOperation(stored, ended), ...more);
  }
}

/** Agents' errors are within limits of their own; a record that cannot be read again would be lost. */
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
