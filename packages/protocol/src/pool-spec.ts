/** What a pool is, as people and programs say it once for the whole cluster; and what is thought of as too full. */
import { Type, type Static } from 'typebox';
import { AbsolutePath, Name, NetworkHost } from './names.ts';

const closed = { additionalProperties: false } as const;

/** Which may be set is mount-options.ts; the shape alone keeps them from being two. */
const MountOption = Type.String({ pattern: '^[a-z0-9_]+(=[A-Za-z0-9.:_-]+)?$', maxLength: 64 });

/**
 * `shared`: a directory that the hosts share already, at the same path. `nfs`: mounted by the hosts'
 * kernels through a libvirt netfs pool. `nfs-direct`: QEMU's own client, no mount and no locks. `local`: a directory
 * of each host's own, at the same path.
 */
export const PoolSpec = Type.Union([
  Type.Object({ type: Type.Literal('shared'), path: AbsolutePath }, closed),
  Type.Object(
    {
      type: Type.Literal('nfs'),
      server: NetworkHost,
      export: AbsolutePath,
      version: Type.Union([Type.Literal('4.1'), Type.Literal('4.2')]),
      path: AbsolutePath,
      options: Type.Optional(Type.Array(MountOption, { maxItems: 16 })),
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal('nfs-direct'),
      server: NetworkHost,
      export: AbsolutePath,
    },
    closed,
  ),
  Type.Object({ type: Type.Literal('local'), path: AbsolutePath }, closed),
]);
export type PoolSpec = Static<typeof PoolSpec>;

export const Pool = Type.Object({ name: Name, spec: PoolSpec }, closed);
export type Pool = Static<typeof Pool>;

/** Both may be changed while the pool is used. */
export const poolLimits = {
  /** How much of the capacity may be promised to disks that take their room as they fill. */
  thinLimitPercent: Type.Optional(Type.Integer({ minimum: 100, maximum: 10_000 })),
  /** Of the capacity in use: from here on people are told. */
  alarmPercent: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
};

export const poolDefaults = { thinLimitPercent: 400, alarmPercent: 85 } as const;

/**
 * How a host finds a pool. `wrong-mount`: something else is mounted there, or the right thing in a way that harms.
 * `read-only` and `full` have files that can be read.
 */
export const PoolCondition = Type.Union([
  Type.Literal('reachable'),
  Type.Literal('stalled'),
  Type.Literal('read-only'),
  Type.Literal('full'),
  Type.Literal('wrong-mount'),
  Type.Literal('inactive'),
  Type.Literal('error'),
]);
export type PoolCondition = Static<typeof PoolCondition>;

/** What a pool's path is mounted from there, as the kernel tells; of its options those that matter. */
export const PoolMount = Type.Object(
  {
    at: Type.String({ maxLength: 1024 }),
    source: Type.String({ maxLength: 1024 }),
    type: Type.String({ maxLength: 64 }),
    readOnly: Type.Boolean(),
    /** Who sees a lock that is taken there: all hosts, those of this kernel, nobody. */
    guard: Type.Union([
      Type.Literal('image-lock'),
      Type.Literal('kernel-lock'),
      Type.Literal('none'),
    ]),
    /** Of NFS. */
    version: Type.Optional(Type.String({ maxLength: 16 })),
    hard: Type.Optional(Type.Boolean()),
    localLock: Type.Optional(Type.String({ maxLength: 16 })),
  },
  closed,
);
export type PoolMount = Static<typeof PoolMount>;

/** `.drover/pool.json`, by which hosts tell that they see one and the same directory. */
export const PoolMark = Type.Union([
  Type.Literal('there'),
  Type.Literal('missing'),
  Type.Literal('other'),
  Type.Literal('unreadable'),
]);
export type PoolMark = Static<typeof PoolMark>;

/** What keeps a second copy of a VM from writing to a disk in the pool. */
export const PoolProtection = Type.Union([
  /** Locks on the server, or of a cluster's file system. */
  Type.Literal('image-lock'),
  /** Locks of one kernel that all hosts share. */
  Type.Literal('kernel-lock'),
  /** The disk is on one host, and no second copy can have it. */
  Type.Literal('one-host'),
  Type.Literal('none'),
]);
export type PoolProtection = Static<typeof PoolProtection>;
