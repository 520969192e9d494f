/**
 * What lies in etcd: intents (written by the API) and decisions (written by the scheduler under its
 * epoch). Every record is JSON with `v`.
 */
import { Type, type Static } from 'typebox';
import { MemoryPath } from './agent-command.ts';
import { RecommendationId } from './balance.ts';
import { SeedHash } from './cloud-init.ts';
import { MigrationOrder, MigrationTimeline, MigrationWish } from './migration.ts';
import { Count, Epoch, Label, Labels, Name, OperationId, Remark, Uuid } from './names.ts';
import { CpuXml } from './question.ts';
import { SavedMemory } from './saved-memory.ts';
import { Sha256, StoredFacts, StoredFile, TransferEnd } from './storage-job.ts';
import { VolumeId } from './storage-records.ts';
import { PoolEntry, PoolPlace } from './pool-place.ts';
import { poolLimits, PoolSpec } from './pool-spec.ts';
import { ResizeWish, VmSize, VmSpec } from './vm-spec.ts';

const closed = { additionalProperties: false } as const;
const V = Type.Literal(1);
/** Milliseconds since 1970 on the writer's clock: for people to read, never to decide by. */
const WallMs = Count;
const Text = Type.String({ maxLength: 1024 });

// ── intents ─────────────────────────────────────────────────────────────────────────────────────────

export const HostIntentRecord = Type.Object(
  {
    v: V,
    id: Name,
    cordoned: Type.Boolean(),
    /** Set where a drain cordoned the host, so that cancelling it can take just that back. */
    cordonedByDrain: Type.Optional(OperationId),
    labels: Type.Optional(Labels),
    by: Label,
    atMs: WallMs,
  },
  closed,
);
export type HostIntentRecord = Static<typeof HostIntentRecord>;

/**
 * Which of its lives etcd is in: one more after each time that it was restored from a backup. Revisions, and with them
 * epochs, begin again at the backup's; the era comes before them.
 */
export const EraRecord = Type.Object(
  { v: V, era: Type.Integer({ minimum: 1, maximum: 500_000 }), by: Label, atMs: WallMs },
  closed,
);
export type EraRecord = Static<typeof EraRecord>;

export const VmIntentRecord = Type.Object(
  {
    v: V,
    id: Uuid,
    name: Name,
    spec: VmSpec,
    desired: Type.Union([
      Type.Literal('running'),
      Type.Literal('stopped'),
      Type.Literal('deleted'),
    ]),
    /** Of the content of its `cloudInit`. */
    seedHash: Type.Optional(SeedHash),
    /** A seed was made for it once, in the pool of its first disk. */
    hasSeedFile: Type.Optional(Type.Literal(true)),
    by: Label,
    createdAtMs: WallMs,
  },
  closed,
);
export type VmIntentRecord = Static<typeof VmIntentRecord>;

export const VmNameRecord = Type.Object({ v: V, vmId: Uuid }, closed);
export type VmNameRecord = Static<typeof VmNameRecord>;

export const PoolRecord = Type.Object(
  { v: V, name: Name, uuid: Uuid, spec: PoolSpec, by: Label, createdAtMs: WallMs, ...poolLimits },
  closed,
);
export type PoolRecord = Static<typeof PoolRecord>;

/** How VMs may be moved: all of them, and those with a label. */
export const MigrationSettings = Type.Object(
  {
    cluster: Type.Optional(MigrationWish),
    /** `label` is `key=value`, or `key` for any value. A later one replaces what an earlier one said. */
    byLabel: Type.Optional(
      Type.Array(
        Type.Object(
          { label: Type.String({ minLength: 1, maxLength: 320 }), wish: MigrationWish },
          closed,
        ),
        { maxItems: 64 },
      ),
    ),
  },
  closed,
);
export type MigrationSettings = Static<typeof MigrationSettings>;

export const MigrationSettingsRecord = Type.Object(
  { v: V, settings: MigrationSettings, by: Label, atMs: WallMs },
  closed,
);
export type MigrationSettingsRecord = Static<typeof MigrationSettingsRecord>;

