/**
 * How a host joins a cluster: a token that it gets once, and what it and the API say to each other on the strength of
 * it. The token's secret never travels: either side proves that it knows it, by an HMAC over what it says.
 */
import { Type, type Static } from 'typebox';
import { Count, Label, Name, Uuid } from './names.ts';
import { Sha256 } from './storage-job.ts';

const closed = { additionalProperties: false } as const;

/** Public key of a NATS user, as `nkeys` writes it. */
export const NkeyPublic = Type.String({ pattern: '^U[A-Z2-7]{55}$' });
const HttpUrl = Type.String({ pattern: '^https?://[A-Za-z0-9.:[\\]-]{1,260}/?$', maxLength: 280 });
const NatsUrl = Type.String({
  pattern: '^(nats|tls)://[A-Za-z0-9.:[\\]-]{1,260}$',
  maxLength: 280,
});

/** Where a host finds an API. */
export const JoinAddresses = Type.Array(HttpUrl, { minItems: 1, maxItems: 8 });
/** Where a host finds NATS. */
export const JoinServers = Type.Array(NatsUrl, { minItems: 1, maxItems: 16 });

/** What a token says to who has it. */
export const JoinToken = Type.Object(
  {
    v: Type.Literal(1),
    id: Uuid,
    /** 256 bits in base64url. */
    secret: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
    addresses: JoinAddresses,
    /**
     * SHA-256 of the public key (DER, SubjectPublicKeyInfo) that the API's certificate is, or was signed with. Absent:
     * the API has no TLS.
     */
    caSha256: Type.Optional(Sha256),
  },
  closed,
);
export type JoinToken = Static<typeof JoinToken>;

/** That a host may join once, soon. What SHA-256 makes of the secret is the key that both sides prove to have. */
export const JoinTokenRecord = Type.Object(
  {
    v: Type.Literal(1),
    id: Uuid,
    sha256: Sha256,
    /** The only one that may use it; it may then also take the place of the key that the host had. */
    host: Type.Optional(Name),
    by: Label,
    createdAtMs: Count,
    expiresAtMs: Count,
    /** It is good for nothing from then on, but for the same host that asks again since it heard no answer. */
    used: Type.Optional(Type.Object({ host: Name, publicKey: NkeyPublic, atMs: Count }, closed)),
  },
  closed,
);
export type JoinTokenRecord = Static<typeof JoinTokenRecord>;

/** Which key a host that has joined speaks to NATS with. */
export const HostKeyRecord = Type.Object(
  {
    v: Type.Literal(1),
    host: Name,
    publicKey: NkeyPublic,
    /** Of the token that it joined with. */
    tokenId: Uuid,
    /** Who made that. */
    by: Label,
    atMs: Count,
  },
  closed,
);
export type HostKeyRecord = Static<typeof HostKeyRecord>;

/** What is proved to have been said. */
export const JoinProof = Sha256;

interface Asked {
  readonly tokenId: string;
  readonly host: string;
  readonly publicKey: string;
  readonly nonce: string;
}

/** What a host's proof is of. No field has a line break in it. */
export function joinRequestText({ tokenId, host, publicKey, nonce }: Asked): string {
  return ['drover join 1', tokenId, host, publicKey, nonce].join('\n');
}

/** What the API's proof is of. */
export function joinAnswerText(asked: Asked, natsServers: readonly string[]): string {
  return ['drover joined 1', joinRequestText(asked), ...natsServers].join('\n');
}
