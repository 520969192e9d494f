/**
 * The scheduler's logic: takes events in, and after each looks at everything it knows and says what is to be
 * done next. One commit is in flight at a time; every command follows from what is committed, so a leader
 * that takes over goes on where the last one was.
 */
import { keys, type OperationRecord, RecordMirror, type Stored } from '@drover/protocol';
import type { Cluster } from '@drover/core';
import { driveDelete } from './delete.ts';
import { driveDrain } from './drain.ts';
import { HostWatch } from './host-watch.ts';
import { driveMigrate } from './migrate.ts';
import type {
  Now,
  Put,
  SchedulerCommand,
  SchedulerEvent,
  SchedulerLogic,
  SchedulerOptions,
  SchedulerSettings,
} from './port.ts';
import { answerQuery } from './queries.ts';
import { defaultSettings, tickMs } from './settings.ts';
import { type RecordsPart, recordsPartOf, snapshotOf } from './snapshot.ts';
import { driveStart } from './start.ts';
import { driveStop } from './stop.ts';
import { newVolatile, Turn } from './turn.ts';
import { keepUp } from './upkeep.ts';
import { isOpen } from './vm-shape.ts';

export function createScheduler(options: SchedulerOptions): SchedulerLogic {
  return new Scheduler(options);
}

interface InFlight {
  readonly commitId: string;
  readonly puts: readonly Put[];
}

class Scheduler implements SchedulerLogic {
  readonly #instanceId: string;
  readonly #settings: SchedulerSettings;
  readonly #mirror = new RecordMirror();
  readonly #hosts = new HostWatch();
  #volatile = newVolatile();
  #epoch: string | undefined;
  #electedMs = 0;
  #loaded = false;
  #reloadedMs = 0;
  /** A load came while a commit was in flight, and was passed over. */
  #reloadOwed = false;
  /** Revision at which a compare did not hold: an older picture would only fail again. */
  #conflictAt = 0;
  #inFlight: InFlight | undefined;
  #commits = 0;
  #exited = false;
  #cluster: Cluster | undefined;
  /** Absent: the mirror may have changed since it was made. */
  #records: RecordsPart | undefined;
  readonly #named = new Set<string>();

  constructor(options: SchedulerOptions) {
    this.#instanceId = options.instanceId;
    this.#settings = { ...defaultSettings, ...options.settings };
  }

