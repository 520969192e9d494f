/** VMs that hard rules keep on one host with another one: they move at the same time, or break the rule on the way. */
import type { Cluster } from '../cluster/cluster.ts';
import { holdsResources } from '../cluster/load.ts';
import { selects } from '../cluster/rule.ts';
import type { Vm } from '../cluster/vm.ts';
import { byId } from '../order.ts';

/** With the VM itself, by id; those that have a place on its host. */
export function keptTogether(cluster: Cluster, vm: Vm): readonly Vm[] {
  const rules = (cluster.rules ?? []).filter(
    ({ type, strength, ...rule }) =>
      type === 'together' && strength === 'hard' && 'over' in rule && rule.over === 'host',
  );
  if (!rules.some((rule) => selects(rule.vms, vm))) return [vm];
  const neighbours = [...cluster.vms.values()].filter(
    (one) => one.hostId === vm.hostId && holdsResources(one),
  );
  const unit = new Map([[vm.id, vm]]);
  // Where rules share a VM, all of theirs move.
  for (let before = 0; before < unit.size;) {
    before = unit.size;
    for (const rule of rules) {
      if (![...unit.values()].some((one) => selects(rule.vms, one))) continue;
      for (const one of neighbours) if (selects(rule.vms, one)) unit.set(one.id, one);
    }
  }
  return [...unit.values()].toSorted(byId);
}
