/**
 * What an agent is asked to do with the files of pools that may take long, and what it says of the files it made. A
 * file is made in the pool's quarantine and gets its name, which is ours, by a rename when it is whole: a job that
 * ends in any other way leaves nothing.
 */
import { Type, type Static } from 'typebox';
import { Count, FileName, NetworkHost, OperationId } from './names.ts';
import { PoolPlace } from './pool-place.ts';
import { Pool } from './pool-spec.ts';

const closed = { additionalProperties: false } as const;

export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** What QEMU writes; always said, never guessed from the bytes. */
export const VolumeFormat = Type.Union([Type.Literal('qcow2'), Type.Literal('raw')]);
export type VolumeFormat = Static<typeof VolumeFormat>;

/** What an image may come as. An `ova` is a tar with exactly one disk that is taken. */
export const SourceFormat = Type.Union([
  Type.Literal('qcow2'),
  Type.Literal('raw'),
  Type.Literal('vmdk'),
  Type.Literal('vdi'),
  Type.Literal('ova'),
]);
export type SourceFormat = Static<typeof SourceFormat>;

export const StoredFile = Type.Object({ pool: Pool, file: FileName }, closed);
export type StoredFile = Static<typeof StoredFile>;

/** `gzip`, `xz`, `zstd`: unpacked on the way, within the limits of what comes out. */
export const Packing = Type.Union([Type.Literal('gzip'), Type.Literal('xz'), Type.Literal('zstd')]);
export type Packing = Static<typeof Packing>;

export const ImportSource = Type.Union([
  /** A file that somebody put into a pool. */
  Type.Object({ type: Type.Literal('file'), at: StoredFile }, closed),
  /** `hosts`: where redirects may lead. */
  Type.Object(
    {
      type: Type.Literal('url'),
      url: Type.String({ pattern: '^https?://[!-~]+$', maxLength: 2048 }),
      hosts: Type.Array(Type.String({ maxLength: 255 }), { maxItems: 64 }),
    },
    closed,
  ),
  /** What a transfer of this operation brought into the quarantine of the pool. */
  Type.Object({ type: Type.Literal('upload') }, closed),
]);
export type ImportSource = Static<typeof ImportSource>;

/** What tells a file that was altered without reading it. */
export const FileFacts = Type.Object(
  { storedBytes: Count, changedMs: Count, inode: Count },
  closed,
);
export type FileFacts = Static<typeof FileFacts>;

export const StorageJob = Type.Union([
  Type.Object(
    {
      job: Type.Literal('import'),
      source: ImportSource,
      format: SourceFormat,
      packing: Type.Optional(Packing),
      /** Of what was brought, as it came. */
      sha256: Type.Optional(Sha256),
      /** Of what may be brought, and of the disk as its VM sees it. */
      maxBytes: Count,
      maxVirtualBytes: Count,
      /** Becomes a qcow2. */
      into: StoredFile,
    },
    closed,
  ),
  /** Waits until all that was announced has come through the transfer that was opened for the operation. */
  Type.Object({ job: Type.Literal('receive'), into: Pool, bytes: Count, idleMs: Count }, closed),
  /** Waits until all of it has gone through the transfer that was opened for the operation. */
  Type.Object({ job: Type.Literal('give'), at: StoredFile }, closed),
  Type.Object(
    {
      job: Type.Literal('clone'),
      from: StoredFile,
      fromFormat: VolumeFormat,
      /** How it was when it was recorded: a file that was altered since is not cloned. */
      facts: Type.Optional(FileFacts),
      into: StoredFile,
      format: VolumeFormat,
      /** `thin`: a qcow2 that has only what differs, in the same pool. */
      mode: Type.Union([Type.Literal('thin'), Type.Literal('full')]),
      /** At least that of what it is made from; absent: the same. */
      virtualBytes: Type.Optional(Count),
    },
    closed,
  ),
  Type.Object(
    { job: Type.Literal('create'), into: StoredFile, format: VolumeFormat, virtualBytes: Count },
    closed,
  ),
  /** Only upwards, and of a file that no VM has open. */
  Type.Object(
    { job: Type.Literal('resize'), at: StoredFile, format: VolumeFormat, virtualBytes: Count },
    closed,
  ),
  /** A snapshot's file goes: what it has that `into` has not is put into `into` first, which is made on it. */
  Type.Object(
    {
      job: Type.Literal('merge'),
      from: StoredFile,
      /** A qcow2. */
      into: StoredFile,
      /** What `into` is to stand on then; absent: whatever `from` stands on. */
      below: Type.Optional(StoredFile),
    },
    closed,
  ),
  /** And what the operation itself has in quarantine there. */
  Type.Object(
    { job: Type.Literal('delete'), files: Type.Array(StoredFile, { maxItems: 64 }) },
    closed,
  ),
  /**
   * What no record names, as it was when it was judged: not what was changed since, nor what a VM has open or another file
   * stands on.
   */
  Type.Object(
    { job: Type.Literal('delete-orphan'), pool: Pool, file: PoolPlace, facts: FileFacts },
    closed,
  ),
  /** What `save-vm` of this operation wrote gets its name, if it is whole. */
  Type.Object({ job: Type.Literal('publish-memory'), into: StoredFile }, closed),
  /** Reads all of it. */
  Type.Object({ job: Type.Literal('checksum'), at: StoredFile }, closed),
]);
export type StorageJob = Static<typeof StorageJob>;

/** A file that is whole, as it was when it got its name. */
export const StoredFacts = Type.Object(
  {
    file: FileName,
    format: VolumeFormat,
    /** As its VM sees it. */
    virtualBytes: Count,
    /** Length of the file, and what it takes of the pool. */
    storedBytes: Count,
    allocatedBytes: Count,
    /** Of the file as it lies in the pool; where the job read or wrote all of it. */
    sha256: Type.Optional(Sha256),
    changedMs: Count,
    inode: Count,
  },
  closed,
);
export type StoredFacts = Static<typeof StoredFacts>;

/** Where the bytes of one operation are taken or given: TLS under a key that both ends were told, then HTTP. */
export const TransferEnd = Type.Object(
  {
    host: NetworkHost,
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
    secret: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  closed,
);
export type TransferEnd = Static<typeof TransferEnd>;

/** About once a second while a job runs. `totalBytes` is absent where nobody knows. */
export const StorageProgress = Type.Object(
  {
    v: Type.Literal(1),
    opId: OperationId,
    phase: Type.Union([
      Type.Literal('fetch'),
      Type.Literal('receive'),
      Type.Literal('inspect'),
      Type.Literal('convert'),
      Type.Literal('copy'),
      Type.Literal('checksum'),
      Type.Literal('save'),
    ]),
    doneBytes: Count,
    totalBytes: Type.Optional(Count),
    elapsedMs: Count,
  },
  closed,
);
export type StorageProgress = Static<typeof StorageProgress>;
