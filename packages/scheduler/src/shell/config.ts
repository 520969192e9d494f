/** The scheduler's configuration file: YAML against one schema, so that a slip is told by its place. */
import { readFileSync } from 'node:fs';
import { DroverError, Name, parseValue } from '@drover/protocol';
import { Type, type Static } from 'typebox';
import { parse } from 'yaml';

const closed = { additionalProperties: false } as const;
const Port = Type.Integer({ minimum: 0, maximum: 65_535 });

const SchedulerConfig = Type.Object(
  {
    /** Unique among the schedulers of a cluster. */
    instanceId: Name,
    etcd: Type.Object({ endpoints: Type.Array(Type.String(), { minItems: 1 }) }, closed),
    nats: Type.Object(
      {
        servers: Type.Array(Type.String(), { minItems: 1 }),
        nkeySeedFile: Type.Optional(Type.String()),
      },
      closed,
    ),
    metrics: Type.Optional(Type.Object({ host: Type.String(), port: Port }, closed)),
    /** The cluster's authority, which certifies hosts; every scheduler has the same. */
    authority: Type.Optional(
      Type.Object(
        {
          certificateFile: Type.String(),
          keyFile: Type.String(),
          /** Certificates of other authorities that hosts trust as well, while it is being changed. */
          trustedFiles: Type.Optional(Type.Array(Type.String(), { maxItems: 7 })),
          /** How long a host's certificate lives; it is renewed at two thirds of that. */
          hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 8_760 })),
        },
        closed,
      ),
    ),
    /** So that hosts join with a token; every scheduler has the same. See docs/join.md. */
    join: Type.Optional(
      Type.Object(
        {
          /** Of the account that NATS takes answers about admission from (`SA…`). */
          issuerSeedFile: Type.String(),
        },
        closed,
      ),
    ),
    migration: Type.Optional(
      Type.Object(
        {
          /** Of memory on its way; see docs/security.md. */
          encryption: Type.Optional(
            Type.Union([Type.Literal('required'), Type.Literal('preferred'), Type.Literal('off')]),
          ),
        },
        closed,
      ),
    ),
    /** How long a silent leader keeps its office; at least 2. */
    leaseSeconds: Type.Optional(Type.Integer({ minimum: 2, maximum: 60 })),
  },
  closed,
);
export type SchedulerConfig = Static<typeof SchedulerConfig>;

/** Throws `bad-request` that names the file and the place in it. */
export function readConfig(path: string): SchedulerConfig {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new DroverError('bad-request', `${path}: ${(error as Error).message}`);
  }
  const parsed = parseValue(SchedulerConfig, value);
  if (parsed.ok) return parsed.value;
  throw new DroverError('bad-request', `${path}: ${parsed.reason}`);
}
