/**
 * Images and volumes in etcd. What a person asked for is an intent; it is only marked as to go, and given other labels;
 * what lies in the pool is a decision. The file's name is made of the id: names of people are never names of files.
 */
import { Type, type Static } from 'typebox';
import { Count, FileName, Label, Labels, Name, OperationId, Uuid } from './names.ts';
import { Packing, Sha256, SourceFormat, StoredFacts, VolumeFormat } from './storage-job.ts';

const closed = { additionalProperties: false } as const;
const V = Type.Literal(1);
const WallMs = Count;

/** Where an image comes from, as a person says it. */
export const ImageSource = Type.Union([
  /** A file that somebody put into the same pool. */
  Type.Object({ type: Type.Literal('file'), file: FileName }, closed),
  Type.Object(
    {
      type: Type.Literal('url'),
      url: Type.String({ pattern: '^https?://[!-~]+$', maxLength: 2048 }),
    },
    closed,
  ),
  /** So many bytes come through the API. */
  Type.Object({ type: Type.Literal('upload'), bytes: Count }, closed),
]);
export type ImageSource = Static<typeof ImageSource>;

/** Versions of a name count up from 1; `debian-13` is the newest that is ready, `debian-13@2` that one. */
export const ImageIntentRecord = Type.Object(
  {
    v: V,
    id: Uuid,
    name: Name,
    version: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    pool: Name,
    source: ImageSource,
    format: SourceFormat,
    packing: Type.Optional(Packing),
    /** Of the source, as it comes. */
    sha256: Type.Optional(Sha256),
    labels: Type.Optional(Labels),
    by: Label,
    createdAtMs: WallMs,
    /** It takes no new clones, and goes when the last volume that stands on it has gone. */
    deleted: Type.Optional(Type.Object({ by: Label, atMs: WallMs }, closed)),
  },
  closed,
);
export type ImageIntentRecord = Static<typeof ImageIntentRecord>;

/** Of two who import one name at the same time, one finds this changed. */
export const ImageNameRecord = Type.Object(
  { v: V, newest: Type.Integer({ minimum: 1, maximum: 1_000_000 }) },
  closed,
);
export type ImageNameRecord = Static<typeof ImageNameRecord>;

export const ImageRecord = Type.Object(
  {
    v: V,
    id: Uuid,
    state: Type.Union([
      Type.Literal('importing'),
      Type.Literal('ready'),
      Type.Literal('failed'),
      /** The file is not what was recorded; no clone is made of it. */
      Type.Literal('altered'),
    ]),
    operationId: OperationId,
    /** Once it is ready. */
    stored: Type.Optional(StoredFacts),
    sourceSha256: Type.Optional(Sha256),
  },
  closed,
);
export type ImageRecord = Static<typeof ImageRecord>;

/** `VM id-index` of a VM's own disk, which is one once something was done with it; else the volume's id. */
export const VolumeId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(-[0-9]{1,2})?$',
});

export const VolumeSource = Type.Union([
  Type.Object({ type: Type.Literal('empty') }, closed),
  Type.Object({ type: Type.Literal('image'), imageId: Uuid }, closed),
  Type.Object({ type: Type.Literal('volume'), volumeId: VolumeId }, closed),
]);
export type VolumeSource = Static<typeof VolumeSource>;

/** A volume of its own. Those that are made for a VM's disks have no such record: they come and go with the VM. */
export const VolumeIntentRecord = Type.Object(
  {
    v: V,
    id: Uuid,
    name: Name,
    pool: Name,
    source: VolumeSource,
    mode: Type.Union([Type.Literal('thin'), Type.Literal('full')]),
    format: VolumeFormat,
    /** Absent: as large as what it is made from. */
    virtualBytes: Type.Optional(Count),
    labels: Type.Optional(Labels),
    by: Label,
    createdAtMs: WallMs,
    deleted: Type.Optional(Type.Object({ by: Label, atMs: WallMs }, closed)),
  },
  closed,
);
export type VolumeIntentRecord = Static<typeof VolumeIntentRecord>;

export const VolumeNameRecord = Type.Object({ v: V, volumeId: Uuid }, closed);
export type VolumeNameRecord = Static<typeof VolumeNameRecord>;

export const SnapshotRecord = Type.Object(
  {
    name: Name,
    /** What the volume was then; nothing writes to it any more. */
    file: FileName,
    format: VolumeFormat,
    virtualBytes: Count,
    atMs: WallMs,
  },
  closed,
);
export type SnapshotRecord = Static<typeof SnapshotRecord>;

export const VolumeRecord = Type.Object(
  {
    v: V,
    id: VolumeId,
    state: Type.Union([Type.Literal('creating'), Type.Literal('ready'), Type.Literal('failed')]),
    pool: Name,
    /** What a VM opens. */
    file: FileName,
    format: VolumeFormat,
    virtualBytes: Count,
    /** The image that it stands on, as long as a thin clone does. */
    imageId: Type.Optional(Uuid),
    /** Oldest first; each stands on the one before it. */
    snapshots: Type.Optional(Type.Array(SnapshotRecord, { maxItems: 32 })),
    /** The one that may change it now. */
    operationId: Type.Optional(OperationId),
  },
  closed,
);
export type VolumeRecord = Static<typeof VolumeRecord>;
