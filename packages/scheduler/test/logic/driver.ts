/**
 * Drives the scheduler's logic in a world of values: an etcd that compares revisions, agents that answer, a
 * clock that stands still. At every step it checks what must always hold: one commit in flight, made from the
 * revisions that are there; nothing sent that is not committed; records and commands that can be read.
 */
import {
  AgentCommand,
  type AgentMessage,
  type HostIntentRecord,
  keys,
  type OperationRecord,
  parseJson,
  type PoolRecord,
  type Query,
  type QueryReply,
  RecordMirror,
  type RequestRecord,
  type VmSpec,
} from '@drover/protocol';
import { createScheduler } from '../../src/logic/index.ts';
import type {
  Put,
  SchedulerCommand,
  SchedulerEvent,
  SchedulerLogic,
  SchedulerSettings,
} from '../../src/logic/index.ts';
import { FakeAgent } from './fake-agent.ts';

type Commit = Extract<SchedulerCommand, { type: 'commit' }>;
type Request = RequestRecord extends infer R ? (R extends RequestRecord ? R : never) : never;
type Without<T> = T extends unknown ? Omit<T, 'v' | 'id' | 'by' | 'createdAtMs'> : never;

export class Driver {
  readonly store = new Map<string, { value: string; modRevision: number }>();
  readonly agents = new Map<string, FakeAgent>();
  readonly settings: Partial<SchedulerSettings>;
  revision = 10;
  monoMs = 1_000;
  epoch = '';
  scheduler: SchedulerLogic;
  /** Every command of the scheduler, in order. */
  out: SchedulerCommand[] = [];
  /** Every commit that went through. */
  readonly commits: (readonly Put[])[] = [];
  /** Answers a commit; by default it is applied. `hold` leaves it in flight. */
  onCommit: (commit: Commit) => 'apply' | 'hold' | 'conflict' = () => 'apply';
  /** Sees each command on its way; `false`: it is lost. */
  onSend: (command: AgentCommand) => boolean = () => true;
  held: Commit | undefined;
  /** Watch events are delivered only while this holds. */
  watching = true;
  /** A load that is asked for comes at once only while this holds. */
  loading = true;
  readonly #queue: (() => void)[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;
  #beatAt = 0;
  #requests = 0;
  #life = 0;

  constructor(options: { hosts?: readonly string[]; settings?: Partial<SchedulerSettings> } = {}) {
    this.settings = options.settings ?? {};
    this.scheduler = createScheduler({ instanceId: 's0', settings: this.settings });
    for (const hostId of options.hosts ?? ['h1', 'h2', 'h3']) this.addHost(hostId);
  }

  /** A leader that has heard all hosts. */
  static settled(options: ConstructorParameters<typeof Driver>[0] = {}): Driver {
    const driver = new Driver(options);
    driver.elect();
    driver.advance(7_000);
    driver.out = [];
    return driver;
  }

  agent(hostId: string): FakeAgent {
    const agent = this.agents.get(hostId);
    if (!agent) throw new Error(`no host ${hostId}`);
    return agent;
  }

  addHost(hostId: string): FakeAgent {
    const agent = new FakeAgent(hostId, (other) => this.agent(other));
    this.agents.set(hostId, agent);
    return agent;
  }

  /** Another process leads from now on; the one before is out. */
  elect(): void {
    this.revision += 1;
    this.#life += 1;
    this.epoch = String(this.revision);
    this.held = undefined;
    this.#queue.length = 0;
    this.scheduler = createScheduler({
      instanceId: `s${this.#life}`,
      settings: this.settings,
    });
    this.feed({ type: 'elected', epoch: this.epoch });
  }

