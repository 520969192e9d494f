/**
 * The filters, cheap ones first; the first that says no is the host's reason. Those in `fixed` depend on the
 * host and on the kind of VM alone, not on what else is placed, so that a search asks them once for each kind.
 */
import type { RefusalReason, Rejection } from './answer.ts';
import { acceleratorDiffers, wrongArchitecture } from './filters/architecture.ts';
import { excluded, notAskedFor } from './filters/asked-for.ts';
import { notEnoughCpu, notEnoughMemory } from './filters/capacity.ts';
import { cpuDiffers, cpuFeatureMissing } from './filters/cpu-compatibility.ts';
import { deviceMissing, heldByDevice } from './filters/devices.ts';
import type { Filter, FilterInput } from './filters/filter.ts';
import { notUp } from './filters/health.ts';
import { notEnoughHugePages } from './filters/huge-pages.ts';
import { cordoned, draining } from './filters/intent.ts';
import { machineTypeMissing, qemuOlder } from './filters/machine-type.ts';
import { bridgeMissing } from './filters/network.ts';
import { numaCellTooSmall } from './filters/numa.ts';
import { poolFull, poolIsLocal, poolNotReachable } from './filters/pool.ts';
import { ruleBroken } from './filters/rules.ts';
import { noMigrationSlot } from './filters/slots.ts';

export type { FilterInput } from './filters/filter.ts';

type Row = readonly [RefusalReason, Filter];

const asked: readonly Row[] = [
  ['not-asked-for', notAskedFor],
  ['host-excluded', excluded],
];

const fixed: readonly Row[] = [
  ['host-not-up', notUp],
  ['host-draining', draining],
  ['host-cordoned', cordoned],
  ['wrong-architecture', wrongArchitecture],
  ['accelerator-differs', acceleratorDiffers],
  ['cpu-differs', cpuDiffers],
  ['cpu-feature-missing', cpuFeatureMissing],
  ['machine-type-missing', machineTypeMissing],
  ['qemu-older', qemuOlder],
  ['bridge-missing', bridgeMissing],
  ['held-by-device', heldByDevice],
  ['pool-local', poolIsLocal],
  ['pool-not-reachable', poolNotReachable],
  ['numa-cell-too-small', numaCellTooSmall],
];

const changing: readonly Row[] = [
  ['pool-full', poolFull],
  ['not-enough-memory', notEnoughMemory],
  ['not-enough-cpu', notEnoughCpu],
  ['not-enough-huge-pages', notEnoughHugePages],
  ['device-missing', deviceMissing],
  ['rule-broken', ruleBroken],
  ['no-migration-slot', noMigrationSlot],
];

const all: readonly Row[] = [...asked, ...fixed, ...changing];

/** The first filter that rules the host out, or nothing. */
export function reject(input: FilterInput): Rejection | undefined {
  return firstNo(all, input);
}

/** The same, of the filters that do not depend on what else is placed. */
export function rejectForGood(input: FilterInput): Rejection | undefined {
  return firstNo(fixed, input);
}

function firstNo(rows: readonly Row[], input: FilterInput): Rejection | undefined {
  for (const [reason, filter] of rows) {
    const no = filter(input);
    if (no !== undefined) return { hostId: input.host.id, reason, ...no };
  }
  return undefined;
}
