/** A storage pool, and the declaration of one. */
import { Type, type Static } from 'typebox';
import { Count, Uuid } from '../names.ts';
import { Pool } from '../vm-spec.ts';
import { named } from './shape.ts';

export const PoolBody = Type.Object(
  { ...Pool.properties, uuid: Uuid, createdAtMs: Count },
  named('Pool'),
);
export type PoolBody = Static<typeof PoolBody>;

export const PoolCreate = Type.Object({ ...Pool.properties }, named('PoolCreate'));
export type PoolCreate = Static<typeof PoolCreate>;
