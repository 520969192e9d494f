/** How many moves may run at the same time: out of a host, into one, and in all. */
import { limits } from '../limits.ts';

export interface WaveLimits {
  readonly outPerHost: number;
  readonly inPerHost: number;
  readonly perCluster: number;
}

/** Shares of slots are added up, with what numbers lose by it. */
export function isWithin(taken: number, most: number): boolean {
  return taken <= most + 1e-6;
}

export const defaultWaveLimits: WaveLimits = {
  outPerHost: limits.migrationsOutPerHost,
  inPerHost: limits.migrationsInPerHost,
  perCluster: limits.migrationsPerCluster,
};
