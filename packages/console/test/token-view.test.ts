/** Tokens and the audit as rows: what one comes to now, and what is looked for. */
import { describe, expect, it } from 'vitest';
import { auditRows, lifetimes, tokenRow } from '../src/logic/token-view.ts';
import type { AuditEntry, Token } from '../src/logic/types.ts';

const hourMs = 3_600_000;
const nowMs = 100 * hourMs;
const token: Token = {
  id: '11111111-1111-4111-8111-111111111111',
  name: 'ci',
  role: 'operator',
  effectiveRole: 'operator',
  owner: 'anna',
  createdAtMs: 0,
};

describe('a token', () => {
  it('says what it may, for how long, and when it was used', () => {
    const used = { expiresAtMs: nowMs + 25 * hourMs, lastUsedAtMs: nowMs - 2 * hourMs };
    expect(tokenRow({ ...token, ...used, scopes: ['vms:read'] }, nowMs)).toMatchObject({
      role: 'operator',
      isLess: false,
      scopes: 'vms:read',
      ends: 'in 1d1h',
      used: '2h00m ago',
    });
    expect(tokenRow(token, nowMs)).toMatchObject({ scopes: 'all', ends: 'never', used: 'never' });
  });

  it('says where it comes to less than it was made for', () => {
    const row = tokenRow({ ...token, effectiveRole: 'viewer' }, nowMs);
    expect(row).toMatchObject({ role: 'operator, now viewer', isLess: true });
    const { effectiveRole: _, ...dead } = token;
    const ended = tokenRow({ ...dead, expiresAtMs: nowMs }, nowMs);
    expect(ended).toMatchObject({ role: 'operator, now nothing', ends: 'has ended' });
  });

  it('can be made for as long as the command can', () => {
    const days = lifetimes.map(({ flag, seconds }) => [flag, seconds && seconds / 86_400]);
    for (const [flag, count] of days) {
      expect(flag).toBe(count === undefined ? 'never' : `${count}d`);
    }
  });
});

describe('the audit', () => {
  const entry: AuditEntry = {
    id: 1,
    atMs: 1,
    by: 'anna',
    from: '10.0.0.7',
    method: 'POST',
    path: '/v1/vms/web/stop',
    outcome: 'done',
    status: 202,
    requestId: 'r',
  };
  const { by: _, ...nobody } = entry;
  const denied: AuditEntry = { ...nobody, outcome: 'denied', status: 401, code: 'unauthenticated' };

  it('tells of a denial by its code, and of nobody by name', () => {
    const [done, other] = auditRows([entry, denied], '');
    expect(done).toMatchObject({ who: 'anna', what: 'POST /v1/vms/web/stop', tone: 'good' });
    expect(other).toMatchObject({
      who: 'nobody known',
      outcome: 'denied: unauthenticated',
      tone: 'bad',
    });
  });

  it('is looked through by all words', () => {
    const found = (words: string) => auditRows([entry, denied], words).map(({ who }) => who);
    expect(found('web anna')).toEqual(['anna']);
    expect(found('Denied 10.0.0.7')).toEqual(['nobody known']);
    expect(found('anna denied')).toEqual([]);
  });
});
