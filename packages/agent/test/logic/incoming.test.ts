/** What is in the way of a VM that would come, from what was learnt of the host: the same for real hosts and simulated ones. */
import type { VmFacts } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import {
  asksForCpu,
  incomingFindings,
  type IncomingHost,
  type IncomingPart,
  type Learnt,
  networksOf,
  pathsOf,
  type Stood,
  urlsOf,
} from '../../src/logic/index.ts';

type Disk = VmFacts['disks'][number];

const disk: Disk = {
  name: 'vda',
  device: 'disk',
  readOnly: false,
  shareable: false,
  cache: 'none',
  images: [
    { kind: 'file', path: '/srv/a.qcow2', inode: '42' },
    { kind: 'file', path: '/srv/base.qcow2' },
  ],
  guard: 'image-lock',
  guardedBy: 'NFS 4.2 at /srv',
};
const facts: VmFacts = {
  name: 'web',
  state: 'running',
  hostUuid: '6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01',
  kernel: 'k1',
  virtType: 'kvm',
  arch: 'x86_64',
  machine: 'pc-q35-10.0',
  qemuVersion: 10_000_000,
  memoryMib: 2_048,
  cpuMode: 'custom',
  hostCpu: 'EPYC-Rome',
  cpu: '<cpu><model>EPYC</model></cpu>',
  pinnedFeatures: [],
  disks: [disk],
  files: [{ what: 'emulator', path: '/usr/bin/qemu-system-x86_64' }],
  networks: [
    { kind: 'bridge', name: 'br0', mtu: 1_500 },
    { kind: 'bridge', name: 'br0' },
  ],
  devices: [],
  directories: [],
  unmovable: [],
  snapshots: 0,
  checkpoints: 0,
  blockJobs: [],
};

const known = <T>(value: T): Learnt<T> => ({ ok: true, value });
const unknown = { ok: false, why: 'libvirt said no' } as const;
const standing: Readonly<Record<string, Stood>> = {
  '/srv/a.qcow2': { type: 'file', inode: '42' },
  '/srv/base.qcow2': { type: 'file', inode: '7' },
};
const well = {
  identity: { hostUuid: '6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b02', hasNamesake: false },
  hypervisor: {
    qemuVersion: 10_000_000,
    virtTypes: ['kvm', 'qemu'],
    machines: ['pc-q35-10.0', 'pc'],
  },
  cpu: { model: 'EPYC-Rome', gives: true },
  networks: () => ({ state: 'up', mtu: 1_500 }) as const,
  paths: {
    stood: (path: string) => standing[path],
    reached: () => true,
    emulators: ['/usr/bin/qemu-system-x86_64'],
  },
  memory: { availableMib: 2_048 },
};

type Parts = { readonly [K in keyof IncomingHost]?: IncomingPart<K> };

function hostWith(changed: Parts = {}): IncomingHost {
  const parts = { ...well, ...changed };
  return {
    identity: known(parts.identity),
    hypervisor: known(parts.hypervisor),
    cpu: known(parts.cpu),
    networks: known(parts.networks),
    paths: known(parts.paths),
    memory: known(parts.memory),
  };
}

const says = (changed: Parts, more: Partial<VmFacts> = {}) =>
  incomingFindings({ ...facts, ...more }, hostWith(changed));
const at = (path: string, stood: Stood) => ({
  paths: { ...well.paths, stood: (asked: string) => (asked === path ? stood : standing[asked]) },
});

