/** What of a VM's size may be asked for, as far as records tell; whether it can be done is the leader's to say. */
import {
  type api,
  type AssignmentRecord,
  DroverError,
  type Query,
  type RecordMirror,
  type VmSpec,
} from '@drover/protocol';
import type { FieldError } from './problem.ts';
import { findVm } from './vms.ts';

export interface ResizeAction {
  readonly vcpus?: number;
  readonly memoryMib?: number;
  readonly atNextStart?: true;
}

/** Of a new VM: what it can grow to is no less than what it starts with. */
export function sizeErrors(spec: VmSpec): readonly FieldError[] {
  const { vcpus, maxVcpus = vcpus, memoryMib, maxMemoryMib = memoryMib } = spec;
  return [
    ...(maxVcpus >= vcpus
      ? []
      : [{ path: '/spec/maxVcpus', message: `must not be less than vcpus, ${vcpus}` }]),
    ...(maxMemoryMib >= memoryMib
      ? []
      : [{ path: '/spec/maxMemoryMib', message: `must not be less than memoryMib, ${memoryMib}` }]),
  ];
}

export function resizeOf({ atNextStart, ...size }: api.VmResize): ResizeAction {
  return { ...size, ...(atNextStart === true ? { atNextStart } : {}) };
}

export function checkResize(
  name: string,
  assignment: AssignmentRecord | undefined,
  { vcpus, memoryMib, atNextStart }: ResizeAction,
): void {
  if (vcpus === undefined && memoryMib === undefined) {
    throw new DroverError('bad-request', 'say what it is to have: vcpus, memoryMib, or both');
  }
  const { hostId, state = 'pending', saved } = assignment ?? {};
  if (saved !== undefined) {
    throw new DroverError(
      'vm-saved',
      `${name}: its memory is saved, and goes on with the size it has; start it, or throw the memory away with discardSaved, first`,
    );
  }
  if (hostId === undefined || state !== 'paused' || atNextStart === true) return;
  throw new DroverError(
    'vm-not-running',
    `${name} is paused, and cannot follow; unpause it first, or resize it atNextStart`,
  );
}

/** What the leader is asked for the plan of it. */
export function resizeQuery(
  records: RecordMirror,
  idOrName: string,
  action: ResizeAction,
): Extract<Query, { type: 'resize-plan' }> {
  const { id: vmId, name } = findVm(records, idOrName).value;
  checkResize(name, records.assignments.get(vmId)?.value, action);
  return { type: 'resize-plan', vmId, ...action };
}

export function resizePlanBody(
  records: RecordMirror,
  vmId: string,
  { when, what }: Pick<api.VmResizePlan, 'when' | 'what'>,
): api.VmResizePlan {
  const { name: vmName } = findVm(records, vmId).value;
  const hostId = records.assignments.get(vmId)?.value.hostId;
  return { vmId, vmName, ...(hostId === undefined ? {} : { hostId }), when, what };
}
