/** One line of JSON for each goal: what was to be reached, what was, and the raw figures. */
export interface Goal {
  readonly id: string;
  readonly what: string;
  readonly target: string;
  readonly reached: number | string;
  readonly ok: boolean;
  readonly raw: unknown;
}

export function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function rounded(value: number, digits = 4): number {
  return Number(value.toFixed(digits));
}

/** Milliseconds of CPU that it took this process, and what came out. */
export function timed<T>(work: () => T): { readonly cpuMs: number; readonly value: T } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, value };
}
