/**
 * What hosts found when they looked at one pool together, as findings with remedies, and what protects the pool: the
 * image locks that reach its server, one kernel that all hosts share, or nothing.
 */
import type {
  OperationError,
  PoolDoctor,
  PoolFinding,
  PoolLook,
  PoolProbeAnswer,
  PoolRecord,
} from '@drover/protocol';

type AnswerTo<Act extends PoolProbeAnswer['act']> = Extract<PoolProbeAnswer, { act: Act }>;

/** A host, and what it said; of the pairs: about the host before it in the ring. */
export interface Examined {
  readonly hostId: string;
  readonly look: PoolLook | OperationError;
  /** The host whose lock it tries. */
  readonly before?: string;
  readonly see?: AnswerTo<'see'> | OperationError;
  readonly hold?: AnswerTo<'hold'> | OperationError;
  /** While the one before it has the lock, and after that. */
  readonly locked?: AnswerTo<'try'> | OperationError;
  readonly release?: AnswerTo<'release'> | OperationError;
  readonly freed?: AnswerTo<'try'> | OperationError;
}

type Examination = Pick<PoolDoctor, 'protection' | 'verdict' | 'findings'>;

const docs = 'see docs/pools.md';
const fewInodes = 1_000;

const remedies: Readonly<Partial<Record<PoolLook['condition'], string>>> = {
  stalled: 'look after the server and the way to it; VMs go on by themselves when it answers',
  'read-only': 'look why: a remount after an error, the export, a quota; then remount it',
  full: 'delete or move something, or enlarge it',
  'wrong-mount': 'unmount what is there and mount what is declared; no VM may run on it meanwhile',
  inactive: 'look in the agent’s log why libvirt does not start it',
  error: 'look on that host; “virsh pool-list --all” there says more',
};

export function fileOf(operationId: string, hostId: string, ending: string): string {
  return `${operationId.slice(0, 40)}-${hostId}.${ending}`;
}

export function isAnswer<T extends object>(answer: T | OperationError | undefined): answer is T {
  return answer !== undefined && !('code' in answer);
}

/** It can make files there, so it takes part in what hosts do together. */
export function isUsable(look: PoolLook | OperationError): look is PoolLook {
  return isAnswer(look) && look.owner !== undefined;
}

export function examine(
  { spec }: Pick<PoolRecord, 'spec'>,
  operationId: string,
  hosts: readonly Examined[],
): Examination {
  if (spec.type === 'nfs-direct') return nothingMounted;
  const findings = [
    ...hosts.flatMap(({ hostId, look }) => ofHost(hostId, look)),
    ...together(hosts),
    ...(spec.type === 'local' ? [] : hosts.flatMap((host) => ofPair(operationId, host, hosts))),
  ];
  return { ...protectionOf(spec.type, hosts, findings), findings: findings.slice(0, 300) };
}

const nothingMounted: Examination = {
  protection: 'none',
  verdict:
    'nothing keeps a second copy of a VM off its disk: QEMU’s own NFS client takes no locks, so VMs move in paused mode',
  findings: [
    {
      code: 'no-locks',
      level: 'warning',
      message: 'no host mounts it, so there is nothing to be looked at',
      remedy: 'for disks that are written declare it as nfs; this type is for media that are read',
    },
  ],
};

function bad(code: string, hostId: string, message: string, remedy: string): PoolFinding {
  return { code, level: 'bad', hostId, message: message.slice(0, 1_000), remedy };
}

