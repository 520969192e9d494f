/**
 * The XML of a VM: everything that decides what it sees and what it does on failure, in one place. Built
 * from values only; where its files are is resolved by the caller.
 */
import type { DiskToAttach, SeedToAttach, VmToStart } from '@drover/protocol';
import { buildXml, element, parseXml, type XmlElement } from 'node-libvirt';
import { seedPath } from './seed-files.ts';

export const metadataNamespace = 'https://drover.dev/ns/vm/1';

export interface DomainHost {
  readonly accelerator: 'kvm' | 'tcg';
  /** Machine types that the host's QEMU has. */
  readonly machineTypes: readonly string[];
}

/** Throws `RangeError` where the host has no machine type for it. */
export function domainXml(
  vmId: string,
  generation: number,
  vm: VmToStart,
  host: DomainHost,
): string {
  const machine = vm.machine ?? newestMachine(vm.arch, host.machineTypes);
  if (machine === undefined) throw new RangeError(`no machine type for ${vm.arch} on this host`);
  return buildXml(
    element('domain', { type: host.accelerator === 'kvm' ? 'kvm' : 'qemu' }, [
      element('name', {}, [vm.name]),
      element('uuid', {}, [vmId]),
      element('metadata', {}, [
        element('drover:vm', { 'xmlns:drover': metadataNamespace, generation }),
      ]),
      ...sizeElements(vm),
      element('os', {}, [
        element('type', { arch: vm.arch, machine }, ['hvm']),
        element('boot', { dev: 'hd' }),
        vm.credentials === undefined ? undefined : element('smbios', { mode: 'sysinfo' }),
      ]),
      vm.credentials === undefined ? undefined : credentialsElement(vm.credentials),
      element('features', {}, [
        element('acpi'),
        vm.arch === 'x86_64' ? element('apic') : undefined,
      ]),
      cpu(vm, host),
      element('clock', { offset: 'utc' }),
      element('on_poweroff', {}, ['destroy']),
      element('on_reboot', {}, ['restart']),
      // Nothing may start it again but an order: the owner may have changed by then.
      element('on_crash', {}, ['destroy']),
      element('devices', {}, [
        ...vm.disks.map((disk, at) => diskElement(disk, at)),
        ...(vm.seed === undefined ? [] : seedElements(vmId, vm.seed)),
        ...vm.networks.map((network) =>
          element('interface', { type: 'bridge' }, [
            element('mac', { address: network.mac }),
            element('source', { bridge: network.bridge }),
            element('model', { type: 'virtio' }),
          ]),
        ),
        element('controller', { type: 'usb', model: 'none' }),
        element('serial', { type: 'pty' }, [element('target', { port: 0 })]),
        element('console', { type: 'pty' }, [element('target', { type: 'serial', port: 0 })]),
        ...screenElements(vm.arch),
      ]),
    ]),
  );
}

/** What it starts with, and how far it can grow while it runs where that is further. */
function sizeElements({ vcpus, memoryMib, maxVcpus, maxMemoryMib }: VmToStart): XmlElement[] {
  const mostMib = Math.max(memoryMib, maxMemoryMib ?? 0);
  const most = Math.max(vcpus, maxVcpus ?? 0);
  const mib = { unit: 'MiB' };
  return [
    element('memory', mib, [String(mostMib)]),
    ...(mostMib > memoryMib ? [element('currentMemory', mib, [String(memoryMib)])] : []),
    element('vcpu', most > vcpus ? { current: vcpus } : {}, [String(most)]),
  ];
}

/**
 * Software emulation gets a model that every QEMU has, so that any host can take the VM; with KVM it is what
 * the host can give.
 */
function cpu(vm: VmToStart, host: DomainHost): XmlElement {
  // The cluster's own, which every host of its kind gives, so that any of them can take it later.
  if (vm.cpu !== undefined) return clusterCpu(vm.cpu);
  if (host.accelerator === 'kvm') {
    return vm.arch === 'x86_64'
      ? element('cpu', { mode: 'host-model' })
      : element('cpu', { mode: 'host-passthrough' });
  }
  const model = vm.arch === 'x86_64' ? 'qemu64' : 'cortex-a57';
  return element('cpu', { mode: 'custom', match: 'exact', check: 'none' }, [
    element('model', { fallback: 'forbid' }, [model]),
  ]);
}

/** QEMU must give exactly this, or not start: a missing feature would be found by the move that fails. */
function clusterCpu(document: string): XmlElement {
  const { attributes, ...rest } = parseXml(document);
  return { ...rest, attributes: { ...attributes, mode: 'custom', match: 'exact', check: 'full' } };
}

