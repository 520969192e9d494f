/** The answer to a request for a place as sentences. */
import type { Candidate, PlacementAnswer } from '../placement/answer.ts';
import { explainRejection } from './refusal.ts';

/** First the outcome, then a sentence for each other host. */
export function explainPlacement(answer: PlacementAnswer): readonly string[] {
  const others = answer.rejections.map(explainRejection);
  if (answer.type === 'refused') return [`no host fits`, ...others];
  const [best, ...rest] = answer.candidates;
  const behind = rest.map(
    (candidate) => `${candidate.hostId}: fits too, ${candidate.score} points`,
  );
  return [best ? explainCandidate(best) : '', ...behind, ...others];
}

function explainCandidate(candidate: Candidate): string {
  const terms = candidate.terms.map((term) => `${term.name} ${term.weight}×${term.value}`);
  return `${candidate.hostId} is best with ${candidate.score} points: ${terms.join(', ')}`;
}
