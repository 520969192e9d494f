/**
 * Rows about a domain's memory and virtual CPUs: sizes, counts and their statistics.
 */
import { array, i32, struct, u32, u64 } from '../../xdr/codec.ts';
import { typedParams } from '../../xdr/typed-params.ts';
import { low } from '../procedure.ts';
import { domain, listMax } from '../types.ts';

const memoryStat = struct({ tag: i32, value: u64 });

export const domainMemoryProcedures = {
  domainMemoryStats: low(
    159,
    { dom: domain, maxStats: u32, flags: u32 },
    { stats: array(memoryStat, listMax.memoryStats) },
  ),
  domainSetVcpusFlags: low(199, { dom: domain, vcpus: u32, flags: u32 }, undefined),
  /** KiB. */
  domainSetMemoryFlags: low(204, { dom: domain, memory: u64, flags: u32 }, undefined),
  /** With `nparams` 0 only the number of parameters comes back; `startCpu` -1 asks for the sum of all. */
  domainGetCpuStats: low(
    262,
    { dom: domain, nparams: u32, startCpu: i32, ncpus: u32, flags: u32 },
    { params: typedParams(listMax.cpuStats), nparams: i32 },
  ),
  domainStartDirtyRateCalc: low(427, { dom: domain, seconds: i32, flags: u32 }, undefined),
};
