/** One line about bytes on their way: percent, amount, rate and time left; outside a terminal a line for every ten percent. */
import { oneLine } from '../logic/harmless.ts';
import { storageBrief, type StoragePhase, storageText } from '../logic/storage-progress.ts';
import type { Session } from './session.ts';

const betweenMs = 200;

/** `begunAt`: bytes that were there before, and say nothing about the pace. */
export function tellBytes(
  session: Session,
  about: string,
  phase: StoragePhase,
  totalBytes: number,
  begunAt = 0,
): (doneBytes: number) => void {
  const startMs = performance.now();
  let toldMs = -Infinity;
  return (doneBytes) => {
    const nowMs = performance.now();
    if (nowMs - toldMs < betweenMs && doneBytes < totalBytes) return;
    toldMs = nowMs;
    const elapsedMs = nowMs - startMs;
    const rate = elapsedMs < 500 ? 0 : Math.round(((doneBytes - begunAt) / elapsedMs) * 1_000);
    const storage = {
      phase,
      doneBytes,
      totalBytes,
      ...(rate === 0
        ? {}
        : { bytesPerSecond: rate, etaMs: Math.round(((totalBytes - doneBytes) / rate) * 1_000) }),
    };
    const text = session.terminal.isLive ? storageText(storage) : storageBrief(storage);
    session.terminal.progress(`${oneLine(about)}: ${text}`);
  };
}
