/**
 * What a migration will take, before it is begun: the rounds are gone through in thought. Of a VM that writes at
 * `dirtyMibPerSecond` to a set of `writtenSetMib`, a round of t seconds leaves rate × t ÷ (1 + rate × t ÷ set) to
 * copy again: all that was written at first, and never more than the set.
 */
import { limits } from '../limits.ts';
import type { MigrationPolicy } from './policy.ts';

export interface MigrationForecastInput {
  /** What has to be sent once: memory that the VM has touched. */
  readonly memoryMib: number;
  /** 0 where nobody measured. */
  readonly dirtyMibPerSecond?: number;
  /** How much memory it is that the VM writes to again and again; all of it if absent. */
  readonly writtenSetMib?: number;
  readonly linkMibPerSecond?: number;
  /** What a move takes besides copying. */
  readonly overheadSeconds?: number;
  readonly policy: MigrationPolicy;
}

export interface MigrationForecast {
  /** Of the whole move, overhead and all; of one that does not converge, until it is given up. */
  readonly seconds: number;
  /** How long the VM stands still. */
  readonly downtimeMs: number;
  readonly transferredMib: number;
  readonly rounds: number;
  readonly converges: boolean;
  /** How far the VM is slowed down for it. */
  readonly throttlePercent: number;
}

/** QEMU's own rule: a round that leaves more than half of what it sent, twice, is answered by slowing the VM down. */
const highShare = 0.5;
const highRounds = 2;
/** QEMU looks at the bitmap of written pages no more often than that. */
const shortestRoundSeconds = 0.2;
const roundsMax = 10_000;

export function predictMigration(input: MigrationForecastInput): MigrationForecast {
  const { policy, memoryMib, overheadSeconds = limits.migrationOverheadSeconds } = input;
  const speed = Math.min(
    input.linkMibPerSecond ?? limits.linkMibPerSecond,
    policy.bandwidthMibps ?? Number.POSITIVE_INFINITY,
  );
  const set = Math.min(input.writtenSetMib ?? memoryMib, memoryMib);
  const rate = set <= 0 ? 0 : (input.dirtyMibPerSecond ?? 0);
  const mostSeconds = timeoutSecondsOf(policy, memoryMib, speed);
  const ladder = policy.downtimeLadderMs;
  let seconds = 0;
  let transferredMib = 0;
  let leftMib = memoryMib;
  let rounds = 0;
  let throttle = 0;
  let high = 0;
  let rung = 0;
  let bestMib = Number.POSITIVE_INFINITY;
  let sinceSeconds = 0;
  const end = (converges: boolean): MigrationForecast => ({
    seconds: overheadSeconds + seconds,
    downtimeMs: converges ? limits.switchOverMs + (leftMib / speed) * 1_000 : 0,
    transferredMib,
    rounds,
    converges,
    throttlePercent: throttle,
  });
  while (rounds < roundsMax && seconds < mostSeconds) {
    rounds += 1;
    const took = Math.max(leftMib / speed, rounds === 1 ? 0 : shortestRoundSeconds);
    const sentMib = leftMib;
    seconds += took;
    transferredMib += sentMib;
    const writtenMib = rate * (1 - throttle / 100) * took;
    leftMib = rate === 0 ? 0 : writtenMib / (1 + writtenMib / set);
    const neededMs = (leftMib / speed) * 1_000;
    if (neededMs <= (ladder[rung] ?? 0)) {
      seconds += leftMib / speed;
      transferredMib += leftMib;
      return end(true);
    }
    const { throttle: slowing } = policy;
    high = leftMib > sentMib * highShare ? high + 1 : 0;
    if (slowing && high >= highRounds && throttle < slowing.atMostPercent) {
      const next = throttle === 0 ? slowing.startPercent : throttle + slowing.stepPercent;
      throttle = Math.min(next, 99);
      high = 0;
    }
    if (leftMib < bestMib * 0.95) {
      bestMib = leftMib;
      sinceSeconds = seconds;
    }
    if (seconds - sinceSeconds < policy.stallSeconds) continue;
    const fitting = ladder.findIndex((ms, at) => at > rung && ms >= neededMs * 1.2);
    sinceSeconds = seconds;
    if (fitting >= 0) rung = fitting;
    else if (slowing && throttle < slowing.atMostPercent) continue;
    else if (rung < ladder.length - 1) rung = ladder.length - 1;
    else return end(false);
  }
  return end(false);
}

/** How long a move may last: so many times as long as one copy of the memory, and no less than the policy's least. */
export function timeoutSecondsOf(
  policy: MigrationPolicy,
  memoryMib: number,
  linkMibPerSecond: number,
): number {
  const speed = Math.min(linkMibPerSecond, policy.bandwidthMibps ?? Number.POSITIVE_INFINITY);
  return Math.max(policy.timeoutAtLeastSeconds, (policy.timeoutFactor * memoryMib) / speed);
}
