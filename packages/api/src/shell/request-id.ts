/**
 * What a request is called, in its answer and in logs: a ULID. Its chance is drawn for many at once: sixteen draws from
 * the system for each request would take longer than refusing most of the noise does.
 */
import { getRandomValues } from 'node:crypto';
import { ulid } from 'ulid';

const drawn = new Uint8Array(4_096);
let used = drawn.length;

export function newRequestId(): string {
  return ulid(undefined, chance);
}

/** From 0 up to 1, in steps of 1/256. */
function chance(): number {
  if (used === drawn.length) {
    getRandomValues(drawn);
    used = 0;
  }
  const byte = drawn[used] ?? 0;
  used += 1;
  return byte / 256;
}
