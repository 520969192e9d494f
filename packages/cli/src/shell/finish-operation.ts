/** From the answer 202 to the exit code: wait or not, then say how it ended. */
import type { api } from '@drover/protocol';
import { endedText, failedText } from '../logic/ended-text.ts';
import { type ExitCode, exitCodeOfOperation, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { subjectOf } from '../logic/operation-view.ts';
import {
  beginWaiting,
  type Followed,
  followOperation,
  type WaitFlags,
} from './follow-operation.ts';
import { printData, tell } from './print.ts';
import type { Session } from './session.ts';
import type { Waiting } from './waiting.ts';

export interface FinishFlags extends WaitFlags {
  readonly wait: boolean;
}

/** How its way is told, and its end. */
interface Telling {
  follow(session: Session, waiting: Waiting, begun: api.OperationBody): Promise<Followed>;
  end(session: Session, operation: api.OperationBody): ExitCode | Promise<ExitCode>;
}

const inSentences: Telling = { follow: followOperation, end: printEnded };

/** Prints the operation (`-o json`), its id (`-o name`), or, unless it is told otherwise, a sentence. */
export async function finishOperation(
  session: Session,
  flags: FinishFlags,
  begin: () => Promise<api.OperationBody>,
  telling: Partial<Telling> = {},
): Promise<ExitCode> {
  const { follow, end } = { ...inSentences, ...telling };
  const waiting = beginWaiting(session, flags);
  try {
    const begun = await begin();
    if (!flags.wait) return printBegun(session, begun);
    const followed = await follow(session, waiting, begun);
    if (followed.type === 'left') return followed.exitCode;
    return await end(session, followed.operation);
  } finally {
    waiting.end();
  }
}

export function printBegun(session: Session, operation: api.OperationBody): ExitCode {
  const { output, terminal } = session;
  const id = oneLine(operation.id);
  if (output === 'data') printData(session, operation);
  else if (output === 'name') terminal.out([id]);
  else {
    terminal.out([
      `${operation.type} of ${subjectOf(operation)} is asked for: operation ${id}`,
      `Wait for it with: drover operation wait ${id}`,
    ]);
  }
  return exitCodes.done;
}

export function printEnded(session: Session, operation: api.OperationBody): ExitCode {
  if (session.output === 'data') printData(session, operation);
  else if (session.output === 'name') session.terminal.out([oneLine(operation.id)]);
  else if (operation.state === 'succeeded') tell(session, [endedText(operation)]);
  if (operation.state !== 'succeeded') session.terminal.err(failedText(operation));
  return exitCodeOfOperation(operation);
}
