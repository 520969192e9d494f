/**
 * What a process holds after all garbage is gone: heap, open files, whatever keeps it alive. The
 * difference of two such looks is what has leaked in between.
 */
import { readdir } from 'node:fs/promises';
import type { Libvirt } from 'node-libvirt';

export interface Held {
  readonly heapMib: number;
  /** Memory outside the heap, such as buffers. */
  readonly externalMib: number;
  readonly openFiles: number;
  /** Sockets, timers and the like that keep the process alive. */
  readonly handles: number;
}

const mib = 1024 * 1024;
/** A heap is never twice the same. */
const heapSlackMib = 4;
/** A connection for a long call may be open at one moment and not at the other. */
const handleSlack = 2;

/** Waits for a quiet moment first: the answer to one call. */
export async function measure(libvirt: Libvirt): Promise<Held> {
  await libvirt.host.hostname();
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('run with node --expose-gc');
  for (let round = 0; round < 4; round += 1) await gc({ type: 'major', execution: 'async' });
  const { heapUsed, external } = process.memoryUsage();
  return {
    heapMib: Math.round((heapUsed / mib) * 10) / 10,
    externalMib: Math.round((external / mib) * 10) / 10,
    openFiles: (await readdir('/proc/self/fd')).length,
    handles: process.getActiveResourcesInfo().length,
  };
}

/** In words, or nothing. */
export function leakOf(before: Held, after: Held): string | undefined {
  const grown = (field: keyof Held) => after[field] - before[field];
  const leaks = [
    ...(grown('heapMib') > heapSlackMib ? [`${grown('heapMib').toFixed(1)} MiB of heap`] : []),
    ...(grown('externalMib') > heapSlackMib
      ? [`${grown('externalMib').toFixed(1)} MiB outside the heap`]
      : []),
    ...(grown('openFiles') > handleSlack ? [`${grown('openFiles')} open files`] : []),
    ...(grown('handles') > handleSlack ? [`${grown('handles')} handles`] : []),
  ];
  return leaks.length === 0 ? undefined : leaks.join(', ');
}
