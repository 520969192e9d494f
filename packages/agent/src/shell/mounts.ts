/**
 * What a path is mounted from, and whether a lock that is taken there is seen by other hosts. By the kernel's list of
 * mounts alone: nothing is asked of the storage.
 */
import type { PoolMount, VmFacts } from '@drover/protocol';

type DiskGuard = VmFacts['disks'][number]['guard'];

export interface Mount {
  readonly at: string;
  /** `ext4`, `nfs4`, `fuse.glusterfs`, …. */
  readonly type: string;
  /** `nas:/export`, `/dev/vda1`, …. */
  readonly source: string;
  /** Of the file system, such as `rw,vers=4.2,local_lock=none`. */
  readonly options: readonly string[];
  /** The file system is, or this one way to it. */
  readonly readOnly: boolean;
}

/** Locks of these are those of the whole cluster. */
const clustered: readonly string[] = ['gfs2', 'ocfs2', 'gpfs', 'ceph', 'fuse.glusterfs'];
/** Only one kernel writes to these, and its locks hold for whoever it runs, containers too. */
const local: readonly string[] = [
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'zfs',
  'f2fs',
  'overlay',
  'tmpfs',
];

/** Whatever is there answers: no other machine is asked. */
export function isLocal({ type }: Mount): boolean {
  return local.includes(type);
}

/** The text of `/proc/self/mountinfo`. */
export function readMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [at, own = ''] = left.split(' ').slice(4);
    const [type, source = '', options = ''] = right.split(' ');
    if (at === undefined || type === undefined || type === '') return [];
    const isReadOnly = [own, options].some((all) => all.split(',').includes('ro'));
    const about = { options: options.split(','), readOnly: isReadOnly };
    return [{ at: plain(at), type, source: plain(source), ...about }];
  });
}

export function isNfs({ type }: Pick<Mount, 'type'>): boolean {
  return type === 'nfs' || type === 'nfs4';
}

/** What is told of it to others. */
export function poolMountOf(mount: Mount): PoolMount {
  const { at, source, type, readOnly, options } = mount;
  const { guard } = guardAt(mount);
  const about = { at: at.slice(0, 1_024), source: source.slice(0, 1_024), type, readOnly, guard };
  if (!isNfs(mount)) return about;
  const version = valueOf(options, 'vers');
  const localLock = options.includes('nolock') ? 'all' : valueOf(options, 'local_lock');
  return {
    ...about,
    ...(version === undefined ? {} : { version }),
    hard: options.includes('hard'),
    ...(localLock === undefined ? {} : { localLock }),
  };
}

function valueOf(options: readonly string[], name: string): string | undefined {
  return options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The kernel writes blanks in paths as octal numbers. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The mount that a path lies on: the longest above it, and of equal ones the last. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    const isAbove = mount.at === '/' || path === mount.at || path.startsWith(`${mount.at}/`);
    if (isAbove && mount.at.length >= (found?.at.length ?? 0)) found = mount;
  }
  return found;
}

/** A libvirt `<lease>` is a VM's, not a mount's. */
type MountGuard = Exclude<DiskGuard, 'lease'>;

export interface Guarded {
  readonly guard: DiskGuard;
  /** For people. */
  readonly guardedBy: string;
}

interface GuardedMount extends Guarded {
  readonly guard: MountGuard;
}

export function guardOf(path: string, mounts: readonly Mount[]): GuardedMount {
  const mount = mountOf(path, mounts);
  if (mount === undefined) return { guard: 'none', guardedBy: `${path} is on no mount` };
  return guardAt(mount);
}

function guardAt(mount: Mount): GuardedMount {
  const { type, at, options } = mount;
  const by = (guard: MountGuard, more = '') => ({ guard, guardedBy: `${type}${more} at ${at}` });
  if (isNfs(mount)) return nfs(mount);
  if (clustered.includes(type)) return by('image-lock');
  if (type === 'lustre') {
    return options.includes('flock') ? by('image-lock') : by('none', ' without flock');
  }
  return by(isLocal(mount) ? 'kernel-lock' : 'none');
}

/** Only from version 4.1 on does a server give back the locks of a host that is dead, and only of that host. */
function nfs({ at, options }: Mount): GuardedMount {
  const version = valueOf(options, 'vers') ?? 'of unknown version';
  const keepsLocks =
    options.includes('nolock') ||
    ['all', 'posix'].includes(valueOf(options, 'local_lock') ?? 'none');
  const isNewEnough = ['4.1', '4.2'].includes(version);
  const guardedBy = `NFS ${version}${keepsLocks ? ' with locks of its own host' : ''} at ${at}`;
  return { guard: isNewEnough && !keepsLocks ? 'image-lock' : 'none', guardedBy };
}
