/** Prefixes as etcd's key ranges, and 64-bit numbers as JavaScript's. Pure. */
import type { KeyRange } from './etcd.ts';

/** Keys are ASCII (see protocol's grammar), so raising the last character is the end of the prefix. */
export function prefixRange(prefix: string): KeyRange {
  const last = prefix.charCodeAt(prefix.length - 1);
  if (!(last < 0x7f)) throw new Error(`a prefix must end in ASCII: ${JSON.stringify(prefix)}`);
  return { start: prefix, end: prefix.slice(0, -1) + String.fromCharCode(last + 1) };
}

export function keyRange(key: string): KeyRange {
  return { start: key, end: `${key}\0` };
}

/** The smallest range that covers all prefixes; it may hold other keys between them. */
export function coveringRange(prefixes: readonly string[]): KeyRange {
  const ranges = prefixes.map(prefixRange);
  const first = ranges[0];
  if (!first) throw new Error('a watch needs a prefix');
  return ranges.reduce(
    (all, one) => ({
      start: one.start < all.start ? one.start : all.start,
      end: one.end > all.end ? one.end : all.end,
    }),
    first,
  );
}

/** etcd counts in 64 bits. Beyond 2^53 (centuries away) a revision would silently be another one. */
export function toRevision(text: string | number): number {
  const revision = Number(text);
  if (!Number.isSafeInteger(revision) || revision < 0) {
    throw new Error(`not a revision that fits: ${text}`);
  }
  return revision;
}

/** etcd writes lease ids of keys in hexadecimal, as its own election does. */
export function leaseHex(leaseId: string): string {
  return BigInt(leaseId).toString(16);
}
