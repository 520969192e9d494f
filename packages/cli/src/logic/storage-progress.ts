/** How far something with files of pools is: `convert 43 %, 1.2GiB of 3GiB, 80MiB/s, 25s left`. */
import type { api } from '@drover/protocol';
import { formatDuration } from './durations.ts';
import { formatBytes } from './sizes.ts';

type Storage = Omit<NonNullable<api.OperationBody['storage']>, 'elapsedMs'>;
export type StoragePhase = Storage['phase'];

function storagePercent({ doneBytes, totalBytes }: Storage): number | undefined {
  if (totalBytes === undefined || totalBytes === 0) return undefined;
  return Math.min(100, Math.floor((doneBytes * 100) / totalBytes));
}

export function storageText(storage: Storage): string {
  const { phase, doneBytes, totalBytes, bytesPerSecond, etaMs } = storage;
  const percent = storagePercent(storage);
  const of = totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`;
  return [
    `${phase}${percent === undefined ? '' : ` ${percent} %`}`,
    `${formatBytes(doneBytes)}${of}`,
    ...(bytesPerSecond === undefined ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
    ...(etaMs === undefined ? [] : [`${formatDuration(etaMs)} left`]),
  ].join(', ');
}

/** For a line that is told only where it has changed enough: `convert 40 %`. */
export function storageBrief(storage: Storage): string {
  const percent = storagePercent(storage);
  return storage.phase + (percent === undefined ? '' : ` ${percent - (percent % 10)} %`);
}
