/** The flags of `volume create` and `volume copy` as what the API takes. */
import { api, parseValue } from '@drover/protocol';
import { parseMib } from './sizes.ts';
import { UsageError } from './usage-error.ts';
import { parseLabels } from './vm-flags.ts';

export interface VolumeFlags {
  readonly pool: string;
  readonly size?: string | undefined;
  readonly image?: string | undefined;
  readonly from?: string | undefined;
  readonly full?: boolean | undefined;
  readonly format?: string | undefined;
  readonly label: readonly string[];
}

export function parseVolumeFlags(name: string, flags: VolumeFlags): api.VolumeCreate {
  const { pool, size, image, from, full, format, label } = flags;
  if (image !== undefined && from !== undefined) {
    throw new UsageError('give --image or --from, not both: it is made from one thing');
  }
  if (image === undefined && from === undefined && size === undefined) {
    throw new UsageError('an empty volume needs --size, such as 20GiB');
  }
  if (full === true && image === undefined) {
    throw new UsageError('--full is of --image: everything else is a volume of its own anyway');
  }
  const source =
    image !== undefined
      ? { type: 'image', image }
      : from !== undefined
        ? { type: 'volume', volume: from }
        : { type: 'empty' };
  return check(api.VolumeCreate, name, {
    name,
    pool,
    source,
    ...(full === true ? { mode: 'full' } : {}),
    ...shape({ size, format, label }),
  });
}

export type CopyFlags = Partial<Pick<VolumeFlags, 'pool' | 'size' | 'format'>> &
  Pick<VolumeFlags, 'label'>;

export function parseCopyFlags(name: string, flags: CopyFlags): api.VolumeCopy {
  const { pool } = flags;
  return check(api.VolumeCopy, name, {
    name,
    ...(pool === undefined ? {} : { pool }),
    ...shape(flags),
  });
}

function shape({ size, format, label }: Pick<VolumeFlags, 'size' | 'format' | 'label'>): object {
  return {
    ...(format === undefined ? {} : { format }),
    ...(size === undefined ? {} : { sizeMib: parseMib(size) }),
    ...(label.length === 0 ? {} : { labels: parseLabels(label) }),
  };
}

function check<S extends typeof api.VolumeCreate | typeof api.VolumeCopy>(
  schema: S,
  name: string,
  body: object,
) {
  const parsed = parseValue(schema, body);
  if (!parsed.ok) {
    throw new UsageError(
      `the volume is not right: names are like data-1, formats qcow2 or raw (${parsed.reason}; name: ${name})`,
    );
  }
  return parsed.value;
}
