/** A volume, be it one of its own or a VM's disk, and what is asked of one. */
import { Type, type Static } from 'typebox';
import { ImageRef } from '../image-names.ts';
import { wireLimits } from '../limits.ts';
import { Count, Label, Labels, Name, Uuid } from '../names.ts';
import { VolumeFormat } from '../storage-job.ts';
import { VolumeId, VolumeSource } from '../storage-records.ts';
import { VolumeRef } from '../volume-names.ts';
import { OperationBody } from './operation.ts';
import { closed, named, Text } from './shape.ts';

const SizeMib = Type.Integer({ minimum: 1, maximum: wireLimits.diskMib });
const Bytes = Type.Integer({ minimum: 1, maximum: wireLimits.diskMib * 1024 * 1024 });
const Mode = Type.Union([Type.Literal('thin'), Type.Literal('full')]);

export const SnapshotBody = Type.Object({ name: Name, virtualBytes: Count, atMs: Count }, closed);

export const VolumeBody = Type.Object(
  {
    id: VolumeId,
    /** Of one of its own. */
    name: Type.Optional(Name),
    /** Whose disk it is, and goes with. */
    vm: Type.Optional(Type.Object({ id: Uuid, name: Name, index: Count }, closed)),
    /** `creating`, `ready`, `failed`, `deleting`. */
    state: Text,
    pool: Name,
    file: Type.Optional(Text),
    format: VolumeFormat,
    /** Absent: nobody has looked yet. */
    virtualBytes: Type.Optional(Count),
    /** What it stands on; `image` is that as `name@version`. */
    imageId: Type.Optional(Uuid),
    image: Type.Optional(Text),
    mode: Type.Optional(Mode),
    source: Type.Optional(VolumeSource),
    /** Oldest first. */
    snapshots: Type.Array(SnapshotBody),
    /** VMs that have it among their disks. */
    users: Type.Array(Type.Object({ id: Uuid, name: Name }, closed)),
    operationId: Type.Optional(Text),
    labels: Type.Optional(Labels),
    by: Type.Optional(Label),
    createdAtMs: Type.Optional(Count),
    deleted: Type.Optional(Type.Object({ by: Label, atMs: Count }, closed)),
  },
  named('Volume'),
);
export type VolumeBody = Static<typeof VolumeBody>;

export const VolumeCreate = Type.Object(
  {
    name: Name,
    pool: Name,
    source: Type.Union([
      Type.Object({ type: Type.Literal('empty') }, closed),
      Type.Object({ type: Type.Literal('image'), image: ImageRef }, closed),
      Type.Object({ type: Type.Literal('volume'), volume: VolumeRef }, closed),
    ]),
    /** Absent: `thin` of an image, else `full`. */
    mode: Type.Optional(Mode),
    /** Absent: `qcow2`. */
    format: Type.Optional(VolumeFormat),
    /** At most one of them; absent: as large as what it is made from. */
    sizeMib: Type.Optional(SizeMib),
    virtualBytes: Type.Optional(Bytes),
    labels: Type.Optional(Labels),
  },
  named('VolumeCreate'),
);
export type VolumeCreate = Static<typeof VolumeCreate>;

/** A full copy, in its own pool or another. */
export const VolumeCopy = Type.Object(
  {
    name: Name,
    pool: Type.Optional(Name),
    format: Type.Optional(VolumeFormat),
    sizeMib: Type.Optional(SizeMib),
    labels: Type.Optional(Labels),
  },
  named('VolumeCopy'),
);
export type VolumeCopy = Static<typeof VolumeCopy>;

export const VolumeCreated = Type.Object(
  { volume: VolumeBody, operation: OperationBody },
  named('VolumeCreated'),
);
export type VolumeCreated = Static<typeof VolumeCreated>;

export const VolumeResize = Type.Object({ sizeMib: SizeMib }, named('VolumeResize'));
export type VolumeResize = Static<typeof VolumeResize>;

export const VolumeMove = Type.Object({ pool: Name }, named('VolumeMove'));
export type VolumeMove = Static<typeof VolumeMove>;

export const VolumeSnapshot = Type.Object({ name: Name }, named('VolumeSnapshot'));
export type VolumeSnapshot = Static<typeof VolumeSnapshot>;

export const VolumeUpload = Type.Object({ bytes: Bytes }, named('VolumeUpload'));
export type VolumeUpload = Static<typeof VolumeUpload>;
