/**
 * Which entry of an OVA is its disk: the only one that is called like one, or, of several, the only one that its OVF
 * attaches. What the disk is, its name says; its header has to say the same.
 */
import { type Reading, readAll, shown, type Window } from './bytes.ts';
import { type DiskFormat, refuse } from './inspection.ts';
import { attachedFiles } from './ovf.ts';
import { type Entry, readEntries } from './tar.ts';

/** An OVA has a handful. */
const mostEntries = 256;
const mostOvfBytes = 1024 * 1024;

const formats: readonly (readonly [string, DiskFormat])[] = [
  ['.vmdk', 'vmdk'],
  ['.vdi', 'vdi'],
  ['.qcow2', 'qcow2'],
];

export interface FoundDisk extends Window {
  readonly entry: string;
  readonly format: DiskFormat;
}

export function* findDisk(archive: Window): Reading<FoundDisk> {
  const entries = yield* readEntries(archive, mostEntries);
  const disks = entries.filter(({ name }) => formatOf(name) !== undefined);
  const names = (list: readonly Entry[]) => shown(list.map(({ name }) => name).join(', '));
  if (disks.length === 0) throw refuse('no-disk', names(entries) || 'nothing', 'one disk');
  const attached = disks.length === 1 ? disks : yield* attachedOf(archive, entries, disks);
  const [disk] = attached;
  const format = formatOf(disk?.name ?? '');
  if (attached.length !== 1 || !disk || !format) {
    throw refuse('several-disks', names(disks), 'one disk');
  }
  return {
    entry: shown(disk.name),
    format,
    offsetBytes: disk.offsetBytes,
    lengthBytes: disk.lengthBytes,
  };
}

function* attachedOf(
  archive: Window,
  entries: readonly Entry[],
  disks: readonly Entry[],
): Reading<readonly Entry[]> {
  const descriptions = entries.filter(({ name }) => name.toLowerCase().endsWith('.ovf'));
  const [description] = descriptions;
  if (descriptions.length !== 1 || !description) return disks;
  const { offsetBytes, lengthBytes } = description;
  if (lengthBytes > mostOvfBytes) throw refuse('archive-text', lengthBytes, mostOvfBytes);
  const bytes = yield* readAll(archive, offsetBytes, lengthBytes);
  const files = attachedFiles(bytes.text(0, lengthBytes));
  return disks.filter(({ name }) => files.has(name));
}

function formatOf(name: string): DiskFormat | undefined {
  return formats.find(([end]) => name.toLowerCase().endsWith(end))?.[1];
}
