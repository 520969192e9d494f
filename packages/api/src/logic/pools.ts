/** Pools: as the API shows them, the declaration of a new one, what of one may change, and its end. */
import {
  type api,
  DroverError,
  keys,
  mountOptionsProblem,
  parseValue,
  poolDefaults,
  type PoolRecord,
  PoolSpec,
  type RecordMirror,
  type RequestRecord,
  type Stored,
} from '@drover/protocol';
import { poolConditions } from './conditions.ts';
import { refuseWhenFull } from './decide-vm.ts';
import { isOpen } from './operations.ts';
import { type Ask, dropRecord, putRecord, type Write } from './write.ts';

/** What the leader says of pools; nothing while none leads. */
export type PoolStatuses = Readonly<Record<string, api.PoolStatus>> | undefined;

/** So many users of a pool are named to whom they are in the way. */
const named = 5;

export function poolBody(
  records: RecordMirror,
  pool: PoolRecord,
  statuses: PoolStatuses,
): api.PoolBody {
  const { name, spec, uuid, createdAtMs } = pool;
  const { thinLimitPercent, alarmPercent } = { ...poolDefaults, ...limitsOf(pool) };
  const state = records.poolStates.get(name)?.value;
  const doctor = state?.uuid === uuid ? state.doctor : undefined;
  const status = statuses?.[name];
  return {
    name,
    spec,
    uuid,
    createdAtMs,
    thinLimitPercent,
    alarmPercent,
    conditions: poolConditions(status),
    ...(status === undefined ? {} : { status }),
    ...(doctor === undefined ? {} : { doctor }),
  };
}

function limitsOf({ thinLimitPercent, alarmPercent }: api.PoolChange): api.PoolChange {
  return {
    ...(thinLimitPercent === undefined ? {} : { thinLimitPercent }),
    ...(alarmPercent === undefined ? {} : { alarmPercent }),
  };
}

export function listPools(records: RecordMirror, statuses: PoolStatuses): readonly api.PoolBody[] {
  return [...records.pools.values()]
    .map(({ value }) => poolBody(records, value, statuses))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export function requirePool(records: RecordMirror, name: string): Stored<PoolRecord> {
  const pool = records.pools.get(name);
  if (pool !== undefined) return pool;
  throw new DroverError('pool-not-found', `no pool ${name} is declared`);
}

/** `ask.id` is the pool's UUID, the same on every host. */
export function declarePool(records: RecordMirror, pool: api.PoolCreate, ask: Ask): Write {
  checkSpec(pool.spec);
  if (records.pools.has(pool.name)) {
    throw new DroverError('name-taken', `there is a pool ${pool.name} already`);
  }
  const twin = [...records.pools.values()].find(({ value }) => isSamePlace(value.spec, pool.spec));
  if (twin !== undefined) {
    throw new DroverError('name-taken', `pool ${twin.value.name} is at that path already`);
  }
  const record: PoolRecord = {
    v: 1,
    ...pool,
    uuid: ask.id,
    by: ask.by,
    createdAtMs: ask.atMs,
  };
  return { puts: [putRecord(keys.pool(pool.name), record, undefined)], compares: [] };
}

/** libvirt has one pool for a directory. */
function isSamePlace(one: PoolSpec, other: PoolSpec): boolean {
  return 'path' in one && 'path' in other && one.path === other.path;
}

/** Of the fields of its own type; the schema alone would name those of any. Other shapes are left to it. */
export function checkPoolType(body: unknown): void {
  const { spec } = (body ?? {}) as { readonly spec?: unknown };
  if (typeof spec !== 'object' || spec === null || !('type' in spec)) return;
  const types = PoolSpec.anyOf.map((one) => one.properties.type.const);
  const schema = PoolSpec.anyOf.find((one) => one.properties.type.const === spec.type);
  if (schema === undefined) throw invalid('/spec/type', `must be one of ${types.join(', ')}`);
  const unknown = Object.keys(spec).find((field) => !Object.hasOwn(schema.properties, field));
  if (unknown !== undefined) {
    const fields = Object.keys(schema.properties).join(', ');
    throw invalid(
      '/spec',
      `has no field ${unknown}: a pool of type ${String(spec.type)} has ${fields}`,
    );
  }
  const parsed = parseValue(schema, spec);
  if (parsed.ok) return;
  const [, path = '', message = ''] = /^(\S*): (.*)$/s.exec(parsed.reason) ?? [];
  throw invalid(`/spec${path === '/' ? '' : path}`, message);
}

function checkSpec(spec: PoolSpec): void {
  if (spec.type !== 'nfs') return;
  const problem = mountOptionsProblem(spec.options ?? []);
  if (problem !== undefined) throw invalid(`/spec/options/${problem.index}`, problem.message);
}

function invalid(path: string, message: string): DroverError {
  return new DroverError('invalid-body', `${path} ${message}`, {
    details: { errors: [{ path, message }] },
  });
}

export function changePool(records: RecordMirror, name: string, change: api.PoolChange): Write {
  const pool = requirePool(records, name);
  const record: PoolRecord = { ...pool.value, ...limitsOf(change) };
  return { puts: [putRecord(keys.pool(name), record, pool)], compares: [] };
}

/** Hosts then stop and undefine what Drover has defined there; nothing in it is deleted. */
export function deletePool(records: RecordMirror, name: string): Write {
  const pool = requirePool(records, name);
  const users = usersOf(records, name);
  if (users.length > 0) {
    const more = users.length > named ? ` and ${users.length - named} more` : '';
    const message = `pool ${name} has ${users.slice(0, named).join(', ')}${more} in it; delete or move them first`;
    throw new DroverError('pool-in-use', message);
  }
  return { puts: [dropRecord(keys.pool(name), pool)], compares: [] };
}

function usersOf(records: RecordMirror, pool: string): readonly string[] {
  const { vmIntents, imageIntents, volumeIntents, volumes } = records;
  const isHere = (one: { readonly pool: string }) => one.pool === pool;
  const vms = [...vmIntents.values()].filter(({ value }) => value.spec.disks.some(isHere));
  const images = [...imageIntents.values()].filter(({ value }) => isHere(value));
  const intents = [...volumeIntents.values()].filter(({ value }) => isHere(value));
  const saved = [...records.assignments.values()].filter(({ value }) => value.saved?.pool === pool);
  const saves = [...records.operations.values()].filter(
    ({ value }) => value.type === 'save' && value.pool === pool && isOpen(value),
  );
  const others = [...volumes.values()].filter(
    ({ value }) => isHere(value) && !intents.some((one) => one.value.id === value.id),
  );
  return [
    ...vms.map(({ value }) => `VM ${value.name}`),
    ...images.map(({ value }) => `image ${value.name}@${value.version}`),
    ...intents.map(({ value }) => `volume ${value.name}`),
    ...[...saved, ...saves].map(({ value }) => `memory of VM ${nameOf(records, value.vmId)}`),
    ...others.map(({ value }) => `volume ${value.id}`),
  ];
}

function nameOf({ vmIntents }: RecordMirror, vmId = ''): string {
  return vmIntents.get(vmId)?.value.name ?? vmId;
}

export function examinePool(records: RecordMirror, pool: string, ask: Ask): Write {
  const { modRevision } = requirePool(records, pool);
  refuseWhenFull(records);
  const { id, by, atMs } = ask;
  const request: RequestRecord = { v: 1, id, type: 'pool-doctor', pool, by, createdAtMs: atMs };
  return {
    puts: [putRecord(keys.request(id), request, undefined)],
    compares: [{ key: keys.pool(pool), modRevision }],
  };
}
