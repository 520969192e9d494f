/** One thing that the doctor looked at: how it is, why, and what to do next. Which things there are is its neighbours’. */
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { oneLine } from '../harmless.ts';
import { type Column, type Paint, plain, renderTable, type Tone, widthOf } from '../table.ts';

export type Level = 'ok' | 'warn' | 'fail';

export interface Check {
  readonly level: Level;
  /** `host h1`: words of their own for each, so that a script may look for one. */
  readonly check: string;
  readonly what: string;
  /** What helps, where something is not as it should be. */
  readonly next?: string;
}

export function ok(check: string, what: string): Check {
  return { level: 'ok', check, what };
}

export function warn(check: string, what: string, next?: string): Check {
  return { level: 'warn', check, what, ...(next === undefined ? {} : { next }) };
}

export function fail(check: string, what: string, next?: string): Check {
  return { level: 'fail', check, what, ...(next === undefined ? {} : { next }) };
}

/** What is wrong with it, or that nothing is. */
export function orElse(found: readonly Check[], otherwise: Check): readonly Check[] {
  return found.length === 0 ? [otherwise] : found;
}

const tones: Readonly<Record<Level, Tone>> = { ok: 'good', warn: 'warn', fail: 'bad' };

const columns: readonly Column<Check>[] = [
  { head: 'STATE', cell: ({ level }) => ({ text: level, tone: tones[level] }) },
  { head: 'CHECK', cell: ({ check }) => check },
  { head: 'WHAT', cell: ({ what }) => what },
];
const next: Column<Check> = { head: 'NEXT', cell: ({ next: helps }) => helps ?? '' };

/** A table. On a screen that is too narrow for it, what helps stands below what is wrong. `width`: of that screen. */
export function checksText(
  checks: readonly Check[],
  paint: Paint = plain,
  width = Infinity,
): readonly string[] {
  const table = renderTable([...columns, next], checks, paint);
  if (table.every((line) => widthOf(line) <= width)) return table;
  const [head = '', ...rows] = renderTable(columns, checks, paint);
  const indent = ' '.repeat(head.indexOf('WHAT'));
  return [
    head,
    ...rows.flatMap((row, index) => {
      const helps = checks[index]?.next;
      return helps === undefined ? [row] : [row, `${indent}next: ${oneLine(helps)}`];
    }),
  ];
}

export function countOf(checks: readonly Check[], level: Level): number {
  return checks.filter((one) => one.level === level).length;
}

export function summaryOf(checks: readonly Check[]): string {
  const levels = ['ok', 'warn', 'fail'] as const;
  return levels.map((level) => `${countOf(checks, level)} ${level}`).join(', ');
}

/** A warning is nothing that a script has to stop for. */
export function exitCodeOfChecks(checks: readonly Check[]): ExitCode {
  return countOf(checks, 'fail') === 0 ? exitCodes.done : exitCodes.refused;
}

/** `h1, h2 and 3 more` */
export function namesOf(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map(oneLine).join(', ');
  return names.length <= most ? shown : `${shown} and ${names.length - most} more`;
}
