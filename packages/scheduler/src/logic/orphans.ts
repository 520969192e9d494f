/**
 * Which files of a pool no record names: hosts say what lies there, a page at a time, and the records say whose it is. One
 * host's word is enough of a pool that they share. What was changed just now is nobody's yet, and not called so.
 */
import type { api, PoolEntry, PoolRecord, QueryReply } from '@drover/protocol';
import { FileOwners, readPoolPlace, wireLimits } from '@drover/protocol';
import { hostsWith, whyNoOrphan } from './orphan.ts';
import type { Planning } from './planning.ts';
import { ask, type Freshness } from './questions.ts';
import { whyRestoring } from './restored.ts';
import { declared, hostFor } from './storage/pool-host.ts';
import type { Turn } from './turn.ts';

type OrphansQuery = Extract<Planning['query'], { type: 'orphans' }>;

/** So many times a host is asked for one list. */
const pagesAtMost = 256;

/** The answer, once the hosts have said what lies there, or have had their time to. */
export function orphansAsked(
  turn: Turn,
  { sinceMs }: Planning,
  { pool: name, after }: OrphansQuery,
  isLate: boolean,
): QueryReply | undefined {
  const pool = turn.mirror.pools.get(name)?.value;
  if (pool === undefined) return refused('pool-not-found', `pool ${name} is not declared`);
  if (pool.spec.type === 'nfs-direct') {
    return refused('pool-unsuited', `pool ${name} is not mounted: no host can say what is in it`);
  }
  const restoring = whyRestoring(turn);
  if (restoring !== undefined)
    return refused('restored', `${restoring}: files that it forgot are none’s`);
  const isLocal = pool.spec.type === 'local';
  const hosts = isLocal ? hostsWith(turn, name) : [hostFor(turn, [name]) ?? ''];
  if (hosts[0] === '' || hosts.length === 0) {
    return refused('pool-unavailable', `no host that is up reaches pool ${name}`);
  }
  const owners = new FileOwners(turn.mirror);
  const fresh = { sinceMs, keptMs: Number.POSITIVE_INFINITY };
  const found: api.OrphanBody[] = [];
  const silent: string[] = [];
  for (const hostId of hosts) {
    const asked = listOf(turn, hostId, pool, fresh);
    if (asked === 'asked' && !isLate) return undefined;
    if (typeof asked === 'string') silent.push(hostId);
    else {
      const orphans = asked.filter((entry) => whyNoOrphan(owners, entry) === undefined);
      found.push(...orphans.map((entry) => bodyOf(entry, isLocal ? hostId : undefined)));
    }
  }
  if (!isLocal && silent.length > 0) {
    return refused('host-silent', `${silent.join()} does not say what is in pool ${name}`);
  }
  const isAfter = ({ hostId = '', file }: api.OrphanBody) => {
    const { hostId: last = '' } = after ?? {};
    return after === undefined || hostId > last || (hostId === last && file > after.file);
  };
  const orphans = found.filter(isAfter).slice(0, wireLimits.listPage + 1);
  return { type: 'orphans', orphans, silent };
}

function refused(code: string, message: string): QueryReply {
  return { type: 'error', code, message };
}

/** All pages of it; or that it is not known yet, or will not be. */
function listOf(
  turn: Turn,
  hostId: string,
  pool: PoolRecord,
  fresh: Freshness,
): readonly PoolEntry[] | 'asked' | 'silent' {
  const entries: PoolEntry[] = [];
  let after: string | undefined;
  for (let page = 0; page < pagesAtMost; page += 1) {
    const from = after === undefined ? {} : { after };
    const body = { kind: 'list-files', pool: declared(pool), ...from } as const;
    const about = `${pool.uuid} ${after ?? ''}`;
    const reply = ask(turn, { hostId, about, body }, fresh);
    if (reply.type === 'asked') return reply.isLate ? 'silent' : 'asked';
    if (reply.type === 'failed' || reply.answer.kind !== 'list-files') return 'silent';
    const { files, isMore } = reply.answer;
    entries.push(...files);
    after = files.at(-1)?.file;
    if (!isMore || after === undefined) break;
  }
  return entries;
}

function bodyOf(entry: PoolEntry, hostId: string | undefined): api.OrphanBody {
  const { file, bytes, allocatedBytes, changedMs, ageMs } = entry;
  return {
    ...(hostId === undefined ? {} : { hostId }),
    file,
    kind: readPoolPlace(file)?.kind ?? 'disk',
    bytes,
    allocatedBytes,
    changedAtMs: changedMs,
    ageMs,
  };
}
