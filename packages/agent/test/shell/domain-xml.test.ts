import { describe, expect, it } from 'vitest';
import type { DiskToAttach, VmToStart } from '@drover/protocol';
import {
  attributeOf,
  childOf,
  childrenOf,
  metadataElement,
  parseXml,
  readDomain,
  readPool,
  readVolume,
} from 'node-libvirt';
import { domainXml, metadataNamespace, newestMachine } from '../../src/shell/domain-xml.ts';
import { cloneXml, poolXml } from '../../src/shell/pool.ts';

const vmId = '00000000-0000-4000-8000-00000000000a';
const disk: DiskToAttach = {
  pool: {
    name: 'vms',
    spec: {
      type: 'nfs',
      server: '10.0.0.9',
      export: '/export/vms',
      version: '4.2',
      path: '/var/lib/drover/pools/vms',
    },
  },
  file: 'a.qcow2',
  format: 'qcow2',
  cloneOf: 'base.qcow2',
};
const vm: VmToStart = {
  name: 'a',
  vcpus: 2,
  memoryMib: 512,
  arch: 'x86_64',
  disks: [disk, { ...disk, file: 'b.raw', format: 'raw' }],
  networks: [{ bridge: 'br0', mac: '52:54:00:00:00:01' }],
};
const host = {
  accelerator: 'tcg' as const,
  machineTypes: ['pc-q35-9.2', 'pc-q35-10.0', 'q35', 'pc-i440fx-10.0'],
};

describe('the XML of a VM', () => {
  it('has exactly the cluster’s CPU where there is one, on every kind of host', () => {
    const cpu =
      "<cpu mode='custom'><model>EPYC</model><feature policy='require' name='x2apic'/></cpu>";
    for (const accelerator of ['kvm', 'tcg'] as const) {
      const read = readDomain(domainXml(vmId, 7, { ...vm, cpu }, { ...host, accelerator }));
      expect(read.cpu?.attributes).toEqual({ mode: 'custom', match: 'exact', check: 'full' });
      expect(read).toMatchObject({ cpuModel: 'EPYC', cpuFeatures: [{ name: 'x2apic' }] });
    }
  });

  it('has room to grow only where that was asked for', () => {
    const plain = domainXml(vmId, 7, vm, host);
    expect(plain).toContain('<memory unit="MiB">512</memory><vcpu>2</vcpu>');
    const same = { ...vm, maxVcpus: 2, maxMemoryMib: 512 };
    expect(domainXml(vmId, 7, same, host)).toBe(plain);
    const roomy = { ...vm, maxVcpus: 8, maxMemoryMib: 2048 };
    expect(readDomain(domainXml(vmId, 7, roomy, host))).toMatchObject({
      memoryKib: 2048 * 1024,
      currentMemoryKib: 512 * 1024,
      vcpus: 8,
      currentVcpus: 2,
    });
  });

  it('has a screen that no network reaches and no path of this host is in, and a serial line', () => {
    const xml = domainXml(vmId, 7, vm, host);
    const devices = childOf(parseXml(xml), 'devices');
    const screens = childrenOf(devices, 'graphics');
    expect(screens.map(({ attributes }) => attributes)).toEqual([
      { type: 'vnc', sharePolicy: 'force-shared' },
    ]);
    const listens = screens.flatMap((screen) => childrenOf(screen, 'listen'));
    expect(listens.map(({ attributes }) => attributes)).toEqual([{ type: 'socket' }]);
    expect(childrenOf(devices, 'video')).toHaveLength(1);
    expect(childrenOf(devices, 'serial').map((one) => attributeOf(one, 'type'))).toEqual(['pty']);
    const arm = domainXml(
      vmId,
      7,
      { ...vm, arch: 'aarch64' },
      { ...host, machineTypes: ['virt-9.2'] },
    );
    const inputs = childrenOf(childOf(parseXml(arm), 'devices'), 'input');
    expect(inputs.map((one) => attributeOf(one, 'type'))).toEqual(['tablet', 'keyboard']);
  });

  it('says what was asked for', () => {
    const read = readDomain(domainXml(vmId, 7, vm, host));
    expect(read).toMatchObject({
      type: 'qemu',
      uuid: vmId,
      name: 'a',
      memoryKib: 512 * 1024,
      vcpus: 2,
      arch: 'x86_64',
      machine: 'pc-q35-10.0',
      cpuMode: 'custom',
      cpuModel: 'qemu64',
      interfaces: [{ type: 'bridge', bridge: 'br0', mac: '52:54:00:00:00:01', model: 'virtio' }],
    });
    expect(read.disks).toMatchObject([
      { target: 'vda', format: 'qcow2', cache: 'none', shareable: false },
      { target: 'vdb', format: 'raw', source: { path: '/var/lib/drover/pools/vms/b.raw' } },
    ]);
    expect(metadataElement(read, metadataNamespace)?.attributes['generation']).toBe('7');
  });

  it('stops on errors of the storage and never starts again by itself', () => {
    const xml = domainXml(vmId, 7, vm, host);
    expect(xml).toContain('error_policy="stop"');
    expect(xml).toContain('<on_crash>destroy</on_crash>');
    expect(xml).toContain('<on_poweroff>destroy</on_poweroff>');
  });

  it('on a host with KVM takes what the host can give, and the machine that was asked for', () => {
    const asked = { ...vm, machine: 'pc-q35-9.2' };
    const read = readDomain(domainXml(vmId, 7, asked, { ...host, accelerator: 'kvm' }));
    expect(read).toMatchObject({ type: 'kvm', cpuMode: 'host-model', machine: 'pc-q35-9.2' });
  });

  it('names the whole chain of a disk that only QEMU can reach', () => {
    const spec = { type: 'nfs-direct', server: '10.0.0.9', export: '/export' } as const;
    const direct: VmToStart = { ...vm, disks: [{ ...disk, pool: { name: 'd', spec } }] };
    const xml = domainXml(vmId, 7, direct, host);
    expect(readDomain(xml).disks[0]?.source).toEqual({
      type: 'network',
      protocol: 'nfs',
      name: '/export/a.qcow2',
      hosts: [{ name: '10.0.0.9' }],
    });
    expect(xml).toMatch(/<backingStore type="network">.*\/export\/base\.qcow2.*<backingStore\/>/);
  });

  it('takes the highest version, not the last in the alphabet', () => {
    expect(newestMachine('x86_64', host.machineTypes)).toBe('pc-q35-10.0');
    expect(newestMachine('aarch64', ['virt', 'virt-9.2', 'virt-10.0'])).toBe('virt-10.0');
    expect(() => domainXml(vmId, 1, vm, { ...host, machineTypes: [] })).toThrow(/no machine type/);
  });

  it('cannot be broken out of by a name', () => {
    const evil = { ...vm, name: 'a</name><os><type>exe</type></os>' };
    expect(readDomain(domainXml(vmId, 7, evil, host)).name).toBe(evil.name);
  });
});

