/** Questions about the CPU that this host's hypervisor can give to a VM. */
import type { Answer, VirtType } from '@drover/protocol';
import { DroverError } from '@drover/protocol';
import { baselineCpuFlag, LibvirtError, readDomainCapabilities, type Libvirt } from 'node-libvirt';
import { hostArch } from './os-facts.ts';

type Of<K extends Answer['kind']> = Extract<Answer, { readonly kind: K }>;

export async function readCpu(
  libvirt: Libvirt,
  accelerator: 'kvm' | 'tcg',
): Promise<Of<'read-cpu'>> {
  const arch = hostArch();
  const virtType = accelerator === 'kvm' ? 'kvm' : 'qemu';
  const text = await libvirt.host.domainCapabilities({ arch, virtType });
  const { hostModelCpu: cpu } = readDomainCapabilities(text);
  return { kind: 'read-cpu', arch, virtType, ...(cpu === undefined ? {} : { cpu }) };
}

/** Without features that would keep a VM from moving. */
export async function baselineCpu(
  libvirt: Libvirt,
  asked: {
    readonly arch: string;
    readonly virtType: VirtType;
    readonly cpus: readonly string[];
  },
): Promise<Of<'baseline-cpu'>> {
  const { arch, virtType, cpus } = asked;
  const cpu = await libvirt.host.baselineCpu(cpus, baselineCpuFlag.migratable, { arch, virtType });
  if (cpu === '') throw new DroverError('hypervisor-error', 'libvirt found no CPU that all give');
  return { kind: 'baseline-cpu', cpu };
}

export async function checkCpu(
  libvirt: Libvirt,
  asked: { readonly arch: string; readonly virtType: VirtType; readonly cpu: string },
): Promise<Of<'check-cpu'>> {
  const { arch, virtType, cpu } = asked;
  return { kind: 'check-cpu', gives: await givesCpu(libvirt, cpu, { arch, virtType }) };
}

/** An older libvirt has never heard of some features: then this host gives them even less. */
export async function givesCpu(
  libvirt: Libvirt,
  cpu: string,
  choice: { readonly arch: string; readonly virtType: string; readonly machine?: string },
): Promise<boolean> {
  try {
    return (await libvirt.host.compareCpu(cpu, choice)) !== 'incompatible';
  } catch (error) {
    if (error instanceof LibvirtError && /unknown CPU/i.test(error.message)) return false;
    throw error;
  }
}
