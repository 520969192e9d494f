/**
 * An etcd that was restored from a backup counts its revisions again from there, and epochs are revisions. The era, which
 * only a person raises, comes before them in what agents compare, so that it always grows.
 */
import type { RecordMirror } from '@drover/protocol';

/** Below it there is room for a thousand revisions a second, for centuries. */
const revisionBits = 44n;

/** Generations of an era begin here: higher than any that agents have seen in the one before. */
const generationsPerEra = 1_000_000;

export function eraOf({ era }: RecordMirror): number {
  return era?.value.era ?? 0;
}

/** `revision` is the create revision of the leader's key; both as decimal text. */
export function epochIn(era: number, revision: string): string {
  return String((BigInt(era) << revisionBits) + BigInt(revision));
}

/** What was written under it was decided before this era. */
export function isBefore(era: number, epoch: string): boolean {
  return BigInt(epoch) < BigInt(era) << revisionBits;
}

export function leastGeneration(era: number): number {
  return era * generationsPerEra;
}

/** Of the leader that had this epoch. */
export function eraIn(epoch: string): number {
  return Number(BigInt(epoch) >> revisionBits);
}
