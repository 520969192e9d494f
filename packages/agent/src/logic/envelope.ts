/**
 * Is it safe to obey this command? The checks of docs/operations.md, in their order, and nothing else: who
 * journals, acts and answers is agent.ts. A function of the command and of what the agent knows.
 */
import { generationRule, isQuestion, type AgentCommand, type ErrorCode } from '@drover/protocol';

/** What the checks need to know of the agent. */
export interface EnvelopeView {
  readonly hostId: string;
  readonly incarnation: string;
  /** Highest epoch heard, on disk or not yet: obeying a lower one would be wrong already. */
  readonly seenEpoch: string;
  /** Highest epoch on disk. */
  readonly durableEpoch: string;
  /** Hash of the content that `(opId, step)` was begun with, where it is known. */
  readonly knownHash: string | undefined;
  /** What this process answered to the same step, where that was a refusal for good. */
  readonly refusedBefore: Refusal | undefined;
  readonly argsHash: string;
  readonly nonces: readonly string[];
  /** Highest generation on disk for the VM. */
  readonly generation: number | undefined;
  /** Kind of the step under way on the VM. */
  readonly busyWith: string | undefined;
  /** With the questions that are not answered yet. */
  readonly openSteps: number;
  readonly openStepsMax: number;
  readonly hypervisorConnected: boolean;
  /** The journal was altered: the highest epoch is what leaders say in this time. */
  readonly isQuarantined: boolean;
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

export type Verdict =
  | { readonly type: 'accept' }
  | { readonly type: 'duplicate' }
  | ({ readonly type: 'refuse' } & Refusal);

export interface EnvelopeAnswer {
  readonly verdict: Verdict;
  /** The command's epoch must go to disk, whatever the later checks said. */
  readonly raisesEpoch: boolean;
}

/** An epoch below the highest seen is a deposed leader's. Decimal text of up to 63 bits. */
export function isStaleEpoch(epoch: string, seenEpoch: string): boolean {
  return BigInt(epoch) < BigInt(seenEpoch);
}

export function laterEpoch(a: string, b: string): string {
  return BigInt(a) < BigInt(b) ? b : a;
}

export function checkEnvelope(command: AgentCommand, view: EnvelopeView): EnvelopeAnswer {
  const misaddressed = checkAddress(command, view);
  if (misaddressed) return { verdict: misaddressed, raisesEpoch: false };
  if (isStaleEpoch(command.epoch, view.seenEpoch)) {
    const message = `epoch ${command.epoch} is over, ${view.seenEpoch} was heard`;
    return { verdict: refuse('stale-epoch', message), raisesEpoch: false };
  }
  const raisesEpoch = BigInt(command.epoch) > BigInt(view.durableEpoch);
  return { verdict: checkContent(command, view), raisesEpoch };
}

function checkContent(command: AgentCommand, view: EnvelopeView): Verdict {
  if (view.knownHash !== undefined) {
    if (view.knownHash === view.argsHash) return { type: 'duplicate' };
    return refuse(
      'duplicate-differs',
      `${command.opId}/${command.step} is known with other content`,
    );
  }
  if (view.isQuarantined && command.body.kind !== 'sync') {
    return refuse(
      'not-fresh',
      'the journal was altered: leaders are listened to before one is obeyed',
    );
  }
  if (view.refusedBefore) return refuse(view.refusedBefore.code, view.refusedBefore.message);
  if (!view.nonces.includes(command.freshness)) {
    return refuse('not-fresh', 'its freshness is none of the last nonces sent');
  }
  return (
    checkGeneration(command, view) ??
    checkBusy(command, view) ??
    checkAbility(command, view) ?? { type: 'accept' }
  );
}

function checkAddress(command: AgentCommand, view: EnvelopeView): Verdict | undefined {
  if (command.hostId !== view.hostId) {
    return refuse('not-fresh', `it is for host ${command.hostId}, this is ${view.hostId}`);
  }
  if (command.incarnation !== view.incarnation) {
    return refuse('not-fresh', 'it is for an earlier process of this agent');
  }
  return undefined;
}

function checkGeneration(command: AgentCommand, view: EnvelopeView): Verdict | undefined {
  const rule = generationRule[command.body.kind];
  if (rule === 'none') return undefined;
  const { vmId, generation } = command;
  if (vmId === undefined || generation === undefined) {
    return refuse('unknown-command', `${command.body.kind} needs a vmId and a generation`);
  }
  const known = view.generation ?? -1;
  const accepted = rule === 'newer' ? generation > known : generation >= known;
  if (accepted) return undefined;
  return refuse('stale-generation', `generation ${generation} of ${vmId}; ${known} was seen`);
}

/** One action per VM at a time; only an abort may meet the migration it is to end, and questions touch nothing. */
function checkBusy(command: AgentCommand, view: EnvelopeView): Verdict | undefined {
  if (command.body.kind === 'sync') return undefined;
  const mayMeet = command.body.kind === 'abort-migration' || isQuestion(command.body.kind);
  if (view.busyWith !== undefined && !mayMeet) {
    return refuse('vm-busy', `${view.busyWith} is under way on the VM`);
  }
  if (view.openSteps >= view.openStepsMax) {
    return refuse('too-many-pending', `${view.openSteps} steps are under way on this host`);
  }
  return undefined;
}

function checkAbility(command: AgentCommand, view: EnvelopeView): Verdict | undefined {
  const { kind } = command.body;
  if (view.hypervisorConnected || kind === 'sync' || kind === 'read-usage') return undefined;
  return refuse('hypervisor-unreachable', 'libvirt cannot be reached on this host');
}

/** Another copy of the command may come later: the leader, told of this one, has gone on without it. */
export function isFinal(code: ErrorCode): boolean {
  return code !== 'not-fresh' && code !== 'stale-epoch' && code !== 'duplicate-differs';
}

function refuse(code: ErrorCode, message: string): Verdict {
  return { type: 'refuse', code, message };
}