describe('what a VM is told at its first boot', () => {
  const sshKeys = ['ssh-ed25519 AAAA anna', 'ssh-ed25519 BBBB'];
  const seed = { pool: disk.pool, hash: '0123456789ab', hostname: 'a', sshKeys };

  it('is on a CD-ROM that is only read, on virtio, whatever the architecture', () => {
    for (const arch of ['x86_64', 'aarch64'] as const) {
      const machineTypes = ['pc-q35-10.0', 'virt-10.0'];
      const read = readDomain(domainXml(vmId, 7, { ...vm, arch, seed }, { ...host, machineTypes }));
      expect(read.disks.at(-1)).toMatchObject({
        device: 'cdrom',
        target: 'sda',
        bus: 'scsi',
        readOnly: true,
        source: { path: `/var/lib/drover/pools/vms/${vmId}-seed-0123456789ab.iso` },
      });
    }
  });

  it('or in the firmware’s tables, as systemd reads credentials there', () => {
    const told = { ...vm, credentials: { hostname: 'web', sshKeys } };
    const xml = domainXml(vmId, 7, told, host);
    expect(xml).toContain('<smbios mode="sysinfo"/>');
    expect(xml).toContain('<entry>io.systemd.credential:system.hostname=web</entry>');
    const keys = /ssh\.authorized_keys\.root=([A-Za-z0-9+/=]+)</.exec(xml)?.[1] ?? '';
    expect(Buffer.from(keys, 'base64').toString()).toBe(sshKeys.map((key) => `${key}\n`).join(''));
    expect(xml).not.toContain('qemu:commandline');
    expect(domainXml(vmId, 7, vm, host)).not.toContain('sysinfo');
  });
});

describe('the XML of storage', () => {
  it('mounts NFS with the version that was declared', () => {
    const spec = disk.pool.spec;
    if (spec.type !== 'nfs') throw new Error('the example is of NFS');
    expect(readPool(poolXml('vms', vmId, spec))).toMatchObject({
      type: 'netfs',
      name: 'vms',
      uuid: vmId,
      sourceHost: '10.0.0.9',
      sourceDir: '/export/vms',
      format: 'nfs',
      protocolVersion: '4.2',
      targetPath: '/var/lib/drover/pools/vms',
    });
  });

  it('makes a clone name the format of what it is a clone of', () => {
    const xml = cloneXml(disk, 'base.qcow2', 1 << 20);
    expect(readVolume(xml)).toMatchObject({
      name: 'a.qcow2',
      format: 'qcow2',
      capacityBytes: 1 << 20,
      backingPath: '/var/lib/drover/pools/vms/base.qcow2',
    });
    expect(xml.match(/<format type="qcow2"\/>/g)).toHaveLength(2);
  });
});