function ofHost(hostId: string, look: PoolLook | OperationError): readonly PoolFinding[] {
  if (!isAnswer(look)) {
    const isOld = look.code === 'unknown-command';
    const message = isOld ? 'its agent does not know the question' : look.message;
    return [bad('not-asked', hostId, message, isOld ? 'upgrade its agent' : 'look at its agent')];
  }
  const { condition, reason, user, owner, notMade, recoversLostLocks, freeInodes } = look;
  const findings: PoolFinding[] = [];
  if (condition !== 'reachable') {
    const remedy = remedies[condition] ?? docs;
    const why = reason === undefined ? '' : `: ${reason}`;
    findings.push({
      ...bad(condition, hostId, `the pool is ${condition}${why}`, remedy),
      level: condition === 'full' ? 'warning' : 'bad',
    });
  }
  if (notMade !== undefined) {
    const message = `QEMU’s user (${user.uid}) cannot make a file: ${notMade}`;
    const remedy = `give the directory to that user on the server, mode 0770; ${docs}`;
    findings.push(bad('not-writable', hostId, message, remedy));
  }
  if (owner !== undefined && owner.uid !== user.uid) {
    const message = `a file that QEMU’s user (${user.uid}) makes belongs to ${owner.uid}`;
    const remedy = 'export it without all_squash, and with numeric ids (nfs4_disable_idmapping)';
    findings.push(bad('owner-differs', hostId, message, remedy));
  }
  if (recoversLostLocks === true) {
    const message =
      'locks that were lost are taken anew without a word: a second VM may have written';
    const remedy = 'set nfs.recover_lost_locks=N (module option), and mount it anew';
    findings.push(bad('recovers-lost-locks', hostId, message, remedy));
  }
  if (freeInodes !== undefined && freeInodes < fewInodes) {
    const message = `there is room for ${freeInodes} more files (inodes)`;
    findings.push({
      ...bad('few-inodes', hostId, message, 'delete small files'),
      level: 'warning',
    });
  }
  return findings;
}

/** What is right on each, and does not go together. */
function together(hosts: readonly Examined[]): readonly PoolFinding[] {
  const looks = hosts.flatMap(({ hostId, look }) => (isAnswer(look) ? [{ hostId, look }] : []));
  const [first, ...others] = looks;
  if (first === undefined) return [];
  return others.flatMap(({ hostId, look }) => {
    const findings: PoolFinding[] = [];
    const { user, mount } = first.look;
    if (look.user.uid !== user.uid) {
      const message = `QEMU runs as ${look.user.uid}, and on ${first.hostId} as ${user.uid}`;
      const remedy = 'give its user the same uid on all hosts (qemu.conf, user)';
      findings.push(bad('users-differ', hostId, message, remedy));
    } else if (look.user.gid !== user.gid) {
      const message = `QEMU’s group is ${look.user.gid}, and on ${first.hostId} ${user.gid}`;
      const remedy = 'give it the same gid on all hosts (qemu.conf, group)';
      findings.push({ ...bad('groups-differ', hostId, message, remedy), level: 'warning' });
    }
    if (look.mount?.source !== mount?.source || look.mount?.version !== mount?.version) {
      const told = ({ mount: one }: PoolLook) =>
        one === undefined
          ? 'nothing'
          : [one.source, one.type, one.version].filter(Boolean).join(' ');
      const message = `it is a mount of ${told(look)}, and on ${first.hostId} of ${told(first.look)}`;
      const remedy = 'mount it in the same way everywhere';
      findings.push({ ...bad('mounts-differ', hostId, message, remedy), level: 'warning' });
    }
    return findings;
  });
}

function ofPair(
  operationId: string,
  { hostId, before, see, locked, freed }: Examined,
  hosts: readonly Examined[],
): readonly PoolFinding[] {
  const findings: PoolFinding[] = [];
  const makers = hosts.filter((one) => one.hostId !== hostId && isUsable(one.look));
  if (isAnswer(see)) {
    for (const { hostId: maker } of makers) {
      const file = fileOf(operationId, maker, 'txt');
      if (see.seen.includes(file)) continue;
      const isThere = see.unreadable.includes(file);
      const message = isThere
        ? `QEMU’s user cannot read a file that it has made on ${maker}`
        : `a file that was made on ${maker} is not there: the two have different directories`;
      const remedy = isThere
        ? `give QEMU’s user the same uid everywhere; ${docs}`
        : 'mount the same storage at its path on both, or declare it as local';
      findings.push(bad(isThere ? 'not-readable' : 'not-shared', hostId, message, remedy));
    }
  } else if (see !== undefined) {
    findings.push(bad('not-asked', hostId, see.message, 'look at its agent'));
  }
  const holder = hosts.find((one) => one.hostId === before);
  if (before === undefined || holder === undefined) return findings;
  return [...findings, ...ofLock(hostId, before, holder, locked, freed)];
}