describe('a host', () => {
  it('that has everything has nothing in the way', () => {
    expect(says({})).toEqual([]);
  });

  it.each<[string, Parts, object]>([
    [
      'is the same one',
      { identity: { ...well.identity, hostUuid: facts.hostUuid } },
      { code: 'same-host', subject: facts.hostUuid },
    ],
    [
      'has a copy of it',
      { identity: { ...well.identity, copy: 'paused' } },
      { code: 'vm-there', available: 'paused' },
    ],
    [
      'has its name',
      { identity: { ...well.identity, hasNamesake: true } },
      { code: 'name-there', subject: 'web' },
    ],
    [
      'has no KVM',
      { hypervisor: { ...well.hypervisor, virtTypes: ['qemu'] } },
      { code: 'accelerator-missing', required: 'kvm for x86_64' },
    ],
    [
      'lacks its board',
      { hypervisor: { ...well.hypervisor, machines: ['pc'] } },
      { code: 'machine-type-missing', required: 'pc-q35-10.0' },
    ],
    [
      'has an older QEMU',
      { hypervisor: { ...well.hypervisor, qemuVersion: 9_000_000 } },
      { code: 'qemu-older', required: 10_000_000, available: 9_000_000 },
    ],
    [
      'does not give its CPU',
      { cpu: { model: 'EPYC-Rome', gives: false } },
      { code: 'cpu-incompatible', required: 'EPYC', available: 'EPYC-Rome' },
    ],
    [
      'lacks its bridge',
      { networks: () => ({ state: 'missing' }) },
      { code: 'network-missing', subject: 'bridge br0' },
    ],
    [
      'has it down',
      { networks: () => ({ state: 'down' }) },
      { code: 'network-down', subject: 'bridge br0' },
    ],
    [
      'takes smaller frames',
      { networks: () => ({ state: 'up', mtu: 1_400 }) },
      { code: 'mtu-smaller', subject: 'bridge br0', required: 1_500, available: 1_400 },
    ],
    [
      'lacks its disk',
      at('/srv/a.qcow2', { type: 'missing' }),
      { code: 'path-missing', subject: '/srv/a.qcow2', required: 'disk' },
    ],
    [
      'has another file there',
      at('/srv/a.qcow2', { type: 'file', inode: '43' }),
      { code: 'path-differs', subject: '/srv/a.qcow2', required: 'disk' },
    ],
    [
      'hears nothing of what is below',
      at('/srv/base.qcow2', { type: 'silent' }),
      { code: 'path-silent', subject: '/srv/base.qcow2', required: 'below vda' },
    ],
    [
      'has another emulator',
      { paths: { ...well.paths, emulators: ['/usr/bin/kvm'] } },
      { code: 'path-missing', subject: '/usr/bin/qemu-system-x86_64', required: 'emulator' },
    ],
    [
      'has less memory',
      { memory: { availableMib: 2_047 } },
      { code: 'memory-short', required: 2_048, available: 2_047, unit: 'MiB' },
    ],
  ])('that %s says so, and that alone', (_, changed, finding) => {
    expect(says(changed)).toEqual([finding]);
  });

  it('tells everything at once', () => {
    const codes = says({
      identity: { ...well.identity, copy: 'running', hasNamesake: true },
      memory: { availableMib: 1 },
    }).map(({ code }) => code);
    expect(codes).toEqual(['vm-there', 'name-there', 'memory-short']);
  });

  it('of which something could not be learnt does not say that all is well', () => {
    const host = { ...hostWith(), cpu: unknown, memory: unknown };
    const failed = { code: 'check-failed', available: 'libvirt said no' };
    expect(incomingFindings(facts, host)).toEqual([failed, failed]);
  });

  it('that has an old copy which is off can take it', () => {
    expect(says({ identity: { ...well.identity, copy: 'shut-off' } })).toEqual([]);
  });
});

describe('a VM', () => {
  it('that was given all of its host’s CPU goes to the same one only', () => {
    const passed = { cpuMode: 'host-passthrough' };
    expect(says({ cpu: { model: 'EPYC-Rome' } }, passed)).toEqual([]);
    const other = { code: 'cpu-incompatible', required: 'EPYC-Rome', available: 'EPYC-Milan' };
    expect(says({ cpu: { model: 'EPYC-Milan' } }, passed)).toEqual([other]);
    expect(asksForCpu({ ...facts, ...passed })).toBe(false);
    expect(asksForCpu({ ...facts, cpuMode: 'maximum' })).toBe(false);
    expect(asksForCpu(facts)).toBe(true);
  });

  it('with a medium that is only read takes a copy of it', () => {
    const medium: Disk = { ...disk, device: 'cdrom', readOnly: true };
    const other = at('/srv/a.qcow2', { type: 'file', inode: '43' });
    expect(says(other, { disks: [medium] })).toEqual([]);
  });

  it('whose NVRAM is made from a template needs that, and the folder', () => {
    const path = '/var/nvram/web.fd';
    const files = [{ what: 'nvram', path, template: '/usr/VARS.fd' }] as const;
    const there: Record<string, Stood> = {
      ...standing,
      '/usr/VARS.fd': { type: 'file', inode: '1' },
      '/var/nvram': { type: 'folder', inode: '2' },
    };
    const paths = { ...well.paths, stood: (asked: string) => there[asked] };
    expect(says({ paths }, { files: [...files] })).toEqual([]);
    delete there['/var/nvram'];
    const missing = { code: 'path-missing', subject: path, required: 'nvram' };
    expect(says({ paths }, { files: [...files] })).toEqual([missing]);
    expect(pathsOf({ ...facts, files: [...files] })).toEqual([
      '/srv/a.qcow2',
      '/srv/base.qcow2',
      path,
      '/usr/VARS.fd',
      '/var/nvram',
    ]);
  });

  it('whose disk only QEMU reaches is asked about there', () => {
    const url = 'nfs://nas/export/w.raw';
    const disks: Disk[] = [{ ...disk, images: [{ kind: 'network', path: url }] }];
    const unreached = { ...well.paths, reached: () => false };
    const missing = { code: 'path-missing', subject: url, required: 'disk' };
    expect(says({ paths: unreached }, { disks })).toEqual([missing]);
    expect(says({}, { disks })).toEqual([]);
    expect([urlsOf({ ...facts, disks }), urlsOf(facts)]).toEqual([[url], []]);
  });

  it('in huge pages needs as many', () => {
    const short = { code: 'huge-pages-short', subject: '2 MiB', required: 2_048, available: 6 };
    const said = says({ memory: { availableMib: 6 } }, { hugePageKib: 2_048 });
    expect(said).toEqual([{ ...short, unit: 'MiB' }]);
  });

  it('with two cards on one bridge has it looked at once', () => {
    expect(networksOf(facts)).toEqual([{ kind: 'bridge', name: 'br0', mtu: 1_500 }]);
  });
});
