/**
 * Rows about migration and the jobs it runs as.
 */
import { i32, opaqueVar, u32, u64 } from '../../xdr/codec.ts';
import { typedParams } from '../../xdr/typed-params.ts';
import { low } from '../procedure.ts';
import { domain, listMax, optionalText, text } from '../types.ts';

export const migrateProcedures = {
  domainGetJobInfo: low(
    163,
    { dom: domain },
    {
      type: i32,
      timeElapsed: u64,
      timeRemaining: u64,
      dataTotal: u64,
      dataProcessed: u64,
      dataRemaining: u64,
      memTotal: u64,
      memProcessed: u64,
      memRemaining: u64,
      fileTotal: u64,
      fileProcessed: u64,
      fileRemaining: u64,
    },
  ),
  domainAbortJob: low(164, { dom: domain }, undefined),
  domainMigrateSetMaxDowntime: low(166, { dom: domain, downtime: u64, flags: u32 }, undefined),
  domainMigrateSetMaxSpeed: low(207, { dom: domain, bandwidth: u64, flags: u32 }, undefined),
  domainMigrateGetMaxSpeed: low(242, { dom: domain, flags: u32 }, { bandwidth: u64 }),
  domainGetJobStats: low(
    298,
    { dom: domain, flags: u32 },
    { type: i32, params: typedParams(listMax.jobStats) },
  ),
  domainMigratePerform3Params: low(
    305,
    {
      dom: domain,
      dconnuri: optionalText,
      params: typedParams(listMax.migrateParams),
      cookieIn: opaqueVar(listMax.migrateCookieBytes),
      flags: u32,
    },
    { cookieOut: opaqueVar(listMax.migrateCookieBytes) },
  ),
  domainMigrateStartPostCopy: low(364, { dom: domain, flags: u32 }, undefined),
  domainMigrateGetMaxDowntime: low(387, { dom: domain, flags: u32 }, { downtime: u64 }),
  domainAbortJobFlags: low(442, { dom: domain, flags: u32 }, undefined),
  domainMigrateGetCompressionCache: low(299, { dom: domain, flags: u32 }, { cacheSize: u64 }),
  domainMigrateSetCompressionCache: low(
    300,
    { dom: domain, cacheSize: u64, flags: u32 },
    undefined,
  ),
  domainMigrateBegin3Params: low(
    302,
    { dom: domain, params: typedParams(listMax.migrateParams), flags: u32 },
    { cookieOut: opaqueVar(listMax.migrateCookieBytes), xml: text },
  ),
  domainMigratePrepare3Params: low(
    303,
    {
      params: typedParams(listMax.migrateParams),
      cookieIn: opaqueVar(listMax.migrateCookieBytes),
      flags: u32,
    },
    { cookieOut: opaqueVar(listMax.migrateCookieBytes), uriOut: optionalText },
  ),
  domainMigratePrepareTunnel3Params: low(
    304,
    {
      params: typedParams(listMax.migrateParams),
      cookieIn: opaqueVar(listMax.migrateCookieBytes),
      flags: u32,
    },
    { cookieOut: opaqueVar(listMax.migrateCookieBytes) },
    { stream: 'write' },
  ),
  domainMigrateFinish3Params: low(
    306,
    {
      params: typedParams(listMax.migrateParams),
      cookieIn: opaqueVar(listMax.migrateCookieBytes),
      flags: u32,
      cancelled: i32,
    },
    { dom: domain, cookieOut: opaqueVar(listMax.migrateCookieBytes) },
  ),
  domainMigrateConfirm3Params: low(
    307,
    {
      dom: domain,
      params: typedParams(listMax.migrateParams),
      cookieIn: opaqueVar(listMax.migrateCookieBytes),
      flags: u32,
      cancelled: i32,
    },
    undefined,
  ),
};