function ofLock(
  hostId: string,
  before: string,
  { hold, release }: Examined,
  locked: Examined['locked'],
  freed: Examined['freed'],
): readonly PoolFinding[] {
  const look = 'look at its agent and its QEMU';
  if (!isAnswer(hold) || hold.why !== undefined) {
    const why = isAnswer(hold) ? hold.why : hold?.message;
    return [bad('lock-not-taken', before, `it could not lock an image: ${why ?? ''}`, look)];
  }
  if (!isAnswer(locked)) return [bad('not-asked', hostId, locked?.message ?? '', look)];
  const wasHeld = isAnswer(release) && release.wasHeld;
  if (locked.found === 'unseen') return [];
  if (locked.found === 'failed') {
    return [bad('lock-failed', hostId, `it could not try the lock: ${locked.why ?? ''}`, look)];
  }
  if (locked.found === 'free') {
    if (wasHeld) {
      const message = `it does not see a lock that ${before} has: both could write to one disk`;
      const remedy = `use NFS 4.1 or later without nolock and local_lock; ${docs}`;
      return [bad('lock-not-seen', hostId, message, remedy)];
    }
    const message = `${before} did not keep its lock for long enough to say whether it is seen`;
    return [{ ...bad('lock-expired', hostId, message, 'ask again'), level: 'warning' }];
  }
  if (isAnswer(freed) && freed.found === 'free') {
    const message = `it sees a lock that ${before} has, and gets it when that is released`;
    return [{ code: 'lock-seen', level: 'good', hostId, message }];
  }
  const message = `it sees a lock that ${before} has, and does not get it after that`;
  return [bad('lock-stays', hostId, message, 'look at the server’s lock manager')];
}

const none = 'nothing keeps a second copy of a VM off its disk';

function protectionOf(
  type: 'shared' | 'nfs' | 'local',
  hosts: readonly Examined[],
  findings: readonly PoolFinding[],
): Pick<Examination, 'protection' | 'verdict'> {
  const has = (code: string) => findings.some((finding) => finding.code === code);
  if (type === 'local') {
    const verdict = 'each disk is on one host alone, so no second copy can write to it';
    return { protection: 'one-host', verdict: `${verdict}; its VMs do not move live` };
  }
  if (has('not-shared')) {
    return { protection: 'none', verdict: `${none}: these hosts do not share one directory` };
  }
  if (has('lock-not-seen')) {
    return { protection: 'none', verdict: `${none}: locks are not seen by other hosts` };
  }
  const looks = hosts.flatMap(({ look }) => (isUsable(look) ? [look] : []));
  if (looks.length === 0) return { protection: 'none', verdict: `${none}: no host could use it` };
  const bare = looks.find(({ guard }) => guard === 'none');
  if (bare !== undefined) {
    const verdict = `${none} that can be relied on (${bare.guardedBy}): VMs move in paused mode`;
    return { protection: 'none', verdict };
  }
  const kernels = new Set(looks.map(({ kernel }) => kernel));
  const isOfKernel = looks.some(({ guard }) => guard === 'kernel-lock');
  if (isOfKernel && kernels.size > 1) {
    return {
      protection: 'none',
      verdict: `${none}: locks there are those of each host’s own kernel`,
    };
  }
  if (isOfKernel) {
    const verdict = 'locks of one kernel, which all these hosts share, protect its disks';
    return { protection: 'kernel-lock', verdict };
  }
  const wasTried = has('lock-seen') ? '' : ' (by how it is mounted; no two hosts could try it)';
  return {
    protection: 'image-lock',
    verdict: `image locks on the server protect its disks: a second copy of a VM cannot write${wasTried}`,
  };
}
