/** Sizes and shares as people write and read them. Memory is MiB inside, as everywhere in Drover. */
import { UsageError } from './usage-error.ts';

const mibPerUnit: Readonly<Record<string, number>> = {
  mib: 1,
  gib: 1024,
  tib: 1024 * 1024,
};

const accepted = 'a whole number with MiB, GiB or TiB, such as 128MiB or 2GiB';

/** Powers of two only: whether `2GB` means 1907 MiB or 2048 is not ours to guess. */
export function parseMib(text: string): number {
  const match = /^([0-9]{1,9})\s*([a-z]+)$/i.exec(text.trim());
  const unit = mibPerUnit[(match?.[2] ?? '').toLowerCase()];
  if (!match || unit === undefined) throw new UsageError(`“${text}” is no size: give ${accepted}`);
  const mib = Number(match[1]) * unit;
  if (mib === 0) throw new UsageError(`“${text}” is no size: it is zero`);
  return mib;
}

/** `128MiB`, `1.5GiB`: one decimal at most, and none that lies by rounding up to the next unit. */
export function formatMib(mib: number): string {
  if (mib >= 1024 * 1024) return `${oneDecimal(mib, 1024 * 1024)}TiB`;
  return mib >= 1024 ? `${oneDecimal(mib, 1024)}GiB` : `${mib}MiB`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  const kib = Math.floor(bytes / 1024);
  return kib < 1024 ? `${kib}KiB` : formatMib(Math.floor(kib / 1024));
}

/** Thousandths of a core as cores: `1500` is `1.5`. */
export function formatCpu(cpuMilli: number): string {
  return oneDecimal(cpuMilli, 1000);
}

function oneDecimal(value: number, unit: number): string {
  const tenths = Math.floor((value * 10) / unit);
  return tenths % 10 === 0 ? `${tenths / 10}` : `${Math.floor(tenths / 10)}.${tenths % 10}`;
}

/** A whole number within bounds. */
export function parseCount(
  text: string,
  bounds: { readonly what: string; readonly least: number; readonly most: number },
): number {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
  if (value === undefined || value < bounds.least || value > bounds.most) {
    throw new UsageError(
      `“${text}” is no ${bounds.what}: give a whole number from ${bounds.least} to ${bounds.most}`,
    );
  }
  return value;
}
