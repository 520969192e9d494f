import { describe, expect, it } from 'vitest';
import {
  coldReasons,
  explainReason,
  heldReasons,
  type IncomingAnswer,
  type IncomingFinding,
  incomingCodes,
  modeFor,
  planDrain,
  remediesOf,
  remedyOf,
  targetReasons,
  type VmFacts,
} from '../src/index.ts';
import { aCluster, aHost, aVm } from './builders.ts';

const disk: VmFacts['disks'][number] = {
  name: 'vda',
  device: 'disk',
  readOnly: false,
  shareable: false,
  cache: 'none',
  images: [{ kind: 'file', path: '/srv/a.qcow2' }],
  guard: 'image-lock',
  guardedBy: 'NFS 4.2 at /srv',
};
const plain: VmFacts = {
  name: 'web',
  state: 'running',
  hostUuid: 'h1',
  kernel: 'k1',
  virtType: 'kvm',
  arch: 'x86_64',
  machine: 'pc-q35-10.0',
  qemuVersion: 10_000_000,
  memoryMib: 1024,
  cpuMode: 'custom',
  hostCpu: 'EPYC',
  pinnedFeatures: [],
  disks: [disk],
  files: [],
  networks: [],
  devices: [],
  directories: [],
  unmovable: [],
  snapshots: 0,
  checkpoints: 0,
  blockJobs: [],
};
const there = (
  guard: VmFacts['disks'][number]['guard'],
  findings: readonly IncomingFinding[] = [],
  kernel = 'k2',
): IncomingAnswer => ({
  findings,
  kernel,
  guards: [{ disk: 'vda', guard, guardedBy: `${guard} there` }],
});

const held: readonly (readonly [string, Partial<VmFacts>, string, string])[] = [
  ['vm-not-running', { state: 'paused-io-error' }, 'it is paused-io-error', 'storage is back'],
  ['job-under-way', { job: 'backup' }, 'libvirt works on it (backup)', 'domjobabort'],
  ['block-job', { blockJobs: ['vdb'] }, 'works on its disk vdb', 'blockjob VM vdb --abort'],
  ['snapshot', { snapshots: 2 }, 'libvirt has 2 snapshots of it', 'snapshot-delete'],
  ['checkpoint', { checkpoints: 1 }, 'libvirt has 1 checkpoint of it', 'checkpoint-delete'],
  ['device-held', { devices: ['pci 0000:3b:00.0'] }, '(pci 0000:3b:00.0)', 'detach-device'],
  ['device-unmovable', { unmovable: ['shmem a'] }, 'cannot move its device shmem a', '--cold'],
  ['directory-shared', { directories: ['virtiofs /srv'] }, '(virtiofs /srv)', 'unmount it'],
  ['memory-sealed', { sealed: 'sev' }, 'sealed to its host’s CPU (sev)', '--cold'],
  ['cpu-feature-pinned', { pinnedFeatures: ['invtsc'] }, 'feature invtsc ties', 'frequency'],
  ['disk-shareable', { disks: [{ ...disk, shareable: true }] }, '<shareable/>', 'take'],
  ['disk-cached', { disks: [{ ...disk, cache: 'unsafe' }] }, '(cache unsafe)', 'cache none'],
  [
    'disk-unknown',
    { disks: [{ ...disk, images: [{ kind: 'other', path: 'dir' }] }] },
    'kind that cannot be checked (dir)',
    '--cold',
  ],
];

describe('what holds a VM where it is', () => {
  it.each(held)('is found: %s', (code, more, sentence, remedy) => {
    const [reason, ...others] = heldReasons({ ...plain, ...more });
    expect(reason?.code).toBe(code);
    expect(others).toEqual([]);
    expect(reason && explainReason(reason)).toContain(sentence);
    expect(reason && remedyOf(reason)).toContain(remedy);
  });

  it('is nothing for a plain VM', () => {
    expect(heldReasons(plain)).toEqual([]);
  });

  it('is told all at once, in the same order whatever the facts’ order', () => {
    const facts = { ...plain, snapshots: 1, blockJobs: ['vdb', 'vda'], job: 'backup' };
    const codes = (one: VmFacts) => heldReasons(one).map((no) => `${no.code} ${no.subject ?? ''}`);
    const expected = ['job-under-way backup', 'block-job vda', 'block-job vdb', 'snapshot '];
    expect(codes(facts)).toEqual(expected);
    expect(codes({ ...facts, blockJobs: ['vda', 'vdb'] })).toEqual(expected);
    expect(remediesOf(heldReasons(facts)).split('; ').length).toBeGreaterThan(3);
  });

  it.each([
    ['writeback', 10_000_000, []],
    ['default', 10_000_000, []],
    ['writeback', 3_001_000, ['disk-cached']],
    ['directsync', 3_001_000, []],
  ])('is a cache of %s under QEMU %i only where that keeps it: %j', (cache, qemuVersion, codes) => {
    const facts = { ...plain, qemuVersion, disks: [{ ...disk, cache }] };
    expect(heldReasons(facts).map(({ code }) => code)).toEqual(codes);
  });

  it('is not a disk that is only read', () => {
    const media = [
      { ...disk, readOnly: true, shareable: true, cache: 'unsafe' },
      { ...disk, device: 'cdrom', cache: 'unsafe', guard: 'none' as const },
    ];
    expect(heldReasons({ ...plain, disks: media })).toEqual([]);
  });
});

