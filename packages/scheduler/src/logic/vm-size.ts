/**
 * How large a VM is: what it starts with next (its spec), what is promised to it where it is, and what its host says that
 * it has. It is counted with the larger of the last two: nobody else is promised what it may be using.
 */
import type { AssignmentRecord, ReportedVm, VmSize, VmSpec } from '@drover/protocol';
import type { Reservation, Resources, Vm } from '@drover/core';

/** What of a size is asked for; the rest stays. */
export type SizeWish = { readonly [K in keyof VmSize]?: VmSize[K] };

export function promisedSize(
  { vcpus, memoryMib }: VmSpec,
  assignment: Pick<AssignmentRecord, 'promised'> | undefined,
): VmSize {
  return assignment?.promised ?? { vcpus, memoryMib };
}

/** For its record: nothing where its spec says the same. */
export function promisedBeside(spec: VmSpec, promised: VmSize): VmSize | null {
  return isSameSize(spec, promised) ? null : promised;
}

export function resourcesOf({ vcpus, memoryMib }: VmSize): Resources {
  return { cpuMilli: vcpus * 1000, memoryMib };
}

/** What it has at the moment. */
export function reportedSize({ vcpus, memoryMib, balloonMib }: ReportedVm): VmSize {
  return { vcpus, memoryMib: balloonMib ?? memoryMib };
}

/** The most that it can have before it is started anew. */
export function reportedMost({ vcpus, maxVcpus, memoryMib }: ReportedVm): VmSize {
  return { vcpus: maxVcpus ?? vcpus, memoryMib };
}

export function larger(a: VmSize, b: VmSize): VmSize {
  return {
    vcpus: Math.max(a.vcpus, b.vcpus),
    memoryMib: Math.max(a.memoryMib, b.memoryMib),
  };
}

export function isSameSize(a: VmSize, b: VmSize): boolean {
  return a.vcpus === b.vcpus && a.memoryMib === b.memoryMib;
}

/** As a spec: what it can grow to is never less than what it starts with. */
export function resized(spec: VmSpec, { vcpus, memoryMib }: SizeWish): VmSpec {
  const { maxVcpus, maxMemoryMib } = spec;
  return {
    ...spec,
    ...(vcpus === undefined ? {} : { vcpus }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
    ...(maxVcpus === undefined ? {} : { maxVcpus: Math.max(maxVcpus, vcpus ?? 0) }),
    ...(maxMemoryMib === undefined ? {} : { maxMemoryMib: Math.max(maxMemoryMib, memoryMib ?? 0) }),
  };
}

/** What its memory may come to before it is started anew. */
export function mostMemoryMib(spec: VmSpec, assignment: AssignmentRecord | undefined): number {
  const promised = promisedSize(spec, assignment).memoryMib;
  return Math.max(promised, spec.memoryMib, spec.maxMemoryMib ?? 0);
}

/** In a record that says nothing else about it. Who starts anew takes what the spec says; who goes on from memory does not. */
export function keptPromise(
  before: AssignmentRecord | undefined,
  now: Pick<AssignmentRecord, 'hostId' | 'state'>,
  hasMemory: boolean,
): Pick<AssignmentRecord, 'promised'> {
  const promised = before?.promised;
  const isOn = now.hostId !== undefined && now.state !== 'starting';
  return promised === undefined || !(isOn || hasMemory) ? {} : { promised };
}

/** Those of a host's VMs that have more than they are promised, as it says, with that. */
export function grownOn(
  vms: ReadonlyMap<string, Vm>,
  hostId: string,
  reports: readonly ReportedVm[],
): readonly Vm[] {
  return reports.flatMap((reported) => {
    const vm = vms.get(reported.vmId);
    if (vm?.hostId !== hostId || isOffThere(reported)) return [];
    const { cpuMilli, memoryMib } = resourcesOf(reportedSize(reported));
    const { request } = vm;
    if (cpuMilli <= request.cpuMilli && memoryMib <= request.memoryMib) return [];
    const most = {
      cpuMilli: Math.max(cpuMilli, request.cpuMilli),
      memoryMib: Math.max(memoryMib, request.memoryMib),
    };
    return [{ ...vm, request: most }];
  });
}

/** All VMs, with those that have grown as they are; and what is held for these elsewhere. */
export function asReported(
  vms: ReadonlyMap<string, Vm>,
  reservations: readonly Reservation[],
  grownVms: readonly Vm[],
): { readonly vms: ReadonlyMap<string, Vm>; readonly reservations: readonly Reservation[] } {
  if (grownVms.length === 0) return { vms, reservations };
  const grown = new Map(grownVms.map((vm) => [vm.id, vm]));
  return {
    vms: new Map([...vms].map(([id, vm]) => [id, grown.get(id) ?? vm])),
    reservations: reservations.map((one) => {
      const request = grown.get(one.vmId)?.request;
      return request === undefined ? one : { ...one, request };
    }),
  };
}

function isOffThere({ state }: ReportedVm): boolean {
  return state === 'shut-off' || state === 'crashed';
}
