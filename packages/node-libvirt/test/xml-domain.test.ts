/**
 * A domain's XML as a running libvirt writes it, read into what a manager asks of it.
 */
import { describe, expect, it } from 'vitest';
import { readDomain } from '../src/index.ts';

const xml = `<domain type='kvm' id='12'>
  <name>db-1</name>
  <uuid>0F3A6C1E-5D2B-4B7A-9C7E-2F6D1A8E4B30</uuid>
  <memory unit='GiB'>4</memory>
  <currentMemory unit='KiB'>2097152</currentMemory>
  <memoryBacking>
    <hugepages><page size='2' unit='MiB' nodeset='0'/><page size='1' unit='GiB'/></hugepages>
    <locked/>
    <access mode='shared'/>
  </memoryBacking>
  <vcpu placement='static' current='2'>8</vcpu>
  <os firmware='efi'>
    <type arch='x86_64' machine='pc-q35-10.0'>hvm</type>
    <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>
    <nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'>/var/lib/libvirt/qemu/nvram/db-1_VARS.fd</nvram>
    <boot dev='cdrom'/>
    <boot dev='hd'/>
  </os>
  <cpu mode='custom' match='exact' check='full'>
    <model fallback='forbid'>Skylake-Server-IBRS</model>
    <topology sockets='2' dies='1' clusters='1' cores='2' threads='2'/>
    <feature policy='require' name='md-clear'/>
    <feature policy='disable' name='hle'/>
    <feature name='ssbd'/>
  </cpu>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' error_policy='stop' discard='unmap'/>
      <source file='/pool/db-1.qcow2' index='2'/>
      <backingStore type='file' index='3'>
        <format type='qcow2'/>
        <source file='/pool/snap.qcow2'/>
        <backingStore type='network' index='4'>
          <format type='raw'/>
          <source protocol='rbd' name='images/base'><host name='ceph1' port='6789'/></source>
          <backingStore/>
        </backingStore>
      </backingStore>
      <target dev='vda' bus='virtio'/>
      <serial>abc</serial>
      <boot order='1'/>
      <alias name='virtio-disk0'/>
    </disk>
    <disk type='file' device='cdrom'>
      <target dev='sda' bus='sata'/>
      <readonly/>
    </disk>
    <interface type='bridge'>
      <mac address='52:54:00:AA:BB:CC'/>
      <source bridge='br0'/>
      <target dev='vnet4'/>
      <model type='virtio'/>
      <mtu size='9000'/>
      <vlan><tag id='42'/></vlan>
      <link state='down'/>
    </interface>
    <serial type='pty'>
      <source path='/dev/pts/3'/>
      <target type='isa-serial' port='0'/>
      <alias name='serial0'/>
    </serial>
    <console type='pty'><source path='/dev/pts/3'/><target type='serial' port='0'/></console>
    <channel type='unix'>
      <source mode='bind' path='/run/libvirt/qemu/channel/12-db-1/org.qemu.guest_agent.0'/>
      <target type='virtio' name='org.qemu.guest_agent.0' state='disconnected'/>
    </channel>
    <graphics type='vnc' port='5903' autoport='yes' websocket='-1' listen='127.0.0.1'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
    <graphics type='spice' socket='/run/spice.sock' passwd='not-told'/>
    <graphics type='vnc' port='-1' autoport='yes'><listen type='none'/></graphics>
    <filesystem type='mount' accessmode='passthrough'>
      <driver type='virtiofs'/>
      <source dir='/srv/share'/>
      <target dir='share'/>
    </filesystem>
    <hostdev mode='subsystem' type='pci' managed='yes'>
      <source><address domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/></source>
    </hostdev>
    <watchdog model='itco' action='reset'/>
    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
    <something from='the future'/>
  </devices>
  <launchSecurity type='sev'><policy>0x3</policy></launchSecurity>
</domain>`;

const devices = (inner: string) =>
  "<domain type='qemu'><name>a</name><uuid>0f3a6c1e-5d2b-4b7a-9c7e-2f6d1a8e4b30</uuid>" +
  `<memory>1024</memory>${inner}</domain>`;

describe('a device of the host', () => {
  it.each([
    [
      'of PCI, from its parts',
      "<hostdev type='pci'><source><address bus='0xa' slot='0x1f' function='0x7'/></source></hostdev>",
      { type: 'pci', address: '0000:0a:1f.7', managed: false },
    ],
    [
      'of USB, by its place',
      "<hostdev type='usb'><source><address bus='1' device='4'/></source></hostdev>",
      { type: 'usb', address: '1:4', managed: false },
    ],
    [
      'of USB, by what it is',
      "<hostdev type='usb'><source><vendor id='0x1d6b'/><product id='0x0002'/></source></hostdev>",
      { type: 'usb', address: '1d6b:0002', managed: false },
    ],
    [
      'made of another, by its uuid',
      "<hostdev type='mdev'><source><address uuid='c2177883'/></source></hostdev>",
      { type: 'mdev', address: 'c2177883', managed: false },
    ],
    ['that tells nothing', "<hostdev type='scsi'/>", { type: 'scsi', managed: false }],
  ])('%s', (_, xml, expected) => {
    expect(readDomain(devices(`<devices>${xml}</devices>`)).hostDevices).toEqual([expected]);
  });
});

