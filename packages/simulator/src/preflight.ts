/**
 * What agents answer to questions about a VM that is to move, of the simulated hosts: the same facts, and the same
 * findings, of as much as there is here.
 */
import { type ActionOutcome, incomingFindings, type Learnt, type Stood } from '@drover/agent/logic';
import type { Answer, VmFacts } from '@drover/protocol';
import { reportedVm } from './acts/inspect.ts';
import type { Host } from './host.ts';
import type { Reach } from './storage.ts';

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
    // As the record names it, for which people.ts asked.
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
  const { hypervisor } = host;
  const { hostUuid, qemuVersion, cpuModel, machineTypes } = host.facts();
  const known = hypervisor.copy(vmId);
  const copy = known && reportedVm(known).state;
  const hasNamesake = known === undefined && hypervisor.knows({ vmId, name: facts.name });
  const findings = incomingFindings(facts, {
    identity: learnt({ hostUuid, hasNamesake, ...(copy === undefined ? {} : { copy }) }),
    hypervisor: learnt({ qemuVersion, virtTypes: ['kvm'], machines: machineTypes }),
    cpu: learnt({ model: cpuModel }),
    networks: learnt(() => undefined),
    paths: learnt({
      stood: (path) => stood(host, vmId, facts, path),
      reached: () => isReached(hypervisor.reach(vmId)),
      emulators: [],
    }),
    memory: learnt({}),
  });
  const guards = facts.disks.map(({ name, guard, guardedBy }) => ({
    disk: name,
    guard,
    guardedBy,
  }));
  const incoming = { findings: [...findings], kernel: host.id, guards };
  return done({ kind: 'check-incoming', incoming });
}

function learnt<T>(value: T): Learnt<T> {
  return { ok: true, value };
}

/** Media lie on the host itself, disks in their pool; where it is the same one, it is the same file. */
function stood(host: Host, vmId: string, { disks }: VmFacts, path: string): Stood {
  const image = disks.flatMap(({ images }) => images).find((one) => one.path === path);
  const there: Stood = { type: 'file', inode: image?.inode ?? '1' };
  const isMedium = disks.some(
    ({ device, images }) => device === 'cdrom' && images.some((one) => one.path === path),
  );
  if (isMedium) return host.shape.media?.includes(path) === true ? there : { type: 'missing' };
  const reach = host.hypervisor.reach(vmId);
  if (reach === 'stalled') return { type: 'silent' };
  return reach === 'gone' ? { type: 'missing' } : there;
}

function isReached(reach: Reach): boolean {
  return reach !== 'stalled' && reach !== 'gone';
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
