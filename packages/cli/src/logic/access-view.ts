/** Tokens and what was done by whom, as tables. */
import type { api } from '@drover/protocol';
import { formatAge, formatDuration } from './durations.ts';
import type { Cell, Column } from './table.ts';
import { UsageError } from './usage-error.ts';

const dayMs = 24 * 3_600_000;

export function tokenColumns(nowMs: number): readonly Column<api.TokenBody>[] {
  return [
    { head: 'NAME', cell: ({ name }) => name },
    { head: 'ROLE', cell: roleOf },
    { head: 'SCOPES', cell: ({ scopes }) => scopes?.join(',') ?? 'all' },
    { head: 'OWNER', cell: ({ owner }) => owner },
    { head: 'ENDS', cell: (token) => endOf(token, nowMs) },
    {
      head: 'USED',
      cell: ({ lastUsedAtMs }) =>
        lastUsedAtMs === undefined ? 'never' : `${formatAge(nowMs, lastUsedAtMs)} ago`,
    },
    { head: 'AGE', cell: ({ createdAtMs }) => formatAge(nowMs, createdAtMs), wide: true },
    { head: 'ID', cell: ({ id }) => id, wide: true },
  ];
}

/** What it comes to now, where that is less than what it was made for. */
function roleOf({ role, effectiveRole }: api.TokenBody): Cell {
  if (effectiveRole === role) return role;
  return { text: `${role} (now ${effectiveRole ?? 'nothing'})`, tone: 'warn' };
}

function endOf({ expiresAtMs }: api.TokenBody, nowMs: number): Cell {
  if (expiresAtMs === undefined) return 'never';
  if (expiresAtMs <= nowMs) return { text: 'ended', tone: 'warn' };
  return `in ${formatDuration(expiresAtMs - nowMs)}`;
}

/** `timeOf` writes a time as people read it. */
export function auditColumns(timeOf: (ms: number) => string): readonly Column<api.AuditEntry>[] {
  return [
    { head: 'WHEN', cell: ({ atMs }) => timeOf(atMs) },
    { head: 'WHO', cell: ({ by }) => by ?? 'nobody known' },
    { head: 'FROM', cell: ({ from }) => from },
    { head: 'OUTCOME', cell: outcomeOf },
    { head: 'WHAT', cell: ({ method, path }) => `${method} ${path}` },
    { head: 'ROLE', cell: ({ role }) => role ?? '', wide: true },
    { head: 'BY', cell: ({ via }) => via ?? '', wide: true },
    { head: 'MADE', cell: ({ made }) => made ?? '', wide: true },
    { head: 'REQUEST', cell: ({ requestId }) => requestId, wide: true },
  ];
}

function outcomeOf({ outcome, code }: api.AuditEntry): Cell {
  const text = code === undefined ? outcome : `${outcome} (${code})`;
  return { text, tone: outcome === 'done' ? 'good' : outcome === 'denied' ? 'bad' : 'warn' };
}

/** `90d`, `12h`, `never`; seconds as the API has them. */
export function parseExpiry(text: string): number | undefined {
  if (text === 'never') return undefined;
  const [, count = '', unit = ''] = /^([0-9]{1,4})([dh])$/.exec(text.trim()) ?? [];
  const ms = Number(count) * (unit === 'd' ? dayMs : 3_600_000);
  if (count === '' || ms === 0) {
    throw new UsageError(`“${text}” says no end: give days or hours, such as 90d or 12h, or never`);
  }
  return ms / 1000;
}
