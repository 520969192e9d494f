/** What happened on a bus, counted, and the two checks of a text that count. Shared with the fake. */
import { wireLimits } from '@drover/protocol';
import type { BusStats } from './port.ts';

export type Counters = { -readonly [K in keyof BusStats]: BusStats[K] };

export function newCounters(): Counters {
  return {
    published: 0,
    refusedDisconnected: 0,
    refusedTooLong: 0,
    received: 0,
    dropped: 0,
    malformed: 0,
    permissionViolations: 0,
    connects: 0,
    disconnects: 0,
  };
}

export function fits(text: string): boolean {
  return Buffer.byteLength(text, 'utf8') <= wireLimits.messageBytes;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** `undefined`: not a message that Drover could have sent. */
export function decode(bytes: Uint8Array): string | undefined {
  if (bytes.length > wireLimits.messageBytes) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
