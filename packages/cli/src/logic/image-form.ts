/** In which form an image’s file comes: said, or taken from the end of its name. */
import { UsageError } from './usage-error.ts';

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
  {
    format,
    packing,
  }: { readonly format?: string | undefined; readonly packing?: string | undefined },
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
