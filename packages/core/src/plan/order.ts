/**
 * Waves: which moves of a plan may run at the same time. Moves keep their order; each goes into the first
 * wave where the limits allow it. Within a wave every move counts on both hosts, so no prefix of the plan
 * overloads a host that the whole plan does not.
 */
import { limits } from '../limits.ts';
import type { Move } from './plan.ts';

export interface WaveLimits {
  readonly outPerHost: number;
  readonly inPerHost: number;
  readonly perCluster: number;
}

export const defaultWaveLimits: WaveLimits = {
  outPerHost: limits.migrationsOutPerHost,
  inPerHost: limits.migrationsInPerHost,
  perCluster: limits.migrationsPerCluster,
};

/** Indexes into `moves`, wave by wave. */
export function toWaves(
  moves: readonly Move[],
  allowed: WaveLimits = defaultWaveLimits,
): readonly (readonly number[])[] {
  const waves: number[][] = [];
  for (const [index, move] of moves.entries()) {
    const wave = waves.find((one) => fits(one, moves, move, allowed));
    if (wave) wave.push(index);
    else waves.push([index]);
  }
  return waves;
}

function fits(
  wave: readonly number[],
  moves: readonly Move[],
  move: Move,
  allowed: WaveLimits,
): boolean {
  const others = wave.flatMap((index) => moves[index] ?? []);
  return (
    others.length < allowed.perCluster &&
    others.filter((other) => other.source === move.source).length < allowed.outPerHost &&
    others.filter((other) => other.target === move.target).length < allowed.inPerHost
  );
}
