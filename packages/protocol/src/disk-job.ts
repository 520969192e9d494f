/** What is done with a disk of a VM while the VM runs, by its own host. Done again it finds what it has done. */
import { Type, type Static } from 'typebox';
import { Count } from './names.ts';
import { StoredFile, VolumeFormat } from './storage-job.ts';

const closed = { additionalProperties: false } as const;

export const DiskJob = Type.Union([
  Type.Object({ job: Type.Literal('resize'), disk: StoredFile, virtualBytes: Count }, closed),
  /** From now on the VM writes to `into`, which is made on the file that it had. */
  Type.Object({ job: Type.Literal('snapshot'), disk: StoredFile, into: StoredFile }, closed),
  /** All of it is copied while the VM writes, then the VM goes over to the copy. */
  Type.Object(
    { job: Type.Literal('copy'), disk: StoredFile, into: StoredFile, format: VolumeFormat },
    closed,
  ),
  /** What the file below has is taken into the disk, which then stands on `below`, or on nothing. */
  Type.Object(
    { job: Type.Literal('pull'), disk: StoredFile, below: Type.Optional(StoredFile) },
    closed,
  ),
]);
export type DiskJob = Static<typeof DiskJob>;
