import { describe, expect, it } from 'vitest';
import { guardOf, mountOf, poolMountOf, readMounts } from '../../src/shell/mounts.ts';

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

describe('what is told of a mount', () => {
  /** As kernels write it: lines made by hand in their form. */
  const written = (text: string) => {
    const mount = mountOf('/srv/vms', readMounts(text));
    return mount === undefined ? undefined : poolMountOf(mount);
  };

  it('of NFS is its source, version, patience, and whose locks it has', () => {
    const text =
      '412 29 0:54 / /srv/vms rw,nosuid,nodev,noexec,relatime shared:233 - nfs4 nas:/export/vms ' +
      'rw,vers=4.2,rsize=1048576,wsize=1048576,namlen=255,hard,proto=tcp,nconnect=4,timeo=600,' +
      'retrans=2,sec=sys,clientaddr=10.0.0.2,local_lock=none,addr=10.0.0.1';
    expect(written(text)).toEqual({
      at: '/srv/vms',
      source: 'nas:/export/vms',
      type: 'nfs4',
      readOnly: false,
      guard: 'image-lock',
      version: '4.2',
      hard: true,
      localLock: 'none',
    });
  });

  it('of NFS 3 without locks, soft', () => {
    const text =
      '412 29 0:54 / /srv/vms rw,relatime shared:233 - nfs nas:/export/vms ' +
      'rw,vers=3,rsize=1048576,soft,nolock,proto=tcp,mountproto=udp,local_lock=all,addr=10.0.0.1';
    expect(written(text)).toMatchObject({ version: '3', hard: false, localLock: 'all' });
  });

  it('is that it can only be read, whichever of the two lists says so', () => {
    const bound =
      '88 29 0:31 /vms /srv/vms ro,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro';
    expect(written(bound)).toMatchObject({ readOnly: true, type: 'ext4' });
    const all = '88 29 0:31 / /srv/vms rw,relatime shared:1 - ext4 /dev/vda1 ro';
    expect(written(all)).toMatchObject({ readOnly: true });
    const neither =
      '88 29 0:31 / /srv/vms rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro';
    expect(written(neither)).toMatchObject({ readOnly: false });
  });
});
