/** Join tokens, as a table. */
import type { api } from '@drover/protocol';
import { formatAge, formatDuration } from './durations.ts';
import type { Cell, Column } from './table.ts';

export function joinTokenColumns(nowMs: number): readonly Column<api.JoinTokenBody>[] {
  return [
    { head: 'ID', cell: ({ id }) => id },
    { head: 'FOR', cell: ({ host }) => host ?? 'any new host' },
    { head: 'STATE', cell: (token) => stateOf(token, nowMs) },
    { head: 'BY', cell: ({ by }) => by },
    { head: 'AGE', cell: ({ createdAtMs }) => formatAge(nowMs, createdAtMs) },
  ];
}

function stateOf({ state, usedBy, usedAtMs, expiresAtMs }: api.JoinTokenBody, nowMs: number): Cell {
  if (state === 'expired') return { text: 'expired', tone: 'warn' };
  if (state === 'open')
    return { text: `open, for ${formatDuration(expiresAtMs - nowMs)}`, tone: 'good' };
  return `${usedBy ?? ''} joined ${formatAge(nowMs, usedAtMs ?? nowMs)} ago`;
}
