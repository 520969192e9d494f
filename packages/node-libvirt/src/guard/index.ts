/** The guard alone, for processes that hold no connection of their own and should start at once. */
export { MigrationGuard, type GuardAnswer } from './migration-guard.ts';
export { memoryUri, type MigrationOrder } from './migration-order.ts';
export type { Refusal, RefusalReason } from './refusal.ts';
