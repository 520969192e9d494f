/**
 * A scheduler's process: the real logic, fed with what etcd, NATS and time do, its commands performed as
 * `scheduler/src/shell` performs them. It follows and campaigns, leads, and ends when it does not lead any more.
 */
import {
  createScheduler,
  type SchedulerCommand,
  type SchedulerEvent,
  type SchedulerLogic,
  type SchedulerSettings,
} from '@drover/scheduler/logic';
import {
  keyPrefix,
  keys,
  isQuestion,
  type Query,
  type QueryReply,
  readAgentMessage,
  subjects,
} from '@drover/protocol';
import { Election, type Office } from './election.ts';
import type { EtcdEntry, TxnAnswer } from './etcd.ts';
import { EtcdClient } from './etcd-client.ts';
import { Life } from './life.ts';
import type { ProcessWorld } from './process-world.ts';
import type { Timer } from './timeline.ts';

const watched = [keyPrefix.intent, keyPrefix.decision];
const busPatienceMs = 10_000;

type Commit = Extract<SchedulerCommand, { type: 'commit' }>;

export class SchedulerProcess {
  readonly id: string;
  readonly #world: ProcessWorld;
  readonly #settings: Partial<SchedulerSettings>;
  #life: Life;
  #logic: SchedulerLogic;
  #client: EtcdClient;
  #election: Election | undefined;
  #office: Office | undefined;
  #timers = new Map<string, Timer>();
  #replies = new Map<string, (reply: QueryReply) => void>();
  #queries = 0;
  #loading = false;
  #loadAgain = false;
  #watch: { close(): void } | undefined;
  #busAway: Timer | undefined;
  /** It stands for election once it reaches NATS. */
  #isStanding = false;
  lives = 0;
  commits = 0;
  /** Up to which revision it had heard of changes when it decided last. */
  decidedFrom = 0;
  #heard = 0;
  /** etcd is another one since it was restored, and it has not read that. */
  #isBlind = false;

  constructor(id: string, world: ProcessWorld, settings: Partial<SchedulerSettings>) {
    this.id = id;
    this.#world = world;
    this.#settings = settings;
    this.#life = new Life(world.timeline, { monoMs: 0, wallMs: 0 });
    this.#life.end();
    this.#logic = createScheduler({ instanceId: id });
    this.#client = new EtcdClient(world.reach, id, this.#life);
  }

  get life(): Life {
    return this.#life;
  }

  /** By its own belief. */
  get leads(): boolean {
    return this.#life.isAlive && this.#office !== undefined && !this.#life.isFrozen;
  }

  get epoch(): number | undefined {
    return this.#office?.epoch;
  }

