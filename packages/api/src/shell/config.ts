/** The API's configuration file: YAML against one schema, so that a slip is told by its place. */
import { readFileSync } from 'node:fs';
import {
  api,
  DroverError,
  JoinAddresses,
  JoinServers,
  Label,
  Name,
  parseValue,
} from '@drover/protocol';
import { Type, type Static } from 'typebox';
import { parse } from 'yaml';

const closed = { additionalProperties: false } as const;

const ApiConfig = Type.Object(
  {
    listen: Type.Object(
      { host: Type.String(), port: Type.Integer({ minimum: 0, maximum: 65_535 }) },
      closed,
    ),
    etcd: Type.Object({ endpoints: Type.Array(Type.String(), { minItems: 1 }) }, closed),
    nats: Type.Object(
      {
        servers: Type.Array(Type.String(), { minItems: 1 }),
        nkeySeedFile: Type.Optional(Type.String()),
      },
      closed,
    ),
    /** The tokens themselves are nowhere on the API's side: only what SHA-256 makes of them. */
    tokens: Type.Array(
      Type.Object(
        { name: Name, role: api.Role, sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) },
        closed,
      ),
      { maxItems: 1000 },
    ),
    /** Requests that one token may make within ten seconds. */
    requestsPer10Seconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 1_000_000 })),
    /** Requests that one address may make within ten seconds without being known. */
    strangersPer10Seconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 1_000_000 })),
    /** That may be open at once: of one address, and of all. Those of the unix socket are not counted. */
    connections: Type.Optional(
      Type.Object(
        {
          each: Type.Integer({ minimum: 4, maximum: 65_536 }),
          all: Type.Integer({ minimum: 4, maximum: 65_536 }),
        },
        closed,
      ),
    ),
    /** For root on this machine alone: whoever may open it is admin. */
    socket: Type.Optional(
      Type.Object({ path: Type.String({ pattern: '^/', maxLength: 100 }) }, closed),
    ),
    /** HTTPS instead of HTTP, TLS 1.3. With `clientCaFile` certificates that it signed are asked for. */
    tls: Type.Optional(
      Type.Object(
        {
          certFile: Type.String(),
          keyFile: Type.String(),
          clientCaFile: Type.Optional(Type.String()),
          /** By the common name of their certificate. */
          clients: Type.Optional(
            Type.Array(Type.Object({ name: Label, role: api.Role }, closed), { maxItems: 1000 }),
          ),
        },
        closed,
      ),
    ),
    /** People whom somebody else knows. */
    oidc: Type.Optional(
      Type.Object(
        {
          issuer: Type.String({ pattern: '^https?://' }),
          audience: Type.String({ minLength: 1 }),
          jwksUri: Type.String({ pattern: '^https?://' }),
          /** RS256, ES256 and EdDSA unless said. Never `none`, nor one with a shared secret. */
          algorithms: Type.Optional(
            Type.Array(Type.String({ pattern: '^(RS|ES|PS)(256|384|512)$|^EdDSA$' }), {
              minItems: 1,
            }),
          ),
          /** What a person is called in records: `sub` unless said. */
          nameClaim: Type.Optional(Type.String()),
          /** A text or a list of texts, and what each of those comes to. */
          roleClaim: Type.String({ minLength: 1 }),
          roles: Type.Record(Type.String(), api.Role),
          /** So that people log in at the issuer, from the console. */
          login: Type.Optional(
            Type.Object(
              {
                clientId: Type.String({ minLength: 1 }),
                clientSecretFile: Type.Optional(Type.String({ pattern: '^/' })),
                /** Of this API, as browsers reach it; the issuer has to know it too. */
                redirectUri: Type.String({ pattern: '^https?://.+/v1/login/oidc/callback$' }),
                /** `openid` unless said; more where the claims above are in another scope. */
                scope: Type.Optional(Type.String({ pattern: '(^| )openid( |$)' })),
                /** What the button says: the issuer's host, unless said. */
                label: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    /** What was changed and denied; without it in the log, and the newest in memory. */
    audit: Type.Optional(
      Type.Object(
        {
          file: Type.String({ pattern: '^/' }),
          mostMib: Type.Optional(Type.Integer({ minimum: 1, maximum: 1024 })),
        },
        closed,
      ),
    ),
    /** What hosts that join are told; see docs/join.md. */
    join: Type.Optional(
      Type.Object(
        {
          /** Where they find this API. Unless said, where a token is asked for. */
          addresses: Type.Optional(JoinAddresses),
          /** Where they find NATS: as in `nats`, unless said. */
          natsServers: Type.Optional(JoinServers),
          /** Who signed the certificate that they see, where that is not `tls.certFile`: PEM. */
          caFile: Type.Optional(Type.String()),
        },
        closed,
      ),
    ),
    /** WebSockets to consoles that one principal may have open here, and how long nothing may pass on one. */
    consoles: Type.Optional(
      Type.Object(
        {
          openEach: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
          idleMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_080 })),
        },
        closed,
      ),
    ),
    /** Operations that one principal may have under way at once. */
    pendingEach: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  },
  closed,
);
export type ApiConfig = Static<typeof ApiConfig>;

/** Throws `bad-request` that names the file and the place in it. */
export function readConfig(path: string): ApiConfig {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new DroverError('bad-request', `${path}: ${(error as Error).message}`);
  }
  return checkConfig(value, path);
}

export function checkConfig(value: unknown, path: string): ApiConfig {
  const parsed = parseValue(ApiConfig, value);
  if (!parsed.ok) throw new DroverError('bad-request', `${path}: ${parsed.reason}`);
  const names = parsed.value.tokens.map((token) => token.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return parsed.value;
  throw new DroverError('bad-request', `${path}: two tokens are named ${twice}`);
}
