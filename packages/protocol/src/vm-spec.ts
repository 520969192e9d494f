/** What a VM is to be, as people and programs say it. */
import { Type, type Static } from 'typebox';
import { wireLimits } from './limits.ts';
import { MigrationWish } from './migration.ts';
import { AbsolutePath, FileName, Labels, Mac, Name, NetworkHost } from './names.ts';

const closed = { additionalProperties: false } as const;

/** A declared image, by name, `name@version` or id; else a file that somebody put into the pool. */
const DiskImage = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,126}(@[1-9][0-9]{0,6})?$',
  maxLength: 135,
});

/**
 * Exactly one of `image` (a thin clone of it is made, in the same pool) and `volume` (a declared volume by name or id, else
 * a file of the pool) says where the bytes come from. What is kept of a declared one is its id.
 */
export const DiskSpec = Type.Object(
  {
    pool: Name,
    image: Type.Optional(DiskImage),
    volume: Type.Optional(FileName),
    format: Type.Optional(Type.Union([Type.Literal('qcow2'), Type.Literal('raw')])),
    /** Of a clone that is to be larger than its image. */
    sizeMib: Type.Optional(Type.Integer({ minimum: 1, maximum: wireLimits.diskMib })),
  },
  closed,
);
export type DiskSpec = Static<typeof DiskSpec>;

export const NetworkSpec = Type.Object({ bridge: Name, mac: Type.Optional(Mac) }, closed);
export type NetworkSpec = Static<typeof NetworkSpec>;

/** As QEMU calls it: `q35`, `pc-q35-10.0`. */
export const MachineType = Type.String({ pattern: '^[a-z0-9.-]{1,63}$' });

export const VmSpec = Type.Object(
  {
    vcpus: Type.Integer({ minimum: 1, maximum: wireLimits.vcpus }),
    memoryMib: Type.Integer({ minimum: wireLimits.memoryMibMin, maximum: wireLimits.memoryMib }),
    arch: Type.Optional(Type.Union([Type.Literal('x86_64'), Type.Literal('aarch64')])),
    machine: Type.Optional(MachineType),
    disks: Type.Array(DiskSpec, { maxItems: wireLimits.disks }),
    networks: Type.Array(NetworkSpec, { maxItems: wireLimits.networks }),
    labels: Type.Optional(Labels),
    /** How it may be moved, where that is not as the cluster and its labels say. */
    migration: Type.Optional(MigrationWish),
  },
  closed,
);
export type VmSpec = Static<typeof VmSpec>;

/**
 * `shared`: a directory that the hosts share already, at the same path. `nfs`: mounted by the hosts'
 * kernels through a libvirt netfs pool. `nfs-direct`: QEMU's own client, no mount and no locks.
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
]);
export type PoolSpec = Static<typeof PoolSpec>;

export const Pool = Type.Object({ name: Name, spec: PoolSpec }, closed);
export type Pool = Static<typeof Pool>;
