/** The hosts of a snapshot in order of their ids, sorted once: all that is decided looks at them in this order. */
import { byId } from '../order.ts';
import type { Cluster } from './cluster.ts';
import type { Host } from './host.ts';

const known = new WeakMap<Cluster, readonly Host[]>();

export function hostsById(cluster: Cluster): readonly Host[] {
  let hosts = known.get(cluster);
  if (hosts === undefined) {
    hosts = [...cluster.hosts.values()].toSorted(byId);
    known.set(cluster, hosts);
  }
  return hosts;
}
