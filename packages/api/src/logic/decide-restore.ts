/** A host takes VMs again, and those that a drain moved away from it go back. Both are one transaction. */
import {
  type api,
  DroverError,
  keys,
  type RecordMirror,
  type RequestRecord,
} from '@drover/protocol';
import { uncordon } from './decide-host.ts';
import { refuseWhenFull } from './decide-vm.ts';
import { checkWish } from './migration-settings.ts';
import { allOperations, isOpen } from './operations.ts';
import { type Ask, putRecord, type Write } from './write.ts';

export function startRestore(
  records: RecordMirror,
  hostId: string,
  { plan, parallel, migration }: api.RestoreStart,
  ask: Ask,
): Write {
  // Throws where there is no such host, or a drain of it is under way.
  const uncordoned = uncordon(records, hostId, ask);
  const open = allOperations(records).find(
    (one) => one.type === 'restore' && one.hostId === hostId && isOpen(one),
  );
  if (open !== undefined) {
    const message = `VMs are going back to ${hostId} by operation ${open.id} already; follow or cancel that`;
    throw new DroverError('restore-under-way', message);
  }
  checkWish('/migration', migration);
  refuseWhenFull(records);
  const request: RequestRecord = {
    v: 1,
    id: ask.id,
    type: 'restore',
    hostId,
    ...(plan === undefined ? {} : { plan }),
    ...(parallel === undefined ? {} : { parallel }),
    ...(migration === undefined ? {} : { migration }),
    by: ask.by,
    createdAtMs: ask.atMs,
  };
  return {
    puts: [putRecord(keys.request(ask.id), request, undefined), ...(uncordoned?.puts ?? [])],
    compares: [],
  };
}
