/**
 * The memory of a VM that was saved: which file it lies in, how that was when it got its name, and what may go on with it.
 * Memory and disks belong together: as long as there is some, nothing changes the disks.
 */
import { Type, type Static } from 'typebox';
import { Count, FileName, Name, OperationId } from './names.ts';
import { FileFacts } from './storage-job.ts';

const closed = { additionalProperties: false } as const;

export const SavedMemory = Type.Object(
  {
    pool: Name,
    file: FileName,
    facts: FileFacts,
    /** What it takes of the pool. */
    allocatedBytes: Count,
    /** The operation that saved it. */
    operationId: OperationId,
    /** Where it ran until then, and by what: a host that goes on with it has the like. */
    hostId: Name,
    accelerator: Type.Union([Type.Literal('kvm'), Type.Literal('tcg')]),
    qemuVersion: Count,
    atMs: Count,
    /** Why it could not be gone on with when that was tried last. */
    problem: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  closed,
);
export type SavedMemory = Static<typeof SavedMemory>;

/** Made of ids; each save has a file of its own. */
export function memoryFile(vmId: string, operationId: string): string {
  return `${vmId}-${operationId}.memory`;
}

/** What QEMU writes besides memory: its devices, and tables. */
const besidesMib = 64;

/** What saving it may take of a pool, at most. */
export function memoryRoomMib(memoryMib: number): number {
  return memoryMib + besidesMib;
}
