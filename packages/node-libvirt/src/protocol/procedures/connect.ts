/**
 * Rows about the connection, the host and its capabilities.
 */
import { array, bool, charArray, i32, optional, u32, u64 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import {
  domain,
  domainStatsRecord,
  listMax,
  namedCounts,
  optionalText,
  storagePool,
  text,
} from '../types.ts';

const hypervisor = {
  emulator: optionalText,
  arch: optionalText,
  machine: optionalText,
  virtType: optionalText,
};

export const connectProcedures = {
  connectOpen: high(1, { name: optionalText, flags: u32 }, undefined),
  connectClose: high(2, undefined, undefined),
  connectGetType: high(3, undefined, { type: text }),
  connectGetVersion: high(4, undefined, { version: u64 }),
  nodeGetInfo: high(6, undefined, {
    model: charArray(32),
    memory: u64,
    cpus: i32,
    mhz: i32,
    nodes: i32,
    sockets: i32,
    cores: i32,
    threads: i32,
  }),
  connectGetCapabilities: low(7, undefined, { capabilities: text }),
  connectGetHostname: high(59, undefined, { hostname: text }),
  connectSupportsFeature: high(60, { feature: i32 }, { supported: bool }),
  authList: high(66, undefined, { types: array(i32, listMax.authTypes) }),
  authPolkit: high(70, undefined, { complete: bool }),
  nodeGetCellsFreeMemory: high(
    101,
    { startCell: i32, maxCells: i32 },
    { cells: array(u64, listMax.nodeCells) },
  ),
  nodeGetFreeMemory: high(102, undefined, { freeMemory: u64 }),
  connectGetLibVersion: high(157, undefined, { version: u64 }),
  nodeGetCpuStats: high(
    227,
    { cpuNum: i32, nparams: i32, flags: u32 },
    { params: namedCounts, nparams: i32 },
  ),
  nodeGetMemoryStats: high(
    228,
    { nparams: i32, cellNum: i32, flags: u32 },
    { params: namedCounts, nparams: i32 },
  ),
  connectListAllDomains: high(
    273,
    { needResults: i32, flags: u32 },
    { domains: array(domain, listMax.domains), count: u32 },
  ),
  connectListAllStoragePools: high(
    281,
    { needResults: i32, flags: u32 },
    { pools: array(storagePool, listMax.storagePools), count: u32 },
  ),
  connectDomainEventCallbackRegisterAny: high(
    316,
    { eventId: i32, dom: optional(domain) },
    { callbackId: i32 },
  ),
  connectDomainEventCallbackDeregisterAny: high(317, { callbackId: i32 }, undefined),
  connectGetDomainCapabilities: low(342, { ...hypervisor, flags: u32 }, { capabilities: text }),
  connectGetAllDomainStats: low(
    344,
    { doms: array(domain, listMax.domains), stats: u32, flags: u32 },
    { records: array(domainStatsRecord, listMax.domains) },
  ),
  connectStoragePoolEventRegisterAny: high(
    368,
    { eventId: i32, pool: optional(storagePool) },
    { callbackId: i32 },
  ),
  connectStoragePoolEventDeregisterAny: high(369, { callbackId: i32 }, undefined),
  connectCompareHypervisorCpu: low(393, { ...hypervisor, cpu: text, flags: u32 }, { result: i32 }),
  connectBaselineHypervisorCpu: low(
    394,
    { ...hypervisor, cpus: array(text, listMax.cpuBaseline), flags: u32 },
    { cpu: text },
  ),
};
