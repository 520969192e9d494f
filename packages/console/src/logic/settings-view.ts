/** What holds for the whole cluster, as names and values. */
import type { Body } from '@drover/client/body';
import { formatDuration } from '@drover/cli/words';
import type { Cluster } from './types.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
}

export function clusterFacts(cluster: Cluster): readonly Fact[] {
  const { leader, held, problem, era, eraBy, unreadable } = cluster;
  return [
    { name: 'Leader', value: leader ?? 'none: what is asked for waits' },
    {
      name: 'Decides',
      value: problem?.message ?? (held ? 'nothing: etcd went back to a backup' : 'yes'),
    },
    ...(problem === undefined ? [] : [{ name: 'What helps', value: problem.remedy }]),
    {
      name: 'Era',
      value: era === 0 ? '0: etcd was never restored' : `${era}, raised by ${eraBy ?? 'somebody'}`,
    },
    ...(unreadable.length === 0
      ? []
      : [
          {
            name: 'Not readable',
            value: unreadable.map(({ key, reason }) => `${key}: ${reason}`).join('; '),
          },
        ]),
  ];
}

type Policy = Body<'MigrationSettingsBody'>['presets'][string];

function whenStuckText({ whenStuck, restMinutes }: Policy): string {
  const what = whenStuck === 'give-up' ? 'the move is given up' : whenStuck;
  return `${what}, then the VM is left alone for ${restMinutes} minutes`;
}

export function policyFacts({
  settings,
  presets,
}: Pick<Body<'MigrationSettingsBody'>, 'settings' | 'presets'>): readonly Fact[] {
  const name = settings.cluster?.preset ?? 'balanced';
  const policy = presets[name];
  const changes = Object.entries(settings.cluster ?? {}).filter(([key]) => key !== 'preset');
  return [
    { name: 'Preset', value: name },
    ...(policy === undefined
      ? []
      : [
          {
            name: 'Pauses allowed',
            value: policy.downtimeLadderMs.map((ms) => formatDuration(ms)).join(', then '),
          },
          {
            name: 'Slowing down',
            value:
              policy.throttle === undefined
                ? 'never'
                : `up to ${policy.throttle.atMostPercent} % of a VM that writes too fast`,
          },
          {
            name: 'When stuck',
            value: whenStuckText(policy),
          },
        ]),
    ...changes.map(([key, value]) => ({
      name: key,
      value: typeof value === 'object' ? JSON.stringify(value) : String(value),
    })),
    ...(settings.byLabel ?? []).map(({ label, wish }) => ({
      name: `VMs with ${label}`,
      value: JSON.stringify(wish),
    })),
  ];
}
