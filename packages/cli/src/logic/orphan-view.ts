/** Files that no record names, as a table; and what is asked before one goes. */
import type { api } from '@drover/protocol';
import { formatDuration } from './durations.ts';
import { oneLine } from './harmless.ts';
import { formatBytes } from './sizes.ts';
import type { Column } from './table.ts';

type Orphan = api.OrphanBody;

const kinds: Readonly<Record<Orphan['kind'], string>> = {
  disk: 'image or volume',
  'vm-disk': 'disk of a VM',
  layer: 'copy or snapshot',
  memory: 'saved memory',
  seed: 'cloud-init seed',
  unfinished: 'not finished',
};

export function orphanColumns(orphans: readonly Orphan[]): readonly Column<Orphan>[] {
  const isLocal = orphans.some(({ hostId }) => hostId !== undefined);
  return [
    ...(isLocal ? [{ head: 'HOST', cell: ({ hostId = '' }: Orphan) => hostId }] : []),
    { head: 'FILE', cell: ({ file }) => file },
    { head: 'SEEMS', cell: ({ kind }) => kinds[kind] ?? kind },
    { head: 'TAKES', cell: ({ allocatedBytes }) => formatBytes(allocatedBytes) },
    { head: 'AGE', cell: ({ ageMs }) => formatDuration(ageMs) },
    { head: 'BYTES', cell: ({ bytes }) => String(bytes), wide: true },
  ];
}

/** Below the table. */
export function orphansText({ items, silent }: api.OrphanList): readonly string[] {
  const bytes = items.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
  return [
    ...(items.length === 0 ? [] : [`${items.length} files, ${formatBytes(bytes)}`]),
    ...silent.map((host) => `${oneLine(host)} did not say what lies there`),
  ];
}

export function orphanQuestion(pool: string, files: readonly string[]): string {
  const what = files.length === 1 ? oneLine(files[0] ?? '') : `${files.length} files`;
  return `Delete ${what} in pool ${oneLine(pool)}? What was in it is lost for ever.`;
}