// ── decisions ───────────────────────────────────────────────────────────────────────────────────────

export const HostRecord = Type.Object(
  {
    v: V,
    id: Name,
    hostUuid: Uuid,
    firstSeenMs: WallMs,
    /** Of this era it has shown what it runs, and the records say so. */
    era: Type.Optional(Count),
    /** Somebody's word that it is off. It goes when the host is back and runs nothing that was started elsewhere. */
    fenced: Type.Optional(
      Type.Object({ atMs: WallMs, by: Label, operationId: OperationId }, closed),
    ),
  },
  closed,
);
export type HostRecord = Static<typeof HostRecord>;

/** Of which era etcd was seen to go back. */
export const RestoredRecord = Type.Object({ v: V, era: Count, reason: Text, atMs: WallMs }, closed);
export type RestoredRecord = Static<typeof RestoredRecord>;

/** Who owns a VM. Changed only by compare-and-swap under the leader's epoch. */
export const AssignmentRecord = Type.Object(
  {
    v: V,
    vmId: Uuid,
    hostId: Type.Optional(Name),
    generation: Count,
    /** Of one that runs nowhere: where it was moved to, and so starts next if it can. */
    nextHostId: Type.Optional(Name),
    /** The operation that may act on the VM now; one at a time. */
    operationId: Type.Optional(OperationId),
    state: Type.Union([
      Type.Literal('stopped'),
      Type.Literal('starting'),
      Type.Literal('running'),
      /** By a person's word: it keeps its place, and nobody else moves it or lets it run on. */
      Type.Literal('paused'),
      Type.Literal('stopping'),
      Type.Literal('migrating'),
      Type.Literal('saving'),
      /** Of one that is off: its memory lies in a file, and it starts from that. */
      Type.Literal('saved'),
      Type.Literal('crashed'),
      Type.Literal('unknown'),
    ]),
    /**
     * Of one that is on a host, or whose memory is saved: what is promised to it there, where that is not what its spec says
     * for its next start. While it is resized, the larger.
     */
    promised: Type.Optional(VmSize),
    /** Its saved memory, until it runs again or somebody throws that away. */
    saved: Type.Optional(SavedMemory),
    /** Of one with disks in pools that each host has for itself: the host that has its files. */
    filesHostId: Type.Optional(Name),
    /** It has not run yet: clones for its disks are still to be made. */
    unmade: Type.Optional(Type.Literal(true)),
    /** Of one that starts or is deleted: it was gone before, not stopped. If that fails, it may run where nobody sees it. */
    wasGone: Type.Optional(Type.Literal(true)),
    /** When it was moved last, for whatever cause. */
    movedAtMs: Type.Optional(WallMs),
    /** A drain moved it away from there; it goes when it is moved otherwise, or stopped. */
    home: Type.Optional(Name),
    /** A move of it was given up: nobody but a person moves it before that. */
    rest: Type.Optional(
      Type.Object({ untilMs: WallMs, reason: Text, operationId: OperationId }, closed),
    ),
  },
  closed,
);
export type AssignmentRecord = Static<typeof AssignmentRecord>;

const Amount = Type.Union([Type.Number(), Text]);
const Counted = Type.Union([Count, Text]);

/** One reason of a preflight; without `hostId` it holds for every target. */
export const ReasonRecord = Type.Object(
  {
    code: Type.String({ maxLength: 64 }),
    hostId: Type.Optional(Name),
    /** Which disk, path, network, device. */
    subject: Type.Optional(Text),
    required: Type.Optional(Counted),
    available: Type.Optional(Counted),
    unit: Type.Optional(Type.String({ maxLength: 16 })),
    message: Text,
    remedy: Text,
  },
  closed,
);
export type ReasonRecord = Static<typeof ReasonRecord>;

