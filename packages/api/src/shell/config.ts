/** The API's configuration file: YAML against one schema, so that a slip is told by its place. */
import { readFileSync } from 'node:fs';
import { api, DroverError, Name, parseValue } from '@drover/protocol';
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
      { minItems: 1, maxItems: 1000 },
    ),
    /** Requests that one token, or one address without a token, may make within ten seconds. */
    requestsPer10Seconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 1_000_000 })),
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
