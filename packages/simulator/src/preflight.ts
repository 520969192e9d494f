/**
 * What agents answer to questions about a VM that is to move, of the simulated hosts: the same facts, and the same
 * findings, of as much as there is here.
 */
import type { ActionOutcome } from '@drover/agent/logic';
import type { Answer, IncomingAnswer, VmFacts } from '@drover/protocol';
import type { Host } from './host.ts';

type Disk = VmFacts['disks'][number];

const done = (answer: Answer): ActionOutcome => ({ outcome: 'done', answer });

export function inspectVm(host: Host, vmId: string): ActionOutcome {
  const { hypervisor } = host;
  const copy = hypervisor.copy(vmId);
  if (copy === undefined) {
    const error = { code: 'vm-not-running', message: 'the VM is absent on this host' };
    return { outcome: 'failed', error };
  }
  const { hasLock, snapshots = 0, medium } = hypervisor.nature(vmId);
  const { hostUuid, qemuVersion, arch, cpuModel, machineTypes } = host.facts();
  const disk: Disk = {
    name: 'vda',
    device: 'disk',
    readOnly: false,
    shareable: false,
    cache: 'none',
    // As the record names it, which people.ts wrote.
    images: [
      hasLock
        ? { kind: 'file', path: `/srv/shared/${vmId}-0.qcow2` }
        : { kind: 'network', path: `nfs://10.0.0.100/export/direct/${vmId}-0.qcow2` },
    ],
    guard: hasLock ? 'image-lock' : 'none',
    guardedBy: hasLock ? 'NFS 4.2' : 'QEMU’s own NFS',
  };
  const cdrom = (path: string): Disk => ({
    ...disk,
    name: 'sda',
    device: 'cdrom',
    readOnly: true,
    images: [{ kind: 'file', path }],
  });
  const facts: VmFacts = {
    name: copy.name,
    state: copy.state === 'starting' ? 'paused' : copy.state,
    hostUuid,
    kernel: host.id,
    virtType: 'kvm',
    arch,
    machine: machineTypes[0] ?? '',
    qemuVersion,
    memoryMib: copy.memoryMib,
    cpuMode: 'custom',
    hostCpu: cpuModel,
    pinnedFeatures: [],
    disks: [disk, ...(medium === undefined ? [] : [cdrom(medium)])],
    files: [],
    networks: [],
    devices: [],
    directories: [],
    unmovable: [],
    snapshots,
    checkpoints: 0,
    blockJobs: [],
    ...(copy.job === undefined ? {} : { job: `migration-${copy.job}` }),
  };
  return done({ kind: 'inspect-vm', facts });
}

export function checkIncoming(host: Host, vmId: string, facts: VmFacts): ActionOutcome {
  const copy = host.hypervisor.copy(vmId);
  const { qemuVersion } = host.facts();
  const reach = host.hypervisor.reach(vmId);
  const disk = facts.disks[0]?.images[0]?.path ?? '';
  const media = facts.disks
    .filter(({ device }) => device === 'cdrom')
    .flatMap(({ images }) => images.map(({ path }) => path));
  const findings: IncomingAnswer['findings'] = [
    ...(copy === undefined ? [] : [{ code: 'vm-there', available: copy.state } as const]),
    ...(qemuVersion >= facts.qemuVersion
      ? []
      : [{ code: 'qemu-older', required: facts.qemuVersion, available: qemuVersion } as const]),
    ...(reach === 'stalled' || reach === 'gone'
      ? [{ code: reach === 'gone' ? 'path-missing' : 'path-silent', subject: disk } as const]
      : []),
    ...media
      .filter((path) => host.shape.media?.includes(path) !== true)
      .map((subject) => ({ code: 'path-missing', subject, required: 'cdrom' }) as const),
  ];
  const guards = facts.disks.map(({ name, guard, guardedBy }) => ({
    disk: name,
    guard,
    guardedBy,
  }));
  return done({ kind: 'check-incoming', incoming: { findings, kernel: host.id, guards } });
}

const cpu = "<cpu mode='custom'><model>simulated</model></cpu>";

export function readCpu(host: Host): ActionOutcome {
  const { arch } = host.facts();
  return done({ kind: 'read-cpu', arch, virtType: 'kvm', cpu });
}

export function baselineCpu(cpus: readonly string[]): ActionOutcome {
  return done({ kind: 'baseline-cpu', cpu: cpus[0] ?? cpu });
}

export function checkCpu(asked: string): ActionOutcome {
  return done({ kind: 'check-cpu', gives: asked === cpu });
}
