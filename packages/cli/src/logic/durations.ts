/** Durations as people write and read them. Milliseconds inside. */
import { UsageError } from './usage-error.ts';

const msPerUnit: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const accepted = 'numbers with ms, s, m or h, such as 30s, 10m or 1h30m';
const mostMs = 7 * 24 * 3_600_000;

export function parseDurationMs(text: string): number {
  return parseBetween(text, '1ms', 1);
}

/** `0m` is one as well. */
export function parseDurationOrNoneMs(text: string): number {
  return parseBetween(text, '0m', 0);
}

function parseBetween(text: string, least: string, leastMs: number): number {
  const trimmed = text.trim();
  if (!/^([0-9]{1,7}(ms|s|m|h))+$/.test(trimmed)) {
    throw new UsageError(`“${text}” is no duration: give ${accepted}`);
  }
  let total = 0;
  for (const [, count, unit] of trimmed.matchAll(/([0-9]+)(ms|s|m|h)/g)) {
    total += Number(count) * (msPerUnit[unit ?? ''] ?? 0);
  }
  if (total < leastMs || total > mostMs) {
    throw new UsageError(`“${text}” is no duration that is taken here: give ${least} to 168h`);
  }
  return total;
}

/** The two largest units that say something: `850ms`, `12s`, `3m05s`, `2h10m`, `4d3h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${hours % 24}h`;
}

/** Seconds with one decimal below ten, for things that were measured: `1.9s`. */
export function formatMeasured(ms: number): string {
  if (ms < 1000 || ms >= 10_000) return formatDuration(ms);
  const tenths = Math.floor(ms / 100);
  return `${Math.floor(tenths / 10)}.${tenths % 10}s`;
}

/** How long ago, by two clocks that need not agree: never negative. */
export function formatAge(nowMs: number, thenMs: number): string {
  return formatDuration(Math.max(0, Math.floor((nowMs - thenMs) / 1000) * 1000));
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