  feed(event: SchedulerEvent): void {
    this.#queue.push(() => {
      // No two events come at the same moment, as little as they do to a process.
      this.monoMs += 0.01;
      const now = { monoMs: this.monoMs, wallMs: 1_700_000_000_000 + Math.floor(this.monoMs) };
      for (const command of this.scheduler.handle(now, event)) this.#perform(command);
    });
    this.#pump();
  }

  hear(hostId: string, message: AgentMessage): void {
    this.feed({ type: 'agent-said', hostId, message });
  }

  /** Lets time pass: heartbeats of hosts that are not silent, timers. */
  advance(ms: number): void {
    const until = this.monoMs + ms;
    while (this.monoMs < until) {
      this.monoMs = Math.min(until, this.monoMs + 100);
      if (this.monoMs >= this.#beatAt) {
        this.#beatAt = this.monoMs + 2_000;
        for (const agent of this.agents.values()) {
          if (!agent.silent) this.hear(agent.hostId, agent.heartbeat());
        }
      }
      if (this.monoMs >= this.#wakeAt) {
        this.#wakeAt = Number.POSITIVE_INFINITY;
        this.feed({ type: 'woke', key: 'tick' });
      }
    }
  }

  /** Until it holds, or the test fails. */
  until(condition: () => boolean, what = 'it', limitMs = 60_000): void {
    const end = this.monoMs + limitMs;
    while (!condition()) {
      if (this.monoMs >= end) throw new Error(`${what} did not come about`);
      this.advance(100);
    }
  }

  // ── etcd ──────────────────────────────────────────────────────────────────────────────────────────

  /** Somebody else writes: the API, or a person with etcdctl. */
  write(key: string, record: object | string | undefined): void {
    this.revision += 1;
    this.#put(key, typeof record === 'string' ? record : record && JSON.stringify(record));
    this.#tell([key]);
  }

  #put(key: string, value: string | undefined): void {
    if (value === undefined) this.store.delete(key);
    else this.store.set(key, { value, modRevision: this.revision });
  }

  #tell(changed: readonly string[]): void {
    if (!this.watching) return;
    const revision = this.revision;
    const changes = changed.map((key) => {
      const entry = this.store.get(key);
      return { key, modRevision: revision, ...(entry ? { value: entry.value } : {}) };
    });
    this.feed({ type: 'changed', revision, changes });
  }

  load(): void {
    const entries = [...this.store].map(([key, entry]) => ({ key, ...entry }));
    this.feed({ type: 'loaded', revision: this.revision, entries });
  }

  // ── what people ask for ───────────────────────────────────────────────────────────────────────────

  vm(vmId: string, more: { spec?: Partial<VmSpec>; on?: string; name?: string } = {}): void {
    const spec = { vcpus: 1, memoryMib: 512, disks: [], networks: [], ...more.spec };
    const name = more.name ?? `vm-${vmId.slice(-2)}`;
    const by = 'p';
    const intent = { v: 1, id: vmId, name, spec, desired: 'running', by, createdAtMs: 1 };
    this.write(keys.vmIntent(vmId), intent);
    this.write(keys.vmName(name), { v: 1, vmId });
    if (more.on === undefined) return;
    const state = 'running';
    this.agent(more.on).has(vmId);
    this.write(keys.assignment(vmId), { v: 1, vmId, hostId: more.on, generation: 1, state });
  }

  pool(name: string, spec: PoolRecord['spec'] = { type: 'shared', path: '/p' }): void {
    const uuid = '22222222-2222-4222-8222-222222222222';
    this.write(keys.pool(name), { v: 1, name, uuid, spec, by: 'p', createdAtMs: 1 });
  }

  cordon(id: string, cordoned = true): void {
    const record: HostIntentRecord = { v: 1, id, cordoned, by: 'p', atMs: 1 };
    this.write(keys.hostIntent(id), record);
  }

  /** Gives back the id, which is also the operation's. */
  ask(what: Without<Request>): string {
    this.#requests += 1;
    const id = `r${this.#requests}`;
    this.write(keys.request(id), { v: 1, id, by: 'p', createdAtMs: this.#requests, ...what });
    return id;
  }

  cancel(id: string): void {
    const request = JSON.parse(this.store.get(keys.request(id))?.value ?? '{}') as RequestRecord;
    this.write(keys.request(id), { ...request, cancelled: { by: 'p', atMs: 1 } });
  }

  query(query: Query): QueryReply | undefined {
    const before = this.out.length;
    this.feed({ type: 'asked', queryId: 'q', query });
    const reply = this.out.slice(before).find((command) => command.type === 'reply');
    return reply?.reply;
  }

  // ── what came of it ───────────────────────────────────────────────────────────────────────────────

  get mirror(): RecordMirror {
    const mirror = new RecordMirror();
    const entries = [...this.store].map(([key, entry]) => ({ key, ...entry }));
    mirror.load(this.revision, entries);
    return mirror;
  }

  op(id: string): OperationRecord {
    const stored = this.mirror.operations.get(id);
    if (!stored) throw new Error(`no operation ${id}`);
    return stored.value;
  }

  ends(id: string, limitMs = 60_000): OperationRecord {
    const isEnded = () => this.mirror.operations.get(id)?.value.endedAtMs !== undefined;
    this.until(isEnded, `the end of ${id}`, limitMs);
    return this.op(id);
  }

  reaches(id: string, step: string): OperationRecord {
    this.until(() => this.mirror.operations.get(id)?.value.step === step, `step ${step} of ${id}`);
    return this.op(id);
  }

  owner(vmId: string) {
    const value = this.mirror.assignments.get(vmId)?.value;
    if (!value) return undefined;
    const { hostId, generation, state, operationId } = value;
    return {
      ...(hostId === undefined ? {} : { hostId }),
      generation,
      state,
      ...(operationId === undefined ? {} : { operationId }),
    };
  }

  /** Commands other than `sync` that were sent, as `host kind`. */
  sent(): readonly string[] {
    return this.out.flatMap((one) =>
      one.type === 'send' && one.command.body.kind !== 'sync'
        ? [`${one.command.hostId} ${one.command.body.kind}`]
        : [],
    );
  }

  traces(): readonly string[] {
    return this.out.flatMap((one) => (one.type === 'trace' ? [one.text] : []));
  }

  // ── the world ─────────────────────────────────────────────────────────────────────────────────────

  #pumping = false;
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let turns = 0; ; turns += 1) {
        const next = this.#queue.shift();
        if (!next) return;
        if (turns > 20_000) throw new Error('the scheduler does not come to rest');
        next();
      }
    } finally {
      this.#pumping = false;
    }
  }

  #perform(command: SchedulerCommand): void {
    this.out.push(command);
    if (command.type === 'commit') this.#commit(command);
    if (command.type === 'send') this.#send(command.command);
    if (command.type === 'wake') this.#wakeAt = command.atMonoMs;
    if (command.type === 'reload' && this.loading) this.#queue.push(() => this.load());
  }

  #commit(commit: Commit): void {
    if (this.held) throw new Error('two commits in flight');
    if (commit.puts.length === 0) throw new Error('a commit of nothing');
    const how = this.onCommit(commit);
    this.held = commit;
    if (how === 'apply') this.settle();
    else if (how === 'conflict') this.settle('conflict');
  }

  /** The commit in flight is answered: as etcd finds it, or as a conflict. */
  settle(as?: 'conflict'): void {
    const commit = this.held;
    if (!commit) throw new Error('nothing is in flight');
    this.held = undefined;
    const { commitId, puts } = commit;
    const fits = puts.every(
      ({ key, expectedModRevision }) =>
        (this.store.get(key)?.modRevision ?? 0) === expectedModRevision,
    );
    const outcome = as ?? (fits ? 'done' : 'conflict');
    if (outcome === 'done') this.#apply(puts);
    const revision = this.revision;
    this.feed({ type: 'committed', commitId, outcome, revision });
    if (outcome === 'done') this.#tell(puts.map(({ key }) => key));
  }

  /** Gives back nothing: the commit in flight was written, and its answer is never heard. */
  writeHeld(): void {
    const commit = this.held;
    if (!commit) throw new Error('nothing is in flight');
    this.held = undefined;
    this.#apply(commit.puts);
  }

  #apply(puts: readonly Put[]): void {
    this.revision += 1;
    this.commits.push(puts);
    for (const { key, value } of puts) this.#put(key, value);
    const ours = new Set(puts.map(({ key }) => key));
    for (const [key, why] of this.mirror.unreadable) {
      if (ours.has(key)) throw new Error(`a record that nobody can read: ${key}: ${why}`);
    }
  }

  #send(command: AgentCommand): void {
    const parsed = parseJson(AgentCommand, JSON.stringify(command));
    if (!parsed.ok) throw new Error(`a command that no agent can read: ${parsed.reason}`);
    const operation = this.mirror.operations.get(command.opId)?.value;
    const isStep = !/^(sync|pool|abort)-/.test(command.opId);
    if (isStep && (operation?.state !== 'running' || operation.stepIndex !== command.step)) {
      throw new Error(`${command.body.kind} was sent before it was committed`);
    }
    if (!this.onSend(command)) return;
    const agent = this.agent(command.hostId);
    for (const message of agent.obey(command)) {
      this.#queue.push(() => {
        if (!agent.silent) this.hear(agent.hostId, message);
      });
    }
  }
}
