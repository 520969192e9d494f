/**
 * Lines that are wider than the terminal, folded between words, so that no word is torn and what goes on stands
 * below where it began: of a table below its last column. What is to be copied, “drover vm list”, stays in one piece.
 */
import { widthOf } from './table.ts';

/** What goes on never has less room than this. */
const leastRoom = 24;

export function fold(lines: readonly string[], columns: number): readonly string[] {
  return lines.flatMap((line) => foldLine(line, columns));
}

function foldLine(line: string, columns: number): readonly string[] {
  if (widthOf(line) <= columns) return [line];
  const indent = ' '.repeat(indentOf(line, columns));
  const folded: string[] = [];
  let current = '';
  for (const piece of line.match(/\s*(?:“[^”]*”\S*|\S+)/gu) ?? []) {
    if (current.trim() !== '' && widthOf(current + piece) > columns) {
      folded.push(current);
      current = indent + piece.trimStart();
    } else {
      current += piece;
    }
  }
  return [...folded, current];
}

/** Below the last column where there is one with room, else a little further in than the line. */
function indentOf(line: string, columns: number): number {
  const starts = [...line.matchAll(/\S {2,}(?=\S)/g)].map(({ 0: gap, index }) =>
    widthOf(line.slice(0, index + gap.length)),
  );
  const last = starts.findLast((start) => start <= columns - leastRoom);
  return last ?? (/^ */.exec(line)?.[0].length ?? 0) + 2;
}
