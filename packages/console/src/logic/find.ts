/** What a few letters may mean: pages, hosts, VMs, pools. Those that begin with them come first. */
import { pages } from './pages.ts';
import type { ClusterState } from './cluster-state.ts';

export interface Found {
  readonly href: string;
  readonly name: string;
  readonly kind: string;
  /** What tells it from others: where it runs, how it is. */
  readonly note: string;
}

const places: readonly Found[] = pages.map(({ href, label }) => ({
  href,
  name: label,
  kind: 'page',
  note: '',
}));

export function find(state: ClusterState, text: string, most = 12): readonly Found[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return places;
  const found: { readonly rank: number; readonly one: Found }[] = [];
  const consider = (one: Found, also = '') => {
    const name = one.name.toLowerCase();
    const at = name.indexOf(wanted);
    if (name === wanted) found.push({ rank: 0, one });
    else if (at === 0) found.push({ rank: 1, one });
    else if (at > 0) found.push({ rank: 2, one });
    else if (also.toLowerCase().includes(wanted)) found.push({ rank: 3, one });
  };
  for (const { id, state: note } of state.hosts.values())
    consider({ href: `/hosts/${id}`, name: id, kind: 'host', note });
  for (const { id, name, state: is, hostId, spec } of state.vms.values()) {
    const note = hostId === undefined ? is : `${is} on ${hostId}`;
    const labels = Object.entries(spec.labels ?? {}).map(([key, value]) => `${key}=${value}`);
    consider({ href: `/vms/${name}`, name, kind: 'VM', note }, [id, ...labels].join(' '));
  }
  for (const { name, spec } of state.pools.values())
    consider({ href: `/pools/${name}`, name, kind: 'pool', note: spec.type });
  for (const page of places) consider(page);
  return found
    .toSorted((one, other) => one.rank - other.rank)
    .slice(0, most)
    .map(({ one }) => one);
}