  start(): void {
    if (this.#life.isAlive) return;
    const { timeline, reach, note } = this.#world;
    this.lives += 1;
    this.#life = new Life(timeline, this.#world.offsets(this.id));
    this.#logic = createScheduler({ instanceId: this.id, settings: this.#settings });
    this.#client = new EtcdClient(reach, this.id, this.#life);
    this.#office = undefined;
    this.#timers = new Map();
    this.#replies = new Map();
    this.#loading = false;
    this.#loadAgain = false;
    this.#watch = undefined;
    this.#busAway = undefined;
    this.#heard = 0;
    this.#isBlind = false;
    this.decidedFrom = 0;
    note(this.id, `is a candidate, life ${this.lives}`);
    this.#election = new Election(this.#client, this.#life, this.id, {
      onElected: (office) => this.#lead(office),
      onLost: (reason) => this.#feed({ type: 'deposed', reason }),
    });
    this.#isStanding = false;
    this.#follow();
  }

  /** kill -9: its lease lives on until it runs out. */
  crash(why = ''): void {
    this.#end(why === '' ? 'dies' : `dies: ${why}`);
  }

  /** SIGTERM: it gives its office back. */
  stop(): void {
    if (!this.#life.isAlive || this.#life.isFrozen) return;
    this.#election?.resign();
    this.#end('ends, and gives its office back');
  }

  ask(query: Query, then: (reply: QueryReply) => void): void {
    this.#queries += 1;
    const queryId = `q${this.#queries}`;
    this.#replies.set(queryId, then);
    this.#life.after(1, () => this.#feed({ type: 'asked', queryId, query }));
  }

  #end(how: string): void {
    if (!this.#life.isAlive) return;
    const { timeline, random, tempo, bus, note } = this.#world;
    note(this.id, how);
    this.#watch?.close();
    this.#life.end();
    this.#office = undefined;
    bus.detach(this.id);
    timeline.after(random.within(tempo.restartMs), () => this.start());
  }

  #follow(): void {
    const { bus } = this.#world;
    const life = this.#life;
    bus.attach(this.id, { role: 'scheduler' }, [subjects.allAgents()], {
      onText: (subject, text) => life.guard(() => this.#hear(subject, text))(),
      onState: (state) => life.guard(() => this.#busIs(state))(),
    });
    this.#load();
  }

  /** Another may reach NATS where this one does not. */
  #busIs(state: 'connected' | 'disconnected'): void {
    this.#busAway?.cancel();
    this.#busAway = undefined;
    if (state === 'connected') {
      if (!this.#isStanding) this.#election?.stand();
      this.#isStanding = true;
      return;
    }
    this.#busAway = this.#life.after(busPatienceMs, () => {
      this.#election?.resign();
      if (this.#office !== undefined) return this.#end('leads no more: NATS is out of reach');
      this.#end('takes its candidacy back: NATS is out of reach');
    });
  }

  #lead(office: Office): void {
    this.#office = office;
    this.#pass('elected', () => this.#feed({ type: 'elected', epoch: String(office.epoch) }));
  }

  #hear(subject: string, text: string): void {
    const said = readAgentMessage(subject, text);
    if (!said.ok) return this.#world.malformed(this.id, text, said.reason);
    this.#feed({ type: 'agent-said', ...said.value });
  }

  /** What it knows beyond that is not so any more, and its watch tells of nothing under numbers that it has heard of. */
  etcdWentBack(to: number): void {
    if (this.#heard > to) this.#isBlind = true;
  }

  #feed(event: SchedulerEvent): void {
    if (event.type === 'loaded') this.#isBlind = false;
    if (event.type === 'loaded' || event.type === 'changed') this.#heard = event.revision;
    const life = this.#life;
    const commands = this.#world.guardLogic(this.id, () => this.#logic.handle(life.now(), event));
    for (const command of commands ?? []) life.guard(() => this.#perform(command))();
  }

  #perform(command: SchedulerCommand): void {
    const { bus, note } = this.#world;
    switch (command.type) {
      case 'commit':
        return this.#commit(command);
      case 'send': {
        if (this.#election?.isCurrent() !== true) return;
        const { hostId, opId, step, body } = command.command;
        const publish = () =>
          bus.publish(this.id, subjects.command(hostId), JSON.stringify(command.command));
        if (body.kind === 'sync' || isQuestion(body.kind)) return publish();
        this.#pass(`before ordering ${body.kind}`, () => {
          note(this.id, `orders ${hostId}: ${body.kind} ${opId}/${step}`);
          publish();
          this.#pass(`after ordering ${body.kind}`, () => undefined);
        });
        return;
      }
      case 'reply':
        this.#replies.get(command.queryId)?.(command.reply);
        this.#replies.delete(command.queryId);
        return;
      case 'defer':
      case 'announce':
        return;
      case 'wake': {
        this.#timers.get(command.key)?.cancel();
        const wake = () => this.#feed({ type: 'woke', key: command.key });
        const delayMs = command.atMonoMs - this.#life.monoMs;
        this.#timers.set(command.key, this.#life.after(delayMs, wake));
        return;
      }
      case 'reload':
        return this.#load();
      case 'exit':
        this.#election?.resign();
        return this.#end(`leads no more: ${command.reason}`);
      case 'trace':
        return note(this.id, command.text);
    }
  }

  #commit(command: Commit): void {
    const office = this.#office;
    if (office === undefined) return;
    const { commitId, puts } = command;
    this.commits += 1;
    this.decidedFrom = this.#isBlind ? 0 : this.#heard;
    this.#pass('before a commit', () => this.#commitNow(office, commitId, puts));
  }

  #commitNow(office: Office, commitId: string, puts: Commit['puts']): void {
    const lastCommit = JSON.stringify({ v: 1, epoch: String(office.epoch), commitId });
    const tell = (outcome: TxnAnswer) =>
      this.#feed({
        type: 'committed',
        commitId,
        outcome: outcome.type,
        revision: outcome.revision,
      });
    this.#client.txn(
      {
        compares: [
          { key: office.leaderKey, createRevision: office.epoch },
          // A commit of nothing replaces no decision, whatever the newest one is.
          ...(puts.length === 0 ? [] : [this.#newestCommit()]),
          ...puts.map((put) => ({ key: put.key, modRevision: put.expectedModRevision })),
        ],
        puts: [
          ...puts.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }])),
          { key: keys.lastCommit(), value: lastCommit },
        ],
        deletes: puts.filter((put) => put.value === undefined).map((put) => put.key),
      },
      (answer) => {
        this.#pass('after a commit', () => {
          if (answer.type === 'answered') {
            if (answer.value.type === 'conflict') this.#world.mark('commit-conflicted');
            tell(answer.value);
          } else this.#readBack(office, commitId, tell);
        });
      },
    );
    this.#pass('with a commit under way', () => undefined);
  }

  #pass(where: string, goOn: () => void): void {
    this.#world.points.pass(this, where, goOn);
  }

  /** As the shell knows it: by its own last commit, or read before the first. */
  #newestCommit(): { readonly key: string; readonly modRevision: number } {
    const key = keys.lastCommit();
    return { key, modRevision: this.#world.reach.etcd.get(key)?.modRevision ?? 0 };
  }

  /** One that is not in may still be on its way: a commit of nothing takes its place, and then it finds that before it. */
  #readBack(office: Office, commitId: string, tell: (outcome: TxnAnswer) => void): void {
    this.#life.after(200, () => {
      this.#client.range(keys.lastCommit(), (answer) => {
        if (answer.type === 'lost') return this.#readBack(office, commitId, tell);
        const entry = answer.value.entries[0];
        const last = entry ? (JSON.parse(entry.value) as { commitId?: string }) : {};
        if (last.commitId === commitId) {
          this.#world.mark('commit-was-made');
          return tell({ type: 'done', revision: entry?.modRevision ?? answer.value.revision });
        }
        const value = JSON.stringify({
          v: 1,
          epoch: String(office.epoch),
          commitId: `${commitId}-void`,
        });
        const compares = [
          { key: office.leaderKey, createRevision: office.epoch },
          { key: keys.lastCommit(), modRevision: entry?.modRevision ?? 0 },
        ];
        const nothing = { compares, puts: [{ key: keys.lastCommit(), value }], deletes: [] };
        this.#client.txn(nothing, (placed) => {
          if (placed.type === 'lost' || placed.value.type === 'conflict') {
            return this.#readBack(office, commitId, tell);
          }
          this.#world.mark('commit-was-not-made');
          tell({ type: 'conflict', revision: placed.value.revision });
        });
      });
    });
  }

  #load(): void {
    if (this.#loading) {
      this.#loadAgain = true;
      return;
    }
    this.#loading = true;
    this.#client.range('/drover/', (answer) => {
      if (answer.type === 'lost') {
        this.#life.after(500, () => {
          this.#loading = false;
          this.#load();
        });
        return;
      }
      const { revision, entries } = answer.value;
      this.#loading = false;
      const ours = entries.filter(({ key }) => watched.some((prefix) => key.startsWith(prefix)));
      this.#pass('with everything loaded', () => this.#loaded(revision, ours));
    });
  }

  #loaded(revision: number, entries: readonly EtcdEntry[]): void {
    this.#feed({ type: 'loaded', revision, entries });
    if (!this.#life.isAlive) return;
    this.#watch?.close();
    this.#watch = this.#client.watch(
      watched,
      revision + 1,
      (at, changes) => this.#feed({ type: 'changed', revision: at, changes }),
      () => this.#load(),
    );
    if (!this.#loadAgain) return;
    this.#loadAgain = false;
    this.#load();
  }
}
