/** The way to the API: does it answer, do the clocks agree, who asks and for how long, does anybody decide. */
import { type api, protocolVersion } from '@drover/protocol';
import { formatAge, formatDuration } from '../durations.ts';
import { type Check, fail, ok, orElse, warn } from './check.ts';

/** `Date` of an answer says whole seconds. */
const unsureMs = 2_000;
const skewMostMs = 5_000;
const soonMs = 7 * 24 * 3_600_000;

export interface Answered {
  readonly url: string;
  readonly version: string;
  readonly protocol: number;
  readonly tookMs: number;
  /** The API’s clock less ours; absent where it said no time. */
  readonly skewMs?: number;
}

export function apiChecks({ url, version, protocol, tookMs, skewMs }: Answered): readonly Check[] {
  const answers = `${url} answers in ${formatDuration(tookMs)}: ${version}, protocol ${protocol}`;
  return [
    protocol === protocolVersion
      ? ok('API', answers)
      : warn(
          'API',
          `${answers}, while this program has protocol ${protocolVersion}`,
          'use the drover of the API’s release',
        ),
    ...(skewMs === undefined ? [] : [clockCheck(skewMs)]),
  ];
}

function clockCheck(skewMs: number): Check {
  const differ = Math.abs(skewMs);
  if (differ <= unsureMs) return ok('clock', 'this machine’s and the API’s agree within 2s');
  const whose = skewMs > 0 ? 'behind' : 'ahead of';
  const what = `this machine’s is ${formatDuration(differ)} ${whose} the API’s`;
  if (differ <= skewMostMs) return ok('clock', what);
  return warn('clock', what, 'let both follow a time server; until then ages shown here are wrong');
}

export function tokenCheck(session: api.SessionBody, nowMs: number): Check {
  const { name, role, via, scopes, expiresAtMs } = session;
  const only = scopes === undefined ? '' : `, for ${scopes.join(', ')} only`;
  const who = `${name}, ${role}${only} (${via})`;
  if (expiresAtMs === undefined) return ok('token', who);
  const left = formatAge(expiresAtMs, nowMs);
  if (expiresAtMs - nowMs > soonMs) return ok('token', `${who}, for ${left} more`);
  return warn('token', `${who}, ends in ${left}`, 'make another with “drover token create”');
}

export function clusterChecks(cluster: api.ClusterBody): readonly Check[] {
  const { problem, leader, unreadable } = cluster;
  const unread = unreadable.map(({ key, reason }) =>
    warn('records', `${key} cannot be read and is left alone: ${reason}`),
  );
  if (problem !== undefined) return [fail('leader', problem.message, problem.remedy), ...unread];
  if (leader === undefined) {
    const next =
      'see that a scheduler runs and reaches etcd and NATS: systemctl status drover-scheduler';
    return [fail('leader', 'nobody leads, so nothing is decided', next), ...unread];
  }
  return [
    ok('leader', `${leader} leads, and decides`),
    ...orElse(unread, ok('records', 'all can be read')),
  ];
}

export function balanceCheck(balance: api.BalanceBody): Check {
  const { mode, recommendations, paused, calm } = balance;
  if (recommendations > 0 && mode !== 'observe') {
    const moves = recommendations === 1 ? '1 move is' : `${recommendations} moves are`;
    const what = `${moves} recommended, in mode ${mode}`;
    const why = paused === undefined ? '' : `; nothing moves by itself: ${paused}`;
    if (mode === 'automatic' && paused === undefined) return ok('balance', what);
    return warn('balance', what + why, 'drover recommendations list');
  }
  return ok('balance', `mode ${mode}: ${calm?.text ?? 'nothing is recommended'}`);
}
