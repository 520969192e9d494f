/**
 * How fast pools fill up: the slope of their free room over the last hour, by least squares, from samples that the leader
 * has taken itself. A new leader begins anew; it says nothing before it has seen enough.
 */

interface Sample {
  readonly atMs: number;
  readonly freeMib: number;
}

export interface Slope {
  readonly mibPerHour: number;
  /** At that pace. */
  readonly fullInHours?: number;
  readonly overMinutes: number;
}

const betweenMs = 60_000;
const kept = 65;
const fewest = 8;
const shortestMs = 10 * 60_000;
const hourMs = 3_600_000;

export class PoolTrends {
  readonly #samples = new Map<string, Sample[]>();

  /** At most one in a minute counts. */
  sample(key: string, nowMs: number, freeMib: number): void {
    const samples = this.#samples.get(key) ?? [];
    const last = samples.at(-1);
    if (last !== undefined && nowMs - last.atMs < betweenMs) return;
    samples.push({ atMs: nowMs, freeMib });
    this.#samples.set(key, samples.slice(-kept));
  }

  /** Those that are no longer sampled. */
  forget(isKnown: (key: string) => boolean): void {
    for (const key of this.#samples.keys()) if (!isKnown(key)) this.#samples.delete(key);
  }

  /** Nothing while there are too few samples. */
  slope(key: string): Slope | undefined {
    const samples = this.#samples.get(key) ?? [];
    const [first, last] = [samples[0], samples.at(-1)];
    if (first === undefined || last === undefined || samples.length < fewest) return undefined;
    const spanMs = last.atMs - first.atMs;
    if (spanMs < shortestMs) return undefined;
    const mibPerHour = Math.round(slopeOf(samples) * hourMs);
    const overMinutes = Math.round(spanMs / 60_000);
    if (mibPerHour >= 0) return { mibPerHour: mibPerHour + 0, overMinutes };
    const fullInHours = Math.round((last.freeMib / -mibPerHour) * 10) / 10;
    return { mibPerHour, fullInHours, overMinutes };
  }
}

/** In MiB for each millisecond. Times are counted from the first, so that numbers stay small. */
function slopeOf(samples: readonly Sample[]): number {
  const from = samples[0]?.atMs ?? 0;
  const count = samples.length;
  const meanX = samples.reduce((sum, { atMs }) => sum + (atMs - from), 0) / count;
  const meanY = samples.reduce((sum, { freeMib }) => sum + freeMib, 0) / count;
  let above = 0;
  let below = 0;
  for (const { atMs, freeMib } of samples) {
    const x = atMs - from - meanX;
    above += x * (freeMib - meanY);
    below += x * x;
  }
  return below === 0 ? 0 : above / below;
}
