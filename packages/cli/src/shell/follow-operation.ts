/** An operation until it ends, told as it goes. What its end means is the caller’s. */
import type { api } from '@drover/protocol';
import { detachText } from '../logic/drain-text.ts';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { progressLine, subjectOf } from '../logic/operation-view.ts';
import { storageBrief } from '../logic/storage-progress.ts';
import type { Session } from './session.ts';
import { Detached, TimedOut, Waiting } from './waiting.ts';

export interface WaitFlags {
  readonly timeout?: number;
  readonly patience: number;
}

/** The server holds the answer this long, unless the operation ends before. */
const heldSeconds = 1;
/** For servers that do not hold it. */
const leastMs = 250;

export function beginWaiting(session: Session, flags: WaitFlags): Waiting {
  return new Waiting({
    timeoutMs: flags.timeout,
    patienceMs: flags.patience,
    note: (text) => session.terminal.err([text]),
  });
}

/** Every look at it, the last one ended. */
export async function* looksAt(
  session: Session,
  waiting: Waiting,
  id: string,
): AsyncGenerator<api.OperationBody, void> {
  const path = { operation: id };
  let query: { readonly wait?: string } = {};
  for (;;) {
    const beganMs = performance.now();
    const operation = await waiting.ask((signal) =>
      session.client.get('/v1/operations/{operation}', { path, query, signal }),
    );
    yield operation;
    if (operation.done) return;
    await waiting.pause(Math.max(0, leastMs - (performance.now() - beganMs)));
    // The first look is at once, so that there is something to say.
    query = { wait: `${heldSeconds}s` };
  }
}

export type Followed =
  | { readonly type: 'ended'; readonly operation: api.OperationBody }
  | { readonly type: 'left'; readonly exitCode: ExitCode };

/** Follows to the end with one line of progress; says how to go on where the person or time ended it. */
export async function followOperation(
  session: Session,
  waiting: Waiting,
  begun: api.OperationBody,
): Promise<Followed> {
  let last = begun;
  try {
    for await (const operation of looksAt(session, waiting, begun.id)) {
      last = operation;
      if (!operation.done) session.terminal.progress(progressLine(inTens(session, operation)));
    }
    return { type: 'ended', operation: last };
  } catch (error) {
    return left(session, last, error);
  }
}

export function left(session: Session, operation: api.OperationBody, error: unknown): Followed {
  const what = { type: operation.type, subject: subjectOf(operation), id: operation.id };
  if (error instanceof Detached) {
    session.terminal.err(detachText(what));
    return { type: 'left', exitCode: exitCodes.detached };
  }
  if (error instanceof TimedOut) {
    const [, ...how] = detachText(what);
    session.terminal.err([
      `Not ended in time: the ${what.type} of ${what.subject} goes on; nothing was cancelled.`,
      ...how,
    ]);
    return { type: 'left', exitCode: exitCodes.timedOut };
  }
  throw error;
}

/** Outside a terminal each change is a line: every ten percent is enough. */
function inTens(session: Session, operation: api.OperationBody): api.OperationBody {
  const { progress, storage, ...rest } = operation;
  if (session.terminal.isLive) return operation;
  if (storage !== undefined) return { ...rest, step: storageBrief(storage) };
  if (progress === undefined) return operation;
  const percent = progress.percent - (progress.percent % 10);
  return { ...operation, progress: { ...progress, percent } };
}
