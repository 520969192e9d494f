/**
 * The tables against the facts: which calls and events Drover counts on, with libvirt's numbers for them.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Procedure } from '../src/protocol/procedure.ts';
import { procedures } from '../src/protocol/procedures.ts';

/** Name, number, priority or kind of message, program, and the stream's direction as libvirt notes it. */
type Fact = readonly [string, number, 'high' | 'low' | 'event' | 'message', string, string?];

const facts = JSON.parse(
  readFileSync(new URL('data/procedures.json', import.meta.url), 'utf8'),
) as readonly Fact[];
const calls = facts.filter(([, , priority]) => priority === 'high' || priority === 'low');
const rows: Readonly<Record<string, Procedure | undefined>> = procedures;

/** libvirt notes only that the daemon sends; these two listen as well. */
const bothWays = new Set(['domainOpenConsole', 'domainOpenChannel']);

describe('the procedure table', () => {
  it('has every call of the list, by libvirt’s number, program and priority', () => {
    expect(calls).toHaveLength(174);
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

  it('opens a stream where libvirt does, and nowhere else', () => {
    const wanted = calls.map(([name, , , , stream]) => [
      name,
      bothWays.has(name) ? 'both' : stream,
    ]);
    expect(calls.map(([name]) => [name, rows[name]?.stream])).toEqual(wanted);
  });
});
