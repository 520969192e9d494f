/** What was asked for and how far it is; a migration in flight. */
import { Type, type Static } from 'typebox';
import { Count, Name, Uuid } from '../names.ts';
import { OperationError, OperationRecord } from '../records.ts';
import { Said } from '../requests.ts';
import { StorageProgress } from '../storage-job.ts';
import { closed, named, Text } from './shape.ts';

export const OperationBody = Type.Object(
  {
    // `transfer` is the way to the bytes themselves: it is told to nobody. What is obsolete is the scheduler's affair.
    ...Type.Omit(OperationRecord, ['v', 'epoch', 'error', 'by', 'transfer', 'obsolete']).properties,
    by: Text,
    done: Type.Boolean(),
    cancellable: Type.Boolean(),
    error: Type.Optional(OperationError),
    /** Of a migration in flight. */
    progress: Type.Optional(
      Type.Object(
        {
          percent: Count,
          elapsedMs: Count,
          totalBytes: Count,
          remainingBytes: Count,
          transferredBytes: Count,
          dirtyRateBytesPerSecond: Type.Optional(Count),
          throttlePercent: Type.Optional(Count),
          iteration: Count,
        },
        closed,
      ),
    ),
    /** Of a drain under way that begins no move until it is resumed: who said so. */
    paused: Type.Optional(Said),
    /** Of a drain: no move begins after that, paused or not. */
    deadlineMs: Type.Optional(Count),
    /** Of the image or the volume that it is about: `debian-13@2`, `data`, `web1:0`. */
    subject: Type.Optional(Text),
    /** Of one on files of pools that is under way. */
    storage: Type.Optional(
      Type.Object(
        {
          phase: StorageProgress.properties.phase,
          doneBytes: Count,
          /** Absent where nobody knows. */
          totalBytes: Type.Optional(Count),
          bytesPerSecond: Type.Optional(Count),
          etaMs: Type.Optional(Count),
          elapsedMs: Count,
        },
        closed,
      ),
    ),
  },
  named('Operation'),
);
export type OperationBody = Static<typeof OperationBody>;

export const MigrationBody = Type.Object(
  {
    operationId: Text,
    vmId: Uuid,
    vmName: Name,
    source: Name,
    target: Name,
    step: Text,
    /** `live`, `paused`, `cold`. */
    mode: Type.Optional(Text),
    progress: OperationBody.properties.progress,
  },
  named('Migration'),
);
export type MigrationBody = Static<typeof MigrationBody>;
