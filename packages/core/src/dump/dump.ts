/**
 * A whole cluster as text and back: canonical JSON, one line for each thing in it, so that two dumps can be
 * compared. The format of test fixtures and of reports of a fault.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { byId, byText } from '../order.ts';
import { DumpError } from './error.ts';
import { count, list, object, oneOf } from './readers.ts';
import { host, migration, policy, pool, reservation, rule, vm } from './schema.ts';

const format = 'drover-cluster';
const version = 1;

const file = object(
  {
    format: oneOf(format),
    version: count,
    revision: count,
    hosts: list(host),
    vms: list(vm),
    pools: list(pool),
    rules: list(rule),
    reservations: list(reservation),
    migrations: list(migration),
  },
  { policy },
);

/** The same text for the same cluster, however its maps were filled. */
export function dumpCluster(cluster: Cluster): string {
  const parts: readonly (readonly [string, readonly unknown[]])[] = [
    ['hosts', [...cluster.hosts.values()].toSorted(byId)],
    ['vms', [...cluster.vms.values()].toSorted(byId)],
    ['pools', [...(cluster.pools?.values() ?? [])].toSorted((a, b) => byText(a.name, b.name))],
    ['rules', (cluster.rules ?? []).toSorted(byId)],
    ['reservations', cluster.reservations],
    ['migrations', cluster.migrations],
  ];
  const head = `{"format":"${format}","version":${version},"revision":${cluster.revision}`;
  const judged =
    cluster.policy === undefined ? '' : `,"policy":${JSON.stringify(ordered(cluster.policy))}`;
  const body = parts.map(([name, items]) => {
    const lines = items.map((item) => `\n${JSON.stringify(ordered(item))}`);
    return `,\n"${name}":[${lines.join(',')}${lines.length > 0 ? '\n' : ''}]`;
  });
  return `${head}${judged}${body.join('')}}\n`;
}

/** Throws `DumpError` that says where, and what is wrong there. */
export function loadCluster(text: string): Cluster {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new DumpError('the file', `not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  const found = (parsed as { readonly version?: unknown } | null)?.version;
  if (typeof found === 'number' && found > version) {
    throw new DumpError('version', `${found} is newer than ${version}, the newest known here`);
  }
  const { revision, hosts, vms, pools, rules, reservations, migrations, ...more } = file(
    parsed,
    'cluster',
  );
  const names = new Set(hosts.map(({ id }) => id));
  for (const [index, { hostId }] of vms.entries()) {
    if (hostId === undefined || names.has(hostId)) continue;
    throw new DumpError(`cluster.vms[${index}].hostId`, `there is no host ${hostId}`);
  }
  return {
    revision,
    hosts: byKey('hosts', hosts, ({ id }) => id),
    vms: byKey('vms', vms, ({ id }) => id),
    pools: byKey('pools', pools, ({ name }) => name),
    rules,
    reservations,
    migrations,
    ...(more.policy === undefined ? {} : { policy: more.policy }),
  };
}

function byKey<T>(
  what: string,
  items: readonly T[],
  keyOf: (item: T) => string,
): ReadonlyMap<string, T> {
  const map = new Map(items.map((item) => [keyOf(item), item]));
  if (map.size === items.length) return map;
  const twice = items.map(keyOf).find((key, at, keys) => keys.indexOf(key) !== at);
  throw new DumpError(`cluster.${what}`, `${twice} is there twice`);
}

/** Fields in order of their names, at every depth. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => byText(a, b))
      .map(([key, item]) => [key, ordered(item)]),
  );
}
