/**
 * Questions to hosts that change nothing: sent without a commit, and not asked twice while an answer is new enough.
 * Where none comes the same question is sent again under its number, so that a late answer counts; after a few times
 * the host is said to be silent about it. Gone with the leader, and not missed.
 */
import type {
  Answer,
  CommandBody,
  OperationError,
  QuestionKind,
  StepResult,
} from '@drover/protocol';
import { askQuestionAgainMs, askTimes, askTimesAboutVm, silenceKeptMs } from './settings.ts';
import type { Turn } from './turn.ts';

export interface Question {
  readonly hostId: string;
  /** Tells it from others of its kind to the same host. */
  readonly about: string;
  readonly body: Extract<CommandBody, { kind: QuestionKind }>;
  readonly vmId?: string;
}

/** Which answers count: to what was asked no earlier than `sinceMs`, and heard no longer than `keptMs` ago. */
export interface Freshness {
  readonly sinceMs: number;
  readonly keptMs: number;
}

export interface AskedQuestion {
  readonly hostId: string;
  readonly step: number;
  /** When it was first sent under this number: the host looked no earlier. */
  readonly askedMs: number;
  /** Since when an answer is waited for, under whatever numbers. */
  readonly waitingMs: number;
  /** When it was sent because there was no answer; how often that was, in a row. */
  readonly sentMs: number;
  readonly times: number;
  /** After how many times without an answer the host is silent about it. */
  readonly most: number;
}

export type Reply =
  /** `isLate`: it takes longer than answers do. */
  | { readonly type: 'asked'; readonly isLate: boolean }
  | { readonly type: 'answer'; readonly answer: Answer; readonly askedMs: number }
  | { readonly type: 'failed'; readonly error: OperationError };

type Standing =
  | { readonly type: 'unknown' }
  /** `silent`: as often as it is asked there was no answer. */
  | { readonly type: 'replied' | 'silent'; readonly reply: Reply; readonly heardMs: number }
  /** The host could not answer yet; nobody has. `isDue`: it is to be asked again. */
  | { readonly type: 'refused' | 'open'; readonly isDue: boolean };

/** An agent refuses what is too much at once; this leaves room for orders. */
const mostAtOnce = 16;
const remembered = 4_000;
const prefix = 'ask-';

/** What a leader's questions have in the place of an operation. */
export function questionIdOf(epoch: string): string {
  return `${prefix}${epoch}`;
}

export function isQuestionId(opId: string): boolean {
  return opId.startsWith(prefix);
}

export function ask(turn: Turn, question: Question, fresh: Freshness): Reply {
  const { hostId, body, vmId } = question;
  const { questions } = turn.volatile;
  const key = keyOf(question);
  const known = questions.get(key);
  const standing = standingOf(turn, known);
  const counts = known !== undefined && known.askedMs >= fresh.sinceMs;
  if (standing.type === 'replied' || standing.type === 'silent') {
    if (known !== undefined && isNewEnough(turn, standing, known, fresh)) return standing.reply;
  }
  const isWaiting = standing.type === 'refused' || standing.type === 'open';
  const waitingMs = isWaiting && known !== undefined ? known.waitingMs : turn.now.monoMs;
  const isLate = turn.now.monoMs - waitingMs >= turn.settings.stepTimeoutMs;
  const asked = { type: 'asked', isLate } as const;
  if (isWaiting && counts && !standing.isDue) return asked;
  if (underWay(turn, hostId) >= mostAtOnce) return asked;
  const isSame = standing.type === 'open' && counts;
  const step = turn.inquire(hostId, body, vmId, isSame ? known.step : undefined);
  if (step === undefined) return asked;
  const askedMs = isSame ? known.askedMs : turn.now.monoMs;
  questions.delete(key);
  const most = body.kind === 'inspect-vm' ? askTimesAboutVm : askTimes;
  const patience = patienceOf(turn, known, standing);
  questions.set(key, { hostId, step, askedMs, waitingMs, most, ...patience });
  const oldest = questions.keys().next().value;
  if (questions.size > remembered && oldest !== undefined) questions.delete(oldest);
  return asked;
}

/** With what was answered: it was large, and will not be asked for again. */
export function forget(turn: Turn, question: Question): void {
  const key = keyOf(question);
  const known = turn.volatile.questions.get(key);
  if (known === undefined) return;
  turn.volatile.questions.delete(key);
  turn.hosts.forgetResult(known.hostId, turn.questionId, known.step);
}

