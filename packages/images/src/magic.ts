/**
 * What a file begins like. Nothing is ever taken for what it begins like: this only says in which way a person who named
 * another format is mistaken, or somebody wants a mistake to be made.
 */
import type { Bytes } from './bytes.ts';
import type { RefusalReason } from './inspection.ts';

/** Enough for every magic below. */
export const magicBytes = 512;

export interface Likeness {
  readonly name: string;
  /** Against a file that was said to be raw. */
  readonly reason: RefusalReason;
}

interface Magic extends Likeness {
  readonly offset: number;
  readonly text: string;
}

const magics: readonly Magic[] = [
  { name: 'qcow2', reason: 'looks-like-qcow2', offset: 0, text: 'QFI\xfb' },
  { name: 'vmdk', reason: 'looks-like-vmdk', offset: 0, text: 'KDMV' },
  { name: 'vmdk of ESX', reason: 'looks-like-vmdk', offset: 0, text: 'COWD' },
  { name: 'vmdk descriptor', reason: 'looks-like-vmdk', offset: 0, text: '# Disk DescriptorFile' },
  { name: 'vdi', reason: 'looks-like-vdi', offset: 0x40, text: '\x7f\x10\xda\xbe' },
  { name: 'vhdx', reason: 'looks-like-another', offset: 0, text: 'vhdxfile' },
  { name: 'vhd', reason: 'looks-like-another', offset: 0, text: 'conectix' },
  { name: 'qed', reason: 'looks-like-another', offset: 0, text: 'QED\0' },
  { name: 'parallels', reason: 'looks-like-another', offset: 0, text: 'WithoutFreeSpace' },
  { name: 'parallels', reason: 'looks-like-another', offset: 0, text: 'WithouFreSpacExt' },
  { name: 'tar', reason: 'looks-like-tar', offset: 257, text: 'ustar' },
  { name: 'gzip', reason: 'looks-packed', offset: 0, text: '\x1f\x8b\x08' },
  { name: 'xz', reason: 'looks-packed', offset: 0, text: '\xfd7zXZ\0' },
  { name: 'zstd', reason: 'looks-packed', offset: 0, text: '\x28\xb5\x2f\xfd' },
];

export function likenessOf(head: Bytes): Likeness | undefined {
  return magics.find(({ offset, text }) => head.has(offset, text));
}
