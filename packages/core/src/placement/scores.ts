/**
 * The score table: weighted integer terms, each from 0 to 1000, higher is better. The points of a candidate
 * are printed with it, and add up.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { allocatable, type Host } from '../cluster/host.ts';
import { freeOn } from '../cluster/load.ts';
import type { Candidate, PlacementRequest, ScoreTerm } from './answer.ts';

interface ScoreInput {
  readonly cluster: Cluster;
  readonly request: PlacementRequest;
  readonly host: Host;
}

const table: readonly (readonly [string, number, (input: ScoreInput) => number])[] = [
  ['free memory after', 4, memoryLeft],
  ['free CPU after', 2, cpuLeft],
  ['no CPU pressure', 2, ({ host }) => 1000 - (host.usage?.cpuPressurePermille ?? 0)],
  ['no memory pressure', 1, ({ host }) => 1000 - (host.usage?.memoryPressurePermille ?? 0)],
];

export function score(input: ScoreInput): Candidate {
  const terms: readonly ScoreTerm[] = table.map(([name, weight, valueOf]) => {
    const value = clampPermille(valueOf(input));
    return { name, weight, value, points: weight * value };
  });
  return {
    hostId: input.host.id,
    score: terms.reduce((sum, term) => sum + term.points, 0),
    terms,
  };
}

function memoryLeft({ cluster, request, host }: ScoreInput): number {
  const left = freeOn(cluster, host).memoryMib - request.shape.request.memoryMib;
  return share(left, allocatable(host).memoryMib);
}

function cpuLeft({ cluster, request, host }: ScoreInput): number {
  const left = freeOn(cluster, host).cpuMilli - request.shape.request.cpuMilli;
  return share(left, allocatable(host).cpuMilli);
}

function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.floor((part * 1000) / whole);
}

function clampPermille(value: number): number {
  return Math.min(1000, Math.max(0, Math.floor(value)));
}