function keyOf({ hostId, body, about }: Question): string {
  return `${hostId} ${body.kind} ${about}`;
}

function standingOf(turn: Turn, known: AskedQuestion | undefined): Standing {
  if (known === undefined) return { type: 'unknown' };
  const { hostId, step, askedMs, sentMs, times, most } = known;
  const patienceMs = turn.settings.stepTimeoutMs;
  const opId = turn.questionId;
  const result = turn.hosts.result(hostId, opId, step);
  if (result !== undefined) {
    const heardMs = turn.hosts.resultMs(hostId, opId, step) ?? askedMs;
    if (!mayAnswerLater(result)) {
      return { type: 'replied', reply: replyOf(result, askedMs), heardMs };
    }
    return { type: 'refused', isDue: turn.now.monoMs - heardMs >= askQuestionAgainMs };
  }
  const waitedMs = turn.now.monoMs - sentMs;
  if (waitedMs < patienceMs) return { type: 'open', isDue: false };
  // One that is not heard at all says nothing about the question.
  const lastHeardMs = turn.hosts.get(hostId)?.lastHeardMs ?? 0;
  if (lastHeardMs < sentMs + patienceMs / 2) return { type: 'unknown' };
  if (times >= most) {
    return { type: 'silent', reply: silence(turn, known), heardMs: sentMs + patienceMs };
  }
  // Nobody has wanted to know since.
  return waitedMs < 2 * patienceMs ? { type: 'open', isDue: true } : { type: 'unknown' };
}

function silence(turn: Turn, { hostId, waitingMs, sentMs, times }: AskedQuestion): Reply {
  const seconds = Math.round((sentMs + turn.settings.stepTimeoutMs - waitingMs) / 1_000);
  const message = `${hostId} was asked ${times} times in ${seconds} s, and does not answer`;
  return { type: 'failed', error: { code: 'host-silent', message } };
}

function isNewEnough(
  turn: Turn,
  { type, heardMs }: { readonly type: 'replied' | 'silent'; readonly heardMs: number },
  { askedMs, most }: AskedQuestion,
  { sinceMs, keptMs }: Freshness,
): boolean {
  const { stepTimeoutMs } = turn.settings;
  // Silence says less than an answer, and is over sooner.
  const mostMs = type === 'silent' ? Math.min(keptMs, silenceKeptMs) : keptMs;
  if (turn.now.monoMs - heardMs >= mostMs) return false;
  // Who asks next is told of silence too: if each began to count anew, nobody would ever be told.
  if (type === 'silent') return Math.max(askedMs, heardMs + stepTimeoutMs) >= sinceMs;
  // However late it came: the look that it tells of may be as old as the question.
  return askedMs >= sinceMs && turn.now.monoMs - askedMs < keptMs + most * stepTimeoutMs;
}

/** One that is asked anew for somebody else while it is open has no more patience for that. */
function patienceOf(
  turn: Turn,
  known: AskedQuestion | undefined,
  standing: Standing,
): Pick<AskedQuestion, 'sentMs' | 'times'> {
  const sentMs = turn.now.monoMs;
  if (known === undefined || standing.type !== 'open') return { sentMs, times: 1 };
  if (standing.isDue) return { sentMs, times: known.times + 1 };
  return { sentMs: known.sentMs, times: known.times };
}

function underWay(turn: Turn, hostId: string): number {
  let count = 0;
  for (const one of turn.volatile.questions.values()) {
    if (one.hostId !== hostId) continue;
    if (turn.now.monoMs - one.sentMs >= turn.settings.stepTimeoutMs) continue;
    if (turn.hosts.result(hostId, turn.questionId, one.step) === undefined) count += 1;
  }
  return count;
}

function replyOf(result: StepResult, askedMs: number): Reply {
  const { outcome, answer, error } = result;
  if (outcome === 'done' && answer !== undefined) return { type: 'answer', answer, askedMs };
  const silent = { code: 'hypervisor-error', message: 'it did not say why' };
  return { type: 'failed', error: error ?? silent };
}

/** Nothing is wrong with the question, or with what it is about. */
function mayAnswerLater({ outcome, error }: StepResult): boolean {
  const codes = ['not-fresh', 'stale-epoch', 'hypervisor-unreachable', 'too-many-pending'];
  return outcome !== 'done' && codes.includes(error?.code ?? '');
}
