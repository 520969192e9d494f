/** The flags of `image import` and `image upload` as what the API takes. */
import { api, parseValue } from '@drover/protocol';
import { type Form, formats, packings } from './image-form.ts';
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
