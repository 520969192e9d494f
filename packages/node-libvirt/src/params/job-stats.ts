/**
 * What libvirt says about a running or finished job, read from its typed parameters into named fields
 * with units (`VIR_DOMAIN_JOB_…`). Which numbers mean that a migration converges is left to the caller.
 */
import {
  jobOperations,
  jobTypes,
  nameOf,
  type JobOperation,
  type JobType,
} from '../protocol/states.ts';
import { numberOf, paramsRecord, type ParamsRecord, type TypedParam } from '../xdr/typed-params.ts';
import { readFields, type FieldsOf } from './fields.ts';

export const jobFields = {
  timeElapsedMs: ['time_elapsed', 'number'],
  /** Without what the two hosts' clocks differ by. */
  timeElapsedNetMs: ['time_elapsed_net', 'number'],
  timeRemainingMs: ['time_remaining', 'number'],
  setupTimeMs: ['setup_time', 'number'],
  /** While running the expected downtime, once completed the real one. */
  downtimeMs: ['downtime', 'number'],
  downtimeNetMs: ['downtime_net', 'number'],
  dataTotalBytes: ['data_total', 'number'],
  dataProcessedBytes: ['data_processed', 'number'],
  dataRemainingBytes: ['data_remaining', 'number'],
  memoryTotalBytes: ['memory_total', 'number'],
  memoryProcessedBytes: ['memory_processed', 'number'],
  memoryRemainingBytes: ['memory_remaining', 'number'],
  /** Pages that were all one byte. */
  memoryConstantPages: ['memory_constant', 'number'],
  memoryNormalPages: ['memory_normal', 'number'],
  memoryNormalBytes: ['memory_normal_bytes', 'number'],
  /** Bytes per second over the wire, of memory. */
  memoryBps: ['memory_bps', 'number'],
  /** Pages dirtied per second; bytes with `memoryPageSizeBytes`. */
  memoryDirtyPagesPerSecond: ['memory_dirty_rate', 'number'],
  memoryPageSizeBytes: ['memory_page_size', 'number'],
  memoryIteration: ['memory_iteration', 'number'],
  /** Pages that the destination asked for itself. */
  memoryPostCopyRequests: ['memory_postcopy_requests', 'number'],
  diskTotalBytes: ['disk_total', 'number'],
  diskProcessedBytes: ['disk_processed', 'number'],
  diskRemainingBytes: ['disk_remaining', 'number'],
  diskBps: ['disk_bps', 'number'],
  /** Of a backup whose data wait on the host to be fetched. */
  diskTemporaryUsedBytes: ['disk_temp_used', 'number'],
  diskTemporaryTotalBytes: ['disk_temp_total', 'number'],
  compressionCacheBytes: ['compression_cache', 'number'],
  compressionBytes: ['compression_bytes', 'number'],
  compressionPages: ['compression_pages', 'number'],
  compressionCacheMisses: ['compression_cache_misses', 'number'],
  compressionOverflow: ['compression_overflow', 'number'],
  autoConvergeThrottlePercent: ['auto_converge_throttle', 'number'],
  vfioTransferredBytes: ['vfio_data_transferred', 'number'],
  /** Only of a job that has ended. */
  success: ['success', 'boolean'],
  /** The daemon's words on why the job ended as it did. */
  errorMessage: ['errmsg', 'string'],
} as const;

/** A field that libvirt did not send is absent: the first second of a migration lacks most. */
export type JobStats = FieldsOf<typeof jobFields> & {
  readonly type: JobType;
  readonly operation: JobOperation;
  /** Every parameter as sent. */
  readonly params: ParamsRecord;
};

export function readJobStats(typeCode: number, list: readonly TypedParam[]): JobStats {
  const params = paramsRecord(list);
  return {
    ...readFields(jobFields, params),
    type: nameOf(jobTypes, typeCode),
    operation: nameOf(jobOperations, numberOf(params, 'operation') ?? 0),
    params,
  };
}

/** A completed job's event carries no type number; success is one of its parameters. */
export function readJobCompleted(list: readonly TypedParam[]): JobStats {
  const params = paramsRecord(list);
  const failed = params['success'] === false || 'errmsg' in params;
  return readJobStats(jobTypes.indexOf(failed ? 'failed' : 'completed'), list);
}
