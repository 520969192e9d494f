/** What a VM is to be, as people and programs say it. */
import { Type, type Static } from 'typebox';
import { wireLimits } from './limits.ts';
import { MigrationWish } from './migration.ts';
import { FileName, Labels, Mac, Name } from './names.ts';

const closed = { additionalProperties: false } as const;

/**
 * Exactly one of `image` (a thin clone of it is made, in the same pool) and `volume` (a file of the pool
 * that exists already) says where the bytes come from.
 */
export const DiskSpec = Type.Object(
  {
    pool: Name,
    image: Type.Optional(FileName),
    volume: Type.Optional(FileName),
    format: Type.Optional(Type.Union([Type.Literal('qcow2'), Type.Literal('raw')])),
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
