/** Whoever waits for long has the reason in its record, and loses it when it goes on. */
import type { OperationRecord, Stored } from '@drover/protocol';
import type { Turn } from './turn.ts';

/** While `settled` is false. */
const unheard = 'waits for the hosts to be heard';

export function sayWaits(turn: Turn, open: readonly Stored<OperationRecord>[]): void {
  if (turn.isFull) return;
  for (const stored of open) {
    const { id, reason, state } = stored.value;
    const deaf = turn.settled || state !== 'pending' ? undefined : unheard;
    const text = turn.waits.get(id) ?? deaf;
    if (text === undefined) turn.volatile.waits.delete(id);
    else if (turn.volatile.waits.get(id)?.text !== text) {
      turn.volatile.waits.set(id, { text, sinceMs: turn.now.monoMs });
    }
    const sinceMs = turn.volatile.waits.get(id)?.sinceMs ?? turn.now.monoMs;
    const isLong = turn.now.monoMs - sinceMs >= turn.settings.stepTimeoutMs;
    const kept = withoutWait(reason);
    const said = [kept, isLong ? text : undefined].filter((part) => part !== undefined);
    const now = said.length === 0 ? undefined : said.join('; ');
    if (now === reason || (text !== undefined && !isLong)) continue;
    turn.commit(turn.putOperation(stored, now === undefined ? {} : { reason: now }));
  }
}

/** What else the record says of its reason. */
export function withoutWait(reason: string | undefined): string | undefined {
  const kept = reason?.replace(/(^|; )waits for .*$/, '');
  return kept === '' ? undefined : kept;
}
