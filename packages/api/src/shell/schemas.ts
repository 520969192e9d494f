/**
 * The protocol's schemas as Fastify and the OpenAPI file need them: each named one registered once, and
 * referred to by its name everywhere else, so that generated clients have the names that we use.
 */
import { api } from '@drover/protocol';
import { Type, type Static, type TSchema } from 'typebox';
import type { App } from './context.ts';

const HostList = api.ListOf(api.HostBody, 'HostList');
const VmList = api.ListOf(api.VmBody, 'VmList');
const OperationList = api.ListOf(api.OperationBody, 'OperationList');
const MigrationList = api.ListOf(api.MigrationBody, 'MigrationList');
const PoolList = api.ListOf(api.PoolBody, 'PoolList');
const ImageList = api.ListOf(api.ImageBody, 'ImageList');
const TokenList = api.ListOf(api.TokenBody, 'TokenList');
const VolumeList = api.ListOf(api.VolumeBody, 'VolumeList');
const PastRecommendationList = api.ListOf(api.PastRecommendationBody, 'PastRecommendationList');
const RecommendationList = api.ListOf(api.RecommendationBody, 'RecommendationList');
const RuleList = api.ListOf(api.RuleBody, 'RuleList');
const Placements = api.ListOf(api.PlacementBody, 'Placements');

const named = [
  api.Problem,
  api.HostBody,
  api.HostChange,
  api.VmBody,
  api.VmCreate,
  api.VmChange,
  api.VmStop,
  api.VmStart,
  api.VmSave,
  api.VmReboot,
  api.VmRename,
  api.VmClone,
  api.VmCloned,
  api.VmActionPlan,
  api.VmResize,
  api.VmResizePlan,
  api.VmMigrate,
  api.ConsoleAsk,
  api.ConsoleTicket,
  api.OperationBody,
  api.DrainPlanBody,
  api.MovePlanBody,
  api.ClusterBody,
  api.EraRaise,
  api.ClusterCpuBody,
  api.HeadroomBody,
  api.DrainStart,
  api.DrainRetry,
  api.RecoveryStart,
  api.RestorePlanBody,
  api.RestoreStart,
  api.RecommendationBody,
  api.RecommendationDismiss,
  api.BalanceBody,
  api.BalancePlanBody,
  api.PastRecommendationBody,
  PastRecommendationList,
  api.BalanceSettingsBody,
  RecommendationList,
  api.PlacementBody,
  api.PlacementAsk,
  api.Condition,
  api.MigrationBody,
  api.MigrationSettingsBody,
  api.PoolBody,
  api.PoolCreate,
  api.PoolChange,
  api.OrphanBody,
  api.OrphanList,
  api.VmCreated,
  api.RuleBody,
  api.RuleCreate,
  api.RuleSet,
  api.RuleChange,
  api.RulePlanBody,
  api.RuleEnforce,
  api.ImageBody,
  api.ImageImport,
  api.ImageImported,
  api.ImageChange,
  api.ImageSettingsBody,
  api.VolumeBody,
  api.VolumeCreate,
  api.VolumeCreated,
  api.VolumeCopy,
  api.VolumeResize,
  api.VolumeMove,
  api.VolumeSnapshot,
  api.VolumeUpload,
  api.Join,
  api.Joined,
  api.LoginWays,
  api.JoinTokenBody,
  api.JoinTokenCreate,
  api.JoinTokenCreated,
  api.JoinTokenList,
  api.TokenBody,
  api.TokenCreate,
  api.TokenCreated,
  api.UsageBody,
  api.SessionBody,
  api.AuditEntry,
  api.AuditList,
  TokenList,
  ImageList,
  VolumeList,
  HostList,
  VmList,
  OperationList,
  MigrationList,
  PoolList,
  RuleList,
  Placements,
  api.Rehearsal,
];

export function registerSchemas(app: App): void {
  for (const schema of named) app.addSchema(withReferences(plain(schema)));
}

/** By name; typed as the schema itself. */
export function refer<S extends TSchema>(schema: S) {
  const { $id } = schema as { readonly $id?: string };
  return Type.Unsafe<Static<S>>({ $ref: `${$id}#` });
}

