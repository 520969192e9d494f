/**
 * The agent's decisions, composed: which command is obeyed (envelope.ts), that it is on disk before it is
 * done and its end before it is told (ledger.ts), one action per VM (steps.ts), what a restart makes of
 * unfinished steps (restart.ts) and what is reported (report.ts). The world is the shell's.
 */
import {
  isQuestion,
  type AgentCommand,
  type CommandAddress,
  type ErrorCode,
  protocolVersion,
} from '@drover/protocol';
import { actionOf } from './action.ts';
import { checkEnvelope, isFinal, isStaleEpoch, type EnvelopeView } from './envelope.ts';
import { hashValue } from './hash.ts';
import { begunRecord, replay, stepKey } from './journal.ts';
import { isJob, Lanes } from './lanes.ts';
import { Ledger, type Waiter } from './ledger.ts';
import { Looks, type Sync } from './looks.ts';
import type {
  ActionOutcome,
  AgentAction,
  AgentEvent,
  AgentLogic,
  AgentOptions,
  AgentSettings,
  HypervisorAction,
  Now,
} from './port.ts';
import { Questions } from './questions.ts';
import { digestOf, Reporter, type Known, type Observation } from './report.ts';
import { judgeRestart, needsInspection } from './restart.ts';
import { defaultSettings } from './settings.ts';
import { UsageHistory } from './usage-history.ts';
import { UseMeter } from './use-meter.ts';
import { answerOf, resultOf, type Step, stepOrdered, stepReadBack, Steps } from './steps.ts';

export function createAgent(options: AgentOptions): AgentLogic {
  return new Agent(options.hostId, { ...defaultSettings, ...options.settings });
}

type Event<T extends AgentEvent['type']> = Extract<AgentEvent, { type: T }>;

class Agent implements AgentLogic {
  readonly #hostId: string;
  readonly #settings: AgentSettings;
  readonly #ledger = new Ledger();
  readonly #steps = new Steps();
  readonly #looks = new Looks();
  readonly #reporter: Reporter;
  readonly #use: UseMeter;
  readonly #usage = new UsageHistory();
  /** Asked of the hypervisor and not answered yet. */
  readonly #asked = new Map<number, Step>();
  readonly #questions = new Questions();
  #incarnation: string | undefined;
  #connected = false;
  /** When a leader was first heard. */
  #listeningSinceMs: number | undefined;
  #seen: Observation | undefined;
  #toldDigest = '';
  #actionId = 0;
  #now: Now = { monoMs: 0, wallMs: 0 };
  #out: AgentAction[] = [];

  constructor(hostId: string, settings: AgentSettings) {
    this.#hostId = hostId;
    this.#settings = settings;
    this.#reporter = new Reporter(settings.freshNonces);
    this.#use = new UseMeter(settings.useMs);
  }

  handle(now: Now, event: AgentEvent): readonly AgentAction[] {
    this.#now = now;
    this.#out = [];
    if (event.type === 'started') this.#started(event);
    else if (this.#incarnation !== undefined) this.#happened(event);
    else if (event.type === 'hypervisor') this.#connected = event.state === 'connected';
    return this.#out;
  }

  #happened(event: Exclude<AgentEvent, { type: 'started' }>): void {
    switch (event.type) {
      case 'commanded':
        return this.#commanded(event.command);
      case 'misunderstood':
        return this.#misunderstood(event.address);
      case 'journaled':
        return this.#journaled(event.seq, event.ok);
      case 'acted':
        return this.#acted(event.actionId, event.outcome);
      case 'observed':
        return this.#observed(event);
      case 'hypervisor':
        return this.#hypervisor(event.state === 'connected');
      case 'bus':
        if (event.state === 'connected') {
          this.#heartbeat();
          this.#oweInventory();
        }
        return undefined;
      case 'migration-progress':
        return this.#progressed(event.progress);
      case 'storage-progress':
        return this.#jobProgressed(event.progress);
      case 'woke':
        return this.#woke(event.key);
    }
  }

