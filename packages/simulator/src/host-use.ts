/**
 * What the VMs of a host use, and wait for: each what it asks for as long as all of that is there, else its part of what
 * the host has. Of VMs that nobody gave a load to it is not measured; they take a tenth of their vCPUs.
 */
import type { ReportedVm } from '@drover/protocol';

export interface HostUse {
  readonly vms: readonly ReportedVm[];
  readonly cpuMilli: number;
  /** Share of time in which some VM waited. */
  readonly cpuPressurePermille: number;
}

export function useOf(
  vms: readonly ReportedVm[],
  capacityMilli: number,
  askedOf: (vmId: string) => number | undefined,
): HostUse {
  const asked = (vm: ReportedVm) => (vm.state === 'running' ? askedOf(vm.vmId) : undefined);
  const unmeasured = vms.reduce(
    (sum, vm) => sum + (asked(vm) === undefined ? vm.vcpus * 100 : 0),
    0,
  );
  const wanted = vms.reduce((sum, vm) => sum + (asked(vm) ?? 0), 0);
  const given = Math.min(wanted, Math.max(0, capacityMilli - unmeasured));
  return {
    vms: vms.map((vm) => {
      const own = asked(vm);
      if (own === undefined || wanted === 0) return vm;
      const cpuMilliUsed = Math.round((own * given) / wanted);
      return { ...vm, cpuMilliUsed, cpuWaitMilli: own - cpuMilliUsed };
    }),
    cpuMilli: unmeasured + given,
    cpuPressurePermille: wanted === 0 ? 0 : Math.round((1000 * (wanted - given)) / wanted),
  };
}
