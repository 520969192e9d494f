/**
 * `--watch` on a list: the screen again and again in a terminal; elsewhere the list once and then a line
 * for each item that has changed. Ends with Ctrl-C, which is a success: it is how one stops looking.
 */
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { columnsFor, renderTable } from '../logic/table.ts';
import { type Items, type List, printList, printOneOfMany } from './print.ts';
import type { Session } from './session.ts';
import { Detached, Waiting } from './waiting.ts';

export interface Watched<Item> extends List<Item> {
  readonly read: (signal?: AbortSignal) => Promise<Items<Item>>;
  /** Fields that change all the time and are no news. */
  readonly volatile?: readonly string[];
}

const intervalMs = 1000;
const patienceMs = 10 * 60_000;

export async function listOrWatch<Item>(
  session: Session,
  watch: boolean,
  list: (nowMs: number) => Watched<Item>,
): Promise<ExitCode> {
  if (!watch) {
    const once = list(Date.now());
    printList(session, await once.read(), once);
    return exitCodes.done;
  }
  const waiting = new Waiting({
    timeoutMs: undefined,
    patienceMs,
    note: (text) => session.terminal.err([text]),
  });
  const known = new Map<string, string>();
  try {
    for (let isFirst = true; ; isFirst = false) {
      const now = list(Date.now());
      const answer = await waiting.ask((signal) => now.read(signal));
      show(session, now, answer, known, isFirst);
      await waiting.pause(intervalMs);
    }
  } catch (error) {
    if (error instanceof Detached) return exitCodes.done;
    throw error;
  } finally {
    waiting.end();
  }
}

function show<Item>(
  session: Session,
  list: Watched<Item>,
  answer: Items<Item>,
  known: Map<string, string>,
  isFirst: boolean,
): void {
  const { terminal, output, withHeads } = session;
  const columns = columnsFor(list.columns, output === 'wide');
  if (terminal.isLive && (output === 'table' || output === 'wide')) {
    const lines = renderTable(columns, answer.items, terminal.paint, withHeads);
    return terminal.redraw(answer.items.length === 0 ? [list.ifNone] : lines);
  }
  const [head = '', ...rows] = renderTable(columns, answer.items, terminal.paint);
  if (isFirst && withHeads && (output === 'table' || output === 'wide')) terminal.out([head]);
  const gone = new Set(known.keys());
  answer.items.forEach((item, index) => {
    const name = list.nameOf(item);
    gone.delete(name);
    const stamp = stampOf(item, list.volatile ?? []);
    if (known.get(name) === stamp) return;
    known.set(name, stamp);
    if (output === 'data') printOneOfMany(session, item);
    else terminal.out([output === 'name' ? oneLine(name) : (rows[index] ?? '')]);
  });
  for (const name of gone) {
    known.delete(name);
    if (output !== 'data' && output !== 'name') terminal.out([`${oneLine(name)}  gone`]);
  }
}

function stampOf(item: unknown, volatile: readonly string[]): string {
  return JSON.stringify(item, (key, value: unknown) =>
    volatile.includes(key) ? undefined : value,
  );
}
