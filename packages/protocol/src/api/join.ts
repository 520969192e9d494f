/** Hosts that join: the tokens for it, and the one request that is made with one. */
import { Type, type Static } from 'typebox';
import { JoinAddresses, JoinProof, JoinServers, NkeyPublic } from '../join.ts';
import { Count, Name, Uuid } from '../names.ts';
import { ListOf, named, Text } from './shape.ts';

export const JoinTokenBody = Type.Object(
  {
    id: Uuid,
    /** The only host that may use it. Absent: any that is new. */
    host: Type.Optional(Name),
    state: Type.Union([Type.Literal('open'), Type.Literal('used'), Type.Literal('expired')]),
    by: Text,
    createdAtMs: Count,
    expiresAtMs: Count,
    /** Who joined with it, and when. */
    usedBy: Type.Optional(Name),
    usedAtMs: Type.Optional(Count),
  },
  named('JoinToken'),
);
export type JoinTokenBody = Static<typeof JoinTokenBody>;

export const JoinTokenList = ListOf(JoinTokenBody, 'JoinTokenList');

export const JoinTokenCreate = Type.Object(
  {
    /** The only host that may use it; one that has joined before then gets a new key. Any new host, unless said. */
    host: Type.Optional(Name),
    /** An hour, unless said; a week at most. */
    expiresInSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 604_800 })),
    /** Where the host finds this API. Those of the configuration, unless said, else the one this was asked at. */
    addresses: Type.Optional(JoinAddresses),
  },
  named('JoinTokenCreate'),
);
export type JoinTokenCreate = Static<typeof JoinTokenCreate>;

export const JoinTokenCreated = Type.Object(
  {
    joinToken: JoinTokenBody,
    /** What the host is given. Told this once; absent where the same request came before. */
    token: Type.Optional(Text),
  },
  named('JoinTokenCreated'),
);

export const Join = Type.Object(
  {
    tokenId: Uuid,
    host: Name,
    /** That the host will speak to NATS with. */
    publicKey: NkeyPublic,
    /** Made up by the host for this once: an answer to another request is none to this. */
    nonce: Type.String({ pattern: '^[A-Za-z0-9_-]{22,64}$' }),
    /** HMAC-SHA256 in hex over the other fields, with SHA-256 of the secret as its key; see `joinRequestText`. */
    proof: JoinProof,
  },
  named('Join'),
);
export type Join = Static<typeof Join>;

export const Joined = Type.Object(
  {
    host: Name,
    natsServers: JoinServers,
    /** HMAC-SHA256 in hex over request and answer; see `joinAnswerText`. */
    proof: JoinProof,
  },
  named('Joined'),
);
export type Joined = Static<typeof Joined>;
