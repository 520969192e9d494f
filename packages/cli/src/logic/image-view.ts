/** Images as a table and as a page; where they may come from. */
import type { api } from '@drover/protocol';
import { formatAge } from './durations.ts';
import { page, pairs } from './host-view.ts';
import { formatBytes } from './sizes.ts';
import type { Column, Tone } from './table.ts';

type Image = api.ImageBody;

const tones: Readonly<Record<string, Tone>> = {
  ready: 'good',
  failed: 'bad',
  altered: 'bad',
};

export function labelOf({ name, version }: Image): string {
  return `${name}@${version}`;
}

export function imageColumns(nowMs: number): readonly Column<Image>[] {
  return [
    { head: 'NAME', cell: (image) => image.name },
    { head: 'VERSION', cell: (image) => `${image.version}` },
    { head: 'STATE', cell: ({ state }) => ({ text: state, tone: tones[state] ?? 'warn' }) },
    { head: 'POOL', cell: (image) => image.pool },
    { head: 'SIZE', cell: ({ stored }) => size(stored?.virtualBytes) },
    { head: 'STORED', cell: ({ stored }) => size(stored?.storedBytes) },
    { head: 'USERS', cell: (image) => `${image.userCount}` },
    { head: 'AGE', cell: (image) => formatAge(nowMs, image.createdAtMs) },
    { head: 'SOURCE', cell: (image) => sourceText(image.source), wide: true },
    { head: 'SHA256', cell: (image) => image.stored?.sha256 ?? '', wide: true },
    { head: 'BY', cell: (image) => image.by, wide: true },
    { head: 'OPERATION', cell: (image) => image.operationId ?? '', wide: true },
    { head: 'LABELS', cell: (image) => pairs(image.labels).replaceAll(', ', ','), wide: true },
    { head: 'ID', cell: (image) => image.id, wide: true },
  ];
}

export function imagePage(image: Image, nowMs: number): readonly string[] {
  const { stored, users = [], deleted, packing } = image;
  const more = image.userCount - users.length;
  return page([
    ['Image', labelOf(image)],
    ['Id', image.id],
    ['State', image.state],
    ...(deleted === undefined
      ? []
      : [
          [
            'Deleted',
            `${formatAge(nowMs, deleted.atMs)} ago by ${deleted.by}: it goes when nothing stands on it any more`,
          ] as const,
        ]),
    ['Pool', image.pool],
    [
      'Source',
      `${sourceText(image.source)} (${image.format}${packing === undefined ? '' : `, ${packing}`})`,
    ],
    ...(image.sha256 === undefined ? [] : [['Announced', `sha256 ${image.sha256}`] as const]),
    ...(image.sourceSha256 === undefined
      ? []
      : [['Came', `sha256 ${image.sourceSha256}`] as const]),
    ...(stored === undefined
      ? []
      : [
          ['File', `${stored.file} (${stored.format})`] as const,
          [
            'Size',
            `${size(stored.virtualBytes)} as a VM sees it, ${size(stored.storedBytes)} stored`,
          ] as const,
          ...(stored.sha256 === undefined ? [] : [['Stored', `sha256 ${stored.sha256}`] as const]),
        ]),
    ...(image.operationId === undefined ? [] : [['Operation', image.operationId] as const]),
    ['Users', `${image.userCount}`],
    ...users.map(
      ({ name, volumeId, vmId }) =>
        ['On it', vmId === undefined ? `volume ${name}` : `VM ${name} (${volumeId})`] as const,
    ),
    ...(users.length > 0 && more > 0 ? [['On it', `and ${more} more`] as const] : []),
    ['Labels', pairs(image.labels)],
    ['Created', `${formatAge(nowMs, image.createdAtMs)} ago by ${image.by}`],
  ]);
}

function sourceText(source: Image['source']): string {
  switch (source.type) {
    case 'file':
      return `file ${source.file}`;
    case 'url':
      return source.url;
    case 'upload':
      return `upload of ${formatBytes(source.bytes)}`;
  }
}

function size(bytes: number | undefined): string {
  return bytes === undefined ? '' : formatBytes(bytes);
}

export function sourcesPage({ effective }: api.ImageSettingsBody): readonly string[] {
  const { hosts, schemes, maxBytes, maxVirtualBytes } = effective;
  return page([
    ...(hosts.length === 0
      ? [
          [
            'Hosts',
            'none: images come from no URL. Add one: drover image sources add HOST',
          ] as const,
        ]
      : hosts.map((host) => ['Hosts', host] as const)),
    ['Schemes', schemes.join(', ')],
    ['At most', `${formatBytes(maxBytes)} as it comes, ${formatBytes(maxVirtualBytes)} as a disk`],
  ]);
}
