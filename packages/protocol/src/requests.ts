/** "Do this once", as the API writes it into etcd: what people ask for. The scheduler answers each with an operation of its id. */
import { Type, type Static } from 'typebox';
import { RecommendationId } from './balance.ts';
import { MigrationWish } from './migration.ts';
import { Count, Label, Name, OperationId, Remark, Uuid } from './names.ts';
import { PoolPlace } from './pool-place.ts';
import { VolumeId } from './storage-records.ts';
import { ResizeWish } from './vm-spec.ts';

const closed = { additionalProperties: false } as const;
const V = Type.Literal(1);
const WallMs = Count;

/** One move of a plan that a person was shown. */
export const PlannedMoveRecord = Type.Object({ vmId: Uuid, target: Name }, closed);

/** What a drain does with a VM that cannot move as it runs; `shutdown`: where starting it anew elsewhere helps. */
export const OnUnmovable = Type.Union([Type.Literal('leave'), Type.Literal('shutdown')]);

/** Who said it, and when. */
export const Said = Type.Object({ by: Label, atMs: WallMs }, closed);

const requestBase = {
  v: V,
  id: OperationId,
  by: Label,
  createdAtMs: WallMs,
  cancelled: Type.Optional(Said),
};

/** "Do this once." The scheduler answers each with an operation of the same id. */
export const RequestRecord = Type.Union([
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('start'),
      vmId: Uuid,
      /** Its saved memory is thrown away, and it boots. */
      discardSaved: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('stop'),
      vmId: Uuid,
      /** `graceful` presses the power button; only `force` pulls the plug. */
      mode: Type.Union([Type.Literal('graceful'), Type.Literal('force')]),
    },
    closed,
  ),
  /** Its memory goes into a file of the pool, by default the one of its first disk. */
  Type.Object(
    { ...requestBase, type: Type.Literal('save'), vmId: Uuid, pool: Type.Optional(Name) },
    closed,
  ),
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('reboot'),
      vmId: Uuid,
      mode: Type.Union([Type.Literal('graceful'), Type.Literal('force')]),
    },
    closed,
  ),
  Type.Object(
    {
      ...requestBase,
      type: Type.Union([Type.Literal('pause'), Type.Literal('unpause')]),
      vmId: Uuid,
    },
    closed,
  ),
  /** At once where it runs, unless it is to have that size from its next start on. */
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('resize'),
      vmId: Uuid,
      ...ResizeWish,
      atNextStart: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  Type.Object({ ...requestBase, type: Type.Literal('delete'), vmId: Uuid }, closed),
  /** Of the image's intent; its import is cancelled as any operation is. */
  Type.Object({ ...requestBase, type: Type.Literal('image-import'), imageId: Uuid }, closed),
  Type.Object({ ...requestBase, type: Type.Literal('image-delete'), imageId: Uuid }, closed),
  /** Reads all of it and compares. */
  Type.Object({ ...requestBase, type: Type.Literal('image-verify'), imageId: Uuid }, closed),
  Type.Object({ ...requestBase, type: Type.Literal('volume-create'), volumeId: VolumeId }, closed),
  Type.Object({ ...requestBase, type: Type.Literal('volume-delete'), volumeId: VolumeId }, closed),
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('volume-resize'),
      volumeId: VolumeId,
      virtualBytes: Count,
    },
    closed,
  ),
  Type.Object(
    { ...requestBase, type: Type.Literal('volume-move'), volumeId: VolumeId, pool: Name },
    closed,
  ),
  Type.Object(
    {
      ...requestBase,
      type: Type.Union([
        Type.Literal('volume-snapshot'),
        Type.Literal('volume-revert'),
        Type.Literal('volume-snapshot-delete'),
      ]),
      volumeId: VolumeId,
      snapshot: Name,
    },
    closed,
  ),
  /** Its bytes are given to who asks the API for them. */
  Type.Object(
    { ...requestBase, type: Type.Literal('volume-download'), volumeId: VolumeId },
    closed,
  ),
  /** They go from here into the volume, all of them. */
  Type.Object(
    { ...requestBase, type: Type.Literal('volume-upload'), volumeId: VolumeId, bytes: Count },
    closed,
  ),
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('migrate'),
      vmId: Uuid,
      target: Type.Optional(Name),
      /** For this move only. */
      migration: Type.Optional(MigrationWish),
      /** Shut down, then started there; of one that is stopped: where it starts next. */
      cold: Type.Optional(Type.Boolean()),
      /** Of one that was recommended: off this host only. Of one that was made by itself it is there when it is cancelled. */
      recommendation: Type.Optional(
        Type.Object(
          {
            id: RecommendationId,
            source: Name,
            reason: Type.String({ maxLength: 1024 }),
            /** What a rule keeps together with it, and moves with it. */
            along: Type.Optional(Type.Array(Uuid, { maxItems: 256 })),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
  /** Look at it from all hosts: mounts, owners, and whether a lock that one takes is seen by the next. */
  Type.Object({ ...requestBase, type: Type.Literal('pool-doctor'), pool: Name }, closed),
  /** One file that no record names, by a person's word. Of a pool that each host has for itself: on which host. */
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('orphan-delete'),
      pool: Name,
      file: PoolPlace,
      hostId: Type.Optional(Name),
    },
    closed,
  ),
  /** Find the CPU that all hosts can give; new VMs start with it from then on. */
  Type.Object({ ...requestBase, type: Type.Literal('cpu-baseline') }, closed),
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('drain'),
      hostId: Name,
      /** The plan that was shown; absent: plan when it starts. */
      plan: Type.Optional(Type.Array(PlannedMoveRecord, { maxItems: 1000 })),
      parallel: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
      /** For the moves of this drain only. */
      migration: Type.Optional(MigrationWish),
      onUnmovable: Type.Optional(OnUnmovable),
      /** No move begins after that. */
      deadlineMs: Type.Optional(WallMs),
      message: Type.Optional(Remark),
      /** No move begins while it is there. */
      paused: Type.Optional(Said),
      /** VMs that stay and are to be tried once more: of each the newest word. */
      retries: Type.Optional(
        Type.Array(Type.Object({ vmId: Uuid, by: Label, atMs: WallMs }, closed), {
          maxItems: 1000,
        }),
      ),
    },
    closed,
  ),
  /** VMs that a drain moved away from the host go back. */
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('restore'),
      hostId: Name,
      /** The plan that was shown; absent: plan when it starts. */
      plan: Type.Optional(Type.Array(PlannedMoveRecord, { maxItems: 1000 })),
      parallel: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
      /** For these moves only. */
      migration: Type.Optional(MigrationWish),
    },
    closed,
  ),
  /** Move VMs until the rule holds. */
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('enforce'),
      rule: Name,
      /** The plan that was shown; absent: plan when it starts. */
      plan: Type.Optional(Type.Array(PlannedMoveRecord, { maxItems: 1000 })),
    },
    closed,
  ),
  /** Who asks says by it that the host is off: nothing of it runs any more. */
  Type.Object(
    {
      ...requestBase,
      type: Type.Literal('recover'),
      hostId: Name,
      /** Though so many hosts are down that the network is the likelier cause. */
      despiteMassLoss: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
  /** It is gone for good: nothing is to name it any more. */
  Type.Object({ ...requestBase, type: Type.Literal('forget-host'), hostId: Name }, closed),
]);
export type RequestRecord = Static<typeof RequestRecord>;
