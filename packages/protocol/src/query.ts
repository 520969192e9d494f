/**
 * What the API asks of the leader, over NATS request and reply. The leader answers from its snapshot in
 * one turn; nothing is changed by asking. Shapes of plans and answers are the core's.
 */
import type { DrainPlan, Host, PlacementAnswer, Resources, VmState } from '@drover/core';
import { Type, type Static } from 'typebox';
import type { MigrationProgress } from './agent-message.ts';
import { Name, Uuid } from './names.ts';
import { VmSpec } from './vm-spec.ts';

const closed = { additionalProperties: false } as const;

export const Query = Type.Union([
  Type.Object({ type: Type.Literal('snapshot') }, closed),
  Type.Object(
    {
      type: Type.Literal('place'),
      spec: VmSpec,
      /** Several at once: each is placed with the former ones counted. */
      count: Type.Integer({ minimum: 1, maximum: 100 }),
      only: Type.Optional(Name),
    },
    closed,
  ),
  /** Where could this VM go, and why not elsewhere? For one that runs: where could it move? */
  Type.Object({ type: Type.Literal('explain'), vmId: Uuid }, closed),
  Type.Object({ type: Type.Literal('plan-drain'), hostId: Name }, closed),
]);
export type Query = Static<typeof Query>;

/** A host with what only the leader knows about it. */
export interface HostView extends Host {
  readonly reportAgeMs: number;
  readonly reasons: readonly string[];
  readonly acceleratorReason: string;
  readonly allocatable: Resources;
  /** Requests of its VMs and reservations. */
  readonly promised: Resources;
  readonly vmCount: number;
  /** VMs that libvirt runs there and Drover does not own. */
  readonly foreignVmCount: number;
}

export interface VmView {
  readonly id: string;
  readonly name: string;
  readonly state: VmState;
  readonly hostId?: string;
  readonly generation: number;
  readonly operationId?: string;
  /** What the host's libvirt said last; absent where the host has not reported it. */
  readonly observed?: string;
  readonly macs: readonly string[];
}

export interface MigrationView {
  readonly operationId: string;
  readonly vmId: string;
  readonly vmName: string;
  readonly source: string;
  readonly target: string;
  readonly step: string;
  readonly progress?: MigrationProgress;
}

export interface SnapshotView {
  readonly leader: string;
  readonly epoch: string;
  readonly revision: number;
  /** The leader has heard from every host it knows since it was elected. */
  readonly settled: boolean;
  readonly hosts: readonly HostView[];
  readonly vms: readonly VmView[];
  readonly migrations: readonly MigrationView[];
}

export type QueryReply =
  | { readonly type: 'snapshot'; readonly snapshot: SnapshotView }
  | { readonly type: 'place'; readonly answers: readonly PlacementAnswer[] }
  | {
      readonly type: 'explain';
      readonly answer: PlacementAnswer;
      readonly sentences: readonly string[];
    }
  | { readonly type: 'plan-drain'; readonly plan: DrainPlan }
  | { readonly type: 'error'; readonly code: string; readonly message: string };