  // ── starting ──────────────────────────────────────────────────────────────────────────────────────

  #started(event: Event<'started'>): void {
    if (this.#incarnation !== undefined) throw new Error('an agent starts once');
    this.#incarnation = event.incarnation;
    this.#usage.load(event.usage ?? []);
    const replayed = replay(event.records);
    this.#ledger.load(replayed);
    if (replayed.isAltered) {
      this.#trace('error', 'the journal was altered: no order is obeyed for a while');
    }
    for (const known of replayed.steps.values()) {
      const step = stepReadBack(known);
      this.#steps.add(step);
      const isInspectable = needsInspection(step.kind) && step.vmId !== undefined;
      if (!known.result && !isInspectable) this.#finish(step, { outcome: 'unknown' });
    }
    for (const key of ['heartbeat', 'observe', 'inventory'] as const) this.#arm(key);
    this.#oweInventory();
    this.#inspect();
  }

  /** Looks after what the last process left unfinished; again, as long as a look failed. */
  #inspect(): void {
    if (!this.#connected) return;
    const looking = new Set(this.#asked.values());
    for (const step of this.#steps.inPhase('inspecting')) {
      if (looking.has(step) || step.vmId === undefined) continue;
      const { vmId, opId, kind, order } = step;
      this.#ask(step, { type: 'inspect', vmId, opId, kind, ...(order ? { order } : {}) });
    }
  }

  // ── obeying ───────────────────────────────────────────────────────────────────────────────────────

  #commanded(command: AgentCommand): void {
    const { vmId, generation, body } = command;
    const argsHash = hashValue({ vmId, generation, body });
    const known = this.#steps.get(stepKey(command.opId, command.step));
    const { verdict, raisesEpoch } = checkEnvelope(
      command,
      this.#view(command, known?.argsHash, argsHash),
    );
    if (verdict.type === 'accept' && isQuestion(body.kind)) this.#question(command);
    else if (verdict.type === 'accept' && body.kind !== 'sync') {
      return this.#begin(command, argsHash, raisesEpoch);
    }
    const isSync = verdict.type === 'accept' && body.kind === 'sync';
    if (isSync) this.#listeningSinceMs ??= this.#now.monoMs;
    if (raisesEpoch) {
      const { opId, step, epoch } = command;
      const waiter: Waiter = isSync ? { type: 'sync', opId, step } : { type: 'nobody' };
      this.#write({ type: 'epoch', epoch }, waiter);
    } else if (isSync) this.#sync(command);
    if (verdict.type === 'refuse') this.#refuse(command, verdict.code, verdict.message);
    if (verdict.type === 'duplicate' && known) this.#answerAgain(known);
  }

  /** Nothing is guessed. A step that is known all the same is answered: an older leader may have sent it. */
  #misunderstood({ v, opId, step, hostId, incarnation }: CommandAddress): void {
    const known = this.#steps.get(stepKey(opId, step));
    if (known) return this.#answerAgain(known);
    if (hostId !== this.#hostId || incarnation !== this.#incarnation) return;
    const message = `an order of version ${v}; this agent has ${protocolVersion}, or has no such order`;
    this.#refuse({ opId, step }, 'unknown-command', message);
  }

