/** What went wrong, on stderr, and the exit code. The one place where errors end. */
import { ApiProblem, NotTheApi } from '@drover/client';
import { type ExitCode, exitCodeOf, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { problemText } from '../logic/problem-text.ts';
import { UsageError } from '../logic/usage-error.ts';
import { Unreachable } from './client.ts';

export function explainError(error: unknown): {
  readonly lines: readonly string[];
  readonly exitCode: ExitCode;
} {
  if (error instanceof UsageError) {
    return { lines: [`error: ${oneLine(error.message)}`], exitCode: exitCodes.usage };
  }
  if (error instanceof ApiProblem) {
    const { problem, request, requestId } = error;
    const context = { request, ...(requestId === undefined ? {} : { requestId }) };
    return {
      lines: problemText(problem, context),
      exitCode: exitCodeOf(problem.code, problem.status),
    };
  }
  if (error instanceof Unreachable) {
    return { lines: unreachableText(error), exitCode: exitCodes.unavailable };
  }
  if (error instanceof NotTheApi) {
    return {
      lines: [`error: ${oneLine(error.message)}`, '  next: check --api or DROVER_API'],
      exitCode: exitCodes.failed,
    };
  }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    lines: [
      'error: a defect in this program, or an answer that it does not understand',
      ...what.split('\n').map((line) => `  ${oneLine(line)}`),
    ],
    exitCode: exitCodes.failed,
  };
}

/** In one line, for whoever goes on without it. */
export function causeOf(error: unknown): string {
  const { lines } = explainError(error);
  const [first = '', second = ''] = lines.map((line) => line.replace(/^error: /, '').trim());
  return first.startsWith('a defect') ? second : first;
}

function unreachableText({ address, message, mayHaveArrived }: Unreachable): readonly string[] {
  return [
    `error: the API at ${oneLine(address.url)} cannot be reached: ${oneLine(message)}`,
    `  the address is from ${address.from}`,
    ...(mayHaveArrived
      ? ['  the request may have arrived all the same: look with “drover operation list” first']
      : []),
    address.from === 'the default'
      ? '  next: start the API, or say where it is with --api URL or DROVER_API'
      : `  next: start the API, or correct ${address.from}`,
  ];
}
