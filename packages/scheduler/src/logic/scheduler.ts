/**
 * The scheduler's logic: takes events in, and after each looks at everything it knows and says what is to be
 * done next. One commit is in flight at a time; every command follows from what is committed, so a leader
 * that takes over goes on where the last one was. Who does not lead yet hears and reads the same, and is ready.
 */
import {
  type AgentMessage,
  type HostRecord,
  type OperationRecord,
  parseKey,
  type QueryReply,
  RecordMirror,
  type Stored,
} from '@drover/protocol';
import type { Cluster } from '@drover/core';
import { drive } from './drive.ts';
import { epochIn, eraOf } from './era.ts';
import { forgetWhatItSaid, wasForgotten } from './forget-host.ts';
import { Hearing } from './hearing.ts';
import { HostWatch } from './host-watch.ts';
import type {
  Now,
  Put,
  SchedulerCommand,
  SchedulerEvent,
  SchedulerLogic,
  SchedulerOptions,
  SchedulerSettings,
} from './port.ts';
import { beginPlanning, isPlanQuery, type Planning } from './planning.ts';
import { continuePlanning } from './plans.ts';
import { answerQuery } from './queries.ts';
import { seenPools, type SeenPools } from './pool-status.ts';
import { defaultSettings, tickMs } from './settings.ts';
import { mayGoOn, restore, whyRestoring } from './restored.ts';
import { type RecordsPart, recordsPartOf, snapshotOf } from './snapshot.ts';
import { newVolatile, sweep, Turn } from './turn.ts';
import { sayWaits } from './waits.ts';
import { keepUp } from './upkeep.ts';
import { continueReading, type Reading } from './usage-reading.ts';
import { VmMemo } from './vm-memo.ts';
import { isOpen } from './vm-shape.ts';

export function createScheduler(options: SchedulerOptions): SchedulerLogic {
  return new Scheduler(options);
}

const conflictsAtOnce = 3;
/** In one transaction: etcd takes 128 operations unless told otherwise. */
const putsAtOnce = 100;
/** Between two turns for what hosts say, there is a millisecond for each so many of them. */
const hostsPerMs = 20;
/** Up to so many hosts a picture costs next to nothing, and questions are answered from the newest one. */
const fewHosts = 100;
const soon = 'soon';

interface InFlight {
  readonly commitId: string;
  /** What was known when it was sent: it can only come later. */
  readonly knownRevision: number;
  readonly puts: readonly Put[];
}

type HostRevisions = ReadonlyMap<string, number>;

