/**
 * Can this host really run VMs with KVM? A device file says little: where the processor does not offer
 * virtualisation, or a VM of one sector does not come to its end, software emulation is used, and why is said.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  buildXml,
  CallAbandonedError,
  ConnectionError,
  domainCreateFlag,
  element,
  isNotFound,
  isOperationInvalid,
  readDomainCapabilities,
  type Libvirt,
} from 'node-libvirt';
import type { AgentConfig } from './config.ts';
import { hostArch } from './os-facts.ts';

export interface Accelerator {
  readonly kind: 'kvm' | 'tcg';
  /** For people. */
  readonly reason: string;
}

/** A host that has just booted has more to do. */
const probeMs = 20_000;
/** Between the end of a VM and libvirt's word of it. */
const wordMs = 2_000;

/**
 * What the host says no to is a reason for software emulation. Rejects where libvirt was lost on the way, which says
 * nothing about the host: it is asked again.
 */
export async function probeAccelerator(
  libvirt: Libvirt,
  config: Pick<AgentConfig, 'accelerator' | 'stateDir'>,
): Promise<Accelerator> {
  if (config.accelerator !== 'auto') {
    return { kind: config.accelerator, reason: `the configuration says ${config.accelerator}` };
  }
  const tcg = (reason: string): Accelerator => ({ kind: 'tcg', reason: reason.slice(0, 1_000) });
  try {
    const { domainType } = readDomainCapabilities(
      await libvirt.host.domainCapabilities({ virtType: 'kvm', arch: hostArch() }),
    );
    if (domainType !== 'kvm') return tcg('libvirt does not offer KVM here');
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof CallAbandonedError) throw error;
    return tcg(`libvirt does not offer KVM here: ${(error as Error).message}`);
  }
  if (hostArch() !== 'x86_64') return { kind: 'kvm', reason: 'libvirt offers KVM' };
  if (!/\b(vmx|svm)\b/.test(await readFile('/proc/cpuinfo', 'utf8'))) {
    return tcg('no vmx or svm in /proc/cpuinfo: paravirtual nesting is not relied on');
  }
  try {
    const ended = await runOneSector(libvirt, join(config.stateDir, 'probe'));
    if (ended) return { kind: 'kvm', reason: 'a VM of one sector ran to its end under KVM' };
    return tcg(`a VM of one sector did not come to its end in ${probeMs} ms under KVM`);
  } catch (error) {
    // A call that ran out of time is an answer here: KVM is what it waited for.
    if (error instanceof ConnectionError) throw error;
    return tcg(`a VM of one sector did not start under KVM: ${(error as Error).message}`);
  }
}

/** mov dx,0x604; mov ax,0x2000; out dx,ax; hlt: the ACPI port of QEMU's machines, "power off". */
export function powerOffDisk(): Buffer {
  // The firmware reads no disk of one sector: it has no geometry.
  const disk = Buffer.alloc(1024 * 1024);
  Buffer.from([0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4, 0xeb, 0xfd]).copy(disk);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}

/** Whether it switched itself off. The limit is for tests. */
export async function runOneSector(
  libvirt: Pick<Libvirt, 'listen' | 'domains'>,
  folder: string,
  withinMs = probeMs,
): Promise<boolean> {
  const uuid = randomUUID();
  const image = join(folder, `${uuid}.img`);
  // QEMU may run as another user.
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  await writeFile(image, powerOffDisk());
  await chmod(image, 0o644);
  const stopped = new AbortController();
  try {
    await using _ = await libvirt.listen(['lifecycle'], (event) => {
      if (event.name === 'resync' || event.dom.uuid !== uuid) return;
      if (event.type === 'stopped') stopped.abort(event.detail);
    });
    // Should this process die, libvirt takes the VM away with the connection.
    const xml = probeXml(uuid, image);
    const dom = await libvirt.domains.create(xml, { flags: domainCreateFlag.autoDestroy });
    await within(withinMs, stopped.signal);
    if (!stopped.signal.aborted) {
      // It may come to its end just now, and be gone before libvirt says so.
      await dom.destroy().catch((error: unknown) => {
        if (!isNotFound(error) && !isOperationInvalid(error)) throw error;
      });
      await within(wordMs, stopped.signal);
    }
    return stopped.signal.reason === 'shutdown';
  } finally {
    await rm(image, { force: true });
  }
}

async function within(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}

function probeXml(uuid: string, image: string): string {
  return buildXml(
    element('domain', { type: 'kvm' }, [
      element('name', {}, [`drover-probe-${uuid.slice(0, 8)}`]),
      element('uuid', {}, [uuid]),
      element('memory', { unit: 'MiB' }, ['16']),
      element('vcpu', {}, ['1']),
      element('os', {}, [
        element('type', { arch: 'x86_64', machine: 'q35' }, ['hvm']),
        element('boot', { dev: 'hd' }),
      ]),
      element('features', {}, [element('acpi')]),
      element('on_poweroff', {}, ['destroy']),
      element('on_crash', {}, ['destroy']),
      element('devices', {}, [
        element('disk', { type: 'file', device: 'disk' }, [
          element('driver', { name: 'qemu', type: 'raw' }),
          element('source', { file: image }),
          element('target', { dev: 'vda', bus: 'virtio' }),
          element('readonly'),
        ]),
        element('controller', { type: 'usb', model: 'none' }),
        element('memballoon', { model: 'none' }),
      ]),
    ]),
  );
}
