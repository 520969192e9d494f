/** How large images may be, where they may come from, and how long an upload may rest. */
import type { RecordMirror } from '@drover/protocol';

export interface ImageLimits {
  readonly maxBytes: number;
  readonly maxVirtualBytes: number;
  readonly hosts: readonly string[];
}

const gib = 1024 ** 3;

/** Without a byte; whoever uploads may have to find a network again. */
export const idleMs = 30 * 60_000;

export function imageLimits(_mirror: RecordMirror): ImageLimits {
  return { maxBytes: 64 * gib, maxVirtualBytes: 2048 * gib, hosts: [] };
}
