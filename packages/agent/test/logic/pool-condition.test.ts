/** How a pool is on a host, by what libvirt, the kernel and its files say. */
import { Inventory, parseValue, type PoolMount } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { poolReport, type PoolFiles, type PoolThere } from '../../src/logic/index.ts';
import { facts } from './driver.ts';

const uuid = '33333333-3333-4333-8333-333333333333';
const other = '44444444-4444-4444-8444-444444444444';
const files: Extract<PoolFiles, { type: 'answered' }> = {
  type: 'answered',
  capacityMib: 1_000,
  freeMib: 500,
  inodes: { total: 10, free: 5 },
  isReadOnly: false,
  mark: uuid,
};
const nfs: PoolMount = {
  at: '/srv/vms',
  source: 'nas:/vms',
  type: 'nfs4',
  readOnly: false,
  guard: 'image-lock',
  version: '4.2',
  hard: true,
  localLock: 'none',
};
const mounted: PoolThere = {
  name: 'vms',
  uuid,
  libvirt: 'active',
  path: '/srv/vms',
  source: { server: 'nas', export: '/vms' },
  mount: nfs,
  files,
};
const { source: _, ...rest } = mounted;
const disk = { at: '/', source: '/dev/vda1', type: 'ext4', readOnly: false } as const;
const shared: PoolThere = { ...rest, mount: { ...disk, guard: 'kernel-lock' } };

describe('a pool', () => {
  it('that is as declared is reachable, with what is mounted and its room', () => {
    expect(poolReport(mounted)).toEqual({
      name: 'vms',
      uuid,
      state: 'active',
      condition: 'reachable',
      capacityMib: 1_000,
      freeMib: 500,
      inodes: { total: 10, free: 5 },
      mount: nfs,
      mark: 'there',
    });
  });

  it.each<[string, PoolThere, ReturnType<typeof poolReport>['condition'], string]>([
    ['stopped', { ...mounted, libvirt: 'inactive' }, 'inactive', ''],
    [
      'not mounted, though its directory is there',
      { ...mounted, mount: { ...nfs, at: '/', source: '/dev/vda1', type: 'ext4' } },
      'wrong-mount',
      '/srv/vms is not mounted',
    ],
    [
      'mounted from elsewhere',
      { ...mounted, mount: { ...nfs, source: 'nas:/other' } },
      'wrong-mount',
      '/srv/vms is a mount of nas:/other, not of nas:/vms',
    ],
    [
      'mounted with NFS 3',
      { ...mounted, mount: { ...nfs, type: 'nfs', version: '3' } },
      'wrong-mount',
      'it is mounted with NFS 3: before 4.1 a server keeps the locks of a host that died',
    ],
    [
      'mounted with NFS 4.0',
      { ...mounted, mount: { ...nfs, version: '4.0' } },
      'wrong-mount',
      'it is mounted with NFS 4.0: before 4.1 a server keeps the locks of a host that died',
    ],
    [
      'mounted soft',
      { ...mounted, mount: { ...nfs, hard: false } },
      'wrong-mount',
      'it is mounted soft: a server that is only slow would fail writes of VMs',
    ],
    [
      'mounted with locks of its own',
      { ...mounted, mount: { ...nfs, localLock: 'posix' } },
      'wrong-mount',
      'it is mounted with local_lock=posix: no other host sees a lock that is taken here',
    ],
    ['silent', { ...mounted, files: { type: 'silent' } }, 'stalled', 'its server does not answer'],
    [
      'whose export is gone',
      { ...mounted, files: { type: 'failed', code: 'ESTALE', message: 'ESTALE: …' } },
      'error',
      'its server does not know it any more',
    ],
    [
      'whose directory is not there',
      { ...shared, files: { type: 'failed', code: 'ENOENT', message: 'ENOENT: …' } },
      'error',
      'its directory is not there',
    ],
    [
      'that fails in a way that nobody has thought of',
      { ...shared, files: { type: 'failed', code: 'EIO', message: 'EIO: i/o error' } },
      'error',
      'EIO: i/o error',
    ],
    [
      'that libvirt does not speak of',
      { ...mounted, libvirt: 'silent' },
      'error',
      'libvirt does not answer about its pools',
    ],
    [
      'that is the directory of another',
      { ...shared, files: { ...files, mark: other } },
      'wrong-mount',
      `/srv/vms is the directory of another pool: its .drover/pool.json says ${other}`,
    ],
    [
      'mounted to be read',
      { ...mounted, mount: { ...nfs, readOnly: true } },
      'read-only',
      'it can only be read',
    ],
    [
      'whose server lets nobody write',
      { ...mounted, files: { ...files, isReadOnly: true } },
      'read-only',
      'it can only be read',
    ],
    ['full', { ...mounted, files: { ...files, freeMib: 15 } }, 'full', '15 MiB are free'],
    [
      'without room for another file',
      { ...mounted, files: { ...files, inodes: { total: 10, free: 0 } } },
      'full',
      'it has room for no more files (inodes)',
    ],
  ])('%s', (_what, there, condition, reason) => {
    const report = poolReport(there);
    expect(report.condition).toBe(condition);
    expect(report.reason ?? '').toBe(reason);
    const usable = ['reachable', 'full'].includes(condition ?? '');
    const state = usable ? 'active' : condition === 'inactive' ? 'inactive' : 'error';
    expect(report.state).toBe(state);
    expect(report.capacityMib > 0).toBe(usable || condition === 'read-only');
  });

  it.each(['missing', 'unreadable'] as const)('whose mark is %s is told to be so', (mark) => {
    const report = poolReport({ ...shared, files: { ...files, mark } });
    expect(report).toMatchObject({ condition: 'reachable', mark });
  });

  it('by an address of IPv6 is mounted in brackets', () => {
    const source = { server: 'fd00::1', export: '/vms' };
    const report = poolReport({ ...mounted, source, mount: { ...nfs, source: '[fd00::1]:/vms' } });
    expect(report.condition).toBe('reachable');
  });

  it('is told in the shape that the wire wants', () => {
    const pools = Inventory.properties.pools;
    expect(parseValue(pools, [poolReport(mounted), ...facts.pools]).ok).toBe(true);
  });
});
