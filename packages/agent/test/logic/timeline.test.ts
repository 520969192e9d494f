import { MigrationTimeline, parseValue, timelineLimits } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { TimelineKeeper } from '../../src/logic/index.ts';

const sample = (elapsedMs: number, iteration: number) => ({
  elapsedMs,
  iteration,
  remainingBytes: 10_000 - iteration,
  transferredBytes: 10 * elapsedMs,
});

describe('the timeline of a migration', () => {
  it('has a line for each round, as it was when the round began', () => {
    const keeper = new TimelineKeeper();
    keeper.saw(1, sample(100, 1));
    keeper.saw(1, sample(900, 1));
    keeper.saw(2, sample(1_000, 2));
    const { rounds, roundCount } = keeper.timeline();
    expect(roundCount).toBe(2);
    expect(rounds.map(({ round, atMs }) => [round, atMs])).toEqual([
      [1, 100],
      [2, 1_000],
    ]);
  });

  it('says what was done, when, and why', () => {
    const keeper = new TimelineKeeper();
    keeper.did(5_000, { type: 'set-downtime', downtimeMs: 500, why: 'stuck' });
    expect(keeper.timeline().interventions).toEqual([
      { atMs: 5_000, type: 'set-downtime', downtimeMs: 500, why: 'stuck' },
    ]);
  });

  it('takes the figures of the job that has ended before its own', () => {
    const keeper = new TimelineKeeper();
    keeper.saw(1, sample(900, 1));
    const timeline = keeper.timeline({ elapsedMs: 1_100, setupMs: 100, transferredBytes: 5_000 });
    expect(timeline).toMatchObject({ elapsedMs: 1_100, bytesPerSecond: 5_000 });
  });

  it('stays small over thousands of rounds, and keeps the first and the last', () => {
    const keeper = new TimelineKeeper();
    for (let round = 1; round <= 5_000; round += 1) keeper.saw(round, sample(round * 200, round));
    for (let at = 0; at < 100; at += 1) {
      keeper.did(at, { type: 'give-up', code: 'migration-stuck', why: 'x'.repeat(1_000) });
    }
    const timeline = keeper.timeline();
    expect(parseValue(MigrationTimeline, timeline).ok).toBe(true);
    expect(timeline.rounds).toHaveLength(timelineLimits.rounds);
    expect(timeline.rounds[0]?.round).toBe(1);
    expect(timeline.rounds.at(-1)?.round).toBe(5_000);
    expect(timeline.roundCount).toBe(5_000);
  });
});
