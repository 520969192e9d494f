/**
 * Questions to hosts that change nothing: sent without a commit, asked again where no answer comes, and not asked
 * twice while an answer is new enough. Gone with the leader, and not missed.
 */
import type {
  Answer,
  CommandBody,
  OperationError,
  QuestionKind,
  StepResult,
} from '@drover/protocol';
import { askQuestionAgainMs } from './settings.ts';
import type { Turn } from './turn.ts';

export interface Question {
  readonly hostId: string;
  /** Tells it from others of its kind to the same host. */
  readonly about: string;
  readonly body: Extract<CommandBody, { kind: QuestionKind }>;
  readonly vmId?: string;
}

export interface AskedQuestion {
  readonly hostId: string;
  readonly step: number;
  readonly askedMs: number;
}

export type Reply =
  | { readonly type: 'asked' }
  | { readonly type: 'answer'; readonly answer: Answer; readonly askedMs: number }
  | { readonly type: 'failed'; readonly error: OperationError };

/** An agent refuses what is too much at once; this leaves room for orders. */
const mostAtOnce = 16;
const remembered = 4_000;
const asked = { type: 'asked' } as const;

/** What was asked before `sinceMs` is too old an answer. */
export function ask(turn: Turn, question: Question, sinceMs: number): Reply {
  const { hostId, about, body } = question;
  const { questions } = turn.volatile;
  const key = `${hostId} ${body.kind} ${about}`;
  const known = questions.get(key);
  if (known !== undefined && known.askedMs >= sinceMs) {
    const result = turn.hosts.result(hostId, turn.questionId, known.step);
    if (result !== undefined && !mayAnswerLater(result)) return replyOf(result, known.askedMs);
    const waitedMs = turn.now.monoMs - known.askedMs;
    const patienceMs = result === undefined ? turn.settings.stepTimeoutMs : askQuestionAgainMs;
    if (waitedMs < patienceMs) return asked;
  }
  if (underWay(turn, hostId) >= mostAtOnce) return asked;
  const step = turn.inquire(hostId, body, question.vmId);
  if (step === undefined) return asked;
  questions.delete(key);
  questions.set(key, { hostId, step, askedMs: turn.now.monoMs });
  const oldest = questions.keys().next().value;
  if (questions.size > remembered && oldest !== undefined) questions.delete(oldest);
  return asked;
}

function underWay(turn: Turn, hostId: string): number {
  let count = 0;
  for (const one of turn.volatile.questions.values()) {
    if (one.hostId !== hostId) continue;
    if (turn.now.monoMs - one.askedMs >= turn.settings.stepTimeoutMs) continue;
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
