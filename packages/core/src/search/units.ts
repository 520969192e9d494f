/**
 * What moves as one: a VM, or all VMs that a hard rule keeps together on their host. Moved one after the
 * other they would break the rule on the way.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import { holdsResources } from '../cluster/load.ts';
import type { Vm } from '../cluster/vm.ts';
import { byId } from '../order.ts';
import { isHard, type Members, type RuleBook } from '../rules/rule-book.ts';

export interface Unit {
  /** Of its first VM. */
  readonly id: string;
  readonly hostId: HostId;
  /** By id. */
  readonly vms: readonly Vm[];
  readonly memoryMib: number;
  readonly cpuMilli: number;
  /** MiB by size of page, in KiB; empty for most. */
  readonly hugePages: ReadonlyMap<number, number>;
  readonly rules: Members;
}

const noPages: ReadonlyMap<number, number> = new Map();

/** By id. VMs on hosts that the snapshot does not have are left out. */
export function unitsOf(cluster: Cluster, book: RuleBook): readonly Unit[] {
  const vms = [...cluster.vms.values()]
    .filter((vm) => holdsResources(vm) && cluster.hosts.has(vm.hostId ?? ''))
    .toSorted(byId);
  const groups = new Map<string, Vm[]>();
  const groupOf = new Map<string, string>();
  for (const vm of vms) {
    const together = book.membersAmong([vm]).filter(({ index }) => {
      const rule = book.rule(index);
      return rule?.type === 'together' && isHard(rule, false) && rule.over === 'host';
    });
    // Of one rule and one host are one unit; where rules share a VM their units are one.
    const keys = together.map(({ index }) => `${index} ${vm.hostId}`);
    const joined = [...new Set(keys.flatMap((key) => groupOf.get(key) ?? []))];
    const [target = vm.id, ...others] = joined;
    const members = groups.get(target) ?? [];
    members.push(vm);
    groups.set(target, members);
    for (const other of others) {
      members.push(...(groups.get(other) ?? []));
      groups.delete(other);
      for (const [key, group] of groupOf) if (group === other) groupOf.set(key, target);
    }
    for (const key of keys) groupOf.set(key, target);
  }
  return [...groups.values()].map((members) => unit(members.toSorted(byId), book)).toSorted(byId);
}

function unit(vms: readonly Vm[], book: RuleBook): Unit {
  const [first] = vms;
  const hugePages = new Map<number, number>();
  for (const { hugePageKib, request } of vms) {
    if (hugePageKib === undefined) continue;
    hugePages.set(hugePageKib, (hugePages.get(hugePageKib) ?? 0) + request.memoryMib);
  }
  return {
    id: first?.id ?? '',
    hostId: first?.hostId ?? '',
    vms,
    memoryMib: vms.reduce((sum, vm) => sum + vm.request.memoryMib, 0),
    cpuMilli: vms.reduce((sum, vm) => sum + vm.request.cpuMilli, 0),
    hugePages: hugePages.size === 0 ? noPages : hugePages,
    rules: book.membersAmong(vms),
  };
}
