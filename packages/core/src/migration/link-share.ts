/**
 * What part of a link a move takes while it goes on. What is copied within a second fills no link for long: most of such
 * a move is setting up and switching over, which costs the link nothing. A move whose policy caps it takes no more than
 * its cap. Several of these go side by side; of the others one stream fills a link.
 */
import { limits } from '../limits.ts';
import type { Transfer } from '../search/costs.ts';

/** From 1 ÷ `limits.migrationsBeside` to 1, which is all of it. `mib`: what is copied, in one round after the other. */
export function linkShare({ mib, mibPerSecond }: Transfer, linkMibPerSecond: number): number {
  const short = mib / (linkMibPerSecond * limits.shortCopySeconds);
  const capped = mibPerSecond === undefined ? 1 : mibPerSecond / linkMibPerSecond;
  return Math.min(1, Math.max(1 / limits.migrationsBeside, Math.min(short, capped)));
}
