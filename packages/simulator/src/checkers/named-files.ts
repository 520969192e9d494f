/**
 * What is deleted as an orphan is one: at that moment no record in etcd has its name in it, no VM is there whose disk is
 * called so, and no operation that has not ended has its id in the name.
 */
import type { Checker } from './checker.ts';
import { isOpen, type Records } from './truth.ts';

export const namedFilesKept: Checker = {
  name: 'named-files-kept',
  deleted({ hostId, pool, file, opId }, { records }) {
    const who = namedBy(records, file);
    return who && `${hostId} deletes ${file} of pool ${pool} for ${opId}, and ${who} names it`;
  },
};

function namedBy(records: Records, file: string): string | undefined {
  for (const [key, text] of records.stored) if (text.includes(file)) return key;
  for (const { vmId, saved } of records.assignments.values()) {
    if (saved?.file === file) return `the saved memory of ${vmId}`;
  }
  for (const { id, name, spec } of records.vms.values()) {
    const isOwn = spec.disks.some((disk, index) => {
      const isMade = disk.image !== undefined && file === `${id}-${index}.qcow2`;
      return isMade || disk.volume === file || disk.image === file;
    });
    if (isOwn) return `VM ${name}`;
  }
  for (const one of records.operations.values()) {
    const isMine = one.type !== 'orphan-delete' && file.includes(one.id);
    if (isOpen(one) && isMine) return `operation ${one.id}`;
  }
  return undefined;
}
