/**
 * An agent's process: the real logic, fed with what its host, its libvirt and NATS do, its commands performed
 * as `agent/src/shell` performs them. It can die at any point and comes back with what its disk holds.
 */
import {
  type AgentAction,
  type AgentEvent,
  type AgentLogic,
  compact,
  createAgent,
  type HypervisorAction,
  type JournalRecord,
  replay,
} from '@drover/agent/logic';
import {
  type AgentMessage,
  isQuestion,
  readCommand,
  type StepResult,
  subjects,
} from '@drover/protocol';
import { act } from './acts/act.ts';
import { reportedVm } from './acts/inspect.ts';
import type { Act } from './checkers/checker.ts';
import type { Host } from './host.ts';
import { useOf } from './host-use.ts';
import { Life } from './life.ts';
import type { Timer } from './timeline.ts';
import type { ProcessWorld } from './process-world.ts';

const gatherMs = 50;
const retryMs = 1_000;
/** That long it asks a pool's server that does not answer. */
const statfsMs = 2_000;

export class AgentProcess {
  readonly host: Host;
  readonly #world: ProcessWorld;
  #life: Life;
  #logic: AgentLogic;
  readonly #timers = new Map<string, Timer>();
  /** Of this life: the epoch that each step was begun under, and the steps that have not been acted on. */
  #epochs = new Map<string, string>();
  #waiting: Extract<JournalRecord, { type: 'begun' }>[] = [];
  #jobs = new Map<string, () => void>();
  #stopListening: () => void = () => undefined;
  /** Of all lives: the steps whose ends are on the disk, and what was told of steps. */
  readonly #endsOnDisk = new Set<string>();
  readonly #told = new Set<string>();
  #diskFreeMs = 0;
  #looking = false;
  #lookAgain = false;
  #asked = 0;
  lives = 0;

  constructor(host: Host, world: ProcessWorld) {
    this.host = host;
    this.#world = world;
    this.#life = new Life(world.timeline, { monoMs: 0, wallMs: 0 });
    this.#life.end();
    this.#logic = createAgent({ hostId: host.id });
  }

  get id(): string {
    return this.host.id;
  }

  get isAlive(): boolean {
    return this.#life.isAlive;
  }

  get life(): Life {
    return this.#life;
  }

