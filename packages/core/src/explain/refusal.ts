/** Refusals as sentences, and what to do about them. Every number in them is from the value itself. */
import { listed } from '../names.ts';
import { remediesOf } from './preflight.ts';
import type { RefusalReason, Rejection } from '../placement/answer.ts';

type Sentence = (rejection: Rejection) => string;

const sentences: Readonly<Record<RefusalReason, Sentence>> = {
  'not-asked-for': (no) => `only ${no.required} was asked for`,
  'host-excluded': () => 'the VM is there already, or the host was tried before',
  'host-not-up': (no) => `it is ${no.available}`,
  'host-draining': () => 'it is being drained',
  'host-cordoned': () => 'it is cordoned',
  'wrong-architecture': (no) => `it is ${no.available}, the VM is ${no.required}`,
  'accelerator-differs': (no) => `it has ${no.available}, the VM runs under ${no.required}`,
  'cpu-differs': (no) => `its CPU is ${no.available}, the VM was given all of a ${no.required}`,
  'cpu-feature-missing': (no) => `its CPU (${no.available}) lacks ${no.required}`,
  'cpu-baseline-missing': (no) => `its CPU (${no.available}) cannot give ${no.required}`,
  'machine-type-missing': (no) => `its QEMU lacks machine type ${no.required}`,
  'qemu-older': (no) => `its QEMU is older (${no.available}) than the VM's (${no.required})`,
  'bridge-missing': (no) => `it lacks bridge ${no.required} (has ${no.available})`,
  'pool-not-reachable': (no) => `pool ${no.required} is ${no.available}`,
  'not-enough-memory': (no) => `needs ${no.required} MiB, has ${no.available} MiB free`,
  'not-enough-cpu': (no) => `needs ${no.required} mCPU, has ${no.available} mCPU free`,
  'not-enough-huge-pages': (no) =>
    `needs ${no.required} MiB of huge pages, has ${no.available} MiB left`,
  'numa-cell-too-small': (no) =>
    `the VM needs ${no.required} MiB and its CPUs in one NUMA cell, the largest has ${no.available} MiB`,
  'pool-local': (no) =>
    no.required === 'a shared pool'
      ? `pool ${no.available} belongs to one host: its disks would stay behind`
      : `its disks are in pool ${no.available} of ${no.required}`,
  'pool-full': (no) =>
    `its disks need ${no.required} MiB in the pool, ${no.available} MiB are free`,
  'pool-promised': (no) =>
    `its disks may grow to ${no.required} MiB, ${no.available} MiB of the pool may still be promised`,
  'held-by-device': (no) => `the VM holds a device of its host (${no.available})`,
  'preflight-failed': (no) => String(no.available),
  'device-missing': (no) => `needs ${no.required} × ${no.unit}, has ${no.available} left`,
  'rule-broken': (no) => `rule ${no.required} (${no.available}) would be broken`,
  'no-migration-slot': () => 'all its slots for incoming migrations are taken',
  'headroom-lost': (no) =>
    `it has room, but then not all VMs of ${no.required} would find a place if that host were lost`,
};

export function explainRejection(rejection: Rejection): string {
  return `${rejection.hostId}: ${sentences[rejection.reason](rejection)}`;
}

/** What a person can do so that one more host takes the VM. */
export function remedyFor(rejections: readonly Rejection[]): string {
  const reasons = new Set(rejections.map((rejection) => rejection.reason));
  const hosts = (reason: RefusalReason) =>
    listed(
      rejections
        .filter((rejection) => rejection.reason === reason)
        .map((rejection) => rejection.hostId),
    );
  const found = rejections.flatMap((one) => one.reasons ?? []);
  if (found.length > 0) return remediesOf(found);
  if (reasons.has('host-cordoned')) return `uncordon ${hosts('host-cordoned')}`;
  if (reasons.has('host-draining'))
    return `wait for, or cancel, the drain of ${hosts('host-draining')}`;
  if (reasons.has('not-enough-memory')) {
    return `free memory on ${hosts('not-enough-memory')}, or stop the VM`;
  }
  if (reasons.has('not-enough-cpu'))
    return `free CPU on ${hosts('not-enough-cpu')}, or stop the VM`;
  if (reasons.has('pool-not-reachable')) {
    return `make its pools reachable on ${hosts('pool-not-reachable')}`;
  }
  if (reasons.has('bridge-missing')) return `add its bridge on ${hosts('bridge-missing')}`;
  if (reasons.has('pool-full')) return `free space in its pools`;
  if (reasons.has('pool-promised')) return 'enlarge its pools, or raise their thin limit';
  if (reasons.has('rule-broken')) {
    const rules = rejections.filter((one) => one.reason === 'rule-broken');
    return `change rule ${listed([...new Set(rules.map((one) => String(one.required)))])}`;
  }
  if (reasons.has('held-by-device')) return 'stop the VM, or take its device away';
  if (reasons.has('pool-local')) return 'stop the VM, or move its disks to a shared pool';
  if (reasons.has('not-enough-huge-pages')) {
    return `set more huge pages aside on ${hosts('not-enough-huge-pages')}`;
  }
  if (reasons.has('cpu-baseline-missing')) return 'drover cluster cpu recompute';
  if (reasons.has('host-not-up')) return `bring back ${hosts('host-not-up')}`;
  return 'stop the VM, or add a host that fits it';
}
