/**
 * What a resize would do now: at once, at the next start, or why not. The same answer for who only asks and for who does it.
 */
import {
  type OperationError,
  type QueryReply,
  type RecordMirror,
  rejectionRecord,
  type VmSize,
  type VmSpec,
} from '@drover/protocol';
import { type Cluster, explainRejection, freeOn, type Rejection, type Vm } from '@drover/core';
import type { HostWatch } from './host-watch.ts';
import {
  isSameSize,
  larger,
  promisedSize,
  reportedMost,
  reportedSize,
  resized,
  resourcesOf,
  type SizeWish,
} from './vm-size.ts';

export interface ResizeSeen {
  readonly mirror: RecordMirror;
  readonly cluster: Cluster;
  readonly hosts: HostWatch;
}

export interface ResizeAsk {
  readonly size: SizeWish;
  readonly atNextStart: boolean;
}

export type ResizeDecision =
  | {
      readonly type: 'now' | 'next-start' | 'same';
      readonly what: string;
      readonly hostId: string | undefined;
      /** As it will be. */
      readonly spec: VmSpec;
      readonly from: VmSize;
      /** What is promised to it where it is, from then on; while it is resized, the larger of that and `from`. */
      readonly promised: VmSize;
    }
  /** Its host has not said how large it is. */
  | { readonly type: 'unheard'; readonly hostId: string }
  | { readonly type: 'refused'; readonly error: OperationError };

/** Of the most memory that it can have: with less it could not go on. */
const leastShare = 1 / 4;
const atNextStart = 'ask for it at its next start (--at-next-start)';

export function decideResize(seen: ResizeSeen, vmId: string, ask: ResizeAsk): ResizeDecision {
  const { mirror, cluster } = seen;
  const spec = mirror.vmIntents.get(vmId)?.value.spec;
  const vm = cluster.vms.get(vmId);
  if (spec === undefined || vm === undefined) return refused('vm-not-found', 'there is no such VM');
  const assignment = mirror.assignments.get(vmId)?.value;
  const { hostId, state = 'pending', saved } = assignment ?? {};
  if (saved !== undefined) {
    const message =
      'its memory is saved, and goes on with the size it has: start it, or throw the memory away (drover vm start --discard-saved), first';
    return refused('vm-saved', message);
  }
  const from = promisedSize(spec, assignment);
  const next = resized(spec, ask.size);
  const about = { hostId, spec: next, from };
  const isUnchanged = isSameSize(next, spec);
  if (hostId === undefined) {
    const what = isUnchanged ? alreadySo : `it starts with ${text(next)}`;
    return { ...about, type: isUnchanged ? 'same' : 'next-start', what, promised: from };
  }
  if (state !== 'running' && (state !== 'paused' || !ask.atNextStart)) {
    const message = `it is ${state} on ${hostId}, and only a VM that runs is resized at once: let it run first, or ${atNextStart}`;
    return refused('vm-not-running', message);
  }
  if (ask.atNextStart) {
    const what = isUnchanged
      ? alreadySo
      : `it runs on with ${text(from)}, and starts with ${text(next)} next`;
    return { ...about, type: isUnchanged ? 'same' : 'next-start', what, promised: from };
  }
  return decideLive(seen, vm, { ...about, hostId, isUnchanged }, ask.size);
}

const alreadySo = 'it has that size already';

function decideLive(
  { cluster, hosts }: ResizeSeen,
  vm: Vm,
  about: {
    readonly hostId: string;
    readonly spec: VmSpec;
    readonly from: VmSize;
    readonly isUnchanged: boolean;
  },
  size: SizeWish,
): ResizeDecision {
  const { isUnchanged, ...decided } = about;
  const { hostId, from } = decided;
  const reported = hosts.get(hostId)?.inventory?.vms.find((one) => one.vmId === vm.id);
  if (reported === undefined || !cluster.hosts.has(hostId)) return { type: 'unheard', hostId };
  const has = reportedSize(reported);
  const promised = { ...from, ...size };
  if (isUnchanged && isSameSize(promised, from) && isSameSize({ ...has, ...size }, has)) {
    return { ...decided, type: 'same', what: alreadySo, promised };
  }
  const error =
    outOfBounds(size, larger(has, from), reportedMost(reported)) ??
    noRoom(cluster, vm, hostId, promised);
  if (error !== undefined) return { type: 'refused', error };
  return { ...decided, type: 'now', what: `it gets ${text(promised)} while it runs`, promised };
}

