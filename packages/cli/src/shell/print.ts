/** Results on stdout in the form that was asked for. JSON and YAML are exactly the API’s answer, and nothing beside it. */
import { dataText, oneOfMany } from './data-text.ts';
import { type Column, columnsFor, renderTable } from '../logic/table.ts';
import { oneLine } from '../logic/harmless.ts';
import type { Session } from './session.ts';

export interface List<Item> {
  readonly columns: readonly Column<Item>[];
  readonly nameOf: (item: Item) => string;
  /** Instead of a table without rows, on stderr. */
  readonly ifNone: string;
}

export interface Items<Item> {
  readonly items: readonly Item[];
}

export function printList<Item>(session: Session, answer: Items<Item>, list: List<Item>): void {
  const { terminal, output } = session;
  if (output === 'data') return printData(session, answer);
  if (output === 'name')
    return terminal.out(answer.items.map((item) => oneLine(list.nameOf(item))));
  if (answer.items.length === 0) return terminal.err([list.ifNone]);
  const columns = columnsFor(list.columns, output === 'wide');
  terminal.out(renderTable(columns, answer.items, terminal.paint, session.withHeads));
}

export function printOne<Item>(
  session: Session,
  item: Item,
  texts: { readonly name: string; readonly page: readonly string[] },
): void {
  if (session.output === 'data') return printData(session, item);
  session.terminal.out(session.output === 'name' ? [oneLine(texts.name)] : texts.page);
}

export function printData({ terminal, dataForm }: Session, value: unknown): void {
  terminal.raw([dataText(value, dataForm)]);
}

/** Of those that follow each other. */
export function printOneOfMany({ terminal, dataForm }: Session, value: unknown): void {
  terminal.raw([oneOfMany(value, dataForm)]);
}

/** Words for people; where stdout is asked for as data or names, it is kept for programs. */
export function tell(session: Session, lines: readonly string[]): void {
  const isForPeople = session.output === 'table' || session.output === 'wide';
  if (isForPeople) session.terminal.out(lines);
  else session.terminal.err(lines);
}
