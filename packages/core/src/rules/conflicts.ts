/**
 * What a hard rule contradicts: other hard rules with which it cannot hold, whatever moves. First pairs that exclude
 * each other by what they say; where none does and there is still no way, rules without which there would be one.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { hostsById } from '../cluster/hosts-by-id.ts';
import { type Rule, type RuleId, type Scope, selects } from '../cluster/rule.ts';
import type { Vm } from '../cluster/vm.ts';
import { limits } from '../limits.ts';
import { listed } from '../names.ts';
import { byId } from '../order.ts';
import { planRule, type RulePlan } from './plan-rule.ts';
import { scopeName } from './rule-book.ts';

export interface RuleConflict {
  readonly ruleId: RuleId;
  /** A sentence for people, about that rule. */
  readonly why: string;
}

/** `plan`: of this rule on this snapshot. None of a soft rule: it only costs. */
export function ruleConflicts(
  cluster: Cluster,
  rule: Rule,
  plan: Pick<RulePlan, 'feasible'>,
): readonly RuleConflict[] {
  if (rule.strength === 'soft') return [];
  const others = (cluster.rules ?? [])
    .filter(({ id, strength }) => id !== rule.id && strength === 'hard')
    .toSorted(byId);
  const said = others.flatMap((other) => {
    const why = exclusion(cluster, rule, other) ?? exclusion(cluster, other, rule);
    return why === undefined ? [] : [{ ruleId: other.id, why }];
  });
  if (said.length > 0 || plan.feasible === 'yes') return said;
  return others
    .filter((other) => shared(cluster, rule, other).length > 0)
    .slice(0, limits.ruleConflictTries)
    .filter(({ id }) => {
      const rules = (cluster.rules ?? []).filter((one) => one.id !== id);
      return planRule({ ...cluster, rules }, rule).feasible === 'yes';
    })
    .map(({ id }) => ({ ruleId: id, why: 'without it there would be a way' }));
}

/** Why the two cannot both hold, read in this order. */
function exclusion(cluster: Cluster, one: Rule, other: Rule): string | undefined {
  const vms = shared(cluster, one, other);
  const names = listed(vms.map(({ name }) => name));
  if (one.type === 'apart' && other.type === 'together') {
    if (vms.length < 2 || widths[other.over] > widths[one.over]) return undefined;
    return `one keeps ${names} apart, the other together`;
  }
  if (!('hosts' in other) || vms.length === 0) return undefined;
  const hosts = hostsById(cluster).filter((host) => allows(other, host));
  if ('hosts' in one) {
    if (hosts.some((host) => allows(one, host))) return undefined;
    return `together they leave ${names} no host`;
  }
  if (one.type !== 'apart') return undefined;
  const places = new Set(hosts.map((host) => scopeName(host, one.over))).size;
  if (places >= vms.length) return undefined;
  return `it leaves ${places} ${one.over}${places === 1 ? '' : 's'} to ${names}, of which no two may share one`;
}

const widths: Readonly<Record<Scope, number>> = { host: 0, rack: 1, zone: 2 };

function allows(
  rule: Extract<Rule, { type: 'pinned' | 'away' }>,
  host: { readonly id: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  return selects(rule.hosts, host) === (rule.type === 'pinned');
}

/** Whether they run or not: they may be started. */
function shared(cluster: Cluster, one: Rule, other: Rule): readonly Vm[] {
  return [...cluster.vms.values()]
    .filter((vm) => selects(one.vms, vm) && selects(other.vms, vm))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
