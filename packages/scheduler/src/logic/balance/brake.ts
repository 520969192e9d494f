/**
 * When balancing makes no move by itself: outside the hours that were set, after moves that failed, each time for longer,
 * and where what is recommended needs a person’s word for one of its VMs.
 */
import type { Cluster } from '@drover/core';
import {
  type BalanceInForce,
  balanceSettings,
  type OperationRecord,
  type RecordMirror,
} from '@drover/protocol';
import type { Now } from '../port.ts';
import { isOpen } from '../vm-shape.ts';
import type { BalanceState } from './state.ts';

const firstPauseMs = 5 * 60_000;
const longestPauseMs = 6 * 3_600_000;

/** Of a move that was recommended, whoever said yes to it. */
export function isBalance({ recommendationId }: OperationRecord): boolean {
  return recommendationId !== undefined;
}

/** Of what the leader sees. */
interface Seen {
  readonly cluster: Cluster;
  readonly volatile: { readonly balance: Pick<BalanceState, 'recommendations'> };
}

/** Why nothing moves by itself now, though it was set so. */
export function pausedBecause(seen: Seen, mirror: RecordMirror, now: Now): string | undefined {
  const { hours, mode } = balanceSettings(mirror);
  if (mode !== 'automatic') return undefined;
  if (hours !== undefined && !isWithin(hours, now.wallMs)) {
    return `it is outside the hours that were set, ${hours.from} to ${hours.to} UTC`;
  }
  const failed = failedInARow(mirror);
  const [newest] = failed;
  if (newest === undefined) return waitsForPerson(seen);
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (failed.length - 1));
  const leftMs = Math.min(newest.endedAtMs ?? 0, now.wallMs) + pauseMs - now.wallMs;
  if (leftMs <= 0) return waitsForPerson(seen);
  const times = failed.length === 1 ? 'the last move' : `the last ${failed.length} moves`;
  const minutes = Math.ceil(leftMs / 60_000);
  return `${times} for balance failed, the newest is operation ${newest.id}; it goes on in ${minutes} min`;
}

/**
 * Of a plan that moves a VM which is not to be moved without a person’s word, nobody knows what the rest is worth. The
 * same where that was said after the plan was made: the next one is made with it.
 */
function waitsForPerson({ cluster, volatile }: Seen): string | undefined {
  for (const { vmId } of volatile.balance.recommendations) {
    const { name, balance } = cluster.vms.get(vmId) ?? {};
    if (balance === 'recommend') {
      return `what is recommended moves ${name}, which is only moved for balance by a person’s word`;
    }
    if (balance === 'never') return `what was recommended moves ${name}, which is not to be moved`;
  }
  return undefined;
}

/** Moves for balance that had begun and failed, the newest first, up to the last one that went well. */
function failedInARow(mirror: RecordMirror): readonly OperationRecord[] {
  const ended = [...mirror.operations.values()]
    .map(({ value }) => value)
    .filter((one) => isBalance(one) && !isOpen(one) && one.startedAtMs !== undefined)
    .filter(({ state }) => state !== 'cancelled')
    .toSorted((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0) || (a.id < b.id ? 1 : -1));
  const well = ended.findIndex(({ state }) => state === 'succeeded');
  return well < 0 ? ended : ended.slice(0, well);
}

function isWithin({ from, to }: NonNullable<BalanceInForce['hours']>, wallMs: number): boolean {
  const minuteOfDay = Math.floor(wallMs / 60_000) % (24 * 60);
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  if (begin === end) return true;
  return begin < end
    ? minuteOfDay >= begin && minuteOfDay < end
    : minuteOfDay >= begin || minuteOfDay < end;
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}
