/**
 * The operation `orphan-delete`: one file that no record names, by a person's word. Judged anew before the order goes out,
 * by the records and by what every host that is up says of it; its host looks once more.
 *
 *   pending: hosts look ─▶ delete ─▶ succeeded | failed
 */
import {
  FileOwners,
  type OperationError,
  type OperationRecord,
  type PoolEntry,
  type PoolRecord,
  type Stored,
} from '@drover/protocol';
import { hostsWith, whyNoOrphan } from '../orphan.ts';
import { isCancelled } from '../pending.ts';
import { ask } from '../questions.ts';
import type { Turn } from '../turn.ts';
import { awaitJob, beginJob } from './job.ts';
import { declared } from './pool-host.ts';

export function driveDeleteOrphan(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, pool: name = '', file = '', state, judged } = stored.value;
  const fail = (error: OperationError) => turn.end(stored, 'failed', { error });
  const pool = turn.mirror.pools.get(name)?.value;
  if (pool === undefined) {
    return fail({ code: 'pool-not-found', message: `pool ${name} is not declared` });
  }
  const owner = new FileOwners(turn.mirror).of(file);
  if (owner !== undefined) return fail(noOrphan(file, owner));
  if (state === 'pending') return begin(turn, stored, pool, fail);
  if (judged === undefined) return fail(noOrphan(file, 'nobody has judged it'));
  const { bytes: storedBytes, changedMs, inode } = judged;
  const facts = { storedBytes, changedMs, inode };
  const job = { job: 'delete-orphan', pool: declared(pool), file, facts } as const;
  const onlyHere = pool.spec.type === 'local';
  const end = awaitJob(turn, stored, { kind: 'storage-job', job }, { onlyHere });
  if (end === undefined) return;
  if (end.type === 'failed') return fail(end.error);
  if (end.type === 'done') return turn.end(stored, 'succeeded', {});
  turn.end(stored, 'cancelled', end.reason === undefined ? {} : { reason: end.reason });
  turn.trace('info', `${id}: ${file} may be gone or not`);
}

function noOrphan(file: string, why: string): OperationError {
  return { code: 'not-an-orphan', message: `${file}: ${why}` };
}

function begin(
  turn: Turn,
  stored: Stored<OperationRecord>,
  pool: PoolRecord,
  fail: (error: OperationError) => void,
): void {
  const { id, file = '', hostId } = stored.value;
  if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
  if (!turn.settled || turn.isFull) return;
  const able = hostsWith(turn, pool.name);
  const isLocal = pool.spec.type === 'local';
  if (able.length === 0 || (isLocal && !able.includes(hostId ?? ''))) {
    const who = isLocal && hostId !== undefined ? hostId : 'a host that is up';
    return turn.wait(id, `${who} to reach pool ${pool.name}`);
  }
  const seen = lookAt(turn, stored.value, pool, isLocal && hostId ? [hostId] : able);
  if (seen === undefined) return turn.wait(id, 'hosts to say who has the file');
  if ('code' in seen) return fail(seen);
  const why = whyNoOrphan(new FileOwners(turn.mirror), seen);
  if (why !== undefined) return fail(noOrphan(file, why));
  beginJob(turn, stored, {
    pools: [pool.name],
    step: 'delete',
    changes: { judged: seen },
    ...(isLocal && hostId !== undefined ? { hostId } : {}),
  });
}

/** The file as one of them sees it; or why it stays; nothing while that is not known. */
function lookAt(
  turn: Turn,
  operation: OperationRecord,
  pool: PoolRecord,
  hosts: readonly string[],
): PoolEntry | OperationError | undefined {
  const { id, file = '' } = operation;
  const fresh = { sinceMs: turn.since(operation), keptMs: Number.POSITIVE_INFINITY };
  let isAsked = false;
  let seen: PoolEntry | undefined;
  for (const hostId of hosts) {
    const body = { kind: 'list-files', pool: declared(pool), only: file } as const;
    const reply = ask(turn, { hostId, about: id, body }, fresh);
    isAsked ||= reply.type === 'asked';
    // One that does not know the question has an older agent, which may run a VM on it all the same.
    if (reply.type === 'failed') return reply.error;
    if (reply.type !== 'answer' || reply.answer.kind !== 'list-files') continue;
    const [user] = reply.answer.users ?? [];
    if (user !== undefined) {
      const message = `${file} is a disk of ${user} on ${hostId}, as libvirt there has it`;
      return { code: 'volume-in-use', message };
    }
    seen ??= reply.answer.files[0];
  }
  if (isAsked) return undefined;
  const message = `there is no ${file} in pool ${pool.name}`;
  return seen ?? { code: 'orphan-not-found', message };
}
