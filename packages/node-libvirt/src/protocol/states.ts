/**
 * Names for the numbers that libvirt reports: domain states with their reasons, pool states, volume types,
 * jobs, and the details of lifecycle events. A number from a newer libvirt reads as `other`.
 */

export const domainStates = [
  'no-state',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pm-suspended',
] as const;
export type DomainState = (typeof domainStates)[number] | 'other';

const runningReasons = [
  'unknown',
  'booted',
  'migrated',
  'restored',
  'from-snapshot',
  'unpaused',
  'migration-canceled',
  'save-canceled',
  'wakeup',
  'crashed',
  'postcopy',
  'postcopy-failed',
] as const;
const pausedReasons = [
  'unknown',
  'user',
  'migration',
  'save',
  'dump',
  'io-error',
  'watchdog',
  'from-snapshot',
  'shutting-down',
  'snapshot',
  'crashed',
  'starting-up',
  'postcopy',
  'postcopy-failed',
  'api-error',
] as const;
const shutoffReasons = [
  'unknown',
  'shutdown',
  'destroyed',
  'crashed',
  'migrated',
  'saved',
  'failed',
  'from-snapshot',
  'daemon',
] as const;
const unknownReason = ['unknown'] as const;
const shutdownReasons = ['unknown', 'user'] as const;
const crashedReasons = ['unknown', 'panicked'] as const;

/** Per state, in the order of `domainStates`. */
const reasonsByState = [
  unknownReason,
  runningReasons,
  unknownReason,
  pausedReasons,
  shutdownReasons,
  shutoffReasons,
  crashedReasons,
  unknownReason,
] as const;
export type DomainStateReason = (typeof reasonsByState)[number][number] | 'other';

export interface DomainStateInfo {
  readonly state: DomainState;
  readonly reason: DomainStateReason;
  readonly stateCode: number;
  readonly reasonCode: number;
}

export function domainStateInfo(stateCode: number, reasonCode: number): DomainStateInfo {
  return {
    state: domainStates[stateCode] ?? 'other',
    reason: reasonsByState[stateCode]?.[reasonCode] ?? 'other',
    stateCode,
    reasonCode,
  };
}

export const poolStates = ['inactive', 'building', 'running', 'degraded', 'inaccessible'] as const;
export type PoolState = (typeof poolStates)[number] | 'other';

export const volTypes = ['file', 'block', 'dir', 'network', 'netdir', 'ploop'] as const;
export type VolType = (typeof volTypes)[number] | 'other';

export const jobTypes = [
  'none',
  'bounded',
  'unbounded',
  'completed',
  'failed',
  'cancelled',
] as const;
export type JobType = (typeof jobTypes)[number] | 'other';

export const jobOperations = [
  'unknown',
  'start',
  'save',
  'restore',
  'migration-in',
  'migration-out',
  'snapshot',
  'snapshot-revert',
  'dump',
  'backup',
  'snapshot-delete',
] as const;
export type JobOperation = (typeof jobOperations)[number] | 'other';

const lifecycleDetails = {
  defined: ['added', 'updated', 'renamed', 'from-snapshot'],
  undefined: ['removed', 'renamed'],
  started: ['booted', 'migrated', 'restored', 'from-snapshot', 'wakeup', 'recovered'],
  suspended: [
    'paused',
    'migrated',
    'io-error',
    'watchdog',
    'restored',
    'from-snapshot',
    'api-error',
    'postcopy',
    'postcopy-failed',
  ],
  resumed: ['unpaused', 'migrated', 'from-snapshot', 'postcopy', 'postcopy-failed'],
  stopped: [
    'shutdown',
    'destroyed',
    'crashed',
    'migrated',
    'saved',
    'failed',
    'from-snapshot',
    'recovered',
  ],
  shutdown: ['finished', 'guest', 'host'],
  'pm-suspended': ['memory', 'disk'],
  crashed: ['panicked', 'crash-loaded'],
} as const;

export const lifecycleTypes = [
  'defined',
  'undefined',
  'started',
  'suspended',
  'resumed',
  'stopped',
  'shutdown',
  'pm-suspended',
  'crashed',
] as const satisfies readonly (keyof typeof lifecycleDetails)[];

type KnownLifecycleType = keyof typeof lifecycleDetails;
export type LifecycleType = KnownLifecycleType | 'other';
export type LifecycleDetail = (typeof lifecycleDetails)[KnownLifecycleType][number] | 'other';

export function lifecycleNames(
  typeCode: number,
  detailCode: number,
): { readonly type: LifecycleType; readonly detail: LifecycleDetail } {
  const type = lifecycleTypes[typeCode];
  if (type === undefined) return { type: 'other', detail: 'other' };
  return { type, detail: lifecycleDetails[type][detailCode] ?? 'other' };
}

export const poolLifecycleTypes = [
  'defined',
  'undefined',
  'started',
  'stopped',
  'created',
  'deleted',
] as const;
export type PoolLifecycleType = (typeof poolLifecycleTypes)[number] | 'other';

export const ioErrorActions = ['none', 'pause', 'report'] as const;
export type IoErrorAction = (typeof ioErrorActions)[number] | 'other';

/** The name of a number in one of the tables above. */
export function nameOf<T extends string>(names: readonly T[], code: number): T | 'other' {
  return names[code] ?? 'other';
}
