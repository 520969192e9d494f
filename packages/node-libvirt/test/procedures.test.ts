/**
 * The table against the facts: which calls Drover counts on, libvirt's numbers for them, and what their
 * messages are made of.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Procedure } from '../src/protocol/procedure.ts';
import { procedures } from '../src/protocol/procedures.ts';
import { layoutOf } from '../tools/layout.ts';

/** Name, number, priority, program, arguments, results, and the stream's direction as libvirt notes it. */
type Call = readonly [string, number, 'high' | 'low', string, string, string, string?];

const facts = JSON.parse(
  readFileSync(new URL('data/procedures.json', import.meta.url), 'utf8'),
) as { readonly calls: readonly Call[] };
const { calls } = facts;
const rows: Readonly<Record<string, Procedure | undefined>> = procedures;

/** libvirt notes only that the daemon sends; these two listen as well. */
const bothWays = new Set(['domainOpenConsole', 'domainOpenChannel']);

describe('the procedure table', () => {
  it('has every call of the list, by libvirt’s number, program and priority', () => {
    expect(calls).toHaveLength(294);
    const wanted = calls.map(([name, number, priority, program]) => [
      name,
      { number, priority, program },
    ]);
    const found = calls.map(([name]) => {
      const row = rows[name];
      if (row === undefined) return [name, undefined];
      return [name, { number: row.number, priority: row.priority, program: row.program }];
    });
    expect(found).toEqual(wanted);
  });

  it('writes and reads the fields that libvirt does, within its limits', () => {
    const wanted = calls.map(([name, , , , args, ret]) => [name, args, ret]);
    const found = calls.map(([name]) => {
      const row = rows[name];
      return row === undefined ? [name] : [name, layoutOf(row.args), layoutOf(row.ret)];
    });
    expect(found).toEqual(wanted);
  });

  it('opens a stream where libvirt does, and nowhere else', () => {
    const wanted = calls.map(([name, , , , , , stream]) => [
      name,
      bothWays.has(name) ? 'both' : stream,
    ]);
    expect(calls.map(([name]) => [name, rows[name]?.stream])).toEqual(wanted);
  });
});