it('NUMA cells are read with their own unit, and where they may lie on the host', () => {
  const xml = devices(
    "<numatune><memory mode='strict' nodeset='0-1'/></numatune>" +
      "<cpu><numa><cell id='0' cpus='0-3' memory='2' unit='GiB'/><cell memory='1024'/></numa></cpu>",
  );
  expect(readDomain(xml)).toMatchObject({
    numaMode: 'strict',
    numaNodeset: '0-1',
    numaCells: [
      { id: 0, cpus: '0-3', memoryKib: 2_097_152 },
      { id: 1, memoryKib: 1024 },
    ],
  });
});

it('a disk tells its limits by libvirt’s names', () => {
  const limits = '<iotune><total_iops_sec>500</total_iops_sec></iotune>';
  const disk = `<disk type='file'><target dev='vda'/>${limits}</disk>`;
  const [read] = readDomain(devices(`<devices>${disk}</devices>`)).disks;
  expect(read?.ioTune).toEqual({ total_iops_sec: '500' });
});

describe('a running domain', () => {
  const read = readDomain(xml);

  it('tells what it is and what it is made of', () => {
    expect(read).toMatchObject({
      type: 'kvm',
      uuid: '0f3a6c1e-5d2b-4b7a-9c7e-2f6d1a8e4b30',
      memoryKib: 4_194_304,
      currentMemoryKib: 2_097_152,
      vcpus: 8,
      currentVcpus: 2,
      machine: 'pc-q35-10.0',
      firmware: 'efi',
      nvram: '/var/lib/libvirt/qemu/nvram/db-1_VARS.fd',
      bootDevices: ['cdrom', 'hd'],
      memoryBacking: {
        hugePageBytes: [2 * 1024 ** 2, 1024 ** 3],
        wantsHugePages: true,
        locked: true,
        shared: true,
      },
    });
  });

  it('tells its CPU with what it has beyond its model, and lacks', () => {
    expect(read).toMatchObject({
      cpuMode: 'custom',
      cpuModel: 'Skylake-Server-IBRS',
      topology: { sockets: 2, dies: 1, cores: 2, threads: 2 },
      cpuFeatures: [
        { name: 'md-clear', policy: 'require' },
        { name: 'hle', policy: 'disable' },
        { name: 'ssbd', policy: 'require' },
      ],
    });
  });

  it('tells its disks with the whole chain of their images', () => {
    expect(read.disks).toMatchObject([
      {
        target: 'vda',
        source: { type: 'file', path: '/pool/db-1.qcow2' },
        format: 'qcow2',
        cache: 'none',
        discard: 'unmap',
        errorPolicy: 'stop',
        serial: 'abc',
        bootOrder: 1,
        alias: 'virtio-disk0',
        backing: [
          { source: { type: 'file', path: '/pool/snap.qcow2' }, format: 'qcow2' },
          {
            source: {
              type: 'network',
              protocol: 'rbd',
              name: 'images/base',
              hosts: [{ name: 'ceph1', port: 6789 }],
            },
            format: 'raw',
          },
        ],
      },
      { target: 'sda', device: 'cdrom', source: { type: 'empty' }, readOnly: true, backing: [] },
    ]);
  });

  it('tells the ways in and out', () => {
    expect(read.interfaces).toEqual([
      {
        type: 'bridge',
        mac: '52:54:00:aa:bb:cc',
        bridge: 'br0',
        target: 'vnet4',
        model: 'virtio',
        mtu: 9000,
        vlanTags: [42],
        linkState: 'down',
      },
    ]);
    expect(read.characterDevices.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'serial /dev/pts/3',
      'console /dev/pts/3',
      'channel /run/libvirt/qemu/channel/12-db-1/org.qemu.guest_agent.0',
    ]);
    expect(read.characterDevices[2]).toMatchObject({
      targetName: 'org.qemu.guest_agent.0',
      state: 'disconnected',
    });
    expect(read.graphics).toEqual([
      { type: 'vnc', port: 5903, listens: ['127.0.0.1'], hasPassword: false },
      { type: 'spice', listens: ['/run/spice.sock'], hasPassword: true },
      { type: 'vnc', listens: [], hasPassword: false },
    ]);
    expect(read.fileSystems).toEqual([
      { driver: 'virtiofs', source: '/srv/share', target: 'share' },
    ]);
  });

  it('tells what ties it to its host', () => {
    expect(read.hostDevices).toEqual([{ type: 'pci', address: '0000:3b:00.0', managed: true }]);
    expect(read.tpms).toEqual(['tpm-crb']);
    expect(read.launchSecurity).toBe('sev');
  });

  it('never gives a password away', () => {
    expect(JSON.stringify(read)).not.toContain('not-told');
  });
});

it('a domain that says little reads with what libvirt takes for granted', () => {
  const read = readDomain(
    "<domain type='qemu'><name>a</name><uuid>0f3a6c1e-5d2b-4b7a-9c7e-2f6d1a8e4b30</uuid>" +
      '<memory>1024</memory></domain>',
  );
  expect(read).toMatchObject({
    memoryKib: 1024,
    vcpus: 1,
    disks: [],
    cpuFeatures: [],
    bootDevices: [],
    memoryBacking: { hugePageBytes: [], wantsHugePages: false, locked: false, shared: false },
  });
  expect(read).not.toHaveProperty('topology');
});
