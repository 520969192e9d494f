/**
 * What the API asks of the leader, over NATS request and reply: each question as narrow as it is needed, since all of a
 * large cluster is megabytes. The leader answers from its snapshot in one turn; nothing is changed by asking. Shapes of
 * plans and answers are the core's.
 */
import type {
  DrainPlan,
  Host,
  MovePlan,
  PlacementAnswer,
  Resources,
  RestorePlan,
  RuleConflict,
  RulePlan,
  RuleState,
} from '@drover/core';
import { Type, type Static } from 'typebox';
import type { Inventory, MigrationProgress } from './agent-message.ts';
import type { BalancePlanBody, BalanceStatus } from './api/balance.ts';
import type { HeadroomBody } from './api/headroom.ts';
import type { OrphanBody } from './api/orphan.ts';
import type { PoolStatus } from './api/pool.ts';
import { type MigrationForecast, MigrationWish } from './migration.ts';
import type { StorageProgress, TransferEnd } from './storage-job.ts';
import { ConsoleType } from './console.ts';
import { wireLimits } from './limits.ts';
import { Name, Uuid } from './names.ts';
import { PoolPlace } from './pool-place.ts';
import { RuleSpec } from './rule-spec.ts';
import { type UsageColumns, UsageGrid } from './usage.ts';
import { ResizeWish, VmSpec } from './vm-spec.ts';

const closed = { additionalProperties: false } as const;

/** Asked about one VM. */
export const usageHostsMost = 16;