/** The highest versioned machine type; a name without version would change with the host's QEMU. */
export function newestMachine(
  arch: VmToStart['arch'],
  machineTypes: readonly string[],
): string | undefined {
  const pattern = arch === 'x86_64' ? /^pc-q35-(\d+)\.(\d+)$/ : /^virt-(\d+)\.(\d+)$/;
  const versions = machineTypes.flatMap((name) => {
    const match = pattern.exec(name);
    return match ? [{ name, number: Number(match[1]) * 1000 + Number(match[2]) }] : [];
  });
  return versions.toSorted((a, b) => b.number - a.number)[0]?.name;
}

/** Path of a file in a pool, as QEMU on this host opens it. */
export function filePath(
  disk: Pick<DiskToAttach, 'pool' | 'file'>,
  file: string = disk.file,
): string {
  const { spec } = disk.pool;
  return `${spec.type === 'nfs-direct' ? spec.export : spec.path}/${file}`;
}

/**
 * An error of the storage stops the VM instead of reaching it; the page cache is bypassed, so that a lost
 * lock is seen at once and a migration needs no flush.
 */
function diskElement(disk: DiskToAttach, at: number): XmlElement {
  const { spec } = disk.pool;
  const driver = element('driver', {
    name: 'qemu',
    type: disk.format,
    cache: 'none',
    io: spec.type === 'nfs' ? 'native' : undefined,
    error_policy: 'stop',
    rerror_policy: 'stop',
    discard: 'unmap',
  });
  const target = element('target', { dev: `vd${String.fromCodePoint(97 + at)}`, bus: 'virtio' });
  if (spec.type !== 'nfs-direct') {
    const source = element('source', { file: filePath(disk) });
    return element('disk', { type: 'file', device: 'disk' }, [driver, source, target]);
  }
  const source = networkSource(disk, disk.file);
  // libvirt does not look into files that only QEMU can reach: what is below has to be said.
  const backing =
    disk.cloneOf === undefined
      ? undefined
      : element('backingStore', { type: 'network' }, [
          element('format', { type: 'qcow2' }),
          networkSource(disk, disk.cloneOf),
          element('backingStore'),
        ]);
  return element('disk', { type: 'network', device: 'disk' }, [driver, source, backing, target]);
}

/**
 * A screen that no network reaches: QEMU listens on a socket below libvirt's own folder of this VM on this host, and a host
 * that it moves to makes one of its own. Whoever else looks at it is not thrown out. The pointer says where it is, not how far
 * it went, so that it is where the viewer's is.
 */
function screenElements(arch: VmToStart['arch']): XmlElement[] {
  const isPc = arch === 'x86_64';
  return [
    element('graphics', { type: 'vnc', sharePolicy: 'force-shared' }, [
      element('listen', { type: 'socket' }),
    ]),
    element('video', {}, [element('model', { type: isPc ? 'vga' : 'virtio', heads: 1 })]),
    element('input', { type: 'tablet', bus: 'virtio' }),
    ...(isPc ? [] : [element('input', { type: 'keyboard', bus: 'virtio' })]),
  ];
}

/**
 * A drive for cloud-init. On virtio, which a VM that boots here has drivers for, on every architecture; kernels for
 * clouds lack those of SATA.
 */
function seedElements(vmId: string, seed: SeedToAttach): XmlElement[] {
  return [
    element('disk', { type: 'file', device: 'cdrom' }, [
      element('driver', { name: 'qemu', type: 'raw', cache: 'none', error_policy: 'stop' }),
      element('source', { file: seedPath(vmId, seed) }),
      element('target', { dev: 'sda', bus: 'scsi' }),
      element('readonly'),
    ]),
    element('controller', { type: 'scsi', model: 'virtio-scsi' }),
  ];
}

/** As systemd reads them from the firmware's tables: the keys of root, and the hostname. */
function credentialsElement({ hostname, sshKeys }: NonNullable<VmToStart['credentials']>) {
  const keys = Buffer.from(sshKeys.map((key) => `${key}\n`).join('')).toString('base64');
  return element('sysinfo', { type: 'smbios' }, [
    element('oemStrings', {}, [
      element('entry', {}, [`io.systemd.credential:system.hostname=${hostname}`]),
      sshKeys.length === 0
        ? undefined
        : element('entry', {}, [`io.systemd.credential.binary:ssh.authorized_keys.root=${keys}`]),
    ]),
  ]);
}

function networkSource(disk: DiskToAttach, file: string): XmlElement {
  const { spec } = disk.pool;
  const server = 'server' in spec ? spec.server : '';
  return element('source', { protocol: 'nfs', name: filePath(disk, file) }, [
    element('host', { name: server }),
  ]);
}
