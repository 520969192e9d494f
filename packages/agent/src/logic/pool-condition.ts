/**
 * How a pool is on this host: from what libvirt says of it, what the kernel has mounted at its path, and what its files
 * answered. Whether other hosts see the same directory is the leader's to compare.
 */
import type { Inventory, PoolCondition, PoolMark, PoolMount } from '@drover/protocol';

type ReportedPool = Inventory['pools'][number];

/** What asking the file system below the pool's path has brought. */
export type PoolFiles =
  | { readonly type: 'silent' }
  /** `code` as the kernel names it: `ENOENT`, `ESTALE`. */
  | { readonly type: 'failed'; readonly code?: string; readonly message: string }
  | {
      readonly type: 'answered';
      readonly capacityMib: number;
      readonly freeMib: number;
      /** Absent where the file system does not count them. */
      readonly inodes?: { readonly total: number; readonly free: number };
      readonly isReadOnly: boolean;
      /** Which pool the directory says that it is; `missing`, or `unreadable`. */
      readonly mark: string;
    };

export interface PoolThere {
  readonly name: string;
  readonly uuid: string;
  /** `silent`: it does not answer about its pools. */
  readonly libvirt: 'active' | 'inactive' | 'silent';
  readonly path: string;
  /** Of one that libvirt mounts. */
  readonly source?: { readonly server: string; readonly export: string };
  /** What the path lies on. */
  readonly mount?: PoolMount;
  readonly files: PoolFiles;
}

/** Below that nothing can be made in it, and what stands still for want of room stays so. */
export const fullBelowMib = 16;

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'its directory is not there',
  ENOTDIR: 'its directory is not there',
  ESTALE: 'its server does not know it any more',
  EROFS: 'it can only be read',
};

/** For people, who have to mend it. */
export function whyUnusable({ code, message }: Extract<PoolFiles, { type: 'failed' }>): string {
  return (causes[code ?? ''] ?? message).slice(0, 1_000);
}

export function poolReport(pool: PoolThere): ReportedPool {
  const { name, uuid, files, mount } = pool;
  const found = findingOf(pool);
  const { condition } = found;
  const answered = files.type === 'answered' ? files : undefined;
  const isThere = condition === 'reachable' || condition === 'full' || condition === 'read-only';
  const told = isThere ? answered : undefined;
  return {
    name,
    state: stateOf(condition),
    condition,
    ...(found.reason === undefined ? {} : { reason: found.reason }),
    capacityMib: told?.capacityMib ?? 0,
    freeMib: told?.freeMib ?? 0,
    ...(told?.inodes === undefined ? {} : { inodes: told.inodes }),
    ...(mount === undefined ? {} : { mount }),
    ...(answered === undefined ? {} : { mark: markOf(answered.mark, uuid) }),
    uuid,
  };
}

/** For schedulers that know no conditions. */
function stateOf(condition: PoolCondition): ReportedPool['state'] {
  if (condition === 'inactive') return 'inactive';
  return condition === 'reachable' || condition === 'full' ? 'active' : 'error';
}

interface Finding {
  readonly condition: PoolCondition;
  readonly reason?: string;
}

function findingOf(pool: PoolThere): Finding {
  const { libvirt, files, mount, uuid, path } = pool;
  if (libvirt === 'inactive') return { condition: 'inactive' };
  const wrong = wrongMount(pool);
  if (wrong !== undefined) return { condition: 'wrong-mount', reason: wrong };
  if (files.type === 'silent') {
    return { condition: 'stalled', reason: 'its server does not answer' };
  }
  if (files.type === 'failed') {
    const reason = whyUnusable(files);
    return { condition: files.code === 'EROFS' ? 'read-only' : 'error', reason };
  }
  if (libvirt === 'silent') {
    return { condition: 'error', reason: 'libvirt does not answer about its pools' };
  }
  if (markOf(files.mark, uuid) === 'other') {
    const reason = `${path} is the directory of another pool: its .drover/pool.json says ${files.mark}`;
    return { condition: 'wrong-mount', reason };
  }
  if (mount?.readOnly === true || files.isReadOnly) {
    return { condition: 'read-only', reason: 'it can only be read' };
  }
  if (files.freeMib < fullBelowMib) {
    return { condition: 'full', reason: `${files.freeMib} MiB are free` };
  }
  return files.inodes?.free === 0
    ? { condition: 'full', reason: 'it has room for no more files (inodes)' }
    : { condition: 'reachable' };
}

/** Files made below a path that is not mounted would be on this host alone. */
export function wrongMount({
  path,
  source,
  mount,
}: Pick<PoolThere, 'path' | 'source' | 'mount'>): string | undefined {
  if (source === undefined) return undefined;
  if (mount?.at !== path || !mount.type.startsWith('nfs')) return `${path} is not mounted`;
  const named = [`${source.server}:${source.export}`, `[${source.server}]:${source.export}`];
  if (!named.includes(mount.source)) {
    return `${path} is a mount of ${mount.source}, not of ${named[0]}`;
  }
  const { version = 'of unknown version', hard, localLock = 'none' } = mount;
  if (version !== '4.1' && version !== '4.2') {
    return `it is mounted with NFS ${version}: before 4.1 a server keeps the locks of a host that died`;
  }
  if (hard !== true) {
    return 'it is mounted soft: a server that is only slow would fail writes of VMs';
  }
  if (localLock !== 'none') {
    return `it is mounted with local_lock=${localLock}: no other host sees a lock that is taken here`;
  }
  return undefined;
}

function markOf(mark: string, uuid: string): PoolMark {
  if (mark === 'missing' || mark === 'unreadable') return mark;
  return mark === uuid ? 'there' : 'other';
}
