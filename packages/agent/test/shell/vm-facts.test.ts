import { parseValue, VmFacts } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { vmFacts, type Asked } from '../../src/shell/vm-facts.ts';

const asked: Asked = {
  state: 'running',
  hostUuid: '6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01',
  hostCpu: 'EPYC-Rome',
  kernel: 'k1',
  qemuVersion: 10_000_000,
  mounts: [
    { at: '/srv', type: 'nfs4', source: 'nas:/srv', options: ['vers=4.2'], readOnly: false },
  ],
  snapshots: 0,
  checkpoints: 0,
  blockJobs: [],
  inodes: new Map([['/srv/a.qcow2', '42']]),
  mtus: new Map([['vnet3', 9000]]),
  volumes: new Map([['vms/b.raw', '/srv/b.raw']]),
};

/** The XML of a VM that runs, with more devices and more of everything else. */
function xmlOf(devices: string, more = '', os = ''): string {
  return `<domain type='kvm' id='7'>
    <name>web</name><uuid>0e3f1f2a-7d6e-4a8f-9d63-0d3f1f2a9b02</uuid>
    <memory unit='KiB'>2097152</memory><currentMemory unit='KiB'>2097152</currentMemory>
    <vcpu placement='static'>2</vcpu>
    <os><type arch='x86_64' machine='pc-q35-10.0'>hvm</type>${os}</os>
    ${more}
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
      <disk type='file' device='disk'>
        <driver name='qemu' type='qcow2' cache='none' io='native'/>
        <source file='/srv/a.qcow2' index='1'/>
        <backingStore type='file' index='2'><format type='qcow2'/><source file='/srv/base.qcow2'/>
          <backingStore/></backingStore>
        <target dev='vda' bus='virtio'/>
      </disk>${devices}</devices>
  </domain>`;
}

const factsOf = (devices: string, more = '', os = ''): VmFacts => {
  const facts = vmFacts(xmlOf(devices, more, os), asked);
  expect(parseValue(VmFacts, facts)).toMatchObject({ ok: true });
  return facts;
};

describe('the facts of a VM that runs', () => {
  it('are the memory that it has now, for a target brings no more; of huge pages all that it can have', () => {
    const less = '<currentMemory unit="KiB">1048576</currentMemory>';
    const xml = xmlOf('').replace(/<currentMemory.*<\/currentMemory>/, less);
    expect(vmFacts(xml, asked).memoryMib).toBe(1024);
    const huge = xml.replace('<devices>', '<memoryBacking><hugepages/></memoryBacking><devices>');
    expect(vmFacts(huge, asked).memoryMib).toBe(2048);
  });

  it('are its size, its board and the whole chain of its disks, with what guards them', () => {
    const facts = factsOf('');
    expect(facts).toMatchObject({ machine: 'pc-q35-10.0', virtType: 'kvm', memoryMib: 2048 });
    expect(facts.disks).toEqual([
      {
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
      },
    ]);
    expect(facts).toMatchObject({
      devices: [],
      directories: [],
      unmovable: [],
      pinnedFeatures: [],
    });
  });

  it('have a network disk as its URL, without a lock', () => {
    const { disks } = factsOf(`<disk type='network' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source protocol='nfs' name='/export/w.raw'><host name='nas'/></source>
      <target dev='vdb' bus='virtio'/></disk>`);
    expect(disks[1]).toMatchObject({
      images: [{ kind: 'network', path: 'nfs://nas/export/w.raw' }],
      guard: 'none',
    });
  });

  it('have the path of a volume that the XML names by its pool', () => {
    const volume = (name: string) => `<disk type='volume' device='disk'>
      <driver name='qemu' type='raw' cache='none'/><source pool='vms' volume='${name}'/>
      <target dev='vdb' bus='virtio'/></disk>`;
    expect(factsOf(volume('b.raw')).disks[1]?.images[0]?.path).toBe('/srv/b.raw');
    expect(factsOf(volume('gone.raw')).disks[1]?.images).toEqual([
      { kind: 'other', path: 'vms/gone.raw' },
    ]);
  });

  it('have a lease as what guards every disk', () => {
    const lease = "<lease><lockspace>l</lockspace><key>k</key><target path='/srv/leases'/></lease>";
    expect(factsOf(lease).disks[0]?.guard).toBe('lease');
  });

  it('have its networks, each with the MTU that the VM sees', () => {
    const { networks } = factsOf(`
      <interface type='bridge'><source bridge='br0'/><target dev='vnet3'/></interface>
      <interface type='network'><source network='lan' bridge='virbr0'/><mtu size='1400'/></interface>
      <interface type='direct'><source dev='eno1' mode='bridge'/></interface>
      <interface type='user'/>`);
    expect(networks).toEqual([
      { kind: 'bridge', name: 'br0', mtu: 9000 },
      { kind: 'network', name: 'lan', mtu: 1400 },
      { kind: 'direct', name: 'eno1' },
    ]);
  });

  it('have the files of its firmware and its kernel, and what runs it', () => {
    const os = `<loader readonly='yes' type='pflash'>/usr/share/OVMF/CODE.fd</loader>
      <nvram template='/usr/share/OVMF/VARS.fd'>/var/lib/libvirt/qemu/nvram/web.fd</nvram>
      <kernel>/boot/k</kernel><initrd>/boot/i</initrd>`;
    expect(factsOf('', '', os).files).toEqual([
      { what: 'firmware', path: '/usr/share/OVMF/CODE.fd' },
      {
        what: 'nvram',
        path: '/var/lib/libvirt/qemu/nvram/web.fd',
        template: '/usr/share/OVMF/VARS.fd',
      },
      { what: 'kernel', path: '/boot/k' },
      { what: 'initrd', path: '/boot/i' },
      { what: 'emulator', path: '/usr/bin/qemu-system-x86_64' },
    ]);
  });

  it('have its CPU as it runs, for a comparison', () => {
    const cpu = `<cpu mode='custom' match='exact' check='full'><model fallback='forbid'>EPYC</model>
      <feature policy='require' name='x2apic'/></cpu>`;
    const facts = factsOf('', cpu);
    expect(facts.cpuMode).toBe('custom');
    expect(facts.cpu).toContain('x2apic');
  });
});

