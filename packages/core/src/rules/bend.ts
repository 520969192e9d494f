/** The cluster as a drain sees it that finds no other way: hard rules that may bend only cost. */
import type { Cluster } from '../cluster/cluster.ts';

const known = new WeakMap<Cluster, Cluster>();

/** The same one where no rule may bend. */
export function bentFor(cluster: Cluster): Cluster {
  const rules = cluster.rules ?? [];
  if (!rules.some((rule) => rule.strength === 'hard' && rule.bendsForDrain === true))
    return cluster;
  let bent = known.get(cluster);
  if (bent === undefined) {
    bent = {
      ...cluster,
      rules: rules.map((rule) =>
        rule.bendsForDrain === true ? { ...rule, strength: 'soft' } : rule,
      ),
    };
    known.set(cluster, bent);
  }
  return bent;
}

/** That rule only costs: it is what moves are made for. */
export function softened(cluster: Cluster, ruleId: string): Cluster {
  const rules = (cluster.rules ?? []).map((rule) =>
    rule.id === ruleId ? ({ ...rule, strength: 'soft' } as const) : rule,
  );
  return { ...cluster, rules };
}
