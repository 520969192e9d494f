/** The next step of an operation about files of pools. */
import type { OperationRecord, Stored } from '@drover/protocol';
import type { Turn } from '../turn.ts';
import { driveCreateVolume } from './create-volume.ts';
import { driveDeleteOrphan } from './delete-orphan.ts';
import { driveDeleteImage, driveVerifyImage } from './delete-image.ts';
import { driveDeleteVolume } from './delete-volume.ts';
import { driveImportImage } from './import-image.ts';
import { driveMoveVolume } from './move-volume.ts';
import { driveResizeVolume } from './resize-volume.ts';
import { driveDeleteSnapshot, driveRevert, driveTakeSnapshot } from './snapshot-volume.ts';
import { driveDownload, driveUpload } from './transfer-volume.ts';

type Drive = (turn: Turn, stored: Stored<OperationRecord>) => void;

const drives = {
  'image-import': driveImportImage,
  'image-delete': driveDeleteImage,
  'image-verify': driveVerifyImage,
  'volume-create': driveCreateVolume,
  'volume-delete': driveDeleteVolume,
  'volume-resize': driveResizeVolume,
  'volume-move': driveMoveVolume,
  'volume-snapshot': driveTakeSnapshot,
  'volume-revert': driveRevert,
  'volume-snapshot-delete': driveDeleteSnapshot,
  'volume-download': driveDownload,
  'volume-upload': driveUpload,
  'orphan-delete': driveDeleteOrphan,
} as const satisfies Readonly<Record<string, Drive>>;

export type StorageOperation = keyof typeof drives;

export function driveStorage(
  turn: Turn,
  stored: Stored<OperationRecord>,
  type: StorageOperation,
): void {
  drives[type](turn, stored);
}
