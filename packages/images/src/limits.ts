/** How large a disk may be. Asked before anything is counted with the size that a header says. */
import { shownNumber } from './bytes.ts';
import { refuse } from './inspection.ts';

export interface Limits {
  /** Of the disk as its VM sees it. */
  readonly maxVirtualBytes: number;
}

/** The size, which a number holds exactly then. */
export function checkSize(found: bigint, limits: Limits): number {
  if (found > 0n && found <= BigInt(limits.maxVirtualBytes)) return Number(found);
  throw refuse('virtual-size', shownNumber(found), limits.maxVirtualBytes);
}
