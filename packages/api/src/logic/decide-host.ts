/** Cordon, uncordon, labels: may it be, and what is written. */
import {
  type api,
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

/** Those that people give it; what its own configuration says stays, where these do not say otherwise. */
export function labelHost(
  records: RecordMirror,
  hostId: string,
  { labels }: api.HostChange,
  ask: Ask,
): Write {
  requireHost(records, hostId);
  const former = records.hostIntents.get(hostId);
  const { cordoned = false, cordonedByDrain } = former?.value ?? {};
  const kept = { cordoned, ...(cordonedByDrain === undefined ? {} : { cordonedByDrain }) };
  return { puts: [putHostIntent(hostId, former, kept, ask, labels)], compares: [] };
}

/** Labels stay as they are, unless others are given. */
export function putHostIntent(
  hostId: string,
  former: Stored<HostIntentRecord> | undefined,
  cordoned: Pick<HostIntentRecord, 'cordoned' | 'cordonedByDrain'>,
  ask: Ask,
  labels = former?.value.labels,
): WritePut {
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
