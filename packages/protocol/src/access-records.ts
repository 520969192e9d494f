/**
 * Who may speak to the API, and what was carried out already. Written and read by the API alone; the scheduler leaves
 * them be.
 */
import { Type, type Static } from 'typebox';
import { Role } from './api/role.ts';
import { Count, Label, Name, OperationId, Uuid } from './names.ts';
import { Sha256 } from './storage-job.ts';

const closed = { additionalProperties: false } as const;
const V = Type.Literal(1);
const WallMs = Count;

/** What a token may be used for at all; a part of what its role may. */
export const TokenScope = Type.String({ pattern: '^[a-z]{1,32}(:read)?$' });

/** The token itself is nowhere: only what SHA-256 makes of it. */
export const TokenRecord = Type.Object(
  {
    v: V,
    id: Uuid,
    name: Name,
    role: Role,
    /** Who made it: by its own name, and what that one was then. A token never has more than its owner. */
    owner: Label,
    ownerRole: Role,
    /** Whether the owner can be looked up again: a token, kept or configured. Of others `ownerRole` stands. */
    ownerIsToken: Type.Boolean(),
    /** Of a person who logged in: it goes with the cookie. */
    session: Type.Optional(Type.Literal(true)),
    sha256: Sha256,
    /** Absent: all that the role may. */
    scopes: Type.Optional(Type.Array(TokenScope, { minItems: 1, maxItems: 32 })),
    createdAtMs: WallMs,
    expiresAtMs: Type.Optional(WallMs),
    /** By the hour: nothing is written for each request. */
    lastUsedAtMs: Type.Optional(WallMs),
  },
  closed,
);
export type TokenRecord = Static<typeof TokenRecord>;

/**
 * That a request with an `Idempotency-Key` was carried out: written in the same transaction as what it did, so that
 * either both are there or neither is. Its key in etcd is made of who asked and of that header.
 */
export const RepeatRecord = Type.Object(
  {
    v: V,
    /** Of method, address and body: the same key with another request is a mistake of the caller's. */
    sha256: Sha256,
    /** What was made for it, in the order in which it was made: ids of operations and things. */
    ids: Type.Array(OperationId, { maxItems: 8 }),
    by: Label,
    atMs: WallMs,
  },
  closed,
);
export type RepeatRecord = Static<typeof RepeatRecord>;