function revisionsOf(hosts: readonly Stored<HostRecord>[]): HostRevisions {
  return new Map(hosts.map(({ value, modRevision }) => [value.id, modRevision]));
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
  /** Up to here every change of etcd is known; own commits may be known beyond it. */
  #heardRevision = 0;
  /** What the leaders before wrote lies below this. Nothing is decided before it is known. */
  #beganRevision = 0;
  #inFlight: InFlight | undefined;
  /** The era that it was elected in. */
  #era: number | undefined;
  /** A picture was older than this, which was known by then; the next one cannot be, unless etcd has gone back. */
  #olderThan: number | undefined;
  #wentBack: { readonly how: string; readonly era: number } | undefined;
  #commits = 0;
  /** In a row. */
  #conflicts = 0;
  #exited = false;
  #turnMs = Number.NEGATIVE_INFINITY;
  /** When what hosts said meanwhile is looked at. */
  #soonMs = Number.NEGATIVE_INFINITY;
  /** What questions are answered from, and when it was made; of the records as they were then. */
  #asked:
    | { readonly cluster: Cluster; readonly records: RecordsPart; readonly ms: number }
    | undefined;
  /** Absent: the mirror may have changed since it was made. */
  #records: RecordsPart | undefined;
  readonly #hearing: Hearing;
  readonly #memo = new VmMemo();
  readonly #named = new Set<string>();
  /** Plans that hosts are being asked about. */
  #plannings: readonly Planning[] = [];
  /** What was used, that hosts are being asked for. */
  #readings: readonly Reading[] = [];

  constructor(options: SchedulerOptions) {
    this.#instanceId = options.instanceId;
    this.#settings = { ...defaultSettings, ...options.settings };
    this.#hearing = new Hearing(this.#settings);
  }

  handle(now: Now, event: SchedulerEvent): readonly SchedulerCommand[] {
    if (this.#exited) return [];
    const out: SchedulerCommand[] = [];
    const isNews = this.#take(now, event, out);
    if (!isNews || this.#comesTooSoon(now, event, out)) return out;
    if (this.#epoch !== undefined && this.#isKnown && !this.#exited) {
      if (event.type !== 'asked') this.#turnMs = now.monoMs;
      this.#lead(now, event, out);
    }
    return out;
  }

  get #isKnown(): boolean {
    return this.#loaded && this.#heardRevision >= this.#beganRevision;
  }

  /**
   * A look at everything takes longer the larger the cluster is, and after an election every host has news at once:
   * of what hosts say, and people write, several are looked at together.
   */
  #comesTooSoon(now: Now, event: SchedulerEvent, out: SchedulerCommand[]): boolean {
    if (event.type !== 'agent-said' && event.type !== 'changed') return false;
    if (this.#epoch === undefined) return true;
    const nextMs = this.#turnMs + Math.floor(this.#hosts.count / hostsPerMs);
    if (now.monoMs >= nextMs) return false;
    if (this.#soonMs !== nextMs) out.push({ type: 'wake', key: soon, atMonoMs: nextMs });
    this.#soonMs = nextMs;
    return true;
  }

  /** False: there is nothing to be looked at. */
  #take(now: Now, event: SchedulerEvent, out: SchedulerCommand[]): boolean {
    switch (event.type) {
      case 'elected':
        this.#epoch = event.epoch;
        this.#era = undefined;
        this.#electedMs = now.monoMs;
        this.#volatile = newVolatile();
        out.push({ type: 'trace', level: 'info', text: `leads under epoch ${event.epoch}` });
        out.push({ type: 'wake', key: 'tick', atMonoMs: now.monoMs + tickMs });
        this.#takeOffice(event.epoch, out);
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
        return this.#change(event, out);
      case 'committed':
        this.#committed(event, out);
        return true;
      case 'agent-said':
        this.#hearing.hear(now.monoMs);
        this.#hosts.hear(now.monoMs, event.hostId, event.message);
        if (event.message.kind === 'progress') {
          const { opId, vmId, percent } = event.message.body;
          const news = { type: 'migration-progress', operationId: opId, vmId, percent };
          if (this.#epoch !== undefined) out.push({ type: 'announce', json: JSON.stringify(news) });
        }
        if (event.message.kind === 'storage-progress') {
          const { v: _, opId: operationId, ...news } = event.message.body;
          const json = JSON.stringify({ type: 'storage-progress', operationId, ...news });
          if (this.#epoch !== undefined) out.push({ type: 'announce', json });
        }
        return !canWait(event.message);
      case 'woke':
        if (this.#epoch === undefined || event.key === soon) return true;
        out.push({ type: 'wake', key: 'tick', atMonoMs: now.monoMs + tickMs });
        if (this.#inFlight === undefined && !this.#isKnown) out.push({ type: 'reload' });
        return true;
      case 'asked':
        return true;
    }
  }

  #change(
    { revision, changes }: Extract<SchedulerEvent, { type: 'changed' }>,
    out: SchedulerCommand[],
  ): boolean {
    const wasKnown = this.#isKnown;
    const era = eraOf(this.#mirror);
    this.#heardRevision = revision;
    const hosts = this.#hostsWithout(changes);
    const isNews = this.#mirror.change(revision, changes);
    this.#forgetHosts(hosts);
    // etcd was restored, and what it had before and has no more no watch tells of: everything is read.
    if (eraOf(this.#mirror) !== era) {
      this.#loaded = false;
      out.push({ type: 'reload' });
    }
    if (isNews) this.#records = undefined;
    // Own commits are heard of again, and are no news; the first one of an office is what was waited for.
    return isNews || this.#isKnown !== wasKnown;
  }

  /**
   * Where etcd was followed all along, a commit of nothing is the first one: no leader before can write any more, and
   * all that they wrote is known when the watch tells of it. Otherwise everything is read.
   */
  #takeOffice(epoch: string, out: SchedulerCommand[]): void {
    this.#beganRevision = this.#loaded ? Number.POSITIVE_INFINITY : 0;
    if (this.#loaded) this.#commit([], epoch, out);
    else out.push({ type: 'reload' });
  }

  #load(
    now: Now,
    event: Extract<SchedulerEvent, { type: 'loaded' }>,
    out: SchedulerCommand[],
  ): void {
    // A commit that is under way may or may not be in this picture; nothing is done until it is
    // acknowledged. A picture older than what is known leaves a gap before the watch that follows it.
    const { revision } = this.#mirror;
    if (event.revision < revision) {
      if (this.#olderThan === undefined || event.revision >= this.#olderThan) {
        this.#olderThan = revision;
        out.push({ type: 'reload' });
        return;
      }
      this.#fallBack(this.#olderThan, event.revision);
    }
    this.#olderThan = undefined;
    const hosts = revisionsOf([...this.#mirror.hosts.values()]);
    this.#mirror.load(event.revision, event.entries);
    this.#forgetHosts(hosts);
    this.#heardRevision = event.revision;
    this.#records = undefined;
    sweep(this.#volatile, new Set(this.#openOperations().map(({ value }) => value.id)));
    this.#loaded = true;
    this.#reloadedMs = now.monoMs;
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
    this.#records = undefined;
    if (event.outcome === 'done' && event.revision <= inFlight.knownRevision) {
      this.#fallBack(inFlight.knownRevision, event.revision);
      this.#loaded = false;
      this.#olderThan = inFlight.knownRevision;
      out.push({ type: 'reload' });
      return;
    }
    if (event.outcome === 'done') {
      this.#conflicts = 0;
      const hosts = this.#hostsWithout(inFlight.puts);
      this.#mirror.committed(event.revision, inFlight.puts);
      this.#forgetHosts(hosts);
      if (inFlight.puts.length === 0) this.#beganRevision = event.revision;
      return;
    }
    // Somebody else wrote first: decide again, from what is there now.
    this.#conflicts += 1;
    this.#loaded = false;
    this.#beganRevision = 0;
    out.push({ type: 'reload' });
  }

  /** Those whose records these writes take away, as they are now. */
  #hostsWithout(
    writes: readonly { readonly key: string; readonly value?: string }[],
  ): HostRevisions {
    const gone = writes.flatMap(({ key, value }) => {
      const parsed = value === undefined ? parseKey(key) : undefined;
      return parsed?.type === 'host' ? (this.#mirror.hosts.get(parsed.id) ?? []) : [];
    });
    return revisionsOf(gone);
  }

  /** Of these, what is not there any more because somebody meant it. Whoever follows hears of it, too. */
  #forgetHosts(hosts: HostRevisions): void {
    for (const [hostId, modRevision] of hosts) {
      if (!wasForgotten(this.#mirror, hostId, modRevision)) continue;
      forgetWhatItSaid(this.#hosts, this.#volatile, hostId);
    }
  }

  /** etcd was restored from a backup: what was known is no more, and revisions are used a second time. */
  #fallBack(from: number, to: number): void {
    const how = `it went back from revision ${from} to ${to}`;
    this.#wentBack = { how, era: eraOf(this.#mirror) };
    this.#beganRevision = 0;
    // Numbers of questions go on: what hosts have answered already answers no new one.
    const { inquiries } = this.#volatile;
    this.#volatile = { ...newVolatile(), inquiries };
  }

  #lead(now: Now, event: SchedulerEvent, out: SchedulerCommand[]): void {
    this.#era ??= eraOf(this.#mirror);
    if (this.#era !== eraOf(this.#mirror)) {
      this.#exited = true;
      out.push({ type: 'exit', reason: 'the era was raised: its epochs are another era’s' });
      return;
    }
    // Written down, or dealt with by a person already.
    const isKnown = this.#wentBack !== undefined && this.#era > this.#wentBack.era;
    if (isKnown || this.#mirror.held !== undefined) this.#wentBack = undefined;
    const epoch = epochIn(this.#era, this.#epoch ?? '0');
    const cluster = this.#look(now, event);
    const settled = this.#isSettled(now, epoch);
    const turn = this.#turn(now, epoch, cluster, settled);
    const restoring = whyRestoring(turn);
    if (event.type === 'asked') {
      const { queryId, query } = event;
      if (isPlanQuery(query) || query.type === 'usage') {
        const sinceMs = now.monoMs;
        if (query.type === 'usage')
          this.#readings = [...this.#readings, { queryId, query, sinceMs }];
        else this.#plannings = [...this.#plannings, beginPlanning(queryId, query, sinceMs)];
        out.push({ type: 'defer', queryId });
        this.#plan(turn, out);
        return;
      }
      const asked = {
        now,
        instanceId: this.#instanceId,
        epoch,
        settled,
        restoring,
        cluster,
        mirror: this.#mirror,
        hosts: this.#hosts,
        lacksCpu: this.#volatile.lacksCpu,
        pools: () => this.#pools(now),
        volatile: this.#volatile,
      };
      out.push({ type: 'reply', queryId, reply: answerQuery(asked, query) });
      return;
    }
    if (now.monoMs - this.#reloadedMs >= this.#settings.resyncMs) {
      this.#reloadedMs = now.monoMs;
      out.push({ type: 'reload' });
    }
    const isAsked = this.#plannings.length + this.#readings.length > 0;
    if (isAsked) this.#plan(this.#turn(now, epoch, cluster, settled), out);
    if (this.#inFlight !== undefined) return;
    // A leader that was deposed and has not heard of it conflicts each time: it tries on, but at leisure.
    if (this.#conflicts >= conflictsAtOnce && event.type !== 'woke') return;
    const open = this.#openOperations();
    if (restoring === undefined) {
      for (const stored of open) drive(turn, stored);
      keepUp(turn);
      sayWaits(turn, open);
    } else {
      for (const stored of open) if (mayGoOn(turn, stored.value)) drive(turn, stored);
      restore(turn, restoring);
    }
    // First what takes longest: etcd writes while the orders that follow from earlier commits go out.
    if (turn.puts.length > 0) this.#commit(turn.puts, epoch, out);
    out.push(...turn.out);
  }

  #turn(now: Now, epoch: string, cluster: Cluster, settled: boolean): Turn {
    return new Turn({
      now,
      epoch,
      mirror: this.#mirror,
      hosts: this.#hosts,
      cluster,
      settings: this.#settings,
      settled,
      wentBack: this.#wentBack?.how,
      volatile: this.#volatile,
      // One of many may be what conflicts; alone it holds up nobody else.
      mostPuts: this.#conflicts > 0 ? 1 : putsAtOnce,
    });
  }

  #pools(now: Now): SeenPools {
    return seenPools({
      now,
      mirror: this.#mirror,
      hosts: this.#hosts,
      settings: this.#settings,
      volatile: this.#volatile,
    });
  }

  /** Plans, and what was used, are told where they are known now; a turn of its own, in which nothing is decided. */
  #plan(turn: Turn, out: SchedulerCommand[]): void {
    const waits = ({ queryId }: { readonly queryId: string }, reply: QueryReply | undefined) => {
      if (reply !== undefined) out.push({ type: 'reply', queryId, reply });
      return reply === undefined;
    };
    this.#plannings = this.#plannings.filter((one) => waits(one, continuePlanning(turn, one)));
    this.#readings = this.#readings.filter((one) => waits(one, continueReading(turn, one)));
    out.push(...turn.out);
  }

  /**
   * Questions are answered from a picture that may be somewhat older than what hosts said last, never than the records: what
   * follows from it alone, such as the best hosts for a kind of VM, is worked out once for all who ask.
   */
  #look(now: Now, event: SchedulerEvent): Cluster {
    this.#records ??= recordsPartOf(this.#mirror, this.#memo);
    const records = this.#records;
    const asked = this.#asked;
    const isNew =
      asked?.records === records && now.monoMs - asked.ms < this.#hosts.count / hostsPerMs;
    if (event.type === 'asked' && isNew) return asked.cluster;
    const { lacksCpu } = this.#volatile;
    const cluster = snapshotOf(now, this.#mirror, this.#hosts, this.#settings, records, lacksCpu);
    if (!isNew || this.#hosts.count <= fewHosts) this.#asked = { cluster, records, ms: now.monoMs };
    return cluster;
  }

  #commit(puts: readonly Put[], epoch: string, out: SchedulerCommand[]): void {
    this.#commits += 1;
    const commitId = `${epoch}-${this.#commits}`;
    this.#inFlight = { commitId, puts, knownRevision: this.#mirror.revision };
    out.push({ type: 'commit', commitId, puts });
  }

  /** Every known host has passed the barrier, or has had its time to; and it is they who are silent, not this leader. */
  #isSettled(now: Now, epoch: string): boolean {
    const known = [...this.#mirror.hosts.keys()];
    if (!this.#hearing.isTrusted(now.monoMs, known, this.#hosts)) return false;
    if (now.monoMs - this.#electedMs >= this.#settings.startupGraceMs) return true;
    return known.length > 0 && known.every((id) => this.#hosts.passedBarrier(id, epoch));
  }

  /** Oldest first. */
  /** What has begun before what has not: a place is chosen once it is known what has ended. */
  #openOperations(): readonly Stored<OperationRecord>[] {
    const isNew = ({ value }: Stored<OperationRecord>): number => Number(value.state === 'pending');
    return [...this.#mirror.operations.values()]
      .filter(({ value }) => isOpen(value))
      .toSorted(
        (a, b) =>
          isNew(a) - isNew(b) ||
          a.value.createdAtMs - b.value.createdAtMs ||
          (a.value.id < b.value.id ? -1 : 1),
      );
  }
}

/**
 * A look at everything costs tens of milliseconds on a large cluster, which is more than there is between two
 * heartbeats of a thousand hosts; what they bring is looked at with the next tick.
 */
function canWait({ kind }: AgentMessage): boolean {
  return kind === 'heartbeat' || kind === 'progress' || kind === 'storage-progress';
}
