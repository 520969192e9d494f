/** The plan of one move: where it would go and how, or everything that is in its way, each with what helps. */
import type { api } from '@drover/protocol';
import { coldHelps } from '@drover/protocol/cold-helps';
import { oneLine } from './harmless.ts';
import { forecastText } from './migration-view.ts';
import { reasonText } from './reason-text.ts';
import { describeRejection } from './rejections.ts';

export function movePlanText(plan: api.MovePlanBody): readonly string[] {
  const name = oneLine(plan.vmName);
  const others = plan.rejections.filter((no) => no.reasons === undefined);
  return [
    outcome(plan, name),
    ...(plan.forecast === undefined ? [] : [`  expected: ${forecastText(plan.forecast)}`]),
    ...plan.reasons.flatMap((reason) => reasonText(reason, '  ')),
    ...others.map((no) => `  ${describeRejection(no)}`),
    ...(plan.target === undefined && coldHelps(plan.reasons)
      ? [`  or: drover vm migrate ${name} --cold`]
      : []),
  ];
}

function outcome({ target, source, mode, modeReason, checked }: api.MovePlanBody, name: string) {
  if (!checked) return `The hosts did not say in time whether ${name} can move; ask again.`;
  if (target === undefined) return `${name} cannot move live:`;
  const how = mode === 'paused' ? 'live, in paused mode' : 'live';
  const why = modeReason === undefined ? '' : `: ${oneLine(modeReason)}`;
  return `${name} would move ${how} (${oneLine(source ?? '')} → ${oneLine(target)})${why}`;
}
