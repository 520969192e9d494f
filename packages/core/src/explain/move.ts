/** Moves and plans as sentences: what moves where and why, and what it does to the load, term by term. */
import { asShare } from './millionths.ts';
import type { Move, Plan } from '../plan/plan.ts';

export function explainMove(move: Move): readonly string[] {
  const { vmName, source, target, reason, terms = [] } = move;
  const changed = terms.filter(({ before, after }) => before !== after);
  const lines = changed.map(
    ({ name, before, after }) => `${name}: ${asShare(before)} to ${asShare(after)}`,
  );
  const sums =
    move.unevenBefore === undefined || move.unevenAfter === undefined
      ? []
      : [`in all: ${asShare(move.unevenBefore)} to ${asShare(move.unevenAfter)}`];
  return [`${vmName}, ${source} to ${target}: ${reason}`, ...lines, ...sums];
}

/** A line for each wave, and under it one for each of its moves. */
export function explainPlan({ moves, waves, estimatedSeconds }: Plan): readonly string[] {
  if (moves.length === 0) return ['nothing moves'];
  const head = `${moves.length} moves in ${waves.length} waves, about ${estimatedSeconds} s`;
  const lines = waves.flatMap((wave, at) => [
    `wave ${at + 1}`,
    ...wave.flatMap((index) => {
      const move = moves[index];
      return move === undefined ? [] : [`  ${explainMove(move)[0]}`];
    }),
  ]);
  return [head, ...lines];
}
