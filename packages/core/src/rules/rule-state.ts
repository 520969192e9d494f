/** Whether a rule holds as things stand, and which VMs break it. A VM that is on its way is in both places. */
import type { Cluster } from '../cluster/cluster.ts';
import { holdsResources } from '../cluster/load.ts';
import { type Rule, selects } from '../cluster/rule.ts';
import type { VmId } from '../cluster/vm.ts';
import { newRuleBook } from './book-of.ts';

export interface RuleState {
  /** VMs that it is about and that hold a place, by id. */
  readonly members: readonly VmId[];
  /** VMs too many in the wrong place; 0: it holds. */
  readonly broken: number;
  /**
   * Who is in the wrong place, by id: of `apart` all that share one, of `together` all that are not where most are, of
   * `spread` all that are where too many are.
   */
  readonly brokenBy: readonly VmId[];
}

export function ruleState(cluster: Cluster, rule: Rule): RuleState {
  const members = [...cluster.vms.values()]
    .filter((vm) => holdsResources(vm) && selects(rule.vms, vm))
    .map(({ id }) => id)
    .toSorted();
  const book = newRuleBook({ ...cluster, rules: [rule] });
  const broken = book.violation(0);
  if (broken === 0) return { members, broken, brokenBy: [] };
  const wrong = new Set(book.wrongScopes(0));
  const isWrong = (hostId: string | undefined) => wrong.has(book.scopeOf(0, hostId ?? ''));
  const brokenBy = members.filter((id) => {
    const goals = cluster.reservations.filter(({ vmId }) => vmId === id);
    return isWrong(cluster.vms.get(id)?.hostId) || goals.some(({ hostId }) => isWrong(hostId));
  });
  return { members, broken, brokenBy };
}
