/**
 * The rule book of a snapshot: every VM that holds a place counted where it is, and where it is on its way to.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { hostsById } from '../cluster/hosts-by-id.ts';
import { holdsResources } from '../cluster/load.ts';
import { RuleBook, type RuleBookOptions } from './rule-book.ts';

/** A snapshot never changes: its book is made once. Nobody who asks may leave it changed. */
const known = new WeakMap<Cluster, RuleBook>();

export function ruleBookOf(cluster: Cluster): RuleBook {
  let book = known.get(cluster);
  if (book === undefined) {
    book = newRuleBook(cluster);
    known.set(cluster, book);
  }
  return book;
}

/** One that may be changed. */
export function newRuleBook(
  cluster: Cluster,
  options: Pick<RuleBookOptions, 'bend'> = {},
): RuleBook {
  const rules = cluster.rules ?? [];
  // A leader that has just been elected has not heard every host: what is there counts all the same.
  const unheard = rules.length === 0 ? [] : unheardHosts(cluster);
  const book = new RuleBook(rules, hostsById(cluster), { ...options, unheard });
  if (book.size === 0) return book;
  for (const vm of cluster.vms.values()) {
    if (!holdsResources(vm) || vm.hostId === undefined) continue;
    const host = book.hostIndex(vm.hostId);
    if (host >= 0) book.add(book.membersAmong([vm]), host);
  }
  for (const { vmId, hostId } of cluster.reservations) {
    const vm = cluster.vms.get(vmId);
    const host = book.hostIndex(hostId);
    // A VM that is on its way is in both places until the outcome is known.
    if (vm === undefined || host < 0 || vm.hostId === hostId) continue;
    const from = book.hostIndex(vm.hostId ?? '');
    const members = book.membersAmong([vm]);
    if (holdsResources(vm) && from >= 0) book.begin(members, from, host);
    else book.add(members, host);
  }
  return book;
}

function unheardHosts({ vms, hosts }: Cluster): readonly string[] {
  const ids = [...vms.values()].flatMap((vm) => (holdsResources(vm) ? (vm.hostId ?? []) : []));
  return [...new Set(ids.filter((id) => !hosts.has(id)))].toSorted();
}
