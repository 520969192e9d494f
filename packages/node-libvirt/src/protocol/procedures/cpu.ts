/**
 * Rows about what the host's hypervisor and CPU can give.
 */
import { array, i32, u32 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { listMax, optionalText, text } from '../types.ts';

const hypervisor = {
  emulator: optionalText,
  arch: optionalText,
  machine: optionalText,
  virtType: optionalText,
};

export const cpuProcedures = {
  connectGetCapabilities: low(7, undefined, { capabilities: text }),
  connectGetDomainCapabilities: low(342, { ...hypervisor, flags: u32 }, { capabilities: text }),
  connectCompareHypervisorCpu: low(393, { ...hypervisor, cpu: text, flags: u32 }, { result: i32 }),
  connectBaselineHypervisorCpu: low(
    394,
    { ...hypervisor, cpus: array(text, listMax.cpuBaseline), flags: u32 },
    { cpu: text },
  ),
  connectCompareCpu: high(158, { cpu: text, flags: u32 }, { result: i32 }),
  connectBaselineCpu: low(
    162,
    { cpus: array(text, listMax.cpuBaseline), flags: u32 },
    { cpu: text },
  ),
  /** `count` is the number of models even when none were asked for. */
  connectGetCpuModelNames: low(
    312,
    { arch: text, needResults: i32, flags: u32 },
    { models: array(text, listMax.cpuModels), count: i32 },
  ),
};
