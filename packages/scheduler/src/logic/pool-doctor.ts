/**
 * The operation `pool-doctor`: all hosts that are up look at a pool together. Only questions are asked, so a leader that
 * takes over begins anew; what hosts hold for it ends by itself.
 *
 *   look ─▶ see each other’s files ─▶ hold locks ─▶ the next host tries ─▶ release ─▶ tries again ─▶ clean ─▶ succeeded
 */
import type {
  OperationError,
  OperationRecord,
  PoolProbe,
  PoolProbeAnswer,
  PoolRecord,
  Stored,
} from '@drover/protocol';
import { isCancelled } from './pending.ts';
import { examine, type Examined, fileOf, isAnswer, isUsable } from './pool-findings.ts';
import { putState } from './pool-upkeep.ts';
import { ask, type Freshness } from './questions.ts';
import type { Turn } from './turn.ts';

type AnswerTo<Act extends PoolProbe['act']> =
  | Extract<PoolProbeAnswer, { readonly act: Act }>
  | OperationError;

/** Longer than all that comes before the release, where hosts are asked three times. */
const holdMs = 120_000;

export function drivePoolDoctor(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, pool: name = '', by } = stored.value;
  if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
  if (!turn.settled || turn.isFull) return;
  const pool = turn.mirror.pools.get(name)?.value;
  if (pool === undefined) {
    const error = { code: 'pool-not-found', message: `pool ${name} is not declared` };
    return turn.end(stored, 'failed', { error });
  }
  const hosts = [...turn.cluster.hosts.values()]
    .filter(({ health }) => health === 'up')
    .map((host) => host.id)
    .toSorted();
  if (hosts.length === 0) {
    const error = { code: 'host-silent', message: 'no host is up' };
    return turn.end(stored, 'failed', { error });
  }
  const examined = pool.spec.type === 'nfs-direct' ? [] : lookAt(turn, stored.value, pool, hosts);
  if (typeof examined === 'string') return turn.wait(id, examined);
  const { protection, verdict, findings } = examine(pool, id, examined);
  const doctor = {
    operationId: id,
    by,
    atMs: turn.now.wallMs,
    hosts: hosts.slice(0, 1_000),
    protection,
    verdict,
    findings: [...findings],
  };
  const troubles = findings.filter(({ level }) => level === 'bad').length;
  const reason = troubles === 0 ? verdict : `${troubles} findings; ${verdict}`;
  turn.end(
    stored,
    'succeeded',
    { reason: reason.slice(0, 1_000) },
    putState(turn, pool, { doctor }),
  );
}

/** Or what is waited for. */
function lookAt(
  turn: Turn,
  operation: OperationRecord,
  pool: PoolRecord,
  hosts: readonly string[],
): readonly Examined[] | string {
  const { id } = operation;
  const fresh = { sinceMs: turn.since(operation), keptMs: Number.POSITIVE_INFINITY };
  const round = new Round(turn, pool, id, fresh);
  const looks = round.all('look', hosts, (hostId) => ({
    act: 'look',
    file: fileOf(id, hostId, 'txt'),
  }));
  if (looks === undefined) return 'what hosts see of the pool';
  const lookOf = (hostId: string) => looks.get(hostId) ?? silent;
  const usable = hosts.filter((hostId) => isUsable(lookOf(hostId)));
  const plain = hosts.map((hostId) => ({ hostId, look: lookOf(hostId) }));
  const isPaired = usable.length > 1 && pool.spec.type !== 'local';
  const examined = isPaired ? inRing(round, id, plain, usable) : plain;
  if (typeof examined === 'string') return examined;
  const files = usable.flatMap((hostId) => [fileOf(id, hostId, 'txt'), image(id, hostId)]);
  const clean = round.all('clean', usable, () => ({ act: 'clean', files: files.slice(0, 256) }));
  return clean === undefined ? 'hosts to leave nothing behind' : examined;
}

