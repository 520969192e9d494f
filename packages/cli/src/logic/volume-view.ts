/** Volumes as a table and as a page. */
import type { api } from '@drover/protocol';
import { formatAge } from './durations.ts';
import { page, pairs } from './host-view.ts';
import { formatBytes } from './sizes.ts';
import type { Column, Tone } from './table.ts';

type Volume = api.VolumeBody;

const tones: Readonly<Record<string, Tone>> = { ready: 'good', failed: 'bad' };

/** `data`, `web1:0`: as commands take it. */
export function volumeName({ name, vm, id }: Volume): string {
  return name ?? (vm === undefined ? id : `${vm.name}:${vm.index}`);
}

export function volumeColumns(nowMs: number): readonly Column<Volume>[] {
  return [
    { head: 'NAME', cell: volumeName },
    { head: 'STATE', cell: ({ state }) => ({ text: state, tone: tones[state] ?? 'warn' }) },
    { head: 'POOL', cell: (volume) => volume.pool },
    { head: 'SIZE', cell: ({ virtualBytes }) => size(virtualBytes) },
    { head: 'FORMAT', cell: (volume) => volume.format },
    { head: 'STANDS-ON', cell: ({ image, imageId }) => image ?? imageId ?? '' },
    { head: 'SNAPSHOTS', cell: (volume) => `${volume.snapshots.length}` },
    { head: 'VM', cell: ({ users }) => users.map((one) => one.name).join(',') },
    {
      head: 'AGE',
      cell: ({ createdAtMs }) => (createdAtMs === undefined ? '' : formatAge(nowMs, createdAtMs)),
      wide: true,
    },
    { head: 'FILE', cell: (volume) => volume.file ?? '', wide: true },
    { head: 'OPERATION', cell: (volume) => volume.operationId ?? '', wide: true },
    { head: 'LABELS', cell: (volume) => pairs(volume.labels).replaceAll(', ', ','), wide: true },
    { head: 'ID', cell: (volume) => volume.id, wide: true },
  ];
}

export function volumePage(volume: Volume, nowMs: number): readonly string[] {
  const { vm, image, imageId, mode, by, createdAtMs } = volume;
  const stands = image ?? imageId;
  return page([
    ['Volume', volumeName(volume)],
    ['Id', volume.id],
    ['State', volume.state],
    ['Pool', volume.pool],
    ['File', volume.file ?? 'not made yet'],
    ['Format', volume.format],
    ['Size', size(volume.virtualBytes)],
    ...(stands === undefined
      ? []
      : [
          [
            'Stands on',
            `image ${stands}${mode === 'full' ? ', which it is copied from' : ''}`,
          ] as const,
        ]),
    ...(vm === undefined ? [] : [['Disk', `${vm.index} of ${vm.name}, and goes with it`] as const]),
    ...(vm === undefined
      ? [['VM', volume.users.map((one) => one.name).join(', ') || 'none'] as const]
      : []),
    ...volume.snapshots.map(
      ({ name, virtualBytes, atMs }) =>
        ['Snapshot', `${name}, ${size(virtualBytes)}, ${formatAge(nowMs, atMs)} ago`] as const,
    ),
    ...(volume.operationId === undefined ? [] : [['Operation', volume.operationId] as const]),
    ['Labels', pairs(volume.labels)],
    ...(createdAtMs === undefined
      ? []
      : [['Created', `${formatAge(nowMs, createdAtMs)} ago by ${by ?? ''}`] as const]),
  ]);
}

function size(bytes: number | undefined): string {
  return bytes === undefined ? '' : formatBytes(bytes);
}
