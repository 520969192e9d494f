/** The flags of `pool create` and `pool set` as what the API takes. */
import { api, mountOptionsProblem, parseValue } from '@drover/protocol';
import { parseCount } from './sizes.ts';
import { UsageError } from './usage-error.ts';

export interface PoolFlags {
  readonly type: string;
  readonly path?: string | undefined;
  readonly server?: string | undefined;
  readonly export?: string | undefined;
  readonly nfsVersion?: string | undefined;
  readonly mountOption?: readonly string[] | undefined;
  readonly thinLimit?: number | undefined;
  readonly alarm?: number | undefined;
}

type Field = 'server' | 'export' | 'path' | 'nfsVersion';

const needed: Readonly<Record<string, readonly Field[]>> = {
  shared: ['path'],
  nfs: ['server', 'export', 'path', 'nfsVersion'],
  'nfs-direct': ['server', 'export'],
  local: ['path'],
};

const flagNames: Readonly<Record<Field, string>> = {
  server: '--server',
  export: '--export',
  path: '--path',
  nfsVersion: '--nfs-version',
};

export function parsePoolFlags(name: string, flags: PoolFlags): api.PoolCreate {
  const fields = Object.hasOwn(needed, flags.type) ? needed[flags.type] : undefined;
  if (fields === undefined) {
    throw new UsageError(
      `“${flags.type}” is no type of pool: give shared, nfs, nfs-direct or local`,
    );
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
  const spec = { type, server, export: exported, version: nfsVersion, path, ...optionsOf(given) };
  const present = Object.entries(spec).filter(([, value]) => value !== undefined);
  const body = { name, spec: Object.fromEntries(present), ...limitsOf(flags) };
  const parsed = parseValue(api.PoolCreate, body);
  if (!parsed.ok) {
    throw new UsageError(
      'the pool is not right: names are like vms-1, paths absolute like /srv/vms, NFS versions 4.1 or 4.2 ' +
        `(${parsed.reason})`,
    );
  }
  return parsed.value;
}

function optionsOf({ type, mountOption = [] }: PoolFlags): {
  readonly options?: readonly string[];
} {
  if (mountOption.length === 0) return {};
  if (type !== 'nfs') throw new UsageError(`a pool of type ${type} takes no --mount-option`);
  const problem = mountOptionsProblem(mountOption);
  if (problem !== undefined) throw new UsageError(`--mount-option: ${problem.message}`);
  return { options: mountOption };
}

export function limitsOf({
  thinLimit,
  alarm,
}: Pick<PoolFlags, 'thinLimit' | 'alarm'>): api.PoolChange {
  return {
    ...(thinLimit === undefined ? {} : { thinLimitPercent: thinLimit }),
    ...(alarm === undefined ? {} : { alarmPercent: alarm }),
  };
}

export function parseThin(text: string): number {
  return parseCount(text.replace(/%$/, ''), { what: 'thin limit', least: 100, most: 10_000 });
}

export function parseAlarm(text: string): number {
  return parseCount(text.replace(/%$/, ''), { what: 'alarm', least: 1, most: 100 });
}