export const bodies = {
  host: refer(api.HostBody),
  hosts: refer(HostList),
  hostChange: refer(api.HostChange),
  vm: refer(api.VmBody),
  vms: refer(VmList),
  vmCreate: refer(api.VmCreate),
  vmChange: refer(api.VmChange),
  vmCreated: refer(api.VmCreated),
  vmStop: refer(api.VmStop),
  vmStart: refer(api.VmStart),
  vmSave: refer(api.VmSave),
  vmReboot: refer(api.VmReboot),
  vmRename: refer(api.VmRename),
  vmClone: refer(api.VmClone),
  vmCloned: refer(api.VmCloned),
  vmActionPlan: refer(api.VmActionPlan),
  vmResize: refer(api.VmResize),
  vmResizePlan: refer(api.VmResizePlan),
  vmMigrate: refer(api.VmMigrate),
  consoleAsk: refer(api.ConsoleAsk),
  consoleTicket: refer(api.ConsoleTicket),
  operation: refer(api.OperationBody),
  operations: refer(OperationList),
  drainPlan: refer(api.DrainPlanBody),
  movePlan: refer(api.MovePlanBody),
  cluster: refer(api.ClusterBody),
  eraRaise: refer(api.EraRaise),
  clusterCpu: refer(api.ClusterCpuBody),
  headroom: refer(api.HeadroomBody),
  drainStart: refer(api.DrainStart),
  drainRetry: refer(api.DrainRetry),
  recoveryStart: refer(api.RecoveryStart),
  restorePlan: refer(api.RestorePlanBody),
  restoreStart: refer(api.RestoreStart),
  recommendation: refer(api.RecommendationBody),
  recommendations: refer(RecommendationList),
  pastRecommendations: refer(PastRecommendationList),
  recommendationDismiss: refer(api.RecommendationDismiss),
  balance: refer(api.BalanceBody),
  balancePlan: refer(api.BalancePlanBody),
  balanceSettings: refer(api.BalanceSettingsBody),
  placement: refer(api.PlacementBody),
  placements: refer(Placements),
  placementAsk: refer(api.PlacementAsk),
  migrations: refer(MigrationList),
  migrationSettings: refer(api.MigrationSettingsBody),
  pool: refer(api.PoolBody),
  pools: refer(PoolList),
  poolCreate: refer(api.PoolCreate),
  poolChange: refer(api.PoolChange),
  orphans: refer(api.OrphanList),
  rule: refer(api.RuleBody),
  rules: refer(RuleList),
  ruleCreate: refer(api.RuleCreate),
  ruleSet: refer(api.RuleSet),
  ruleChange: refer(api.RuleChange),
  rulePlan: refer(api.RulePlanBody),
  ruleEnforce: refer(api.RuleEnforce),
  image: refer(api.ImageBody),
  images: refer(ImageList),
  imageImport: refer(api.ImageImport),
  imageImported: refer(api.ImageImported),
  imageChange: refer(api.ImageChange),
  imageSettings: refer(api.ImageSettingsBody),
  volume: refer(api.VolumeBody),
  volumes: refer(VolumeList),
  volumeCreate: refer(api.VolumeCreate),
  volumeCreated: refer(api.VolumeCreated),
  volumeCopy: refer(api.VolumeCopy),
  volumeResize: refer(api.VolumeResize),
  volumeMove: refer(api.VolumeMove),
  volumeSnapshot: refer(api.VolumeSnapshot),
  volumeUpload: refer(api.VolumeUpload),
  join: refer(api.Join),
  joined: refer(api.Joined),
  joinToken: refer(api.JoinTokenBody),
  joinTokens: refer(api.JoinTokenList),
  joinTokenCreate: refer(api.JoinTokenCreate),
  joinTokenCreated: refer(api.JoinTokenCreated),
  token: refer(api.TokenBody),
  tokens: refer(TokenList),
  tokenCreate: refer(api.TokenCreate),
  tokenCreated: refer(api.TokenCreated),
  session: refer(api.SessionBody),
  loginWays: refer(api.LoginWays),
  audit: refer(api.AuditList),
  usage: refer(api.UsageBody),
} as const;

const problem = {
  description: 'What is wrong, and what to do next',
  content: { 'application/problem+json': { schema: refer(api.Problem) } },
};

/** The answers of a route: the good one, and problem documents for all others. */
export function answers<Status extends number, S extends TSchema>(
  good: Readonly<Record<Status, S>>,
): Readonly<Record<Status, S>> {
  return { ...good, '4xx': problem, '5xx': problem };
}

export const closed = { additionalProperties: false } as const;

export const DryRun = Type.Object(
  { dryRun: Type.Optional(Type.Union([Type.Literal('true'), Type.Literal('false')])) },
  closed,
);

/** Of every list: how much of it, and from where on. */
const paging = {
  limit: Type.Optional(Type.String({ pattern: '^(1000|[1-9][0-9]{0,2})$' })),
  continue: Type.Optional(Type.String({ maxLength: 512 })),
};

export const Paging = Type.Object(paging, closed);

/** For lists of what has labels and states. */
export const Filter = Type.Object(
  {
    ...paging,
    label: Type.Optional(
      Type.String({
        pattern:
          '^[A-Za-z0-9._/-]{1,63}(=[A-Za-z0-9._/-]{0,63})?(,[A-Za-z0-9._/-]{1,63}(=[A-Za-z0-9._/-]{0,63})?){0,15}$',
        description: 'key=value, or key for any value; several with commas',
      }),
    ),
    state: Type.Optional(Type.String({ pattern: '^[a-z-]{1,32}$' })),
  },
  closed,
);

type Json = { readonly [key: string]: unknown };

function plain(schema: object): Json {
  return JSON.parse(JSON.stringify(schema)) as Json;
}

/** A named schema inside another one becomes a reference to it. */
function withReferences(schema: Json): Json {
  const inner = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inner);
    if (typeof value !== 'object' || value === null) return value;
    const json = value as Json;
    if (typeof json['$id'] === 'string') return { $ref: `${json['$id']}#` };
    return withReferences(json);
  };
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === '$id' ? value : inner(value)]),
  );
}