/** What cannot be done with one that runs. */
function outOfBounds(
  { vcpus, memoryMib }: SizeWish,
  has: VmSize,
  most: VmSize,
): OperationError | undefined {
  const code = 'resize-needs-restart';
  if (vcpus !== undefined && vcpus < has.vcpus) {
    const message = `it runs with ${cpus(has.vcpus)}, and none can be taken away while it runs: ${atNextStart}`;
    return { code, message };
  }
  if (vcpus !== undefined && vcpus > most.vcpus) {
    return { code, message: `it was started with ${cpus(most.vcpus)} at most: ${atNextStart}` };
  }
  if (memoryMib === undefined) return undefined;
  if (memoryMib > most.memoryMib) {
    return { code, message: `it was started with ${most.memoryMib} MiB at most: ${atNextStart}` };
  }
  const leastMib = Math.ceil(most.memoryMib * leastShare);
  if (memoryMib >= Math.min(leastMib, has.memoryMib)) return undefined;
  const message = `${leastMib} MiB, a quarter of the most that it can have, is the least while it runs: ${atNextStart}`;
  return { code, message };
}

/** By the same count as every place is found by. */
function noRoom(
  cluster: Cluster,
  { request }: Vm,
  hostId: string,
  promised: VmSize,
): OperationError | undefined {
  const host = cluster.hosts.get(hostId);
  if (host === undefined) return undefined;
  const free = freeOn(cluster, host);
  const wanted = resourcesOf(promised);
  const lacks = (
    what: 'cpuMilli' | 'memoryMib',
    reason: 'not-enough-cpu' | 'not-enough-memory',
    unit: string,
  ): Rejection[] => {
    const required = wanted[what] - request[what];
    const available = free[what];
    return required <= available ? [] : [{ hostId, reason, required, available, unit }];
  };
  const rejections = [
    ...lacks('memoryMib', 'not-enough-memory', 'MiB'),
    ...lacks('cpuMilli', 'not-enough-cpu', 'mCPU'),
  ];
  if (rejections.length === 0) return undefined;
  const message = `no room to grow: ${rejections.map(explainRejection).join('; ')}; move it first (drover vm migrate), or ${atNextStart}`;
  return { code: 'no-room-to-grow', message, rejections: rejections.map(rejectionRecord) };
}

function text({ vcpus, memoryMib }: VmSize): string {
  return `${cpus(vcpus)} and ${memoryMib} MiB`;
}

function cpus(count: number): string {
  return count === 1 ? '1 vCPU' : `${count} vCPUs`;
}

function refused(code: string, message: string): ResizeDecision {
  return { type: 'refused', error: { code, message } };
}

/** What the API answers who only asks. */
export function resizePlan(seen: ResizeSeen, vmId: string, ask: ResizeAsk): QueryReply {
  const decision = decideResize(seen, vmId, ask);
  if (decision.type === 'refused') {
    const { code, message } = decision.error;
    const name = seen.mirror.vmIntents.get(vmId)?.value.name ?? vmId;
    return { type: 'error', code, message: `${name}: ${message}` };
  }
  if (decision.type === 'unheard') {
    const message = `${decision.hostId} has not said how large the VM is; ask again in a moment`;
    return { type: 'error', code: 'host-silent', message };
  }
  const when = decision.type === 'next-start' ? decision.type : 'now';
  return { type: 'resize-plan', when, what: decision.what };
}
