/** How many hosts each round may have: the ways that are worth trying. */
import { limits } from '../limits.ts';

/** Sizes of all rounds but the last, for so many rounds: as finely stepped as leaves no more than `most`. */
export function sizesToTry(
  hosts: number,
  rounds: number,
  most: number,
): readonly (readonly number[])[] {
  if (rounds < 2) return [];
  for (let steps = Math.min(hosts, limits.rollingSteps); steps > 1; steps -= 1) {
    const sizes = [...stepped(hosts, rounds, Math.ceil(hosts / steps))];
    if (sizes.length <= most) return sizes;
  }
  return [];
}

function* stepped(hosts: number, rounds: number, step: number): Generator<readonly number[]> {
  const largest = Math.ceil(hosts / 2);
  function* further(sizes: readonly number[], left: number): Generator<readonly number[]> {
    if (sizes.length === rounds - 1) {
      if (left > 0 && left <= largest) yield sizes;
      return;
    }
    for (let size = step; size <= Math.min(left, largest); size += step) {
      yield* further([...sizes, size], left - size);
    }
  }
  yield* further([], hosts);
}
