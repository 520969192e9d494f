import { migrationPresets, type MigrationPolicy } from '@drover/core';
import { describe, expect, it } from 'vitest';
import { Convergence, type ConvergenceStep } from '../../src/logic/index.ts';

const mib = 1024 * 1024;

interface Round {
  readonly leftMib: number;
  readonly seconds: number;
  readonly throttle?: number;
}

/** Rounds at 100 MiB/s, one after the other; the steps that are taken, with the second of each. */
function play(
  policy: MigrationPolicy,
  rounds: readonly Round[],
  { timeoutSeconds = 10_000, speed = 100 } = {},
) {
  const convergence = new Convergence({ policy, timeoutMs: timeoutSeconds * 1_000 });
  const steps: (ConvergenceStep & { readonly atSeconds: number })[] = [];
  let elapsedMs = 1_000;
  let transferredBytes = 0;
  for (const [at, { leftMib, seconds, throttle }] of rounds.entries()) {
    const step = convergence.see({
      elapsedMs,
      iteration: at + 1,
      remainingBytes: leftMib * mib,
      transferredBytes,
      ...(throttle === undefined ? {} : { throttlePercent: throttle }),
    });
    if (step) steps.push({ ...step, atSeconds: elapsedMs / 1_000 });
    elapsedMs += seconds * 1_000;
    transferredBytes += seconds * speed * mib;
  }
  return { steps, convergence };
}

const rounds = (count: number, leftMib: number, throttle?: (at: number) => number): Round[] => [
  { leftMib: 1_000, seconds: 10 },
  ...Array.from({ length: count }, (_, at) => ({
    leftMib,
    seconds: leftMib / 100,
    ...(throttle ? { throttle: throttle(at) } : {}),
  })),
];

describe('a migration', () => {
  it('that gets better round by round is left alone, however long it takes', () => {
    const better = Array.from({ length: 40 }, (_, at) => ({
      leftMib: 1_000 * 0.9 ** at,
      seconds: 10,
    }));
    expect(play(migrationPresets.gentle, better).steps).toEqual([]);
  });

  it('that is stuck gets the lowest rung of the ladder that what is left would fit', () => {
    const { steps, convergence } = play(migrationPresets['must-finish'], rounds(60, 60));
    expect(steps[0]).toMatchObject({ type: 'set-downtime', downtimeMs: 1_000 });
    expect(steps[0]?.why).toContain(
      '60 MiB are left, 600 ms at 100 MiB/s, where 300 ms are allowed',
    );
    expect(convergence.bytesPerSecond / mib).toBeCloseTo(100);
  });

  it('is stuck only when the window is over', () => {
    const { steps } = play(migrationPresets.gentle, rounds(80, 25));
    const { stallSeconds } = migrationPresets.gentle;
    // From the first round’s end, in which less was left than ever before.
    expect(steps[0]?.atSeconds).toBeGreaterThanOrEqual(11 + stallSeconds);
    expect(steps[0]?.atSeconds).toBeLessThan(11 + stallSeconds + 1);
  });

  it('that no rung would fit climbs to the last one, and is then given up', () => {
    const { steps } = play(migrationPresets.gentle, rounds(40, 900));
    expect(steps.map(({ type }) => type)).toEqual(['set-downtime', 'give-up']);
    expect(steps[0]).toMatchObject({ downtimeMs: 300 });
    expect(steps[1]).toMatchObject({ code: 'migration-stuck' });
  });

  it('waits as long as the VM is still being slowed down, and not beyond what the policy allows', () => {
    const slowing = rounds(60, 500, (at) => Math.min(99, Math.floor(at / 3) * 10));
    const { steps } = play(migrationPresets.balanced, slowing);
    const raised = slowing.findIndex(({ throttle = 0 }) => throttle > 70);
    const atSeconds = 11 + 5 * (raised - 1);
    expect(steps[0]).toMatchObject({ type: 'set-downtime', downtimeMs: 500 });
    expect(steps[0]?.atSeconds).toBeGreaterThan(60);
    expect(steps.at(-1)).toMatchObject({ type: 'give-up', code: 'migration-stuck' });
    expect(steps.at(-1)?.atSeconds).toBeLessThanOrEqual(atSeconds + 10);
  });

  it('does not wait for ever for a slowing down that never comes', () => {
    const { steps } = play(migrationPresets.balanced, rounds(60, 500));
    expect(steps.at(-1)).toMatchObject({ type: 'give-up' });
  });

  it('goes over to post-copy only where that was chosen, and is never given up after that', () => {
    const policy = { ...migrationPresets.gentle, whenStuck: 'post-copy' } as const;
    const { steps } = play(policy, rounds(400, 900), { timeoutSeconds: 3_000 });
    expect(steps.map(({ type }) => type)).toEqual(['set-downtime', 'start-post-copy']);
  });

  it('whose stream has broken down is not forced over: nothing would get through', () => {
    const convergence = new Convergence({
      policy: { ...migrationPresets.gentle, whenStuck: 'post-copy' },
      timeoutMs: 600_000,
    });
    const see = (seconds: number, iteration: number, sentMib: number) =>
      convergence.see({
        elapsedMs: seconds * 1_000,
        iteration,
        remainingBytes: 20 * mib,
        transferredBytes: sentMib * mib,
      });
    see(1, 1, 0);
    see(11, 2, 1_000);
    for (let at = 0; at < 30; at += 1) expect(see(12 + at, 2, 1_001)).toBeUndefined();
    expect(see(60, 3, 1_002)).toBeUndefined();
  });

  it('is given up at its deadline, whatever it does', () => {
    const { steps } = play(migrationPresets.balanced, rounds(3, 900), { timeoutSeconds: 15 });
    expect(steps).toMatchObject([{ type: 'give-up', code: 'migration-timeout' }]);
  });

  it('counts its own rounds where the counter goes on from an earlier one', () => {
    const convergence = new Convergence({ policy: migrationPresets.gentle, timeoutMs: 60_000 });
    const at = (elapsedMs: number, iteration: number) =>
      convergence.see({ elapsedMs, iteration, remainingBytes: 1, transferredBytes: 0 });
    at(100, 7);
    expect(convergence.round).toBe(1);
    at(200, 9);
    expect(convergence.round).toBe(3);
  });
});
