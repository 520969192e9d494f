/** What bounds balancing now: what a person set, and what has been moved lately. */
import type { BalanceOptions, Cluster, RecentMove } from '@drover/core';
import { balanceSettings, type RecordMirror } from '@drover/protocol';
import type { Now } from '../port.ts';
import { isOpen } from '../vm-shape.ts';

/** A person has to read them, and they have to fit one message. */
const mostAtOnce = 50;
/** Up to here every arrangement is looked at, or a search of its usual length is quick. */
const fewVms = 20;
/** Of each search in a larger cluster: whoever leads has other things to do. */
const steps = 100_000;

/** Times are those of records. */
export function balanceOptions(
  cluster: Cluster,
  mirror: RecordMirror,
  now: Now,
): Partial<BalanceOptions> {
  const { aggressiveness, movesPerHour, cooldownMinutes } = balanceSettings(mirror);
  const recent = recentMoves(mirror, now);
  const spent = recent.filter((one) => one.isBalance === true && isLately(one, now)).length;
  return {
    aggressiveness,
    nowMs: now.wallMs,
    recent,
    cooldownMs: cooldownMinutes * 60_000,
    movesPerHour: Math.min(movesPerHour, spent + mostAtOnce),
    ...(cluster.vms.size > fewVms ? { steps } : {}),
  };
}

/** Moves that balancing may still make in this hour. */
export function movesLeft(mirror: RecordMirror, now: Now): number {
  const spent = recentMoves(mirror, now).filter((one) => one.isBalance && isLately(one, now));
  return Math.max(0, balanceSettings(mirror).movesPerHour - spent.length);
}

/** VMs that were moved, or should have been, less than a cooldown ago. */
export function restingVms(mirror: RecordMirror, now: Now): ReadonlySet<string> {
  const cooldownMs = balanceSettings(mirror).cooldownMinutes * 60_000;
  const resting = recentMoves(mirror, now).filter(({ atMs }) => now.wallMs - atMs < cooldownMs);
  return new Set(resting.map(({ vmId }) => vmId));
}

function isLately({ atMs }: RecentMove, { wallMs }: Now): boolean {
  return wallMs - atMs < 3_600_000;
}

/** With those that were tried in vain, or taken back by a person: that VM is left alone as well. */
function recentMoves(mirror: RecordMirror, { wallMs }: Now): readonly RecentMove[] {
  const mibOf = (vmId: string) => mirror.vmIntents.get(vmId)?.value.spec.memoryMib ?? 0;
  // A clock that was set back makes nothing younger than now.
  const atMost = (ms: number) => Math.min(ms, wallMs);
  const moved: RecentMove[] = [];
  for (const { value } of mirror.assignments.values()) {
    const { vmId, movedAtMs } = value;
    if (movedAtMs === undefined) continue;
    moved.push({ vmId, atMs: atMost(movedAtMs), mib: mibOf(vmId), isBalance: false });
  }
  for (const { value } of mirror.operations.values()) {
    const { vmId, recommendationId, endedAtMs = wallMs } = value;
    if (recommendationId === undefined || vmId === undefined) continue;
    const atMs = isOpen(value) ? wallMs : atMost(endedAtMs);
    moved.push({ vmId, atMs, mib: mibOf(vmId), isBalance: true });
  }
  return moved;
}
