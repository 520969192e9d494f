import { describe, expect, it } from 'vitest';
import { effectivePolicy, migrationPresets, problemWithWish } from '../src/index.ts';

const labels = { tier: 'db', loud: 'yes' };

describe('how a VM may be moved', () => {
  it('is the balanced preset where nobody says anything', () => {
    const { policy, from } = effectivePolicy({});
    expect(policy).toEqual(migrationPresets.balanced);
    expect(from.streams).toBe('preset balanced');
  });

  it('is what the cluster says, then each label that the VM has, then the VM, then who asks', () => {
    const { policy, from } = effectivePolicy(labels, {
      cluster: { bandwidthMibps: 100, restMinutes: 1, stallSeconds: 5 },
      byLabel: [
        { label: 'tier=web', wish: { stallSeconds: 99 } },
        { label: 'loud', wish: { stallSeconds: 6, restMinutes: 2, timeoutFactor: 4 } },
        { label: 'tier=db', wish: { restMinutes: 3 } },
      ],
      vm: { timeoutFactor: 5 },
      request: { downtimeLadderMs: [900] },
    });
    expect(policy).toMatchObject({
      bandwidthMibps: 100,
      stallSeconds: 6,
      restMinutes: 3,
      timeoutFactor: 5,
      downtimeLadderMs: [900],
    });
    expect(from).toMatchObject({
      bandwidthMibps: 'the cluster',
      stallSeconds: 'label loud',
      restMinutes: 'label tier=db',
      timeoutFactor: 'the VM',
      downtimeLadderMs: 'the request',
      whenStuck: 'preset balanced',
    });
  });

  it('a preset replaces all that was said before it', () => {
    const { policy, from } = effectivePolicy(labels, {
      cluster: { bandwidthMibps: 100, stallSeconds: 5 },
      vm: { preset: 'gentle', restMinutes: 1 },
    });
    expect(policy).toEqual({ ...migrationPresets.gentle, restMinutes: 1 });
    expect(from.stallSeconds).toBe('preset gentle of the VM');
  });

  it('may be never to slow it down', () => {
    const { policy, from } = effectivePolicy({}, { vm: { throttle: false } });
    expect(policy.throttle).toBeUndefined();
    expect(from.throttle).toBe('the VM');
  });

  it('goes with one stream where post-copy may come, whoever asked for several', () => {
    const { policy, from } = effectivePolicy(
      {},
      {
        cluster: { streams: 4 },
        vm: { whenStuck: 'post-copy' },
      },
    );
    expect(policy.streams).toBe(1);
    expect(from.streams).toContain('post-copy');
  });

  it.each([
    [{ downtimeLadderMs: [300, 200] }, 'longer than the one before'],
    [{ downtimeLadderMs: [300, 300] }, 'longer than the one before'],
    [{ throttle: { startPercent: 50, stepPercent: 10, atMostPercent: 40 } }, 'above its own limit'],
    [{ whenStuck: 'post-copy' }, 'not offered yet'],
  ] as const)('%j cannot be meant', (wish, why) => {
    expect(problemWithWish(wish)).toContain(why);
  });

  it('no preset is wrong in itself, and none lets a VM go over before its memory has', () => {
    for (const preset of Object.values(migrationPresets)) {
      expect(problemWithWish(preset)).toBeUndefined();
      expect(preset.whenStuck).toBe('give-up');
    }
  });
});
