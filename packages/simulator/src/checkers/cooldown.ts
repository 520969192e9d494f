/** Who was moved is left alone for a while by what moves VMs by itself. By the times of the records: no leader knows better. */
import { balanceSettingsDefaults, type OperationRecord } from '@drover/protocol';
import type { Checker } from './checker.ts';
import { recordsOf } from './records.ts';

export const cooldown: Checker = {
  name: 'no-vm-moves-twice-in-its-cooldown',
  committed({ changes }, { records }) {
    const { cooldownMinutes = balanceSettingsDefaults.cooldownMinutes } =
      records.settings.get('balance')?.settings ?? {};
    for (const change of changes) {
      const pair = recordsOf<OperationRecord>(change, 'operation');
      const { after, before } = pair ?? {};
      if (after?.by !== 'balance' || before !== undefined) continue;
      const { vmId = '', vmName, createdAtMs, id } = after;
      const { movedAtMs } = records.assignments.get(vmId) ?? {};
      if (movedAtMs === undefined || createdAtMs - movedAtMs >= cooldownMinutes * 60_000) continue;
      const seconds = Math.round((createdAtMs - movedAtMs) / 1_000);
      return `${id} moves ${vmName ?? vmId} again after ${seconds} s, and it rests for ${cooldownMinutes} min`;
    }
    return undefined;
  },
};
