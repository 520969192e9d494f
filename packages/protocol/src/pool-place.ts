/**
 * What a file in a pool's directory seems to be, by its name alone: files of Drover's own are called by ids. Whose it is,
 * and whether any record names it, is said by the records (file-owners.ts). What has another name is somebody else's.
 */
import { Type, type Static } from 'typebox';
import { Count } from './names.ts';

const closed = { additionalProperties: false } as const;

/** Below the pool's directory: a file in it, or the folder that an operation had for what was not whole. */
export const PoolPlace = Type.String({
  pattern: '^([A-Za-z0-9]|\\.drover/quarantine/[A-Za-z0-9]|\\.[0-9a-f])[A-Za-z0-9._~-]{0,200}$',
  maxLength: 255,
});

export const PoolFileKind = Type.Union([
  /** Of an image, or a volume of its own: both are called by their id alone. */
  Type.Literal('disk'),
  /** A disk that was made for a VM. */
  Type.Literal('vm-disk'),
  /** What an operation made for a volume: a snapshot, a revert, a copy, a move. */
  Type.Literal('layer'),
  Type.Literal('memory'),
  Type.Literal('seed'),
  /** A folder of files that never got a name. */
  Type.Literal('unfinished'),
]);
export type PoolFileKind = Static<typeof PoolFileKind>;

/** As it lies there. Of a folder: of all that is in it. */
export const PoolEntry = Type.Object(
  {
    file: PoolPlace,
    bytes: Count,
    /** What it takes of the pool. */
    allocatedBytes: Count,
    changedMs: Count,
    inode: Count,
    /** Since it was changed, by the clock of the host that looked. */
    ageMs: Count,
  },
  closed,
);
export type PoolEntry = Static<typeof PoolEntry>;

export interface PoolFileName {
  readonly kind: PoolFileKind;
  /** That the name is made of: of an image, a volume, a VM, an operation. */
  readonly ids: readonly string[];
}

export const quarantineFolder = '.drover/quarantine/';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const operation = '[0-9A-Za-z-]{1,64}';
const disk = new RegExp(`^(${uuid})(-[0-9]{1,2})?(?:-(${operation}))?\\.(?:qcow2|raw)$`);
const memory = new RegExp(`^(${uuid})-(${operation})\\.memory$`);
const seed = new RegExp(`^(${uuid})-seed-[0-9a-f]{12}\\.iso$|^\\.(${uuid})-seed-.*\\.part$`);

/** Nothing for what is not called as files of Drover are. */
export function readPoolPlace(place: string): PoolFileName | undefined {
  if (place.startsWith(quarantineFolder)) {
    const [id = ''] = place.slice(quarantineFolder.length).split('~');
    return id === '' || id.includes('/') ? undefined : { kind: 'unfinished', ids: [id] };
  }
  const saved = memory.exec(place);
  if (saved !== null) return { kind: 'memory', ids: saved.slice(1) };
  const told = seed.exec(place);
  if (told !== null) return { kind: 'seed', ids: [told[1] ?? told[2] ?? ''] };
  const [, id, index, by] = disk.exec(place) ?? [];
  if (id === undefined) return undefined;
  const ids = [id, ...(index === undefined ? [] : [id + index]), ...(by === undefined ? [] : [by])];
  if (by !== undefined) return { kind: 'layer', ids };
  return { kind: index === undefined ? 'disk' : 'vm-disk', ids };
}
