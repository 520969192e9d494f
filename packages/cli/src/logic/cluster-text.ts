/** The cluster as a whole in lines: is anything decided, and if not, why and what helps. */
import type { api } from '@drover/protocol';
import { formatAge } from './durations.ts';
import { page } from './host-view.ts';

type Cluster = api.ClusterBody;

export function clusterPage(cluster: Cluster, nowMs: number): readonly string[] {
  const { era, eraBy = '', eraAtMs, problem, leader, unreadable } = cluster;
  const raised =
    eraAtMs === undefined
      ? 'etcd has never been restored, as far as it knows'
      : `raised ${formatAge(nowMs, eraAtMs)} ago by ${eraBy}`;
  return page([
    ['Leader', leader ?? 'nobody leads'],
    ['Decides', problem === undefined && leader !== undefined ? 'yes' : 'nothing'],
    ...(problem === undefined
      ? []
      : [['Why', problem.message] as const, ['Remedy', problem.remedy] as const]),
    ['Era', `${era}, ${raised}`],
    ...unreadable.map(({ key, reason }) => ['Unreadable', `${key}: ${reason}`] as const),
  ]);
}

/** Above all else in the overview. */
export function clusterAttention({ problem, unreadable }: Cluster): readonly string[] {
  return [
    ...(problem === undefined ? [] : [problem.message, `  remedy: ${problem.remedy}`]),
    ...unreadable.map(({ key, reason }) => `${key} cannot be read: ${reason}`),
  ];
}

/** What is to be known before the yes. */
export function eraQuestion(
  { era, held, leader }: Cluster,
  to: number,
): { readonly question: string; readonly notes: readonly string[] } {
  return {
    notes: [
      ...(leader === undefined
        ? [
            'No scheduler leads, so only etcd’s backup says what the era was: if you noted a higher one down, use --to.',
          ]
        : []),
      ...(held ? [] : ['Nobody has noticed that etcd went back.']),
    ],
    question: `Was etcd restored from a backup? What was under way in it ends as failed. Raise the era from ${era} to ${to}?`,
  };
}
