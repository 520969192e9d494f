/** Tokens, sessions and what was done by whom. */
import { Type, type Static } from 'typebox';
import { TokenScope } from '../access-records.ts';
import { Count, Name, Uuid } from '../names.ts';
import { Role } from './role.ts';
import { closed, named, Text } from './shape.ts';

const scopes = Type.Optional(Type.Array(TokenScope, { minItems: 1, maxItems: 32 }));

export const TokenBody = Type.Object(
  {
    id: Uuid,
    name: Name,
    role: Role,
    /** What its role comes to now: never more than its owner's. Absent: it is good for nothing any more. */
    effectiveRole: Type.Optional(Role),
    owner: Text,
    scopes,
    createdAtMs: Count,
    expiresAtMs: Type.Optional(Count),
    /** By the hour. */
    lastUsedAtMs: Type.Optional(Count),
    /** It belongs to somebody who logged in, and not to a program. */
    session: Type.Optional(Type.Literal(true)),
  },
  named('Token'),
);
export type TokenBody = Static<typeof TokenBody>;

export const TokenCreate = Type.Object(
  {
    name: Name,
    role: Role,
    /** All that the role may, unless said: `vms`, or `vms:read`, after the first word of an address. */
    scopes,
    /** Never, unless said. */
    expiresInSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 315_360_000 })),
  },
  named('TokenCreate'),
);
export type TokenCreate = Static<typeof TokenCreate>;

export const TokenCreated = Type.Object(
  {
    token: TokenBody,
    /** Told this once. Absent where the same request came before, and was answered with it. */
    secret: Type.Optional(Text),
  },
  named('TokenCreated'),
);

/** By what it is known who asks. */
export const Via = Type.Union([
  Type.Literal('configured'),
  Type.Literal('token'),
  Type.Literal('session'),
  Type.Literal('oidc'),
  Type.Literal('certificate'),
  Type.Literal('socket'),
]);
export type Via = Static<typeof Via>;

export const SessionBody = Type.Object(
  {
    name: Text,
    role: Role,
    via: Via,
    scopes,
    expiresAtMs: Type.Optional(Count),
    /** Of a session: what each of its changes has to say in the header `X-Drover-Csrf`. */
    csrf: Type.Optional(Text),
  },
  named('Session'),
);
export type SessionBody = Static<typeof SessionBody>;

/** How people may log in, besides with a token. */
export const LoginWays = Type.Object(
  {
    /** At an OIDC issuer: GET /v1/login/oidc. */
    oidc: Type.Optional(Type.Object({ label: Text }, closed)),
  },
  named('LoginWays'),
);
export type LoginWays = Static<typeof LoginWays>;

export const AuditEntry = Type.Object(
  {
    /** Of this API process; counts up. */
    id: Count,
    atMs: Count,
    /** Absent: nobody that is known. */
    by: Type.Optional(Text),
    role: Type.Optional(Role),
    via: Type.Optional(Via),
    /** The address that it came from; `socket` for the machine itself. */
    from: Text,
    method: Text,
    path: Text,
    outcome: Type.Union([Type.Literal('done'), Type.Literal('denied'), Type.Literal('refused')]),
    status: Count,
    /** Of the problem that was answered. */
    code: Type.Optional(Text),
    /** The address of what was made. */
    made: Type.Optional(Text),
    requestId: Text,
  },
  named('AuditEntry'),
);
export type AuditEntry = Static<typeof AuditEntry>;

export const AuditList = Type.Object(
  {
    items: Type.Array(AuditEntry),
    continue: Type.Optional(Text),
    /** Entries are of one API process; others have their own. */
    api: Text,
  },
  { $id: 'AuditList', ...closed },
);
