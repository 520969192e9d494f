/** What a VM is to be, as people and programs say it. */
import { Type, type Static } from 'typebox';
import { CloudInit } from './cloud-init.ts';
import { wireLimits } from './limits.ts';
import { MigrationWish } from './migration.ts';
import { FileName, Labels, Mac, Name } from './names.ts';

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

const Vcpus = Type.Integer({ minimum: 1, maximum: wireLimits.vcpus });
const MemoryMib = Type.Integer({
  minimum: wireLimits.memoryMibMin,
  maximum: wireLimits.memoryMib,
});

/** What a person wants of a VM's size; what is absent stays as it is. */
export const ResizeWish = { vcpus: Type.Optional(Vcpus), memoryMib: Type.Optional(MemoryMib) };

/** How large a VM is, or is to be. */
export const VmSize = Type.Object(
  { vcpus: Vcpus, memoryMib: Type.Integer({ minimum: 1, maximum: wireLimits.memoryMib }) },
  closed,
);
export type VmSize = Static<typeof VmSize>;

/**
 * `cluster`: as the cluster’s mode says. `recommend`: moves of it for balance are only recommended, whatever the mode.
 * `never`: it is not moved for balance, and not recommended. Drains, rules and people move it all the same.
 */
export const VmBalance = Type.Union([
  Type.Literal('cluster'),
  Type.Literal('recommend'),
  Type.Literal('never'),
]);
export type VmBalance = Static<typeof VmBalance>;

export const VmSpec = Type.Object(
  {
    vcpus: Vcpus,
    memoryMib: MemoryMib,
    /** How far it can be resized while it runs; absent: no further than it starts with. Not less than that. */
    maxVcpus: Type.Optional(Vcpus),
    maxMemoryMib: Type.Optional(MemoryMib),
    arch: Type.Optional(Type.Union([Type.Literal('x86_64'), Type.Literal('aarch64')])),
    machine: Type.Optional(MachineType),
    disks: Type.Array(DiskSpec, { maxItems: wireLimits.disks }),
    networks: Type.Array(NetworkSpec, { maxItems: wireLimits.networks }),
    labels: Type.Optional(Labels),
    /** How it may be moved, where that is not as the cluster and its labels say. */
    migration: Type.Optional(MigrationWish),
    /** `cluster` if absent. */
    balance: Type.Optional(VmBalance),
    cloudInit: Type.Optional(CloudInit),
  },
  closed,
);
export type VmSpec = Static<typeof VmSpec>;