  start(): void {
    if (this.#life.isAlive || !this.host.isPowered) return;
    const { host } = this;
    const { timeline, random, bus, note } = this.#world;
    this.lives += 1;
    this.#life = new Life(timeline, this.#world.offsets(host.id));
    this.#logic = createAgent({ hostId: host.id });
    this.#timers.clear();
    this.#epochs = new Map();
    this.#waiting = [];
    this.#jobs = new Map();
    this.#looking = false;
    this.#lookAgain = false;
    this.#asked = 0;
    this.#diskFreeMs = 0;
    if (random.chance(300)) {
      const kept = compact(host.journal);
      host.journal.splice(0, host.journal.length, ...kept);
    }
    note(host.id, `agent starts, life ${this.lives}`);
    const incarnation = `${host.id}-${this.lives}`;
    const { journal, usage } = host;
    this.#feed({ type: 'started', incarnation, records: [...journal], usage: [...usage] });
    let wasUp = host.hypervisor.isUp;
    if (wasUp) this.#feed({ type: 'hypervisor', state: 'connected' });
    const { life } = this;
    this.#stopListening = host.hypervisor.listen(
      life.guard(() => {
        const { isUp } = host.hypervisor;
        if (isUp !== wasUp) {
          wasUp = isUp;
          this.#feed({ type: 'hypervisor', state: isUp ? 'connected' : 'disconnected' });
        }
        this.#look();
      }),
    );
    const identity = { role: 'agent', hostId: host.id } as const;
    bus.attach(host.id, identity, [subjects.command(host.id)], {
      onText: (_, text) => life.guard(() => this.#receive(text))(),
      onState: (state) => life.guard(() => this.#feed({ type: 'bus', state }))(),
    });
  }

  /** kill -9, or the end of its machine. It is started again by whoever watches it. */
  crash(why: string): void {
    if (!this.#life.isAlive) return;
    this.#world.note(this.host.id, `agent dies: ${why}`);
    this.#life.end();
    this.#stopListening();
    this.#world.bus.detach(this.host.id);
    const { timeline, random, tempo } = this.#world;
    timeline.after(random.within(tempo.restartMs), () => this.start());
  }

  #feed(event: AgentEvent): void {
    const epoch = event.type === 'commanded' ? event.command.epoch : '0';
    const life = this.#life;
    const now = life.now();
    const actions = this.#world.guardLogic(this.host.id, () => this.#logic.handle(now, event));
    for (const action of actions ?? []) life.guard(() => this.#perform(action, epoch))();
  }

  #receive(text: string): void {
    const read = readCommand(text);
    if (read.type === 'command') return this.#feed({ type: 'commanded', command: read.command });
    this.#world.malformed(this.host.id, text, read.reason);
    if (read.type === 'unknown') this.#feed({ type: 'misunderstood', address: read.address });
  }

  /** `epoch`: of the command that led to it. */
  #perform(action: AgentAction, epoch: string): void {
    switch (action.type) {
      case 'journal':
        return this.#journal(action.seq, action.record, epoch);
      case 'act':
        return this.#act(action);
      case 'keep-usage':
        this.host.usage.push(action.minute);
        return;
      case 'publish':
        return this.#publish(action.message);
      case 'observe':
        this.#asked = Math.max(this.#asked, action.id);
        return this.#look();
      case 'wake': {
        this.#timers.get(action.key)?.cancel();
        const delayMs = action.atMonoMs - this.#life.monoMs;
        const wake = () => this.#feed({ type: 'woke', key: action.key });
        this.#timers.set(action.key, this.#life.after(delayMs, wake));
        return;
      }
      case 'trace':
        return this.#world.note(this.host.id, action.text);
    }
  }

  #publish(message: AgentMessage): void {
    const { bus, note } = this.#world;
    if (message.kind === 'result' && isAnswer(message.body.result)) {
      const subject = subjects.agent(this.host.id, message.kind);
      return bus.publish(this.host.id, subject, JSON.stringify(message.body));
    }
    if (message.kind === 'result') {
      const { opId, step, outcome, error } = message.body.result;
      const why = error ? ` (${error.code})` : '';
      this.#judgeTold(message.body.result);
      const told = `${opId}/${step} ${outcome}`;
      if (this.#told.has(told)) this.#world.mark('told-again');
      this.#told.add(told);
      note(this.host.id, `says ${opId}/${step} ${outcome}${why}`);
    }
    if (message.kind === 'inventory') message.body.recent.forEach((one) => this.#judgeTold(one));
    const publish = () =>
      bus.publish(
        this.host.id,
        subjects.agent(this.host.id, message.kind),
        JSON.stringify(message.body),
      );
    // Of heartbeats there are many, and one is like the other.
    if (message.kind === 'heartbeat') return publish();
    this.#pass(`before telling its ${message.kind}`, () => {
      publish();
      this.#pass(`after telling its ${message.kind}`, () => undefined);
    });
  }

