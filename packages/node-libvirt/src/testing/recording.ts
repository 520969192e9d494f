/**
 * What was said on connections to a daemon, as lines of JSON that a person can read and edit: calls with
 * their replies or errors, and events in between. How it was heard, and how it is played again, is left
 * to `recorder.ts` and `replay.ts`.
 */
import type { LibvirtErrorFields } from '../errors.ts';
import type { EventName } from '../protocol/events.ts';
import type { ProcedureName } from '../protocol/procedures.ts';

export interface RecordedCall {
  readonly call: ProcedureName;
  readonly args: unknown;
  readonly reply?: unknown;
  readonly error?: LibvirtErrorFields;
}

export interface RecordedEvent {
  readonly event: EventName;
  /** Its payload as on the wire, without the callback id. */
  readonly wire: unknown;
}

export type RecordedEntry = RecordedCall | RecordedEvent;
export type Recording = readonly RecordedEntry[];

/** One line per entry; 64-bit numbers as `{"$int":"…"}`, bytes as `{"$bytes":"…"}` in base64. */
export function formatRecording(recording: Recording): string {
  return recording.map((entry) => `${formatValue(entry)}\n`).join('');
}

/** Throws `SyntaxError` naming the line. */
export function parseRecording(text: string): Recording {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line, revive) as RecordedEntry];
    } catch (error) {
      throw new SyntaxError(`line ${index + 1} of the recording: ${(error as Error).message}`);
    }
  });
}

/** Values that are the same on the wire have the same text. */
export function formatValue(value: unknown): string {
  return JSON.stringify(plain(value));
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return { $int: String(value) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$int' in value) return BigInt(value.$int as string);
  return '$bytes' in value ? Buffer.from(value.$bytes as string, 'base64') : value;
}