const disk = (more: string, cache = 'none') => `<disk type='file' device='disk'>
  <driver name='qemu' type='raw' cache='${cache}'/><source file='/srv/c.raw'/>
  <target dev='vdc' bus='virtio'/>${more}</disk>`;

describe('what keeps a VM from moving live is found in its XML', () => {
  it.each([
    [
      'a PCI device',
      `<hostdev mode='subsystem' type='pci' managed='yes'><source>
        <address domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/></source></hostdev>`,
      '',
      { devices: ['pci 0000:3b:00.0'] },
    ],
    [
      'a network card of the host',
      `<interface type='hostdev'><mac address='52:54:00:00:00:01'/></interface>`,
      '',
      { devices: ['network card 52:54:00:00:00:01'] },
    ],
    [
      'a directory of the host',
      `<filesystem type='mount'><driver type='virtiofs'/><source dir='/srv/share'/>
        <target dir='share'/></filesystem>`,
      '',
      { directories: ['virtiofs /srv/share'] },
    ],
    [
      'shared memory',
      `<shmem name='ring' role='peer'><model type='ivshmem-plain'/></shmem>`,
      '',
      { unmovable: ['shmem ring'] },
    ],
    [
      'a console in a file of the host, and what is logged of another',
      `<serial type='file'><source path='/var/log/web'/></serial>
       <console type='pty'><log file='/var/log/web-2' append='on'/></console>`,
      '',
      { unmovable: ['serial file /var/log/web', 'console log /var/log/web-2'] },
    ],
    [
      'nothing, where its ends are its own',
      `<serial type='pty'><source path='/dev/pts/3'/></serial>
       <channel type='unix'>
         <source mode='bind' path='/run/libvirt/qemu/channel/7-web/org.qemu.guest_agent.0'/>
       </channel>`,
      '',
      { unmovable: [] },
    ],
    ['sealed memory', '', `<launchSecurity type='sev'/>`, { sealed: 'sev' }],
    [
      'a clock that must not change',
      '',
      `<cpu mode='custom' match='exact'><model>EPYC</model>
        <feature policy='require' name='invtsc'/></cpu>`,
      { pinnedFeatures: ['invtsc'] },
    ],
    [
      'nothing, where that clock has a frequency',
      '',
      `<clock offset='utc'><timer name='tsc' frequency='2400000000'/></clock>
       <cpu mode='custom' match='exact'><model>EPYC</model>
        <feature policy='require' name='invtsc'/></cpu>`,
      { pinnedFeatures: [] },
    ],
    [
      'a disk that others write too',
      disk('<shareable/>'),
      '',
      { disks: [{}, { shareable: true }] },
    ],
    ['how the host caches a disk', disk('', 'unsafe'), '', { disks: [{}, { cache: 'unsafe' }] }],
    ['a disk that is only read', disk('<readonly/>'), '', { disks: [{}, { readOnly: true }] }],
  ])('%s', (_, devices, more, expected) => {
    expect(factsOf(devices, more)).toMatchObject(expected);
  });
});