function image(operationId: string, hostId: string): string {
  return fileOf(operationId, hostId, 'qcow2');
}

/** Each tries the lock of the one before it; one that took part in all of it is told of. */
function inRing(
  round: Round,
  id: string,
  plain: readonly Pick<Examined, 'hostId' | 'look'>[],
  ring: readonly string[],
): readonly Examined[] | string {
  const before = (hostId: string) => ring.at(ring.indexOf(hostId) - 1) ?? '';
  const theirs = (hostId: string) => ({ act: 'try', file: image(id, before(hostId)) }) as const;
  // A message has room for so many; beyond that the next ones of the ring stand for all.
  const others = (hostId: string) => [
    ...ring.slice(ring.indexOf(hostId) + 1),
    ...ring.slice(0, ring.indexOf(hostId)),
  ];
  const see = round.all('see', ring, (hostId) => ({
    act: 'see',
    files: others(hostId)
      .slice(-256)
      .map((one) => fileOf(id, one, 'txt')),
  }));
  if (see === undefined) return 'hosts to look for each other’s files';
  const hold = round.all('hold', ring, (hostId) => ({
    act: 'hold',
    file: image(id, hostId),
    holdMs,
  }));
  if (hold === undefined) return 'hosts to take a lock each';
  const locked = round.all('try', ring, theirs);
  if (locked === undefined) return 'hosts to try each other’s locks';
  const release = round.all('release', ring, (hostId) => ({
    act: 'release',
    file: image(id, hostId),
  }));
  if (release === undefined) return 'hosts to release their locks';
  const freed = round.all('try', ring, theirs, 'again');
  if (freed === undefined) return 'hosts to try the locks once more';
  return plain.map((host) => {
    const { hostId } = host;
    if (!ring.includes(hostId)) return host;
    return {
      ...host,
      before: before(hostId),
      see: see.get(hostId) ?? silent,
      hold: hold.get(hostId) ?? silent,
      locked: locked.get(hostId) ?? silent,
      release: release.get(hostId) ?? silent,
      freed: freed.get(hostId) ?? silent,
    };
  });
}

const silent: OperationError = { code: 'host-silent', message: 'it did not answer' };

class Round {
  readonly #turn: Turn;
  readonly #pool: PoolRecord;
  readonly #id: string;
  readonly #fresh: Freshness;

  constructor(turn: Turn, pool: PoolRecord, id: string, fresh: Freshness) {
    this.#turn = turn;
    this.#pool = pool;
    this.#id = id;
    this.#fresh = fresh;
  }

  /** What all of them answered, or failed with; nothing while one has not. */
  all<Act extends PoolProbe['act']>(
    act: Act,
    hosts: readonly string[],
    probeOf: (hostId: string) => Extract<PoolProbe, { readonly act: Act }>,
    which = '',
  ): ReadonlyMap<string, AnswerTo<Act>> | undefined {
    const { name, spec, uuid } = this.#pool;
    const answers = new Map<string, AnswerTo<Act>>();
    for (const hostId of hosts) {
      const about = `${this.#id} ${act}${which}`;
      const probe = probeOf(hostId);
      const body = { kind: 'probe-pool', pool: { name, spec }, uuid, probe } as const;
      const reply = ask(this.#turn, { hostId, about, body }, this.#fresh);
      if (reply.type === 'failed') answers.set(hostId, reply.error);
      if (reply.type !== 'answer' || reply.answer.kind !== 'probe-pool') continue;
      const { answer } = reply;
      if (isAct(answer, act)) answers.set(hostId, answer);
    }
    return answers.size === hosts.length ? answers : undefined;
  }
}

function isAct<Act extends PoolProbe['act']>(
  answer: PoolProbeAnswer,
  act: Act,
): answer is Extract<PoolProbeAnswer, { readonly act: Act }> {
  return isAnswer(answer) && answer.act === act;
}
