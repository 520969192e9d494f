/** A file in a pool, of Drover's naming, that no record names. */
import { Type, type Static } from 'typebox';
import { Count, Name } from '../names.ts';
import { PoolFileKind, PoolPlace } from '../pool-place.ts';
import { named, Text } from './shape.ts';

export const OrphanBody = Type.Object(
  {
    /** Of a pool that each host has for itself. */
    hostId: Type.Optional(Name),
    /** Below the pool's directory. */
    file: PoolPlace,
    kind: PoolFileKind,
    bytes: Count,
    /** What it takes of the pool. */
    allocatedBytes: Count,
    changedAtMs: Count,
    /** Since then, by the clock of the host that looked. */
    ageMs: Count,
  },
  named('Orphan'),
);
export type OrphanBody = Static<typeof OrphanBody>;

export const OrphanList = Type.Object(
  {
    items: Type.Array(OrphanBody),
    /** There is more: ask again with this as `continue`. */
    continue: Type.Optional(Text),
    /** Of a pool that each host has for itself: hosts that could not say what lies there. */
    silent: Type.Array(Name),
  },
  named('OrphanList'),
);
export type OrphanList = Static<typeof OrphanList>;
