/** Pools: as the API shows them, and the declaration of a new one. */
import { type api, DroverError, keys, type PoolRecord, type RecordMirror } from '@drover/protocol';
import { type Ask, putRecord, type Write } from './write.ts';

export function poolBody({ name, spec, uuid, createdAtMs }: PoolRecord): api.PoolBody {
  return { name, spec, uuid, createdAtMs };
}

export function listPools(records: RecordMirror): readonly api.PoolBody[] {
  return [...records.pools.values()]
    .map(({ value }) => poolBody(value))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** `ask.id` is the pool's UUID, the same on every host. */
export function declarePool(records: RecordMirror, pool: api.PoolCreate, ask: Ask): Write {
  if (records.pools.has(pool.name)) {
    throw new DroverError('name-taken', `there is a pool ${pool.name} already`);
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
