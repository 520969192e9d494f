/**
 * What part of a link a move takes, from when it begins until it has been copied. Of a short move most is setting up and
 * switching over, which costs the link nothing; one whose policy caps it takes no more than its cap while it copies.
 * Several of these go side by side; of the others one stream fills a link.
 */
import { limits } from '../limits.ts';
import type { Transfer } from '../search/costs.ts';

/** What moves between two hosts take. */
export interface LinkPace {
  readonly mibPerSecond: number;
  /** Of a move, what is not copying. */
  readonly overheadSeconds: number;
}

/** From 1 ÷ `limits.migrationsBeside` to 1, which is all of it. `mib`: what is copied, in one round after the other. */
export function linkShare({ mib, mibPerSecond: cap = Infinity }: Transfer, pace: LinkPace): number {
  const speed = Math.min(cap, pace.mibPerSecond);
  const copySeconds = mib / speed;
  const ofItsTime = copySeconds / (copySeconds + pace.overheadSeconds);
  const share = ofItsTime * (speed / pace.mibPerSecond);
  return Math.min(1, Math.max(1 / limits.migrationsBeside, share));
}
