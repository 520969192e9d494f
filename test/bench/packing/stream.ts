/**
 * VMs that come and go, in the shape of the published traces of a public cloud: sizes by how often they are
 * asked for, 2, 4 or 8 GiB for each core, seven of ten short-lived. Reproducible from its seed.
 */
import { Random } from '@drover/core';

export interface Arrival {
  readonly id: string;
  readonly atHours: number;
  readonly endHours: number;
  /** What somebody takes its life to be; the truth, or off by a factor. */
  readonly saidHours: number;
  readonly cores: number;
  readonly gib: number;
}

export interface StreamShape {
  readonly seed: number;
  readonly cores: number;
  readonly gib: number;
  /** How many hosts it would fill, were everything divisible. */
  readonly fills: number;
  readonly hours: number;
  /** Spread of the logarithm of what is said over the truth; 0 is the truth. */
  readonly noise: number;
}

/** Cores, how often of a hundred. */
const sizes = [
  [1, 18],
  [2, 45],
  [4, 8],
  [8, 24],
  [16, 3],
  [32, 2],
] as const;
/** GiB for each core, how often of a hundred. */
const memories = [
  [2, 35],
  [4, 45],
  [8, 20],
] as const;
const shortShare = 0.7;
const shortHours = 0.5;
const longHours = 4;

export function makeStream(shape: StreamShape): readonly Arrival[] {
  const random = new Random(shape.seed);
  const chance = () => (random.below(2 ** 30) + 1) / 2 ** 30;
  const waits = (mean: number) => -mean * Math.log(chance());
  const normal = () => Math.sqrt(-2 * Math.log(chance())) * Math.cos(2 * Math.PI * chance());
  const mean = (list: readonly (readonly [number, number])[]) =>
    list.reduce((sum, [value, often]) => sum + (value * often) / 100, 0);
  const meanCores = mean(sizes);
  const share = Math.max(meanCores / shape.cores, (meanCores * mean(memories)) / shape.gib);
  const meanHours = shortShare * shortHours + (1 - shortShare) * longHours;
  const between = (share * meanHours) / shape.fills;
  const list: Arrival[] = [];
  for (let now = waits(between); now < shape.hours; now += waits(between)) {
    const cores = draw(random, sizes);
    const gib = cores * draw(random, memories);
    const hours = waits(chance() < shortShare ? shortHours : longHours);
    const saidHours = hours * Math.exp(shape.noise * normal());
    // What is larger than a host nobody can place.
    if (cores > shape.cores || gib > shape.gib) continue;
    const id = `v${String(list.length).padStart(6, '0')}`;
    list.push({ id, atHours: now, endHours: now + hours, saidHours, cores, gib });
  }
  return list;
}

function draw(random: Random, list: readonly (readonly [number, number])[]): number {
  let left = random.below(100);
  for (const [value, often] of list) {
    if (left < often) return value;
    left -= often;
  }
  return list[0]?.[0] ?? 0;
}
