/** What people write about balance. */
import * as protocol from '../../src/index.ts';
import type { Sample } from './samples.ts';

const vmId = '22222222-2222-4222-8222-222222222222';

export const balanceInputs: readonly Sample[] = [
  {
    name: 'balance settings',
    schema: protocol.BalanceSettingsRecord,
    value: {
      v: 1,
      settings: {
        mode: 'automatic',
        aggressiveness: 2,
        movesAtOnce: 2,
        movesPerHour: 30,
        cooldownMinutes: 360,
        hours: { from: '22:00', to: '06:00' },
      },
      by: 'anna',
      atMs: 1,
    },
  },
  {
    name: 'dismissal',
    schema: protocol.DismissalRecord,
    value: {
      v: 1,
      id: '0123456789',
      vmId,
      source: 'h1',
      target: 'h2',
      reason: 'h1 has 96 % of its CPU asked for, h2 8 %',
      untilMs: 5,
      by: 'anna',
      atMs: 1,
    },
  },
];
