/**
 * What an inspection says: the disk that is in a file, or why it is not taken, from a closed list and with what was
 * found and what would have been allowed. Which of them it is, the readers of the formats decide.
 */
export type DiskFormat = 'qcow2' | 'raw' | 'vmdk' | 'vdi';
/** What a person may say that a file is. */
export type SourceKind = DiskFormat | 'ova';

export interface WholeDisk {
  readonly type: 'image';
  readonly format: DiskFormat;
  /** As its VM sees it. */
  readonly virtualBytes: number;
  /** Where the disk lies in the file: all of it, but for an archive. */
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** Of an archive: the file in it that is the disk. For people. */
  readonly entry?: string;
}

export interface Refused {
  readonly type: 'refused';
  readonly reason: RefusalReason;
  /** Text of the file is cut, and has nothing in it that a terminal would act on. */
  readonly found: string | number;
  readonly allowed: string | number;
}

export type Inspection = WholeDisk | Refused;

type Says = (refused: Refused) => string;

const texts = {
  truncated: ({ found, allowed }) => `it ends after ${found} bytes, its header needs ${allowed}`,
  'not-that-format': ({ found, allowed }) => `it was said to be ${allowed}, and is ${found}`,
  'looks-like-qcow2': () => looksLike('a qcow2', 'say that it is qcow2'),
  'looks-like-vmdk': () => looksLike('a vmdk', 'say that it is vmdk'),
  'looks-like-vdi': () => looksLike('a vdi', 'say that it is vdi'),
  'looks-like-tar': () => looksLike('an archive', 'say that it is ova, or unpack it'),
  'looks-like-another': ({ found }) => looksLike(`${found}`, 'convert it to qcow2'),
  'looks-packed': ({ found }) => looksLike(`packed with ${found}`, 'say how it is packed'),
  version: ({ found, allowed }) => `its version is ${found}, known are ${allowed}`,
  'virtual-size': ({ found, allowed }) =>
    `its disk has ${found} bytes, allowed are 1 to ${allowed}`,
  'backing-file': ({ found }) => `it stands on another file (${found})`,
  'protocol-name': ({ found }) => `it stands on another source, by a protocol (${found})`,
  'external-data-file': ({ found }) => `its data are in another file (${found})`,
  encrypted: ({ found }) => `it is encrypted (${found})`,
  'unknown-features': ({ found }) => `it uses features that are not known here (${found})`,
  unclean: ({ found }) => `it is marked as ${found}: its last writer did not close it`,
  'internal-snapshots': ({ found }) => `it has ${found} internal snapshots`,
  'cluster-size': ({ found, allowed }) =>
    `its clusters are 2^${found} bytes, allowed are ${allowed}`,
  'header-length': ({ found, allowed }) => `its header has ${found} bytes, allowed are ${allowed}`,
  'header-extension': ({ found, allowed }) =>
    `an extension of its header reaches to byte ${found}, beyond ${allowed}`,
  field: ({ found, allowed }) => `its header has ${found}, where ${allowed} is allowed`,
  'table-outside': ({ found, allowed }) => `${found}, outside of its ${allowed} bytes`,
  'table-size': ({ found, allowed }) =>
    `a table has ${found} bytes, at most ${allowed} are allowed`,
  'parent-disk': ({ found }) => `it has only what differs from another disk (${found})`,
  'other-files': ({ found }) => `its descriptor names files besides it (${found})`,
  descriptor: ({ found, allowed }) => `its descriptor ${found}; it has to be ${allowed}`,
  'archive-header': ({ found }) => `the archive has a damaged header at byte ${found}`,
  'archive-name': ({ found }) => `an entry of the archive leads out of it (${found})`,
  'archive-type': ({ found }) => `an entry of the archive is no file: ${found}`,
  'archive-twice': ({ found }) => `the archive has two entries of one name (${found})`,
  'archive-outside': ({ found }) => `an entry of the archive is longer than the archive (${found})`,
  'archive-entries': ({ allowed }) => `the archive has more than ${allowed} entries`,
  'archive-text': ({ found, allowed }) =>
    `a text of the archive has ${found} bytes, at most ${allowed} are read`,
  'no-disk': ({ found }) => `the archive has no disk that is taken (${found})`,
  'several-disks': ({ found }) => `the archive has several disks (${found})`,
} as const satisfies Readonly<Record<string, Says>>;

export type RefusalReason = keyof typeof texts;
export const refusalReasons = Object.keys(texts) as readonly RefusalReason[];

/** One sentence without its end, for what comes after `the image is not taken:`. */
export function explainRefusal(refused: Refused): string {
  const says: Says = texts[refused.reason];
  return says(refused);
}

function looksLike(what: string, remedy: string): string {
  return `it was said to be raw, and begins like ${what}: ${remedy}`;
}

/** Thrown within this package only, and caught where a person's question enters it. */
export class Refusal {
  readonly refused: Refused;
  constructor(reason: RefusalReason, found: string | number, allowed: string | number = 'none') {
    this.refused = { type: 'refused', reason, found, allowed };
  }
}

export function refuse(reason: RefusalReason, found: string | number, allowed?: string | number) {
  return new Refusal(reason, found, allowed);
}
