/**
 * What a path is mounted from, and whether a lock that is taken there is seen by other hosts. By the kernel's list of
 * mounts alone: nothing is asked of the storage.
 */
import type { VmFacts } from '@drover/protocol';

type DiskGuard = VmFacts['disks'][number]['guard'];

export interface Mount {
  readonly at: string;
  /** `ext4`, `nfs4`, `fuse.glusterfs`, …. */
  readonly type: string;
  /** `nas:/export`, `/dev/vda1`, …. */
  readonly source: string;
  /** Of the file system, such as `rw,vers=4.2,local_lock=none`. */
  readonly options: readonly string[];
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
    const at = left.split(' ')[4];
    const [type, source = '', options = ''] = right.split(' ');
    if (at === undefined || type === undefined || type === '') return [];
    return [{ at: plain(at), type, source: plain(source), options: options.split(',') }];
  });
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

export interface Guarded {
  readonly guard: DiskGuard;
  /** For people. */
  readonly guardedBy: string;
}

export function guardOf(path: string, mounts: readonly Mount[]): Guarded {
  const mount = mountOf(path, mounts);
  if (mount === undefined) return { guard: 'none', guardedBy: `${path} is on no mount` };
  const { type, at, options } = mount;
  const by = (guard: DiskGuard, more = '') => ({ guard, guardedBy: `${type}${more} at ${at}` });
  if (type === 'nfs' || type === 'nfs4') return nfs(mount);
  if (clustered.includes(type)) return by('image-lock');
  if (type === 'lustre') {
    return options.includes('flock') ? by('image-lock') : by('none', ' without flock');
  }
  return by(isLocal(mount) ? 'kernel-lock' : 'none');
}

/** Only from version 4.1 on does a server give back the locks of a host that is dead, and only of that host. */
function nfs({ at, options }: Mount): Guarded {
  const value = (name: string) =>
    options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
  const version = value('vers') ?? 'of unknown version';
  const keepsLocks =
    options.includes('nolock') || ['all', 'posix'].includes(value('local_lock') ?? 'none');
  const isNewEnough = ['4.1', '4.2'].includes(version);
  const guardedBy = `NFS ${version}${keepsLocks ? ' with locks of its own host' : ''} at ${at}`;
  return { guard: isNewEnough && !keepsLocks ? 'image-lock' : 'none', guardedBy };
}
