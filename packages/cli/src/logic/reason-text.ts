/** What a preflight found, in lines: each reason with its remedy below it. */
import type { api } from '@drover/protocol';
import { oneLine } from './harmless.ts';
import { describeRejection, type Rejection } from './rejections.ts';

export type Reason = api.MovePlanBody['reasons'][number];

export function reasonText(reason: Reason, indent: string): readonly string[] {
  return [`${indent}${oneLine(reason.message)}`, `${indent}  remedy: ${oneLine(reason.remedy)}`];
}

/** One host's no; where the host itself has looked, all that it found. */
export function rejectionText(no: Rejection, indent: string): readonly string[] {
  return no.reasons === undefined
    ? [`${indent}${describeRejection(no)}`]
    : no.reasons.flatMap((reason) => reasonText(reason, indent));
}
