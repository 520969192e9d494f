/** What a made-up host answers when it is asked whether a VM could move: one that has no disks, and that every host takes. */
import type { HostFacts } from '@drover/agent/logic';
import type { Answer, ReportedVm } from '@drover/protocol';

/** The VM as it runs there. */
export function inspected(vm: ReportedVm, host: HostFacts): Answer {
  return {
    kind: 'inspect-vm',
    facts: {
      name: vm.name,
      state: vm.state,
      hostUuid: host.hostUuid,
      kernel: host.hostUuid,
      virtType: 'kvm',
      arch: host.arch,
      machine: host.machineTypes[0] ?? '',
      qemuVersion: host.qemuVersion,
      memoryMib: vm.memoryMib,
      cpuMode: 'custom',
      hostCpu: host.cpuModel,
      pinnedFeatures: [],
      disks: [],
      files: [],
      networks: [],
      devices: [],
      directories: [],
      unmovable: [],
      snapshots: 0,
      checkpoints: 0,
      blockJobs: [],
    },
  };
}

/** It could come. */
export function welcome({ hostUuid }: HostFacts): Answer {
  return { kind: 'check-incoming', incoming: { findings: [], kernel: hostUuid, guards: [] } };
}
