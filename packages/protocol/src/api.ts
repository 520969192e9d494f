/**
 * The bodies of the HTTP API. Schemas have an `$id` so that they keep their names in the OpenAPI file.
 * Errors are RFC 9457 problem documents with a stable `code`.
 *
 *   GET    /v1                                   features
 *   GET    /v1/hosts                             { items: Host[] }
 *   GET    /v1/hosts/{host}                      Host
 *   POST   /v1/hosts/{host}/cordon               Host            (operator)
 *   DELETE /v1/hosts/{host}/cordon               Host            (operator) uncordon
 *   POST   /v1/hosts/{host}/drain?dryRun=true    DrainPlan       touches nothing
 *   POST   /v1/hosts/{host}/drain                202 Operation   (operator) body DrainStart
 *   GET    /v1/hosts/{host}/drain                Operation       the newest drain of the host
 *   DELETE /v1/hosts/{host}/drain                202 Operation   (operator) cancel
 *   POST   /v1/hosts/{host}/recover              202 Operation   (admin) body RecoveryStart
 *   GET    /v1/vms                               { items: Vm[] }
 *   POST   /v1/vms[?dryRun=true]                 202 { vm, operation }   (operator) body VmCreate
 *   GET    /v1/vms/{vm}                          Vm              by id or by name
 *   DELETE /v1/vms/{vm}                          202 Operation   (operator) stopped VMs only
 *   POST   /v1/vms/{vm}/start                    202 Operation
 *   POST   /v1/vms/{vm}/stop                     202 Operation   body VmStop
 *   POST   /v1/vms/{vm}/migrate                  202 Operation   body VmMigrate
 *   POST   /v1/vms/{vm}/migrate?dryRun=true      MovePlan        the hosts are asked; touches nothing
 *   GET    /v1/vms/{vm}/explain                  Explanation
 *   GET    /v1/cluster/cpu                       ClusterCpu      the CPU that new VMs start with
 *   POST   /v1/cluster/cpu                       202 Operation   (admin) compute it anew
 *   GET    /v1/dump                              the cluster as core/src/dump writes it
 *   POST   /v1/placements                        Placements      dry run with explanation; touches nothing
 *   GET    /v1/migrations                        { items: Migration[] }  in flight, with progress
 *   DELETE /v1/migrations/{operation}            202 Operation   (operator) abort
 *   GET    /v1/operations[?limit&state&type]     { items: Operation[] } newest first
 *   GET    /v1/operations/{operation}[?wait=30s] Operation
 *   GET    /v1/pools  POST /v1/pools             { items: Pool[] } · 201 Pool (admin)
 *   GET    /v1/settings/migration                MigrationSettingsBody
 *   PUT    /v1/settings/migration                MigrationSettingsBody   (admin) replaces what was set
 *   GET    /v1/events                            SSE; id = etcd revision; Last-Event-ID resumes; 410 when gone
 *   GET    /metrics /healthz /readyz /openapi.json     no token
 */
import { Type, type Static, type TSchema } from 'typebox';
import { Labels, Name, Uuid } from './names.ts';
import { MigrationPolicy, MigrationWish } from './migration.ts';
import {
  CpuBaselineRecord,
  MigrationSettings,
  OperationError,
  OperationRecord,
  ReasonRecord,
  RejectionRecord,
} from './records.ts';
import { Pool, VmSpec } from './vm-spec.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const Text = Type.String();
const named = ($id: string) => ({ $id, additionalProperties: false }) as const;

export const Role = Type.Union([
  Type.Literal('viewer'),
  Type.Literal('operator'),
  Type.Literal('admin'),
]);
export type Role = Static<typeof Role>;

export const Problem = Type.Object(
  {
    /** `urn:drover:error:<code>` */
    type: Text,
    code: Text,
    title: Text,
    status: Type.Integer(),
    detail: Text,
    /** For `invalid-body`: where and what. */
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Text, message: Text }, closed), { maxItems: 32 }),
    ),
    /** For `no-host-fits`: each host's reason. */
    rejections: Type.Optional(Type.Array(RejectionRecord)),
    retry: Text,
  },
  named('Problem'),
);
export type Problem = Static<typeof Problem>;

const ResourcesBody = Type.Object({ cpuMilli: Count, memoryMib: Count }, closed);

