/** Cordon and uncordon: may it be, and what is written. */
import {
  DroverError,
  type HostIntentRecord,
  keys,
  type RecordMirror,
  type Stored,
} from '@drover/protocol';
import { requireHost } from './hosts.ts';
import { isOpen, newestDrain } from './operations.ts';
import { type Ask, putRecord, type Write, type WritePut } from './write.ts';

/** A cordon that a drain made becomes the person's own: cancelling the drain leaves it. */
export function cordon(records: RecordMirror, hostId: string, ask: Ask): Write | undefined {
  requireHost(records, hostId);
  const former = records.hostIntents.get(hostId);
  if (former?.value.cordoned === true && former.value.cordonedByDrain === undefined) {
    return undefined;
  }
  return { puts: [putHostIntent(hostId, former, { cordoned: true }, ask)], compares: [] };
}

export function uncordon(records: RecordMirror, hostId: string, ask: Ask): Write | undefined {
  requireHost(records, hostId);
  const drain = newestDrain(records, hostId);
  if (drain !== undefined && isOpen(drain)) {
    throw new DroverError(
      'drain-under-way',
      `${hostId} is being drained by operation ${drain.id}; cancel the drain (DELETE /v1/hosts/${hostId}/drain) or wait for its end`,
    );
  }
  const former = records.hostIntents.get(hostId);
  if (former?.value.cordoned !== true) return undefined;
  return { puts: [putHostIntent(hostId, former, { cordoned: false }, ask)], compares: [] };
}

/** Labels stay as they are. */
export function putHostIntent(
  hostId: string,
  former: Stored<HostIntentRecord> | undefined,
  cordoned: Pick<HostIntentRecord, 'cordoned' | 'cordonedByDrain'>,
  ask: Ask,
): WritePut {
  const labels = former?.value.labels;
  const record: HostIntentRecord = {
    v: 1,
    id: hostId,
    ...cordoned,
    ...(labels === undefined ? {} : { labels }),
    by: ask.by,
    atMs: ask.atMs,
  };
  return putRecord(keys.hostIntent(hostId), record, former);
}
