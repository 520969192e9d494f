/**
 * Rows that tune a domain: scheduling, pinning, throttling of disks and interfaces.
 */
import { array, i32, opaqueVar, u32 } from '../../xdr/codec.ts';
import { typedParams } from '../../xdr/typed-params.ts';
import { high, low } from '../procedure.ts';
import { domain, listMax, optionalText, text, vcpuInfo } from '../types.ts';

export const domainTuneProcedures = {
  domainGetVcpus: high(
    20,
    { dom: domain, maxInfo: i32, mapBytes: i32 },
    { info: array(vcpuInfo, listMax.vcpus), cpuMaps: opaqueVar(listMax.cpuMapsBytes) },
  ),
  domainGetVcpusFlags: low(200, { dom: domain, flags: u32 }, { num: i32 }),
  domainSetSchedulerParametersFlags: low(
    219,
    { dom: domain, params: typedParams(listMax.schedulerParams), flags: u32 },
    undefined,
  ),
  domainPinVcpuFlags: low(
    225,
    { dom: domain, vcpu: u32, cpuMap: opaqueVar(listMax.cpuMapBytes), flags: u32 },
    undefined,
  ),
  domainSetBlockIoTune: low(
    252,
    { dom: domain, disk: text, params: typedParams(listMax.blockIoTuneParams), flags: u32 },
    undefined,
  ),
  domainGetBlockIoTune: low(
    253,
    { dom: domain, disk: optionalText, nparams: i32, flags: u32 },
    { params: typedParams(listMax.blockIoTuneParams), nparams: i32 },
  ),
  domainSetInterfaceParameters: low(
    256,
    { dom: domain, device: text, params: typedParams(listMax.interfaceParams), flags: u32 },
    undefined,
  ),
  domainPinEmulator: low(
    279,
    { dom: domain, cpuMap: opaqueVar(listMax.cpuMapBytes), flags: u32 },
    undefined,
  ),
  domainSetMemoryStatsPeriod: low(308, { dom: domain, period: i32, flags: u32 }, undefined),
  domainSetLifecycleAction: low(
    390,
    { dom: domain, type: u32, action: u32, flags: u32 },
    undefined,
  ),
  domainSetThrottleGroup: low(
    451,
    { dom: domain, group: text, params: typedParams(listMax.blockIoTuneParams), flags: u32 },
    undefined,
  ),
  domainDelThrottleGroup: low(452, { dom: domain, group: optionalText, flags: u32 }, undefined),
};
