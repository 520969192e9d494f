/**
 * A drain, or a restore, which is one the other way round: begun, followed to its end (as a tree in a terminal, as lines
 * elsewhere), then its summary and the exit code. What is begun, and whether it may be, is the command’s.
 */
import type { api } from '@drover/protocol';
import { drainNews, drainSummary, nothingTold, type Percents } from '../logic/drain-text.ts';
import { type ExitCode, exitCodeOfOperation } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { DrainTree } from './drain-tree.ts';
import { type FinishFlags, finishOperation } from './finish-operation.ts';
import { type Followed, left, looksAt } from './follow-operation.ts';
import { printData } from './print.ts';
import type { Session } from './session.ts';
import type { Waiting } from './waiting.ts';

/** Shows what is news. The tree and the lines are two of them. */
interface Narrator {
  show(operation: api.OperationBody, percents: Percents): void;
  close(): Promise<void>;
}

export function driveDrain(
  session: Session,
  flags: FinishFlags,
  begin: () => Promise<api.OperationBody>,
): Promise<ExitCode> {
  return finishOperation(session, flags, begin, { follow: followDrain, end: printDrainEnd });
}

async function followDrain(
  session: Session,
  waiting: Waiting,
  begun: api.OperationBody,
): Promise<Followed> {
  const isTree = session.terminal.isLive && session.output !== 'data' && session.output !== 'name';
  const narrator = isTree
    ? new DrainTree(session.terminal, waiting, begun.hostId ?? '')
    : linesTo(session);
  let last = begun;
  try {
    for await (const operation of looksAt(session, waiting, begun.id)) {
      last = operation;
      const percents = operation.done ? new Map() : await readPercents(session, waiting);
      narrator.show(operation, percents);
    }
  } catch (error) {
    await narrator.close();
    return left(session, last, error);
  }
  await narrator.close();
  return { type: 'ended', operation: last };
}

function linesTo(session: Session): Narrator {
  let told = nothingTold;
  return {
    show: (operation, percents) => {
      const news = drainNews(operation, percents, told);
      told = news.told;
      session.terminal.err(news.lines);
    },
    close: () => Promise.resolve(),
  };
}

async function readPercents(session: Session, waiting: Waiting): Promise<Percents> {
  const { items } = await waiting.ask((signal) =>
    session.client.list('/v1/migrations', { signal }),
  );
  return new Map(
    items.flatMap(({ operationId, progress }) =>
      progress === undefined ? [] : [[operationId, progress.percent] as const],
    ),
  );
}

/** What was done goes to stdout; that something was not, to stderr. */
async function printDrainEnd(session: Session, operation: api.OperationBody): Promise<ExitCode> {
  const { terminal, output } = session;
  const lines = drainSummary(operation, await readPauses(session, operation));
  if (output === 'data') printData(session, operation);
  if (output === 'name') terminal.out([oneLine(operation.id)]);
  const isForPeople = output === 'table' || output === 'wide';
  if (operation.state === 'succeeded' && isForPeople) terminal.out(lines);
  else terminal.err(lines);
  return exitCodeOfOperation(operation);
}

const pausesMost = 50;

/** How long each VM stood still while it moved. A nicety: without it the summary is still whole. */
async function readPauses(
  session: Session,
  operation: api.OperationBody,
): Promise<readonly number[]> {
  const moved = (operation.items ?? []).filter(
    (item) => item.state === 'moved' && item.operationId !== undefined,
  );
  if (moved.length > pausesMost) return [];
  try {
    const pauses: number[] = [];
    for (const { operationId } of moved) {
      const path = { operation: operationId ?? '' };
      const { downtimeMs } = await session.client.get('/v1/operations/{operation}', { path });
      if (downtimeMs !== undefined) pauses.push(downtimeMs);
    }
    return pauses;
  } catch {
    return [];
  }
}
