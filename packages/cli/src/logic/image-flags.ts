/** The flags of `image import` and `image upload` as what the API takes. */
import { api, parseValue } from '@drover/protocol';
import { UsageError } from './usage-error.ts';
import { parseLabels } from './vm-flags.ts';

export interface ImageFlags {
  readonly pool: string;
  readonly format?: string | undefined;
  readonly packing?: string | undefined;
  readonly sha256?: string | undefined;
  readonly label: readonly string[];
  readonly newVersion?: boolean | undefined;
}

export const formats = ['qcow2', 'raw', 'vmdk', 'vdi', 'ova'] as const;
export const packings = ['gzip', 'xz', 'zstd'] as const;

const byPackingEnd: Readonly<Record<string, (typeof packings)[number]>> = {
  gz: 'gzip',
  xz: 'xz',
  zst: 'zstd',
};

export interface Form {
  readonly format: string;
  readonly packing?: string;
  /** What was not said, and from where it is taken; for people. */
  readonly said?: string;
}

/** From the end of the name where nobody said it; the bytes themselves are never asked. */
export function formOf(
  file: string,
  { format, packing }: Pick<ImageFlags, 'format' | 'packing'>,
): Form {
  const [, base = '', packed = ''] = /^(.*?)(?:\.(gz|xz|zst))?$/i.exec(file) ?? [];
  const guessedPacking = byPackingEnd[packed.toLowerCase()];
  const usedPacking = packing ?? guessedPacking;
  const guessed = formats.find((one) => base.toLowerCase().endsWith(`.${one}`));
  const used = format ?? guessed;
  if (used === undefined) {
    const hint = /\.img$/i.test(base) ? ' (an .img may be raw or qcow2)' : '';
    throw new UsageError(
      `the name “${file}” does not say its format${hint}: add --format with one of ${formats.join(', ')}`,
    );
  }
  const said = [
    ...(format === undefined ? [`format ${used}`] : []),
    ...(packing === undefined && usedPacking !== undefined ? [`packing ${usedPacking}`] : []),
  ];
  return {
    format: used,
    ...(usedPacking === undefined ? {} : { packing: usedPacking }),
    ...(said.length === 0
      ? {}
      : {
          said: `${said.join(', ')}: taken from the end of the name, not from what is in it; --format and --packing say otherwise`,
        }),
  };
}

export function parseImageFlags(
  name: string,
  flags: ImageFlags,
  source: api.ImageImport['source'],
  form: Form,
): api.ImageImport {
  const { pool, sha256, label, newVersion } = flags;
  const { format, packing } = form;
  const body = {
    name,
    pool,
    source,
    format,
    ...(packing === undefined ? {} : { packing }),
    ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
    ...(label.length === 0 ? {} : { labels: parseLabels(label) }),
    ...(newVersion === true ? { newVersion } : {}),
  };
  const parsed = parseValue(api.ImageImport, body);
  if (!parsed.ok) throw new UsageError(`${inFlags(parsed.reason)} (name: ${name})`);
  return parsed.value;
}

function inFlags(reason: string): string {
  const flags: readonly (readonly [RegExp, string])[] = [
    [/^\/name\b/, 'the name: like debian-13'],
    [/^\/pool\b/, '--pool'],
    [/^\/format\b/, `--format: one of ${formats.join(', ')}`],
    [/^\/packing\b/, `--packing: one of ${packings.join(', ')}`],
    [/^\/sha256\b/, '--sha256: 64 hexadecimal digits'],
    [/^\/source\b[^:]*/, '--url or --file'],
    [/^\/labels\b[^:]*/, '--label'],
  ];
  for (const [pattern, flag] of flags) {
    if (pattern.test(reason)) return `${flag} is not right${reason.replace(pattern, '')}`;
  }
  return reason;
}