export const HostBody = Type.Object(
  {
    id: Name,
    /** `drained`: cordoned, and its drain ended with nothing left on it. */
    state: Type.Union([
      Type.Literal('ready'),
      Type.Literal('cordoned'),
      Type.Literal('draining'),
      Type.Literal('drained'),
      Type.Literal('suspect'),
      Type.Literal('down'),
    ]),
    schedulable: Type.Boolean(),
    reasons: Type.Array(Text),
    arch: Text,
    accelerator: Text,
    acceleratorReason: Text,
    cpuModel: Text,
    qemuVersion: Text,
    libvirtVersion: Text,
    machineTypes: Type.Array(Text),
    capacity: ResourcesBody,
    reserved: ResourcesBody,
    allocatable: ResourcesBody,
    promised: ResourcesBody,
    usage: Type.Optional(
      Type.Object(
        {
          cpuMilli: Count,
          memoryMib: Count,
          cpuPressurePermille: Count,
          memoryPressurePermille: Count,
        },
        closed,
      ),
    ),
    numaCells: Type.Array(Type.Object({ id: Count, cpuCount: Count, memoryMib: Count }, closed)),
    labels: Labels,
    bridges: Type.Array(Text),
    pools: Type.Array(
      Type.Object(
        {
          name: Text,
          state: Text,
          capacityMib: Count,
          freeMib: Count,
          reason: Type.Optional(Text),
        },
        closed,
      ),
    ),
    vmCount: Count,
    foreignVmCount: Count,
    reportAgeMs: Count,
  },
  named('Host'),
);
export type HostBody = Static<typeof HostBody>;

export const VmBody = Type.Object(
  {
    id: Uuid,
    name: Name,
    state: Text,
    desired: Text,
    hostId: Type.Optional(Name),
    generation: Count,
    operationId: Type.Optional(Text),
    observed: Type.Optional(Text),
    /** A move of it was given up: only a person moves it before that time. */
    rest: Type.Optional(Type.Object({ untilMs: Count, reason: Text, operationId: Text }, closed)),
    macs: Type.Array(Text),
    spec: VmSpec,
    createdAtMs: Count,
    by: Text,
  },
  named('Vm'),
);
export type VmBody = Static<typeof VmBody>;

export const VmCreate = Type.Object(
  { name: Name, spec: VmSpec, start: Type.Optional(Type.Boolean()) },
  named('VmCreate'),
);
export type VmCreate = Static<typeof VmCreate>;

export const VmStop = Type.Object(
  { mode: Type.Optional(Type.Union([Type.Literal('graceful'), Type.Literal('force')])) },
  named('VmStop'),
);
export type VmStop = Static<typeof VmStop>;

export const VmMigrate = Type.Object(
  {
    target: Type.Optional(Name),
    /** For this move only. */
    migration: Type.Optional(MigrationWish),
    /** Shut down, then started there; of a VM that is off: `target` is where it starts next. */
    cold: Type.Optional(Type.Boolean()),
  },
  named('VmMigrate'),
);
export type VmMigrate = Static<typeof VmMigrate>;

export const OperationBody = Type.Object(
  {
    ...Type.Omit(OperationRecord, ['v', 'epoch', 'error', 'by']).properties,
    by: Text,
    done: Type.Boolean(),
    cancellable: Type.Boolean(),
    error: Type.Optional(OperationError),
    /** Of a migration in flight. */
    progress: Type.Optional(
      Type.Object(
        {
          percent: Count,
          elapsedMs: Count,
          totalBytes: Count,
          remainingBytes: Count,
          transferredBytes: Count,
          dirtyRateBytesPerSecond: Type.Optional(Count),
          throttlePercent: Type.Optional(Count),
          iteration: Count,
        },
        closed,
      ),
    ),
  },
  named('Operation'),
);
export type OperationBody = Static<typeof OperationBody>;

const MoveBody = Type.Object(
  {
    vmId: Uuid,
    vmName: Name,
    source: Name,
    target: Name,
    mode: Text,
    memoryMib: Count,
    /** How uneven the cluster is before and after it, in millionths; 0 is even. */
    unevenBefore: Type.Optional(Count),
    unevenAfter: Type.Optional(Count),
    /** What the two are made of; they add up to them. */
    terms: Type.Optional(
      Type.Array(Type.Object({ name: Text, before: Count, after: Count }, closed)),
    ),
    /** VMs that a rule has move at the same time. */
    along: Type.Optional(Type.Array(Uuid)),
    reason: Text,
    /** Both hosts were asked, and nothing is in its way; false: they did not answer in time. */
    checked: Type.Boolean(),
  },
  closed,
);

export const DrainPlanBody = Type.Object(
  {
    hostId: Name,
    revision: Count,
    moves: Type.Array(MoveBody),
    waves: Type.Array(Type.Array(Count)),
    blockers: Type.Array(
      Type.Object(
        {
          vmId: Uuid,
          vmName: Name,
          reason: Text,
          rejections: Type.Array(RejectionRecord),
          /** What its own host found, of `preflight-failed`. */
          reasons: Type.Optional(Type.Array(ReasonRecord)),
          remedy: Text,
        },
        closed,
      ),
    ),
    estimatedSeconds: Count,
  },
  named('DrainPlan'),
);
export type DrainPlanBody = Static<typeof DrainPlanBody>;

