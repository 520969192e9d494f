import { describe, expect, it } from 'vitest';
import { guardOf, mountOf, readMounts } from '../../src/shell/mounts.ts';

const line = (at: string, type: string, options: string, source = 'none') =>
  `36 25 0:31 / ${at} rw,relatime shared:1 - ${type} ${source} ${options}`;
const nfs = (options: string) =>
  line('/pool', 'nfs4', `rw,vers=4.2,hard,local_lock=none,${options}`, 'nas:/vms');

/** What guards a file in /pool where that is mounted so. */
const guard = (mount: string) =>
  guardOf('/pool/a.qcow2', readMounts(`${line('/', 'ext4', 'rw')}\n${mount}\n`)).guard;

describe('what guards a file', () => {
  it.each([
    ['NFS 4.2', nfs(''), 'image-lock'],
    ['NFS 4.1', line('/pool', 'nfs4', 'rw,vers=4.1,local_lock=none'), 'image-lock'],
    ['NFS 4.0', line('/pool', 'nfs4', 'rw,vers=4.0,local_lock=none'), 'none'],
    ['NFS 3', line('/pool', 'nfs', 'rw,vers=3,local_lock=none'), 'none'],
    ['NFS without locks', line('/pool', 'nfs', 'rw,vers=4.2,nolock'), 'none'],
    ['NFS with the host’s locks', line('/pool', 'nfs4', 'rw,vers=4.2,local_lock=all'), 'none'],
    ['NFS with POSIX locks local', line('/pool', 'nfs4', 'vers=4.2,local_lock=posix'), 'none'],
    ['OCFS2', line('/pool', 'ocfs2', 'rw'), 'image-lock'],
    ['GFS2', line('/pool', 'gfs2', 'rw'), 'image-lock'],
    ['Ceph', line('/pool', 'ceph', 'rw'), 'image-lock'],
    ['Lustre with flock', line('/pool', 'lustre', 'rw,flock'), 'image-lock'],
    ['Lustre without', line('/pool', 'lustre', 'rw'), 'none'],
    ['a local file system', line('/pool', 'xfs', 'rw'), 'kernel-lock'],
    ['9p', line('/pool', '9p', 'rw'), 'none'],
    ['any FUSE', line('/pool', 'fuse.sshfs', 'rw'), 'none'],
    ['SMB', line('/pool', 'cifs', 'rw'), 'none'],
  ])('on %s', (_, mount, expected) => {
    expect(guard(mount)).toBe(expected);
  });

  it('is said for people', () => {
    const mounts = readMounts(nfs(''));
    expect(guardOf('/pool/a', mounts).guardedBy).toBe('NFS 4.2 at /pool');
    expect(guardOf('/other', mounts)).toEqual({
      guard: 'none',
      guardedBy: '/other is on no mount',
    });
  });
});

describe('the mount of a path', () => {
  it('is the longest above it, and of two on one place the last', () => {
    const mounts = readMounts(
      [line('/', 'ext4', 'rw'), line('/a', 'xfs', 'rw'), line('/a', 'nfs4', 'rw')].join('\n'),
    );
    expect(mountOf('/a/b', mounts)?.type).toBe('nfs4');
    expect(mountOf('/ab', mounts)?.type).toBe('ext4');
  });

  it('may have blanks in its name', () => {
    expect(readMounts(line('/my\\040pool', 'xfs', 'rw'))[0]?.at).toBe('/my pool');
  });
});
