/**
 * What libvirt says about a running or finished job, read from its typed parameters into named fields
 * with units. Which numbers mean that a migration converges is left to the caller.
 */
import {
  jobOperations,
  jobTypes,
  nameOf,
  type JobOperation,
  type JobType,
} from './protocol/states.ts';
import {
  numberOf,
  paramsRecord,
  stringOf,
  type ParamsRecord,
  type TypedParam,
} from './xdr/typed-params.ts';

/** A field that libvirt did not send is absent: the first second of a migration lacks most. */
export interface JobStats {
  readonly type: JobType;
  readonly operation: JobOperation;
  readonly timeElapsedMs?: number;
  readonly setupTimeMs?: number;
  /** While running the expected downtime, once completed the real one. */
  readonly downtimeMs?: number;
  readonly dataTotalBytes?: number;
  readonly dataProcessedBytes?: number;
  readonly dataRemainingBytes?: number;
  readonly memoryTotalBytes?: number;
  readonly memoryProcessedBytes?: number;
  readonly memoryRemainingBytes?: number;
  /** Bytes per second over the wire, of memory. */
  readonly memoryBps?: number;
  /** Pages dirtied per second; bytes with `memoryPageSizeBytes`. */
  readonly memoryDirtyPagesPerSecond?: number;
  readonly memoryPageSizeBytes?: number;
  readonly memoryIteration?: number;
  readonly autoConvergeThrottlePercent?: number;
  /** The daemon's words on why the job ended as it did. */
  readonly errorMessage?: string;
  /** Every parameter as sent. */
  readonly params: ParamsRecord;
}

const numberFields = {
  timeElapsedMs: 'time_elapsed',
  setupTimeMs: 'setup_time',
  downtimeMs: 'downtime',
  dataTotalBytes: 'data_total',
  dataProcessedBytes: 'data_processed',
  dataRemainingBytes: 'data_remaining',
  memoryTotalBytes: 'memory_total',
  memoryProcessedBytes: 'memory_processed',
  memoryRemainingBytes: 'memory_remaining',
  memoryBps: 'memory_bps',
  memoryDirtyPagesPerSecond: 'memory_dirty_rate',
  memoryPageSizeBytes: 'memory_page_size',
  memoryIteration: 'memory_iteration',
  autoConvergeThrottlePercent: 'auto_converge_throttle',
} as const satisfies Partial<Record<keyof JobStats, string>>;

export function readJobStats(typeCode: number, list: readonly TypedParam[]): JobStats {
  const params = paramsRecord(list);
  const numbers: Partial<Record<keyof typeof numberFields, number>> = {};
  for (const [name, field] of Object.entries(numberFields)) {
    const value = numberOf(params, field);
    if (value !== undefined) numbers[name as keyof typeof numberFields] = value;
  }
  const errorMessage = stringOf(params, 'errmsg');
  return {
    type: nameOf(jobTypes, typeCode),
    operation: nameOf(jobOperations, numberOf(params, 'operation') ?? 0),
    ...numbers,
    ...(errorMessage === undefined ? {} : { errorMessage }),
    params,
  };
}

/** A completed job's event carries no type number; success is one of its parameters. */
export function readJobCompleted(list: readonly TypedParam[]): JobStats {
  const params = paramsRecord(list);
  const succeeded = params['success'];
  const failed = succeeded === false || 'errmsg' in params;
  return readJobStats(jobTypes.indexOf(failed ? 'failed' : 'completed'), list);
}
