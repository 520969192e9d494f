/**
 * What a job that makes a file has to work with, and what it hands back: a whole file without a name. Who gives it its
 * name, and who clears up after it, is not its affair.
 */
import type { StorageProgress } from '@drover/protocol';

export interface JobContext {
  /** Folder of this operation in the quarantine of the pool; exists; whatever is left in it is removed afterwards by the caller. */
  readonly quarantine: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: {
    readonly phase: StorageProgress['phase'];
    readonly doneBytes: number;
    readonly totalBytes?: number;
  }) => void;
}

/** What was made, in the quarantine, not named yet. */
export interface Made {
  readonly path: string;
  readonly format: 'qcow2' | 'raw';
  readonly virtualBytes: number;
  readonly sha256?: string;
  readonly sourceSha256?: string;
}
