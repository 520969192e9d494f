import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { migrationPresets, predictMigration, timeoutSecondsOf } from '../src/index.ts';

const policy = migrationPresets.balanced;
const still = { memoryMib: 1_000, linkMibPerSecond: 100, overheadSeconds: 2, policy };

describe('what a migration is expected to take', () => {
  it('of a VM that writes nothing: its memory over the link, and what a move takes besides', () => {
    const forecast = predictMigration(still);
    expect(forecast).toMatchObject({
      seconds: 12,
      transferredMib: 1_000,
      rounds: 1,
      converges: true,
    });
    expect(forecast.downtimeMs).toBeLessThan(100);
  });

  it('of one that writes: what is written meanwhile again, round by round', () => {
    const forecast = predictMigration({ ...still, dirtyMibPerSecond: 20, writtenSetMib: 100_000 });
    // 1000, then 200, then 40, and 8 are left, which 200 ms take: 1240 MiB in three rounds.
    expect(forecast.converges).toBe(true);
    expect(forecast.rounds).toBe(3);
    expect(forecast.transferredMib).toBeGreaterThan(1_200);
    expect(forecast.transferredMib).toBeLessThan(1_260);
  });

  it('a set of pages that fits the switch-over is copied once, however fast it is written to', () => {
    const forecast = predictMigration({ ...still, dirtyMibPerSecond: 5_000, writtenSetMib: 10 });
    expect(forecast.converges).toBe(true);
    expect(forecast.rounds).toBe(1);
  });

  it('slows a VM down that writes faster than the link, as far as its policy lets it', () => {
    const busy = { ...still, dirtyMibPerSecond: 150, writtenSetMib: 100_000 };
    const balanced = predictMigration(busy);
    expect(balanced.converges).toBe(true);
    expect(balanced.throttlePercent).toBeGreaterThanOrEqual(40);
    const gentle = predictMigration({ ...busy, policy: migrationPresets.gentle });
    expect(gentle.throttlePercent).toBe(0);
    expect(gentle.converges).toBe(false);
  });

  it('no more than the policy lets it take of a link', () => {
    const capped = predictMigration({ ...still, policy: { ...policy, bandwidthMibps: 50 } });
    expect(capped.seconds).toBe(22);
  });

  it('ends for anything, no later than its deadline by more than a round', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4_000_000 }),
        fc.double({ min: 0, max: 100_000, noNaN: true }),
        fc.integer({ min: 0, max: 4_000_000 }),
        fc.double({ min: 0.1, max: 10_000, noNaN: true }),
        fc.constantFrom(...Object.values(migrationPresets)),
        (memoryMib, dirtyMibPerSecond, writtenSetMib, linkMibPerSecond, preset) => {
          const forecast = predictMigration({
            memoryMib,
            dirtyMibPerSecond,
            writtenSetMib,
            linkMibPerSecond,
            overheadSeconds: 0,
            policy: preset,
          });
          const once = memoryMib / linkMibPerSecond;
          const most = timeoutSecondsOf(preset, memoryMib, linkMibPerSecond) + once + 1;
          expect(forecast.seconds).toBeGreaterThanOrEqual(once * 0.999);
          expect(forecast.seconds).toBeLessThanOrEqual(most);
          expect(forecast.transferredMib).toBeGreaterThanOrEqual(memoryMib * 0.999);
        },
      ),
    );
  });

  it('more to write never makes it shorter where it converges without being slowed down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }), (a, b) => {
        const of = (dirtyMibPerSecond: number) =>
          predictMigration({ ...still, dirtyMibPerSecond }).transferredMib;
        expect(of(Math.max(a, b))).toBeGreaterThanOrEqual(of(Math.min(a, b)) - 1e-6);
      }),
    );
  });
});

describe('how long a move may last', () => {
  it('so many times as long as one copy takes, and no less than the least', () => {
    expect(timeoutSecondsOf(policy, 100, 100)).toBe(300);
    expect(timeoutSecondsOf(policy, 100_000, 100)).toBe(10_000);
  });
});
