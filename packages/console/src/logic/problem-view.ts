/** An error as the console shows it: what happened, why on each host, what to do next. */
import { nextStep, why } from '@drover/cli/words';
import type { Problem } from './types.ts';

export interface ProblemView {
  readonly title: string;
  readonly detail: string;
  /** Each host's no, or each wrong field. */
  readonly reasons: readonly string[];
  readonly next: string | undefined;
  readonly code: string;
  readonly requestId: string | undefined;
}

const ofTheConsole: Readonly<Record<string, string>> = {
  unauthenticated: 'Sign in again with a token that this API knows.',
  forbidden: 'Sign in with a token of a higher role, or ask who runs the cluster.',
  unreachable: 'Is the API running? This page goes on by itself once it answers.',
};

/** The API speaks of headers, which nobody here has written. */
const unknownToken = 'The API does not know this token.';

/** `subject`: the VM or host that was asked about, for commands that name it. */
export function problemView(problem: Problem, subject?: string, requestId?: string): ProblemView {
  const step =
    ofTheConsole[problem.code] ?? nextStep(problem.code, subject) ?? retry(problem.retry);
  return {
    title: problem.title,
    detail: problem.code === 'unauthenticated' ? unknownToken : problem.detail,
    reasons: [
      ...(problem.errors ?? []).map(({ path, message }) => `${path}: ${message}`),
      ...(problem.rejections ?? []).map((no) => `${no.hostId}: ${why(no)}`),
    ],
    next: step === undefined ? undefined : step.charAt(0).toUpperCase() + step.slice(1),
    code: problem.code,
    requestId,
  };
}

function retry(word: string): string | undefined {
  if (word === 'now') return 'Try again.';
  if (word === 'later') return 'Try again later.';
  return undefined;
}

/** The API did not answer at all. */
export function unreachable(cause: string): Problem {
  return {
    type: 'urn:drover:error:unreachable',
    code: 'unreachable',
    title: 'The API does not answer',
    status: 0,
    detail: cause,
    retry: 'later',
  };
}
