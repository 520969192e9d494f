/** Does what a plan says, as it would be done: wave by wave, each move looked at again before it begins. */
import { expect } from 'vitest';
import {
  applyMove,
  beginMove,
  checkMove,
  type Cluster,
  type Move,
  type Plan,
} from '../src/index.ts';

export interface Watched {
  /** Called after each move that has begun, and after each that has ended. */
  readonly look?: (now: Cluster) => void;
  /** Of one wave: in which order they end. */
  readonly ends?: (flying: readonly Move[]) => readonly Move[];
}

/** Gives the cluster afterwards; fails where a move is not right any more when its turn comes. */
export function perform(
  cluster: Cluster,
  { moves, waves }: Pick<Plan, 'moves' | 'waves'>,
  { look, ends = (flying) => flying }: Watched = {},
): Cluster {
  let now = cluster;
  for (const wave of waves) {
    const flying = wave.flatMap((index) => moves[index] ?? []);
    for (const move of flying) {
      expect(checkMove(now, move)).toEqual({ type: 'right' });
      now = beginMove(now, move);
      look?.(now);
    }
    for (const move of ends(flying)) {
      now = applyMove(now, move);
      look?.(now);
    }
  }
  return now;
}