  handle(now: Now, event: SchedulerEvent): readonly SchedulerCommand[] {
    if (this.#exited) return [];
    const out: SchedulerCommand[] = [];
    if (['loaded', 'changed', 'committed'].includes(event.type)) this.#records = undefined;
    const mayDecide = this.#take(now, event, out);
    const isLeading = this.#epoch !== undefined && this.#loaded && !this.#exited;
    if (isLeading && mayDecide) this.#lead(now, event, out);
    return out;
  }

  /** Gives back whether there may be something to decide now; otherwise the next tick will do. */
  #take(now: Now, event: SchedulerEvent, out: SchedulerCommand[]): boolean {
    switch (event.type) {
      case 'elected':
        this.#epoch = event.epoch;
        this.#electedMs = now.monoMs;
        this.#loaded = false;
        this.#volatile = newVolatile();
        out.push({ type: 'trace', level: 'info', text: `leads under epoch ${event.epoch}` });
        out.push({ type: 'reload' }, { type: 'wake', key: 'tick', atMonoMs: now.monoMs + tickMs });
        return true;
      case 'deposed':
        // What is under way in promises cannot be called back; ending the process is the only sure way.
        this.#exited = true;
        out.push({ type: 'exit', reason: event.reason });
        return true;
      case 'loaded':
        this.#load(now, event, out);
        return true;
      case 'changed':
        this.#mirror.change(event.revision, event.changes);
        this.#nameUnreadable(out);
        return true;
      case 'committed':
        this.#committed(event, out);
        return true;
      case 'agent-said':
        if (event.message.kind === 'progress') {
          const { opId, vmId, percent } = event.message.body;
          const news = { type: 'migration-progress', operationId: opId, vmId, percent };
          if (this.#epoch !== undefined) out.push({ type: 'announce', json: JSON.stringify(news) });
        }
        return this.#hosts.hear(now.monoMs, event.hostId, event.message);
      case 'woke':
        if (this.#epoch === undefined) return false;
        out.push({ type: 'wake', key: 'tick', atMonoMs: now.monoMs + tickMs });
        return true;
      case 'asked':
        return true;
    }
  }

  #load(
    now: Now,
    event: Extract<SchedulerEvent, { type: 'loaded' }>,
    out: SchedulerCommand[],
  ): void {
    // A commit that is under way may or may not be in this picture: it takes another one after that.
    if (this.#inFlight !== undefined) {
      this.#reloadOwed = true;
      return;
    }
    // Read before what is known already. The watch begins where this was read, so what a lost one has
    // missed is in no later news of it.
    if (event.revision < Math.max(this.#mirror.revision, this.#conflictAt)) {
      out.push({ type: 'reload' });
      return;
    }
    this.#mirror.load(event.revision, event.entries);
    this.#loaded = true;
    this.#reloadedMs = now.monoMs;
    this.#nameUnreadable(out);
  }

  #nameUnreadable(out: SchedulerCommand[]): void {
    for (const [key, reason] of this.#mirror.unreadable) {
      if (this.#named.has(key)) continue;
      this.#named.add(key);
      out.push({ type: 'trace', level: 'error', text: `${key} cannot be read: ${reason}` });
    }
  }

  #committed(event: Extract<SchedulerEvent, { type: 'committed' }>, out: SchedulerCommand[]): void {
    const inFlight = this.#inFlight;
    if (inFlight?.commitId !== event.commitId) return;
    this.#inFlight = undefined;
    if (event.outcome === 'done') {
      this.#mirror.committed(event.revision, inFlight.puts);
      if (this.#reloadOwed) out.push({ type: 'reload' });
      this.#reloadOwed = false;
      return;
    }
    // Somebody else wrote first: decide again, from what is there now.
    this.#loaded = false;
    this.#reloadOwed = false;
    this.#conflictAt = Math.max(this.#conflictAt, event.revision);
    out.push({ type: 'reload' });
  }

  #lead(now: Now, event: SchedulerEvent, out: SchedulerCommand[]): void {
    const epoch = this.#epoch ?? '';
    this.#records ??= recordsPartOf(this.#mirror);
    this.#cluster = snapshotOf(now, this.#mirror, this.#hosts, this.#settings, this.#records);
    const settled = this.#isSettled(now, epoch);
    if (event.type === 'asked') {
      const asked = {
        now,
        instanceId: this.#instanceId,
        epoch,
        settled,
        cluster: this.#cluster,
        mirror: this.#mirror,
        hosts: this.#hosts,
      };
      const reply = answerQuery(asked, event.query);
      out.push({ type: 'reply', queryId: event.queryId, reply });
      return;
    }
    if (now.monoMs - this.#reloadedMs >= this.#settings.resyncMs) {
      this.#reloadedMs = now.monoMs;
      out.push({ type: 'reload' });
    }
    if (this.#inFlight !== undefined) return;
    const turn = new Turn({
      now,
      epoch,
      mirror: this.#mirror,
      hosts: this.#hosts,
      cluster: this.#cluster,
      settings: this.#settings,
      settled,
      volatile: this.#volatile,
    });
    for (const stored of this.#openOperations()) drive(turn, stored);
    keepUp(turn);
    out.push(...turn.out);
    if (turn.puts !== undefined) this.#commit(turn.puts, epoch, out);
  }

  #commit(puts: readonly Put[], epoch: string, out: SchedulerCommand[]): void {
    this.#commits += 1;
    const commitId = `${epoch}-${this.#commits}`;
    this.#inFlight = { commitId, puts };
    out.push({ type: 'commit', commitId, puts });
  }

  /** Every known host has passed the barrier, or has had its time to. */
  #isSettled(now: Now, epoch: string): boolean {
    if (now.monoMs - this.#electedMs >= this.#settings.startupGraceMs) return true;
    const known = [...this.#mirror.hosts.keys()];
    return known.length > 0 && known.every((id) => this.#hosts.passedBarrier(id, epoch));
  }

  /** Oldest first. One whose records cannot be read in full is left alone: it would be decided in the dark. */
  #openOperations(): readonly Stored<OperationRecord>[] {
    const { operations, unreadable } = this.#mirror;
    return [...operations.values()]
      .filter(({ value }) => isOpen(value))
      .filter(
        ({ value: { id, vmId = '' } }) =>
          unreadable.size === 0 ||
          ![keys.operation(id), keys.request(id), keys.assignment(vmId), keys.vmIntent(vmId)].some(
            (key) => unreadable.has(key),
          ),
      )
      .toSorted(
        (a, b) => a.value.createdAtMs - b.value.createdAtMs || (a.value.id < b.value.id ? -1 : 1),
      );
  }
}

function drive(turn: Turn, stored: Stored<OperationRecord>): void {
  switch (stored.value.type) {
    case 'start':
      return driveStart(turn, stored);
    case 'stop':
      return driveStop(turn, stored);
    case 'delete':
      return driveDelete(turn, stored);
    case 'migrate':
      return driveMigrate(turn, stored);
    case 'drain':
      return driveDrain(turn, stored);
  }
}