export const MovePlanBody = Type.Object(
  {
    vmId: Uuid,
    vmName: Name,
    source: Type.Optional(Name),
    /** Where it would go; absent where it cannot. */
    target: Type.Optional(Name),
    /** `live`, or `paused` where no lock guards its disks. */
    mode: Type.Optional(Text),
    modeReason: Type.Optional(Text),
    /** Everything in its way, on its own host and on each that was asked. */
    reasons: Type.Array(ReasonRecord),
    rejections: Type.Array(RejectionRecord),
    /** Both hosts were asked; false: they did not answer in time. */
    checked: Type.Boolean(),
  },
  named('MovePlan'),
);
export type MovePlanBody = Static<typeof MovePlanBody>;

export const ClusterCpuBody = Type.Object(
  {
    /** None before somebody has asked for it: VMs start with what their host can give. */
    cpus: CpuBaselineRecord.properties.cpus,
    by: Type.Optional(Text),
    atMs: Type.Optional(Count),
    operationId: Type.Optional(Text),
    /** Hosts that cannot give it, and get no new VMs. */
    lacking: Type.Array(Name),
  },
  named('ClusterCpu'),
);
export type ClusterCpuBody = Static<typeof ClusterCpuBody>;

export const DrainStart = Type.Object(
  {
    /** The moves of the plan that was shown; each is checked again before it is made. */
    plan: Type.Optional(
      Type.Array(Type.Object({ vmId: Uuid, target: Name }, closed), { maxItems: 1000 }),
    ),
    parallel: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
    /** For the moves of this drain only. */
    migration: Type.Optional(MigrationWish),
  },
  named('DrainStart'),
);
export type DrainStart = Static<typeof DrainStart>;

export const RecoveryStart = Type.Object(
  {
    /** The host's name once more: who sends it says that this host is off. */
    confirm: Name,
    /** Though so many hosts are down that the network is the likelier cause. */
    despiteMassLoss: Type.Optional(Type.Boolean()),
  },
  named('RecoveryStart'),
);
export type RecoveryStart = Static<typeof RecoveryStart>;

const CandidateBody = Type.Object(
  {
    hostId: Name,
    score: Type.Integer(),
    terms: Type.Array(
      Type.Object(
        { name: Text, weight: Type.Integer(), value: Type.Integer(), points: Type.Integer() },
        closed,
      ),
    ),
  },
  closed,
);

export const PlacementBody = Type.Object(
  {
    type: Type.Union([Type.Literal('placed'), Type.Literal('refused')]),
    hostId: Type.Optional(Name),
    candidates: Type.Array(CandidateBody),
    rejections: Type.Array(RejectionRecord),
    sentences: Type.Array(Text),
  },
  named('Placement'),
);
export type PlacementBody = Static<typeof PlacementBody>;

export const PlacementAsk = Type.Object(
  {
    spec: VmSpec,
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    only: Type.Optional(Name),
  },
  named('PlacementAsk'),
);
export type PlacementAsk = Static<typeof PlacementAsk>;

export const MigrationBody = Type.Object(
  {
    operationId: Text,
    vmId: Uuid,
    vmName: Name,
    source: Name,
    target: Name,
    step: Text,
    progress: OperationBody.properties.progress,
  },
  named('Migration'),
);
export type MigrationBody = Static<typeof MigrationBody>;

export const PoolBody = Type.Object(
  { ...Pool.properties, uuid: Uuid, createdAtMs: Count },
  named('Pool'),
);
export type PoolBody = Static<typeof PoolBody>;

export const PoolCreate = Type.Object({ ...Pool.properties }, named('PoolCreate'));
export type PoolCreate = Static<typeof PoolCreate>;

export const MigrationSettingsBody = Type.Object(
  {
    settings: MigrationSettings,
    /** What each preset means in full. */
    presets: Type.Record(Type.String(), MigrationPolicy),
    by: Type.Optional(Text),
    atMs: Type.Optional(Count),
  },
  named('MigrationSettingsBody'),
);
export type MigrationSettingsBody = Static<typeof MigrationSettingsBody>;

export const VmCreated = Type.Object(
  { vm: VmBody, operation: Type.Optional(OperationBody) },
  named('VmCreated'),
);
export type VmCreated = Static<typeof VmCreated>;

/** `{ items: [...] }`, so that a list can grow fields. */
export function ListOf<Item extends TSchema>(item: Item, $id: string) {
  return Type.Object({ items: Type.Array(item) }, named($id));
}

/** One SSE event: `event:` is the type, `id:` the etcd revision (absent for `migration-progress`). */
export type ApiEvent =
  | {
      readonly type: 'vm';
      readonly vm: {
        readonly id: string;
        readonly name?: string;
        readonly state: string;
        readonly hostId?: string;
      };
    }
  | { readonly type: 'host'; readonly host: { readonly id: string; readonly cordoned: boolean } }
  | { readonly type: 'operation'; readonly operation: OperationBody }
  | {
      readonly type: 'migration-progress';
      readonly operationId: string;
      readonly vmId: string;
      readonly percent: number;
    };
