/** What goes wrong on the way of an image, as the codes that people are told. */
import { DroverError } from '@drover/protocol';
import { explainRefusal, type Refused } from '@drover/images';

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

export function cancelled(): DroverError {
  return new DroverError('job-cancelled', 'the import was cancelled; nothing of it is left');
}

export function tooLarge(
  what: string,
  foundBytes: number | string,
  allowedBytes: number,
): DroverError {
  return new DroverError(
    'too-large',
    `${what} has ${foundBytes} bytes, allowed are ${allowedBytes}`,
    {
      details: { foundBytes, allowedBytes },
    },
  );
}

export function poolFull(neededBytes: number, freeBytes: number): DroverError {
  const message = `the pool has ${freeBytes} bytes free, the image may need ${neededBytes}`;
  return new DroverError('pool-full', message, { details: { neededBytes, freeBytes } });
}

export function refusedImage(refused: Refused): DroverError {
  const { reason, found, allowed } = refused;
  const isTooLarge = reason === 'virtual-size' && found !== 0;
  const message = `the image is not taken: ${explainRefusal(refused)}`;
  const details = { reason, found, allowed };
  return new DroverError(isTooLarge ? 'too-large' : 'image-refused', message, { details });
}

export function damaged(message: string, cause?: unknown): DroverError {
  const details = { reason: 'damaged' };
  return new DroverError('image-refused', `the image is not taken: ${message}`, { details, cause });
}

export function differs(found: string, announced: string): DroverError {
  const message = `what came has the SHA-256 ${found}, announced was ${announced}`;
  return new DroverError('checksum-differs', message, { details: { found, announced } });
}

/** For what the storage, or a tool, throws; what has a code keeps it. */
export function asJobError(error: unknown, signal: AbortSignal): DroverError {
  if (signal.aborted) return cancelled();
  if (error instanceof DroverError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const { code } = error as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const text = isFull ? `the pool became full on the way: ${message}` : message;
  return new DroverError(isFull ? 'pool-full' : 'job-failed', text, { cause: error });
}
