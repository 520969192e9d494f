/** Tokens that may use the API, and what was done by whom, as rows. */
import { formatAge, formatDuration } from '@drover/cli/words';
import type { AuditEntry, Token } from './types.ts';

export interface TokenRow {
  readonly name: string;
  readonly role: string;
  /** It is good for less than it was made for, or for nothing. */
  readonly isLess: boolean;
  readonly scopes: string;
  readonly owner: string;
  readonly ends: string;
  readonly used: string;
}

export function tokenRow(token: Token, nowMs: number): TokenRow {
  const { name, role, effectiveRole, scopes, owner, expiresAtMs, lastUsedAtMs } = token;
  const isLess = effectiveRole !== role;
  return {
    name,
    role: isLess ? `${role}, now ${effectiveRole ?? 'nothing'}` : role,
    isLess,
    scopes: scopes?.join(', ') ?? 'all',
    owner,
    ends: endOf(expiresAtMs, nowMs),
    used: lastUsedAtMs === undefined ? 'never' : `${formatAge(nowMs, lastUsedAtMs)} ago`,
  };
}

function endOf(expiresAtMs: number | undefined, nowMs: number): string {
  if (expiresAtMs === undefined) return 'never';
  return expiresAtMs <= nowMs ? 'has ended' : `in ${formatDuration(expiresAtMs - nowMs)}`;
}

/** What a new one may be made for: as the command has it, and in seconds. */
export const lifetimes: readonly {
  readonly flag: string;
  readonly label: string;
  readonly seconds?: number;
}[] = [
  { flag: '1d', label: 'a day', seconds: 86_400 },
  { flag: '30d', label: '30 days', seconds: 30 * 86_400 },
  { flag: '90d', label: '90 days', seconds: 90 * 86_400 },
  { flag: '365d', label: 'a year', seconds: 365 * 86_400 },
  { flag: 'never', label: 'ever' },
];

export interface AuditRow {
  readonly id: number;
  readonly atMs: number;
  readonly who: string;
  readonly from: string;
  readonly what: string;
  readonly outcome: string;
  readonly tone: 'good' | 'warn' | 'bad';
}

export function auditRow(entry: AuditEntry): AuditRow {
  const { id, atMs, by, from, method, path, outcome, code } = entry;
  return {
    id,
    atMs,
    who: by ?? 'nobody known',
    from,
    what: `${method} ${path}`,
    outcome: code === undefined ? outcome : `${outcome}: ${code}`,
    tone: outcome === 'done' ? 'good' : outcome === 'denied' ? 'bad' : 'warn',
  };
}

/** Those in which all the words stand. */
export function auditRows(entries: readonly AuditEntry[], words: string): readonly AuditRow[] {
  const wanted = words.toLowerCase().split(/\s+/);
  return entries.map(auditRow).filter(({ who, from, what, outcome }) => {
    const text = [who, from, what, outcome].join(' ').toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
