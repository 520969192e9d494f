/**
 * What agents are asked for `drover pool doctor`, and what they answer: how a pool is there, and whether a lock that
 * one host takes is seen by another. All of it happens in `.drover/doctor/` of the pool, and nothing of it stays.
 */
import { Type, type Static } from 'typebox';
import { Count, FileName } from './names.ts';
import { PoolCondition, PoolMark, PoolMount } from './pool-spec.ts';

const closed = { additionalProperties: false } as const;
const Text = Type.String({ maxLength: 1024 });
const Files = Type.Array(FileName, { maxItems: 256 });
const kind = Type.Literal('probe-pool');

/** Ends by itself after so long, whatever becomes of who asked. */
const HoldMs = Type.Integer({ minimum: 1, maximum: 300_000 });

export const PoolProbe = Type.Union([
  /** What is it like there? Makes the file, as QEMU's user, for others to read. */
  Type.Object({ act: Type.Literal('look'), file: FileName }, closed),
  /** Takes the lock of an image that it makes, as QEMU does, and keeps it. */
  Type.Object({ act: Type.Literal('hold'), file: FileName, holdMs: HoldMs }, closed),
  /** Can it take the lock of an image that another host has made? */
  Type.Object({ act: Type.Literal('try'), file: FileName }, closed),
  Type.Object({ act: Type.Literal('release'), file: FileName }, closed),
  /** Which of these can be read there by QEMU's user? */
  Type.Object({ act: Type.Literal('see'), files: Files }, closed),
  Type.Object({ act: Type.Literal('clean'), files: Files }, closed),
]);
export type PoolProbe = Static<typeof PoolProbe>;

const Owner = Type.Object({ uid: Count, gid: Count }, closed);

export const PoolLook = Type.Object(
  {
    kind,
    act: Type.Literal('look'),
    condition: PoolCondition,
    reason: Type.Optional(Text),
    mount: Type.Optional(PoolMount),
    guard: Type.Union([
      Type.Literal('image-lock'),
      Type.Literal('kernel-lock'),
      Type.Literal('none'),
    ]),
    guardedBy: Text,
    mark: PoolMark,
    capacityMib: Count,
    freeMib: Count,
    freeInodes: Type.Optional(Count),
    /** The same on hosts that share a kernel, as containers do. */
    kernel: Type.String({ maxLength: 64 }),
    /** Whom libvirt runs QEMU as. */
    user: Owner,
    /** Of the file that was made. */
    owner: Type.Optional(Owner),
    /** Why it could not be made. */
    notMade: Type.Optional(Text),
    /** Of NFS: locks that were lost while the server was away are taken anew without a word. */
    recoversLostLocks: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type PoolLook = Static<typeof PoolLook>;

export const PoolProbeAnswer = Type.Union([
  PoolLook,
  Type.Object({ kind, act: Type.Literal('hold'), why: Type.Optional(Text) }, closed),
  Type.Object(
    {
      kind,
      act: Type.Literal('try'),
      /** `locked`: another one has the lock. `unseen`: there is no such file. `failed`: for another reason. */
      found: Type.Union([
        Type.Literal('free'),
        Type.Literal('locked'),
        Type.Literal('unseen'),
        Type.Literal('failed'),
      ]),
      why: Type.Optional(Text),
    },
    closed,
  ),
  /** `wasHeld`: until now; else it cannot be said what another host has found. */
  Type.Object({ kind, act: Type.Literal('release'), wasHeld: Type.Boolean() }, closed),
  Type.Object({ kind, act: Type.Literal('see'), seen: Files, unreadable: Files }, closed),
  Type.Object({ kind, act: Type.Literal('clean') }, closed),
]);
export type PoolProbeAnswer = Static<typeof PoolProbeAnswer>;