describe('a VM that is started anew from its record', () => {
  it('must write to the disks that the record names', () => {
    expect(coldReasons(plain, ['/srv/a.qcow2'])).toEqual([]);
    const [reason] = coldReasons(plain, ['/srv/other.qcow2']);
    expect(reason && explainReason(reason)).toBe(
      'its disk vda is written to /srv/a.qcow2, which its record does not name',
    );
    expect(reason && remedyOf(reason)).toContain('detach-disk VM vda');
  });

  it('is helped by a merge where somebody began a chain on the disk that the record names', () => {
    const images = [...disk.images, { kind: 'file', path: '/srv/base.qcow2' } as const];
    const [reason] = coldReasons({ ...plain, disks: [{ ...disk, images }] }, ['/srv/base.qcow2']);
    expect(reason).toMatchObject({ code: 'disk-elsewhere', required: '/srv/base.qcow2' });
    expect(reason && remedyOf(reason)).toContain('blockcommit VM vda --active --pivot');
  });

  it('may have other media', () => {
    const medium = { ...disk, device: 'cdrom' };
    expect(coldReasons({ ...plain, disks: [medium] }, [])).toEqual([]);
  });
});

describe('what is in the way on a target', () => {
  it.each(incomingCodes)('is told with its host and a remedy: %s', (code) => {
    const finding = { code, subject: 'S', required: 4_001_000, available: 3_002_001 };
    const [reason] = targetReasons(plain, 'h2', there('image-lock', [finding]));
    expect(reason).toMatchObject({ ...finding, hostId: 'h2' });
    expect(reason && explainReason(reason)).toMatch(/^h2: .{8}/);
    expect(reason && remedyOf(reason)).toMatch(/.{8}/);
  });

  it('is another reason for a VM that was given all of its host’s CPU', () => {
    const finding = { code: 'cpu-incompatible', required: 'EPYC', available: 'Xeon' } as const;
    const facts: VmFacts = { ...plain, cpuMode: 'host-passthrough' };
    const [reason] = targetReasons(facts, 'h2', there('image-lock', [finding]));
    expect(reason && explainReason(reason)).toBe(
      'h2: the VM was given all of a EPYC, its CPU is another (Xeon)',
    );
  });
});

describe('a VM moves', () => {
  it.each([
    ['image-lock', 'image-lock', 'k2', 'live'],
    ['lease', 'lease', 'k2', 'live'],
    ['image-lock', 'none', 'k2', 'paused'],
    ['none', 'none', 'k1', 'paused'],
    ['kernel-lock', 'kernel-lock', 'k2', 'paused'],
    ['kernel-lock', 'kernel-lock', 'k1', 'live'],
  ] as const)('guarded by %s and there by %s, kernel %s: %s', (here, target, kernel, mode) => {
    const facts = { ...plain, disks: [{ ...disk, guard: here }] };
    expect(modeFor(facts, there(target, [], kernel)).mode).toBe(mode);
  });

  it('in paused mode for one disk without a lock, and says which and why', () => {
    const wire = { ...disk, name: 'vdb', guard: 'none' as const, guardedBy: 'nfs://nas/b.raw' };
    const choice = modeFor({ ...plain, disks: [disk, wire] }, there('image-lock'));
    expect(choice).toEqual({
      mode: 'paused',
      why: 'no lock guards vdb on both hosts (nfs://nas/b.raw; unknown)',
    });
  });

  it('live with a medium that no lock guards: it is only read', () => {
    const medium = { ...disk, name: 'sda', device: 'cdrom', guard: 'none' as const };
    expect(modeFor({ ...plain, disks: [disk, medium] }, there('image-lock')).mode).toBe('live');
  });
});

describe('a drain’s plan', () => {
  const hosts = ['h1', 'h2', 'h3'].map((id) => aHost(id));

  it('leaves what is held, with its reasons', () => {
    const vm = aVm('v1', { hostId: 'h1', held: [{ code: 'snapshot', available: 1 }] });
    const plan = planDrain(aCluster(hosts, [vm]), 'h1');
    expect(plan.moves).toEqual([]);
    expect(plan.blockers).toMatchObject([
      { reason: 'preflight-failed', held: [{ code: 'snapshot' }] },
    ]);
  });

  it('passes over hosts that have said no', () => {
    const reasons = [{ code: 'path-missing', subject: '/iso', required: 'cdrom' }] as const;
    const vm = aVm('v1', { hostId: 'h1', barred: [{ hostId: 'h2', reasons }] });
    const free = planDrain(aCluster(hosts, [vm]), 'h1');
    expect(free.moves.map(({ target }) => target)).toEqual(['h3']);
    const both = ['h2', 'h3'].map((hostId) => ({ hostId, reasons }));
    const stuck = planDrain(aCluster(hosts, [{ ...vm, barred: both }]), 'h1');
    expect(stuck.moves).toEqual([]);
    expect(stuck.blockers[0]?.remedy).toContain('eject it');
  });
});