  /** A refusal is no end of a step, and `begun` is none yet. */
  #judgeTold({ opId, step, outcome }: StepResult): void {
    if (outcome === 'refused' || outcome === 'begun') return;
    const isEndDurable = this.#endsOnDisk.has(`${opId}/${step}`);
    this.#world.onTell({ hostId: this.host.id, opId, step, outcome, isEndDurable });
  }

  /** In order; on the disk first, told afterwards. A crash may come on either side of that. */
  #journal(seq: number, record: JournalRecord, epoch: string): void {
    const { timeline, random, tempo } = this.#world;
    const { host } = this;
    if (record.type === 'begun') {
      this.#waiting.push(record);
      this.#epochs.set(`${record.opId}/${record.step}`, epoch);
    }
    if (record.type === 'ended') this.#forget(record);
    const doneMs = Math.max(this.#diskFreeMs, timeline.nowMs) + random.within(tempo.fsyncMs);
    this.#diskFreeMs = doneMs;
    this.#pass(`before writing ${record.type}`, () =>
      this.#life.after(doneMs - timeline.nowMs, () => {
        const ok = host.isJournalWritable;
        if (ok) this.#written(record);
        else if (record.type === 'begun') this.#forget(record);
        this.#pass(`after writing ${record.type}`, () =>
          this.#feed({ type: 'journaled', seq, ok }),
        );
      }),
    );
  }

  #written(record: JournalRecord): void {
    this.host.journal.push(record);
    if (record.type === 'ended') this.#endsOnDisk.add(`${record.opId}/${record.step}`);
  }

  /** A step that is over, or was never begun, does nothing any more. */
  #forget({ opId, step }: { readonly opId: string; readonly step: number }): void {
    this.#waiting = this.#waiting.filter((one) => one.opId !== opId || one.step !== step);
  }

  #act({ actionId, action }: Extract<AgentAction, { type: 'act' }>): void {
    if (isQuestion(action.type)) return this.#actNow(actionId, action, '');
    const begun = action.type === 'inspect' ? undefined : this.#begunOf(action);
    this.#pass(`before ${action.type}`, () => {
      if (action.type !== 'inspect') {
        this.#world.onAct(this.#describe(action.type, begun));
        const step = begun ? ` for ${begun.opId}/${begun.step}` : '';
        this.#world.note(this.host.id, `does ${action.type}${step}`);
      }
      this.#actNow(actionId, action, begun?.opId ?? '');
    });
  }

  #actNow(actionId: number, action: HypervisorAction, opId: string): void {
    const { host } = this;
    const life = this.#life;
    const { random, tempo, migrations, hostAt } = this.#world;
    act(
      {
        life,
        host,
        random,
        tempo,
        migrations,
        hostAt,
        onProgress: (progress) => this.#feed({ type: 'migration-progress', progress }),
        onJobProgress: (progress) => this.#feed({ type: 'storage-progress', progress }),
        jobs: this.#jobs,
        onDeleted: (pool, file, opId) =>
          this.#world.onDeleted({ hostId: host.id, pool, file, opId }),
        onHarm: (harm, vmId, harmedBy) => this.#world.onHarm(harm, host.id, vmId, harmedBy),
        onAnswer: (outcome) =>
          isQuestion(action.type)
            ? life.after(1, () => this.#feed({ type: 'acted', actionId, outcome }))
            : this.#pass(`after ${action.type}`, () => {
                life.after(1, () => this.#feed({ type: 'acted', actionId, outcome }));
              }),
      },
      opId,
      action,
    );
  }

  /** The step whose turn it was: one action per VM at a time, so it is the oldest of that kind. */
  #begunOf(action: { readonly type: string; readonly vmId?: string }) {
    const at = this.#waiting.findIndex(
      ({ kind, vmId }) =>
        kind === action.type && (action.vmId === undefined || vmId === action.vmId),
    );
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  #describe(kind: string, begun: Extract<JournalRecord, { type: 'begun' }> | undefined): Act {
    const { opId = '', step = -1, vmId, generation } = begun ?? {};
    const { journal } = this.host;
    return {
      hostId: this.host.id,
      opId,
      step,
      kind,
      ...(vmId === undefined ? {} : { vmId }),
      ...(generation === undefined ? {} : { generation }),
      epoch: this.#epochs.get(`${opId}/${step}`) ?? '0',
      wasForgotten: this.host.forgotten.has(`${opId}/${step}`),
      durableEpoch: replay(journal.filter(({ type }) => type === 'epoch')).maxEpoch,
      isBegunDurable: journal.some(
        (record) => record.type === 'begun' && record.opId === opId && record.step === step,
      ),
    };
  }

  /** At most one look at a time; asked again meanwhile, another one afterwards. */
  #look(): void {
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    this.#life.after(gatherMs, () => this.#lookNow());
  }

  #lookNow(): void {
    const { random, tempo } = this.#world;
    const { hypervisor } = this.host;
    const answers = this.#asked;
    this.#lookAgain = false;
    const isSlow = this.host.facts().pools.some(({ reason }) => reason?.includes('not answer'));
    const patienceMs = isSlow ? statfsMs : 0;
    this.#life.after(random.within(tempo.lookMs) + patienceMs, () => {
      if (!hypervisor.isUp) {
        this.#life.after(retryMs, () => this.#lookNow());
        return;
      }
      const use = useOf(
        hypervisor.copies.map(reportedVm),
        this.host.shape.capacity.cpuMilli,
        (vmId) => hypervisor.nature(vmId).cpuMilli,
      );
      const { vms } = use;
      this.#looking = false;
      this.#feed({
        type: 'observed',
        facts: this.host.facts(),
        vms,
        usage: {
          cpuMilli: use.cpuMilli,
          memoryMib: vms.reduce((sum, vm) => sum + vm.memoryMib, 0),
          cpuPressurePermille: use.cpuPressurePermille,
          memoryPressurePermille: 0,
        },
        nonce: random.hex(32),
        answers,
      });
      if (this.#lookAgain) this.#look();
    });
  }

  #pass(where: string, goOn: () => void): void {
    this.#world.points.pass(this, where, goOn);
  }
}

/** To a question: nothing was done, and nothing is on the disk of it. */
function isAnswer({ opId }: StepResult): boolean {
  return opId.startsWith('ask-');
}