export const Query = Type.Union([
  /** Who leads, and does it know enough to decide? */
  Type.Object({ type: Type.Literal('leader') }, closed),
  /** All of them, or one. */
  Type.Object({ type: Type.Literal('hosts'), hostId: Type.Optional(Name) }, closed),
  /** What the hosts' libvirt said last of these VMs, or of all. */
  Type.Object(
    {
      type: Type.Literal('observed'),
      vmIds: Type.Optional(Type.Array(Uuid, { maxItems: wireLimits.listPage })),
    },
    closed,
  ),
  /** Of the migrations in flight, and of what is done with files of pools. */
  Type.Object({ type: Type.Literal('progress') }, closed),
  Type.Object(
    {
      type: Type.Literal('place'),
      spec: VmSpec,
      /** Several at once: each is placed with the former ones counted. */
      count: Type.Integer({ minimum: 1, maximum: 100 }),
      only: Type.Optional(Name),
      /** False: only where; what each host has for and against it is left out, where there is a place. */
      explain: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
  /** All of it, as the core writes it down. */
  Type.Object({ type: Type.Literal('dump') }, closed),
  /** Where could this VM go, and why not elsewhere? For one that runs: where could it move? */
  Type.Object({ type: Type.Literal('explain'), vmId: Uuid }, closed),
  /** The plan, once the hosts have been asked whether each of its moves could be made. */
  Type.Object(
    {
      type: Type.Literal('plan-drain'),
      hostId: Name,
      parallel: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
      migration: Type.Optional(MigrationWish),
    },
    closed,
  ),
  /** The same of one VM; `target`: a person named it. */
  Type.Object(
    {
      type: Type.Literal('plan-move'),
      vmId: Uuid,
      target: Type.Optional(Name),
      migration: Type.Optional(MigrationWish),
    },
    closed,
  ),
  /** What a resize would do now: at once, at the next start, or why not. */
  Type.Object(
    {
      type: Type.Literal('resize-plan'),
      vmId: Uuid,
      ...ResizeWish,
      atNextStart: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  /** VMs that a drain moved away from the host, back to it. */
  Type.Object({ type: Type.Literal('plan-restore'), hostId: Name }, closed),
  /** How even the cluster is, and what is recommended. */
  Type.Object({ type: Type.Literal('balance') }, closed),
  /** What balancing would do now, once the hosts have been asked. */
  Type.Object({ type: Type.Literal('plan-balance') }, closed),
  /** How many hosts' loss is borne, and how many more VMs of this shape fit. */
  Type.Object(
    {
      type: Type.Literal('headroom'),
      shape: Type.Optional(
        Type.Object(
          { vcpus: VmSpec.properties.vcpus, memoryMib: VmSpec.properties.memoryMib },
          closed,
        ),
      ),
    },
    closed,
  ),
  /** Which hosts cannot give the cluster's CPU, as far as they have been asked. */
  Type.Object({ type: Type.Literal('cpu-gaps') }, closed),
  /** How pools are on the hosts and as a whole: of all, or of one. */
  Type.Object({ type: Type.Literal('pools'), name: Type.Optional(Name) }, closed),
  /** Files of the pool that no record names: those after this one, once hosts have said what lies there. */
  Type.Object(
    {
      type: Type.Literal('orphans'),
      pool: Name,
      after: Type.Optional(Type.Object({ hostId: Type.Optional(Name), file: PoolPlace }, closed)),
    },
    closed,
  ),
  /** Whether rules hold, and who breaks them: of all, or of one. */
  Type.Object({ type: Type.Literal('rules'), name: Type.Optional(Name) }, closed),
  /** A way to a console of a VM: its host is asked for one. */
  Type.Object(
    {
      type: Type.Literal('open-console'),
      vmId: Uuid,
      consoleId: Uuid,
      consoleType: ConsoleType,
      takes: Type.Boolean(),
    },
    closed,
  ),
  /** What a rule would move, whether it can hold, and what it contradicts; saved or not. */
  Type.Object({ type: Type.Literal('rule-plan'), name: Name, spec: RuleSpec }, closed),
  /** What was used on these hosts, once they have been asked: by the VM, or by each host itself. */
  Type.Object(
    {
      type: Type.Literal('usage'),
      hostIds: Type.Array(Name, { minItems: 1, maxItems: usageHostsMost }),
      vmId: Type.Optional(Uuid),
      grid: UsageGrid,
    },
    closed,
  ),
]);
export type Query = Static<typeof Query>;

/** A host with what only the leader knows about it. */
export interface HostView extends Host {
  readonly reportAgeMs: number;
  readonly reasons: readonly string[];
  readonly acceleratorReason: string;
  /** Can QEMU there protect memory streams itself, and why or why not. */
  readonly migrationTls?: Inventory['migrationTls'];
  /** What tunnels' ends there have refused lately. */
  readonly tunnelRefusals?: Inventory['tunnelRefusals'];
  readonly allocatable: Resources;
  /** Requests of its VMs and reservations. */
  readonly promised: Resources;
  readonly vmCount: number;
  /** VMs that libvirt runs there and Drover does not own. */
  readonly foreignVmCount: number;
}

export interface LeaderView {
  readonly leader: string;
  readonly epoch: string;
  readonly revision: number;
  /** The leader has heard from every host it knows since it was elected. */
  readonly settled: boolean;
  /** Of its own epoch and those that hosts have obeyed. */
  readonly highestEra: number;
  /** Why it decides nothing at all. */
  readonly problem?: string;
}

/** By id of the VM; one that its host has not reported is not in it. */
export type ObservedVms = Readonly<Record<string, string>>;

export type QueryReply =
  | { readonly type: 'leader'; readonly leader: LeaderView }
  | { readonly type: 'hosts'; readonly hosts: readonly HostView[] }
  | { readonly type: 'observed'; readonly vms: ObservedVms }
  | {
      readonly type: 'progress';
      readonly migrations: readonly MigrationProgress[];
      /** Absent: an older leader. */
      readonly storage?: readonly StorageProgress[];
    }
  | { readonly type: 'dump'; readonly text: string }
  | { readonly type: 'place'; readonly answers: readonly PlacementAnswer[] }
  | {
      readonly type: 'explain';
      readonly answer: PlacementAnswer;
      readonly sentences: readonly string[];
    }
  | {
      readonly type: 'plan-drain';
      readonly plan: DrainPlan;
      /** Moves that no host has been able to speak about in time, by VM. */
      readonly unchecked: readonly string[];
    }
  | {
      readonly type: 'plan-move';
      readonly plan: MovePlan;
      /** Of the move to its target, where it has one. */
      readonly forecast?: MigrationForecast;
    }
  | {
      readonly type: 'resize-plan';
      readonly when: 'now' | 'next-start';
      /** For people. */
      readonly what: string;
    }
  | {
      readonly type: 'plan-restore';
      readonly plan: RestorePlan;
      readonly unchecked: readonly string[];
    }
  | { readonly type: 'balance'; readonly balance: BalanceStatus }
  | { readonly type: 'plan-balance'; readonly plan: BalancePlanBody }
  | { readonly type: 'headroom'; readonly headroom: HeadroomBody }
  | { readonly type: 'cpu-gaps'; readonly hosts: readonly string[] }
  /** By name. */
  | { readonly type: 'pools'; readonly pools: Readonly<Record<string, PoolStatus>> }
  | {
      readonly type: 'orphans';
      /** In their order; one more than a page of the API has. */
      readonly orphans: readonly OrphanBody[];
      /** Hosts of which nobody knows what lies in their own pool. */
      readonly silent: readonly string[];
    }
  /** By name. */
  | { readonly type: 'rules'; readonly rules: Readonly<Record<string, RuleState>> }
  | {
      readonly type: 'rule-plan';
      readonly plan: RulePlan;
      readonly state: RuleState;
      readonly conflicts: readonly RuleConflict[];
    }
  | {
      readonly type: 'usage';
      readonly answered: Readonly<Record<string, UsageColumns>>;
      /** Hosts that said nothing, and why. */
      readonly silent: readonly {
        readonly hostId: string;
        readonly code: string;
        readonly message: string;
      }[];
    }
  | { readonly type: 'open-console'; readonly hostId: string; readonly end: TransferEnd }
  | { readonly type: 'error'; readonly code: string; readonly message: string };