export const RejectionRecord = Type.Object(
  {
    hostId: Name,
    reason: Type.String({ maxLength: 64 }),
    required: Type.Optional(Amount),
    available: Type.Optional(Amount),
    unit: Type.Optional(Type.String({ maxLength: 16 })),
    /** Of `preflight-failed`: all that the host found. */
    reasons: Type.Optional(Type.Array(ReasonRecord, { maxItems: 64 })),
  },
  closed,
);
export type RejectionRecord = Static<typeof RejectionRecord>;

export const OperationError = Type.Object(
  {
    code: Type.String({ pattern: '^[a-z0-9-]{1,64}$' }),
    message: Text,
    rejections: Type.Optional(Type.Array(RejectionRecord, { maxItems: 1000 })),
    /** Of `preflight-failed`: every reason, each with its remedy. */
    reasons: Type.Optional(Type.Array(ReasonRecord, { maxItems: 64 })),
  },
  closed,
);
export type OperationError = Static<typeof OperationError>;

/**
 *   pending ─▶ running ─▶ succeeded | failed | cancelled | blocked
 *
 * `blocked` is a drain that moved what it could and names what it could not.
 */
export const OperationState = Type.Union([
  Type.Literal('pending'),
  Type.Literal('running'),
  Type.Literal('succeeded'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
  Type.Literal('blocked'),
]);
export type OperationState = Static<typeof OperationState>;
export const operationStates = OperationState.anyOf.map((one) => one.const);

export const OperationType = Type.Union([
  Type.Literal('start'),
  Type.Literal('stop'),
  Type.Literal('save'),
  Type.Literal('reboot'),
  Type.Literal('pause'),
  Type.Literal('unpause'),
  Type.Literal('resize'),
  Type.Literal('delete'),
  Type.Literal('migrate'),
  Type.Literal('drain'),
  Type.Literal('restore'),
  Type.Literal('recover'),
  Type.Literal('forget-host'),
  Type.Literal('clean'),
  Type.Literal('image-import'),
  Type.Literal('image-delete'),
  Type.Literal('image-verify'),
  Type.Literal('volume-create'),
  Type.Literal('volume-delete'),
  Type.Literal('volume-resize'),
  Type.Literal('volume-move'),
  Type.Literal('volume-snapshot'),
  Type.Literal('volume-revert'),
  Type.Literal('volume-snapshot-delete'),
  Type.Literal('volume-download'),
  Type.Literal('volume-upload'),
  Type.Literal('cpu-baseline'),
  Type.Literal('pool-doctor'),
  Type.Literal('enforce'),
  Type.Literal('orphan-delete'),
]);
export const operationTypes = OperationType.anyOf.map((one) => one.const);

/** One VM of a drain or a restore. `operationId` names its migration once that exists. */
export const DrainItem = Type.Object(
  {
    vmId: Uuid,
    vmName: Name,
    target: Type.Optional(Name),
    state: Type.Union([
      Type.Literal('waiting'),
      Type.Literal('moving'),
      Type.Literal('moved'),
      Type.Literal('gone'),
      Type.Literal('blocked'),
      Type.Literal('cancelled'),
    ]),
    attempts: Count,
    /** It cannot move live, and is shut down and started elsewhere: that was said of such. */
    cold: Type.Optional(Type.Literal(true)),
    /** When somebody asked to try it once more, if that has been heeded. */
    retriedAtMs: Type.Optional(WallMs),
    operationId: Type.Optional(OperationId),
    /** Why it waits, is blocked, or goes elsewhere than the plan said; for people. */
    reason: Type.Optional(Text),
    remedy: Type.Optional(Text),
    /** What its preflight found, where that is what blocks it. */
    reasons: Type.Optional(Type.Array(ReasonRecord, { maxItems: 64 })),
  },
  closed,
);
export type DrainItem = Static<typeof DrainItem>;

export const OperationRecord = Type.Object(
  {
    v: V,
    id: OperationId,
    type: OperationType,
    state: OperationState,
    /** Where it is, e.g. `prepare`, `perform`, `resolve`; see docs/operations.md. */
    step: Type.String({ maxLength: 32 }),
    stepIndex: Count,
    vmId: Type.Optional(Uuid),
    vmName: Type.Optional(Name),
    hostId: Type.Optional(Name),
    source: Type.Optional(Name),
    target: Type.Optional(Name),
    mode: Type.Optional(
      Type.Union([Type.Literal('live'), Type.Literal('paused'), Type.Literal('cold')]),
    ),
    /** How a migration's memory travels, and where that is not `tls`, why. */
    memoryPath: Type.Optional(MemoryPath),
    memoryPathReason: Type.Optional(Text),
    /** Of one about files of pools: which, and where. `hostId` is the host that does it. */
    imageId: Type.Optional(Uuid),
    volumeId: Type.Optional(VolumeId),
    /** What people called the image or the volume when it was asked for: it may be gone since. */
    subject: Type.Optional(Text),
    pool: Type.Optional(Name),
    /** Of one that deletes what no record names: below the pool, and how it was when it was judged. */
    file: Type.Optional(PoolPlace),
    judged: Type.Optional(PoolEntry),
    /** Of one that makes a rule hold. */
    rule: Type.Optional(Name),
    /** Of a move: VMs that move at the same time, because a rule keeps them together. */
    along: Type.Optional(Type.Array(Uuid, { maxItems: 256 })),
    /** Of a resize: how large the VM was, and what of it was asked for. */
    resize: Type.Optional(
      Type.Object({ from: VmSize, to: Type.Object(ResizeWish, closed) }, closed),
    ),
    /** Of an upload or a download: where its bytes go through. Told to nobody but the API. */
    transfer: Type.Optional(TransferEnd),
    /** Files that nothing stands on any more: they go before it ends. */
    obsolete: Type.Optional(Type.Array(StoredFile, { maxItems: 64 })),
    stored: Type.Optional(StoredFacts),
    sourceSha256: Type.Optional(Sha256),
    /** The drain, the restore or the recovery it belongs to. */
    parentId: Type.Optional(OperationId),
    /** Of a move for balance: what recommended it. */
    recommendationId: Type.Optional(RecommendationId),
    /** Generation that the VM has before the operation; an owner change makes it one more. */
    generation: Count,
    /** Of the leader that wrote it last. */
    epoch: Epoch,
    reason: Type.Optional(Text),
    /** What who asked for it wanted others to know. */
    message: Type.Optional(Remark),
    error: Type.Optional(OperationError),
    items: Type.Optional(Type.Array(DrainItem, { maxItems: 1000 })),
    by: Label,
    createdAtMs: WallMs,
    startedAtMs: Type.Optional(WallMs),
    endedAtMs: Type.Optional(WallMs),
    /** Measured by the source agent: milliseconds without the VM running, as libvirt reports it. */
    downtimeMs: Type.Optional(Count),
    transferredBytes: Type.Optional(Count),
    /** Of a migration: how it is made, and what that is expected to take. */
    migration: Type.Optional(MigrationOrder),
    timeline: Type.Optional(MigrationTimeline),
  },
  closed,
);
export type OperationRecord = Static<typeof OperationRecord>;

/** The CPU that new VMs start with, for each kind of host; recomputed only when a person asks. */
export const CpuBaselineRecord = Type.Object(
  {
    v: V,
    cpus: Type.Array(
      Type.Object(
        {
          arch: Type.Union([Type.Literal('x86_64'), Type.Literal('aarch64')]),
          accelerator: Type.Union([Type.Literal('kvm'), Type.Literal('tcg')]),
          /** A `<cpu>` document of libvirt's. */
          cpu: CpuXml,
          model: Text,
          /** What all of them can give it was computed from. */
          hosts: Type.Array(Name, { maxItems: 1000 }),
        },
        closed,
      ),
      { maxItems: 4 },
    ),
    operationId: OperationId,
    by: Label,
    atMs: WallMs,
  },
  closed,
);
export type CpuBaselineRecord = Static<typeof CpuBaselineRecord>;

export const LastCommitRecord = Type.Object(
  { v: V, epoch: Epoch, commitId: Type.String({ maxLength: 64 }) },
  closed,
);
export type LastCommitRecord = Static<typeof LastCommitRecord>;
