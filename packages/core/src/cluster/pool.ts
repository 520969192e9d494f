/**
 * A pool as it is declared, once for the whole cluster. How one host reaches it is the host's `PoolReach`.
 */

/** `local` belongs to one host: a VM with a disk there does not move without its storage. */
export type PoolType = 'nfs' | 'nfs-direct' | 'shared' | 'local';

export interface Pool {
  readonly name: string;
  readonly type: PoolType;
  /** Space that is promised to clones and uploads that are still running. */
  readonly reservedMib?: number;
}
