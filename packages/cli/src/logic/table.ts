/**
 * Tables as kubectl's users expect them: no boxes, upper-case heads, two spaces between columns, nothing
 * cut off. Everything in a cell has been made harmless; an empty cell is a dash, so that awk counts right.
 */
import { oneLine } from './harmless.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'dim';

export type Cell = string | { readonly text: string; readonly tone: Tone };

export type Paint = (text: string, tone: Tone) => string;

export const plain: Paint = (text) => text;

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => Cell;
  /** Shown only with `-o wide`. */
  readonly wide?: boolean;
}

export function columnsFor<Row>(columns: readonly Column<Row>[], wide: boolean): Column<Row>[] {
  return columns.filter((column) => wide || column.wide !== true);
}

export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Paint = plain,
  withHead = true,
): readonly string[] {
  const cells = rows.map((row) => columns.map((column) => normalise(column.cell(row))));
  const heads = columns.map((column) => ({ text: column.head }));
  const all: readonly (readonly { text: string; tone?: Tone }[])[] = withHead
    ? [heads, ...cells]
    : cells;
  const widths = columns.map((_, index) =>
    Math.max(0, ...all.map((line) => widthOf(line[index]?.text ?? ''))),
  );
  return all.map((line) =>
    line
      .map((cell, index) => {
        const isLast = index === line.length - 1;
        const gap = isLast ? '' : ' '.repeat((widths[index] ?? 0) - widthOf(cell.text) + 2);
        return (cell.tone === undefined ? cell.text : paint(cell.text, cell.tone)) + gap;
      })
      .join(''),
  );
}

function normalise(cell: Cell): { readonly text: string; readonly tone?: Tone } {
  const text = oneLine(typeof cell === 'string' ? cell : cell.text);
  if (text === '') return { text: '-' };
  return typeof cell === 'string' ? { text } : { text, tone: cell.tone };
}

/** Columns on the screen: East Asian wide characters and pictures take two, combining marks and colours none. */
export function widthOf(text: string): number {
  let width = 0;
  // oxlint-disable-next-line no-control-regex -- a colour is made of control characters
  for (const character of text.replaceAll(/\u001b\[[0-9;]*m/g, '')) {
    if (/\p{Mark}/u.test(character)) continue;
    const code = character.codePointAt(0) ?? 0;
    const isWide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0x1f300 && code <= 0x1faff) ||
      code >= 0x20000;
    width += isWide ? 2 : 1;
  }
  return width;
}
