/** What balancing would do now: the answer to somebody who asks. Nothing has to have lasted; budgets and cooldowns hold. */
import type { QueryReply } from '@drover/protocol';
import { planAsked } from '../findings.ts';
import type { Planning } from '../planning.ts';
import type { Turn } from '../turn.ts';
import { planOn } from './plan.ts';
import { recommendationsOf } from './recommend.ts';
import { calmText } from './status.ts';

export function balancePlanAsked(
  turn: Turn,
  { balance }: Planning,
  isLate: boolean,
): QueryReply | undefined {
  const found = planAsked(turn, balance, (cluster) => planOn(turn, cluster, undefined), isLate);
  if (found === undefined) {
    if (!isLate) return undefined;
    return { type: 'error', code: 'internal', message: 'the plan changes with each answer' };
  }
  const { plan, unchecked } = found;
  const { calm, waves, terms, revision, unevenBefore, unevenAfter, estimatedSeconds } = plan;
  return {
    type: 'plan-balance',
    plan: {
      revision,
      moves: [...recommendationsOf(turn, plan, unchecked)],
      waves: waves.map((wave) => [...wave]),
      unevenBefore,
      unevenAfter,
      terms: terms.map(({ name, millionths }) => ({ name, millionths })),
      estimatedSeconds,
      ...(calm === undefined ? {} : { calm: calmText(calm) }),
    },
  };
}
