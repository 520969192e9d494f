/**
 * Events about storage pools.
 */
import { i32 } from '../../xdr/codec.ts';
import { nameOf, poolLifecycleTypes } from '../states.ts';
import { storagePool } from '../types.ts';
import { rowsOf, same } from './row.ts';

const row = rowsOf('storagePool');

export const storagePoolEvents = {
  poolLifecycle: row(0, 370, { pool: storagePool, event: i32, detail: i32 }, (wire) => ({
    pool: wire.pool,
    type: nameOf(poolLifecycleTypes, wire.event),
    typeCode: wire.event,
  })),
  /** Its volumes were looked at anew. */
  poolRefresh: row(1, 373, { pool: storagePool }, same),
};
