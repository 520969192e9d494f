/** A person's word that a host is off, and that its VMs are to start elsewhere. Whether it is down is the leader's to say. */
import {
  type api,
  DroverError,
  keys,
  type RecordMirror,
  type RequestRecord,
} from '@drover/protocol';
import { refuseWhenFull } from './decide-vm.ts';
import { requireHost } from './hosts.ts';
import { allOperations, isOpen } from './operations.ts';
import { type Ask, putRecord, type Write } from './write.ts';

export function startRecovery(
  records: RecordMirror,
  hostId: string,
  { confirm, despiteMassLoss }: api.RecoveryStart,
  ask: Ask,
): Write {
  requireHost(records, hostId);
  if (confirm !== hostId) {
    const message = `confirm says ${confirm}, and the host is ${hostId}: it has to be the name of the host that is off`;
    throw new DroverError('bad-request', message);
  }
  const open = allOperations(records).find(
    (one) => one.type === 'recover' && one.hostId === hostId && isOpen(one),
  );
  if (open !== undefined) {
    const message = `the VMs of ${hostId} are being recovered by operation ${open.id} already; follow that`;
    throw new DroverError('recovery-under-way', message);
  }
  refuseWhenFull(records);
  const request: RequestRecord = {
    v: 1,
    id: ask.id,
    type: 'recover',
    hostId,
    ...(despiteMassLoss === undefined ? {} : { despiteMassLoss }),
    by: ask.by,
    createdAtMs: ask.atMs,
  };
  return { puts: [putRecord(keys.request(ask.id), request, undefined)], compares: [] };
}
