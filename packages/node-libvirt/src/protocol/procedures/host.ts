/**
 * Rows about the host itself: CPUs, memory, NUMA cells, security.
 */
import { array, charArray, i32, opaqueVar, u32, u64 } from '../../xdr/codec.ts';
import { typedParams } from '../../xdr/typed-params.ts';
import { high, low } from '../procedure.ts';
import { charText, listMax, namedCounts } from '../types.ts';

export const hostProcedures = {
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
  nodeGetCellsFreeMemory: high(
    101,
    { startCell: i32, maxCells: i32 },
    { cells: array(u64, listMax.nodeCells) },
  ),
  nodeGetFreeMemory: high(102, undefined, { freeMemory: u64 }),
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
  nodeGetSecurityModel: high(122, undefined, {
    model: charText(listMax.securityModelChars),
    doi: charText(listMax.securityModelChars),
  }),
  /** A bit per CPU, the first in the lowest bit of the first byte; set where it is online. */
  nodeGetCpuMap: low(
    293,
    { needMap: i32, needOnline: i32, flags: u32 },
    { cpuMap: opaqueVar(listMax.cpuMapBytes), online: u32, count: i32 },
  ),
  /** Of each page size in each cell, cell by cell. */
  nodeGetFreePages: high(
    340,
    { pages: array(u32, listMax.nodeCells), startCell: i32, cellCount: u32, flags: u32 },
    { counts: array(u64, listMax.nodeCells) },
  ),
  nodeSetMemoryParameters: low(
    288,
    { params: typedParams(listMax.nodeMemoryParams), flags: u32 },
    undefined,
  ),
  nodeGetMemoryParameters: low(
    289,
    { nparams: i32, flags: u32 },
    { params: typedParams(listMax.nodeMemoryParams), nparams: i32 },
  ),
  nodeAllocPages: low(
    347,
    {
      pageSizes: array(u32, listMax.nodeCells),
      pageCounts: array(u64, listMax.nodeCells),
      startCell: i32,
      cellCount: u32,
      flags: u32,
    },
    { count: i32 },
  ),
  nodeGetSevInfo: low(
    395,
    { nparams: i32, flags: u32 },
    { params: typedParams(listMax.sevInfo), nparams: i32 },
  ),
};