  #view(command: AgentCommand, knownHash: string | undefined, argsHash: string): EnvelopeView {
    const { vmId } = command;
    return {
      hostId: this.#hostId,
      incarnation: this.#incarnation ?? '',
      seenEpoch: this.#ledger.seenEpoch,
      durableEpoch: this.#ledger.durableEpoch,
      knownHash,
      refusedBefore: this.#steps.refusal(stepKey(command.opId, command.step)),
      argsHash,
      nonces: this.#reporter.nonces,
      generation: vmId === undefined ? undefined : this.#ledger.generations.get(vmId),
      busyWith: this.#steps.busyWith(vmId),
      openSteps: this.#steps.openCount + this.#questions.size,
      openStepsMax: this.#settings.journalTail,
      hypervisorConnected: this.#connected,
      isQuarantined: this.#ledger.isAltered,
    };
  }

  /** Told again, never done again. While `begun` is not on disk there is nothing to tell yet. */
  #answerAgain(step: Step): void {
    if (step.phase !== 'writing') this.#tell(answerOf(step));
  }

  /** Nothing is journalled: asked twice, it is answered twice. */
  #question(command: AgentCommand): void {
    const { body, opId, step, vmId } = command;
    if (body.kind === 'read-usage') {
      const answer = { kind: body.kind, usage: this.#usage.read(body.grid, vmId) } as const;
      return this.#tell({ opId, step, outcome: 'done', answer });
    }
    const action = actionOf(command);
    if (!action) return this.#refuse(command, 'unknown-command', 'it does not say about which VM');
    this.#actionId += 1;
    this.#questions.take(this.#actionId, command);
    this.#out.push({ type: 'act', actionId: this.#actionId, action });
  }

  #begin(command: AgentCommand, argsHash: string, raisesEpoch: boolean): void {
    const { vmId, epoch } = command;
    const step = stepOrdered(command, argsHash);
    this.#steps.add(step);
    const waiter: Waiter = { type: 'step', step };
    if (raisesEpoch) this.#write({ type: 'epoch', epoch }, waiter);
    const begun = begunRecord(command, argsHash, this.#now.wallMs);
    const { generation } = begun;
    if (vmId !== undefined && generation !== undefined) {
      const isNewer = generation > (this.#ledger.generations.get(vmId) ?? -1);
      if (isNewer) this.#write({ type: 'generation', vmId, generation }, waiter);
    }
    this.#write(begun, waiter);
    this.#proceed(step);
  }

  /** The gate: nothing is done before `begun`, and what it stands on, is on the disk. */
  #proceed(step: Step): void {
    if (step.phase !== 'writing') return;
    if (step.unwritten.size > 0) return;
    if (step.writeFailed) {
      this.#steps.forget(step);
      this.#refuse(step, 'journal-unwritable', 'the journal cannot be written on this host');
      return;
    }
    step.phase = 'ready';
    this.#actOnReady();
  }

  #actOnReady(): void {
    const lanes = new Lanes(this.#settings, this.#steps.inPhase('acting'));
    for (const step of this.#steps.inPhase('ready')) {
      if (step.epoch !== undefined && isStaleEpoch(step.epoch, this.#ledger.seenEpoch)) {
        const message = `epoch ${step.epoch} ended while the command waited; nothing was done`;
        this.#finish(step, { outcome: 'failed', error: { code: 'stale-epoch', message } });
        continue;
      }
      if (!step.action || !lanes.take(step.kind)) continue;
      step.phase = 'acting';
      this.#ask(step, step.action);
    }
  }

  #ask(step: Step, action: HypervisorAction): void {
    this.#actionId += 1;
    this.#asked.set(this.#actionId, step);
    this.#out.push({ type: 'act', actionId: this.#actionId, action });
  }

  #acted(actionId: number, outcome: ActionOutcome): void {
    const answer = this.#questions.answered(actionId, outcome);
    if (answer) return this.#tell(answer);
    const step = this.#asked.get(actionId);
    if (!step)
      return this.#trace('warn', `an answer to action ${actionId}, which nobody asked for`);
    this.#asked.delete(actionId);
    if (step.phase === 'inspecting') this.#inspected(step, outcome);
    else {
      this.#finish(step, outcome);
      this.#actOnReady();
    }
    this.#observe();
  }

  #inspected(step: Step, outcome: ActionOutcome): void {
    if (outcome.outcome !== 'done') return;
    const verdict = judgeRestart(step.kind, outcome.vm, outcome.tunnel);
    if (verdict.type === 'end') return this.#finish(step, verdict.outcome);
    step.phase = 'adopted';
    this.#trace('info', `${step.key}: what it began still runs and is adopted`);
  }

  /** Its end goes to the disk; only then is it told. */
  #finish(step: Step, outcome: ActionOutcome): void {
    step.phase = 'ending';
    step.result = resultOf(step, outcome);
    this.#writeEnd(step);
  }

  #writeEnd(step: Step): void {
    const { opId, step: number, result } = step;
    if (!result) throw new Error(`${step.key} ends without a result`);
    const { wallMs } = this.#now;
    this.#write({ type: 'ended', opId, step: number, result, wallMs }, { type: 'step', step });
  }

  #conclude(step: Step): void {
    if (step.phase !== 'ending' || step.unwritten.size > 0) return;
    if (step.writeFailed) {
      // What happened, happened: the write is tried again with the next heartbeat.
      step.writeFailed = false;
      return;
    }
    this.#steps.end(step);
    this.#tell(answerOf(step));
  }

  // ── the journal ───────────────────────────────────────────────────────────────────────────────────

  #journaled(seq: number, ok: boolean): void {
    const { unwritable: before, isAltered } = this.#ledger;
    const waiter = this.#ledger.acknowledge(seq, ok);
    if (!waiter) return;
    if (before !== this.#ledger.unwritable) {
      this.#trace(ok ? 'info' : 'error', `the journal can ${ok ? '' : 'not '}be written`);
      this.#heartbeat();
    }
    if (isAltered && !this.#ledger.isAltered) {
      this.#trace('info', 'leaders have been listened to: orders are obeyed again');
      this.#heartbeat();
    }
    if (waiter.type === 'sync') {
      if (ok) this.#sync(waiter);
      else this.#refuse(waiter, 'journal-unwritable', 'the epoch cannot be written');
    }
    if (waiter.type === 'step') {
      this.#proceed(waiter.step);
      this.#conclude(waiter.step);
    }
  }

  /** A journal that failed is tried again, so that a host does not stay degraded once it works. */
  #retryWrites(): void {
    for (const step of this.#steps.inPhase('ending')) {
      if (step.unwritten.size === 0) this.#writeEnd(step);
    }
    if (this.#ledger.unwritable && this.#ledger.idle) {
      this.#write({ type: 'epoch', epoch: this.#ledger.durableEpoch }, { type: 'nobody' });
    }
  }

  /** A start later would not know that there is still something to listen for, so it goes to the disk. */
  #endQuarantine(): void {
    const { monoMs } = this.#now;
    const sinceMs = this.#listeningSinceMs ?? monoMs;
    if (!this.#ledger.isAltered || monoMs - sinceMs < this.#settings.quarantineMs) return;
    this.#write({ type: 'listened' }, { type: 'nobody' });
  }

  #write(record: Parameters<Ledger['write']>[0], waiter: Waiter): void {
    this.#out.push(this.#ledger.write(record, waiter));
  }

  // ── reporting ─────────────────────────────────────────────────────────────────────────────────────

  #observed(seen: Observation): void {
    const first = this.#seen === undefined;
    this.#seen = seen;
    this.#use.saw(seen.vms);
    const minute = this.#usage.saw(this.#now.wallMs, seen.usage, seen.vms);
    if (minute) this.#out.push({ type: 'keep-usage', minute });
    if (first) this.#heartbeat();
    for (const step of this.#steps.inPhase('adopted')) {
      const vm = seen.vms.find((candidate) => candidate.vmId === step.vmId);
      if (!vm?.migrating && vm?.saving !== true) this.#finish(step, { outcome: 'unknown' });
    }
    if (!this.#connected) return;
    const isOwed = this.#looks.looked(seen.answers);
    if (!isOwed && digestOf(seen) === this.#toldDigest) return;
    this.#toldDigest = digestOf(seen);
    const body = this.#reporter.inventory(seen, this.#known());
    this.#out.push({ type: 'publish', message: { kind: 'inventory', body } });
  }

  #oweInventory(sync?: Sync): void {
    this.#looks.owe(this.#observe(), sync);
  }

  #sync({ opId, step }: Sync): void {
    this.#oweInventory({ opId, step });
  }

  #observe(): number {
    const id = this.#looks.ask();
    this.#out.push({ type: 'observe', id });
    return id;
  }

  #heartbeat(): void {
    if (!this.#seen) return;
    const used = this.#use.take(this.#now.monoMs);
    const body = this.#reporter.heartbeat(this.#seen, this.#known(), used);
    this.#out.push({ type: 'publish', message: { kind: 'heartbeat', body } });
  }

  #known(): Known {
    const reasons: string[] = [];
    if (!this.#connected) reasons.push('libvirt-unreachable');
    if (this.#ledger.unwritable) reasons.push('journal-unwritable');
    if (this.#ledger.isAltered) reasons.push('journal-altered');
    return {
      incarnation: this.#incarnation ?? '',
      maxEpoch: this.#ledger.durableEpoch,
      reasons,
      generations: this.#ledger.generations,
      recent: this.#steps.recent(this.#settings.journalTail),
      answers: this.#looks.answered,
    };
  }

  #hypervisor(connected: boolean): void {
    const changed = connected !== this.#connected;
    this.#connected = connected;
    if (changed) this.#heartbeat();
    if (!connected) return;
    this.#inspect();
    this.#oweInventory();
  }

  #progressed(progress: Event<'migration-progress'>['progress']): void {
    const step = this.#steps
      .open()
      .find((candidate) => candidate.opId === progress.opId && candidate.kind === 'migrate-out');
    if (!step) return;
    step.percent = Math.max(step.percent, progress.percent);
    const body = { ...progress, percent: step.percent };
    this.#out.push({ type: 'publish', message: { kind: 'progress', body } });
  }

  #jobProgressed(body: Event<'storage-progress'>['progress']): void {
    const isOpen = this.#steps.open().some(({ opId, kind }) => opId === body.opId && isJob(kind));
    if (!isOpen) return;
    this.#out.push({ type: 'publish', message: { kind: 'storage-progress', body } });
  }

  #refuse(
    of: { readonly opId: string; readonly step: number; readonly vmId?: string },
    code: ErrorCode,
    message: string,
  ): void {
    const { opId, step, vmId } = of;
    if (isFinal(code)) this.#steps.refuse(stepKey(opId, step), { code, message });
    this.#trace('warn', `${opId}/${step} refused, ${code}: ${message}`);
    this.#tell({
      opId,
      step,
      outcome: 'refused',
      ...(vmId === undefined ? {} : { vmId }),
      error: { code, message },
    });
  }

  #tell(result: ReturnType<typeof answerOf>): void {
    const body = { v: 1, incarnation: this.#incarnation ?? '', result } as const;
    this.#out.push({ type: 'publish', message: { kind: 'result', body } });
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  #woke(key: string): void {
    if (key !== 'heartbeat' && key !== 'observe' && key !== 'inventory') return;
    this.#arm(key);
    if (key === 'observe') this.#observe();
    if (key === 'inventory') this.#oweInventory();
    if (key === 'heartbeat') {
      this.#retryWrites();
      this.#endQuarantine();
      this.#heartbeat();
      this.#inspect();
    }
  }

  #arm(key: 'heartbeat' | 'observe' | 'inventory'): void {
    const { heartbeatMs, observeMs, inventoryMs } = this.#settings;
    const delay = { heartbeat: heartbeatMs, observe: observeMs, inventory: inventoryMs }[key];
    this.#out.push({ type: 'wake', key, atMonoMs: this.#now.monoMs + delay });
  }

  #trace(level: 'info' | 'warn' | 'error', text: string): void {
    this.#out.push({ type: 'trace', level, text });
  }
}
