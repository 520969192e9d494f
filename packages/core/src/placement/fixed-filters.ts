/**
 * The filters that depend on the host and on the kind of VM alone, not on what else is placed: a search asks
 * them once for each kind.
 */
import type { Rejection } from './answer.ts';
import { acceleratorDiffers, wrongArchitecture } from './filters/architecture.ts';
import { cpuBaselineMissing, cpuDiffers, cpuFeatureMissing } from './filters/cpu-compatibility.ts';
import { notUp } from './filters/health.ts';
import { cordoned, draining } from './filters/intent.ts';
import { machineTypeMissing, qemuOlder } from './filters/machine-type.ts';
import { bridgeMissing } from './filters/network.ts';
import { numaCellTooSmall } from './filters/numa.ts';
import { heldByDevice } from './filters/devices.ts';
import { type FilterInput, firstNo, type Row } from './filters/filter.ts';
import { poolIsLocal, poolNotReachable } from './filters/pool.ts';
import { preflightFailed } from './filters/preflight.ts';

export const fixedFilters: readonly Row[] = [
  ['host-not-up', notUp],
  ['host-draining', draining],
  ['host-cordoned', cordoned],
  ['wrong-architecture', wrongArchitecture],
  ['accelerator-differs', acceleratorDiffers],
  ['cpu-differs', cpuDiffers],
  ['cpu-feature-missing', cpuFeatureMissing],
  ['cpu-baseline-missing', cpuBaselineMissing],
  ['machine-type-missing', machineTypeMissing],
  ['qemu-older', qemuOlder],
  ['bridge-missing', bridgeMissing],
  ['held-by-device', heldByDevice],
  ['pool-local', poolIsLocal],
  ['pool-not-reachable', poolNotReachable],
  ['numa-cell-too-small', numaCellTooSmall],
  ['preflight-failed', preflightFailed],
];

/** The first of them that rules the host out, whatever else is placed. */
export function rejectForGood(input: FilterInput): Rejection | undefined {
  return firstNo(fixedFilters, input);
}
