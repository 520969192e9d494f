/**
 * Which operation waits for bytes, or has some to give, and whether it is ready. Where they go through is in its record;
 * carrying them is the shell's.
 */
import {
  DroverError,
  imageLabel,
  type OperationRecord,
  type RecordMirror,
  type TransferEnd,
} from '@drover/protocol';
import { requireImage } from './images.ts';
import { findOperation, isOpen } from './operations.ts';
import { openOperationOf, volumeLabel } from './storage-checks.ts';
import { requireVolume } from './volumes.ts';

/** Whose bytes come or go. */
export interface Carried {
  readonly operationId: string;
  readonly direction: 'in' | 'out';
  /** `image debian-13@2` */
  readonly label: string;
  /** All that were announced. */
  readonly bytes?: number;
}

export function uploadOfImage(records: RecordMirror, ref: string): Carried {
  const { intent, record } = requireImage(records, ref);
  const label = `image ${imageLabel(intent)}`;
  if (intent.source.type !== 'upload') {
    throw new DroverError('bad-request', `${label} is not made from an upload`);
  }
  const open = openOperationOf(records, { imageId: intent.id });
  const operationId = open?.type === 'image-import' ? open.id : record?.operationId;
  if (operationId === undefined || (record !== undefined && record.state !== 'importing')) {
    throw new DroverError('transfer-ended', `${label} awaits nothing any more: begin again`);
  }
  return { operationId, direction: 'in', label, bytes: intent.source.bytes };
}

/** What is done with the volume's bytes now: only one thing can be. */
export function transferOfVolume(
  records: RecordMirror,
  ref: string,
  wanted: 'in' | 'out' | 'either',
): Carried {
  const volume = requireVolume(records, ref);
  const label = `volume ${volumeLabel(volume)}`;
  const open = openOperationOf(records, { volumeId: volume.id });
  const direction =
    open?.type === 'volume-upload' ? 'in' : open?.type === 'volume-download' ? 'out' : undefined;
  if (
    open === undefined ||
    direction === undefined ||
    (wanted !== 'either' && wanted !== direction)
  ) {
    const how =
      wanted === 'in'
        ? 'awaits no bytes: ask for an upload first (POST …/upload)'
        : 'gives no bytes: ask for a download first (POST …/download)';
    throw new DroverError('transfer-ended', `${label} ${how}`);
  }
  const request = records.requests.get(open.id)?.value;
  return {
    operationId: open.id,
    direction,
    label,
    ...(request?.type === 'volume-upload' ? { bytes: request.bytes } : {}),
  };
}

/** Nothing: not yet. Throws where it has ended. */
export function endOf(records: RecordMirror, carried: Carried): TransferEnd | undefined {
  const operation = findOperation(records, carried.operationId);
  if (operation === undefined || !isOpen(operation)) throw endedError(carried, operation);
  return operation.transfer;
}

/** Why there is nowhere to send to yet. */
export function notReadyError(records: RecordMirror, { operationId, label }: Carried): DroverError {
  const reason = findOperation(records, operationId)?.reason ?? 'no host has opened a way yet';
  const code = label.startsWith('image ') ? 'image-not-ready' : 'volume-not-ready';
  return new DroverError(
    code,
    `the bytes of ${label} cannot go anywhere yet: ${reason}; ask again (operation ${operationId})`,
  );
}

function endedError(
  { label, operationId }: Carried,
  operation: OperationRecord | undefined,
): DroverError {
  const why = operation?.error?.message ?? operation?.state ?? 'it is forgotten';
  return new DroverError(
    'transfer-ended',
    `the transfer of ${label} has ended (operation ${operationId}): ${why}`,
  );
}
