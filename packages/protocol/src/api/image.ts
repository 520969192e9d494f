/** An image, what is asked of one, and where images may come from. */
import { Type, type Static } from 'typebox';
import { ImageSettings, SourceHost } from '../image-settings.ts';
import { Count, Label, Labels, Name, Uuid } from '../names.ts';
import { Packing, Sha256, SourceFormat, StoredFacts } from '../storage-job.ts';
import { ImageSource } from '../storage-records.ts';
import { OperationBody } from './operation.ts';
import { closed, named, Text } from './shape.ts';

/** What stands on an image: a volume, or a disk of a VM. */
export const ImageUser = Type.Object(
  { volumeId: Text, name: Text, vmId: Type.Optional(Uuid) },
  closed,
);

export const ImageBody = Type.Object(
  {
    id: Uuid,
    name: Name,
    version: Count,
    /** `importing`, `ready`, `failed`, `altered`, or `deleting`: it takes no new clones. */
    state: Text,
    pool: Name,
    source: ImageSource,
    format: SourceFormat,
    packing: Type.Optional(Packing),
    /** What the source was announced to be, and what it was. */
    sha256: Type.Optional(Sha256),
    sourceSha256: Type.Optional(Sha256),
    /** The file in the pool; once it is ready. */
    stored: Type.Optional(StoredFacts),
    labels: Type.Optional(Labels),
    /** Its import, verification or deletion, whichever was last. */
    operationId: Type.Optional(Text),
    userCount: Count,
    /** Where one image is asked for; at most the first hundred. */
    users: Type.Optional(Type.Array(ImageUser, { maxItems: 100 })),
    by: Label,
    createdAtMs: Count,
    deleted: Type.Optional(Type.Object({ by: Label, atMs: Count }, closed)),
  },
  named('Image'),
);
export type ImageBody = Static<typeof ImageBody>;

export const ImageImport = Type.Object(
  {
    name: Name,
    pool: Name,
    source: ImageSource,
    format: SourceFormat,
    packing: Type.Optional(Packing),
    /** Of what comes, as it comes. Needed of what comes from a URL. */
    sha256: Type.Optional(Sha256),
    labels: Type.Optional(Labels),
    /** The name may be there already: this is its next version. */
    newVersion: Type.Optional(Type.Boolean()),
  },
  named('ImageImport'),
);
export type ImageImport = Static<typeof ImageImport>;

export const ImageImported = Type.Object(
  { image: ImageBody, operation: OperationBody },
  named('ImageImported'),
);
export type ImageImported = Static<typeof ImageImported>;

/** All labels become these. */
export const ImageChange = Type.Object({ labels: Labels }, named('ImageChange'));
export type ImageChange = Static<typeof ImageChange>;

export const ImageSettingsBody = Type.Object(
  {
    /** What was set. */
    settings: ImageSettings,
    /** What holds: what was set, else what holds of itself. */
    effective: Type.Object(
      {
        hosts: Type.Array(SourceHost),
        schemes: Type.Array(Text),
        maxBytes: Count,
        maxVirtualBytes: Count,
      },
      closed,
    ),
    by: Type.Optional(Text),
    atMs: Type.Optional(Count),
  },
  named('ImageSettingsBody'),
);
export type ImageSettingsBody = Static<typeof ImageSettingsBody>;
