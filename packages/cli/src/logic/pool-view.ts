/** Pools as a table, and the flags of `pool create` as what the API takes. */
import { api, parseValue } from '@drover/protocol';
import { formatAge } from './durations.ts';
import type { Column } from './table.ts';
import { UsageError } from './usage-error.ts';

export function poolColumns(nowMs: number): readonly Column<api.PoolBody>[] {
  return [
    { head: 'NAME', cell: (pool) => pool.name },
    { head: 'TYPE', cell: (pool) => pool.spec.type },
    { head: 'SOURCE', cell: sourceOf },
    { head: 'AGE', cell: (pool) => formatAge(nowMs, pool.createdAtMs) },
    { head: 'ID', cell: (pool) => pool.uuid, wide: true },
  ];
}

function sourceOf(pool: api.PoolBody): string {
  const { spec } = pool;
  switch (spec.type) {
    case 'shared':
      return spec.path;
    case 'nfs':
      return `${spec.server}:${spec.export} at ${spec.path} (NFS ${spec.version})`;
    case 'nfs-direct':
      return `${spec.server}:${spec.export}`;
    default:
      return '';
  }
}

export interface PoolFlags {
  readonly type: string;
  readonly path?: string | undefined;
  readonly server?: string | undefined;
  readonly export?: string | undefined;
  readonly nfsVersion?: string | undefined;
}

const needed: Readonly<Record<string, readonly (keyof PoolFlags)[]>> = {
  shared: ['path'],
  nfs: ['server', 'export', 'path', 'nfsVersion'],
  'nfs-direct': ['server', 'export'],
};

const flagNames: Readonly<Record<keyof PoolFlags, string>> = {
  type: '--type',
  path: '--path',
  server: '--server',
  export: '--export',
  nfsVersion: '--nfs-version',
};

export function parsePoolFlags(name: string, flags: PoolFlags): api.PoolCreate {
  const fields = Object.hasOwn(needed, flags.type) ? needed[flags.type] : undefined;
  if (fields === undefined) {
    throw new UsageError(`“${flags.type}” is no type of pool: give shared, nfs or nfs-direct`);
  }
  const given: PoolFlags =
    flags.type === 'nfs' ? { ...flags, nfsVersion: flags.nfsVersion ?? '4.2' } : flags;
  for (const field of ['server', 'export', 'path', 'nfsVersion'] as const) {
    const isNeeded = fields.includes(field);
    if (isNeeded && given[field] === undefined) {
      throw new UsageError(`a pool of type ${flags.type} needs ${flagNames[field]}`);
    }
    if (!isNeeded && given[field] !== undefined) {
      throw new UsageError(`a pool of type ${flags.type} takes no ${flagNames[field]}`);
    }
  }
  const { nfsVersion, type, path, server, export: exported } = given;
  const spec = Object.fromEntries(
    Object.entries({ type, server, export: exported, version: nfsVersion, path }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const parsed = parseValue(api.PoolCreate, { name, spec });
  if (!parsed.ok) {
    throw new UsageError(
      'the pool is not right: names are like vms-1, paths absolute like /srv/vms, NFS versions 4.1 or 4.2 ' +
        `(${parsed.reason})`,
    );
  }
  return parsed.value;
}
