/**
 * Rows about a domain's disks: statistics, sizes and the block jobs that move their data.
 */
import { array, i32, i64, struct, u32, u64 } from '../../xdr/codec.ts';
import { typedParams } from '../../xdr/typed-params.ts';
import { low } from '../procedure.ts';
import { domain, listMax, optionalText, text } from '../types.ts';

const diskPath = { dom: domain, path: text };
const diskError = struct({ disk: text, error: i32 });

export const domainBlockProcedures = {
  domainBlockStats: low(64, diskPath, {
    readRequests: i64,
    readBytes: i64,
    writeRequests: i64,
    writeBytes: i64,
    errors: i64,
  }),
  domainGetBlockInfo: low(
    194,
    { ...diskPath, flags: u32 },
    { allocation: u64, capacity: u64, physical: u64 },
  ),
  domainBlockJobAbort: low(237, { ...diskPath, flags: u32 }, undefined),
  /** `found` 0: no job runs, and the rest says nothing. */
  domainGetBlockJobInfo: low(
    238,
    { ...diskPath, flags: u32 },
    { found: i32, type: i32, bandwidth: u64, current: u64, end: u64 },
  ),
  /** With `nparams` 0 only the number of parameters comes back. */
  domainBlockStatsFlags: low(
    243,
    { ...diskPath, nparams: i32, flags: u32 },
    { params: typedParams(listMax.blockStats), nparams: i32 },
  ),
  domainBlockResize: low(251, { dom: domain, disk: text, size: u64, flags: u32 }, undefined),
  domainGetDiskErrors: low(
    263,
    { dom: domain, maxErrors: u32, flags: u32 },
    { errors: array(diskError, listMax.diskErrors), count: i32 },
  ),
  domainBlockCommit: low(
    290,
    { dom: domain, disk: text, base: optionalText, top: optionalText, bandwidth: u64, flags: u32 },
    undefined,
  ),
  domainBlockCopy: low(
    345,
    { ...diskPath, destXml: text, params: typedParams(listMax.blockCopyParams), flags: u32 },
    undefined,
  ),
  domainSetBlockThreshold: low(
    386,
    { dom: domain, device: text, threshold: u64, flags: u32 },
    undefined,
  ),
  domainBlockJobSetSpeed: low(
    239,
    { dom: domain, path: text, bandwidth: u64, flags: u32 },
    undefined,
  ),
  domainBlockPull: low(240, { dom: domain, path: text, bandwidth: u64, flags: u32 }, undefined),
  domainBlockRebase: low(
    266,
    { dom: domain, path: text, base: optionalText, bandwidth: u64, flags: u32 },
    undefined,
  ),
};
