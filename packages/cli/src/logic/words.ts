/** The words and numbers of the command line that the web console uses too: both say the same of the same thing. */
export { coldHelps } from '@drover/protocol/cold-helps';
export { formatAge, formatDuration, formatMeasured, parseDurationMs } from './durations.ts';
export { endedText } from './ended-text.ts';
export { formats, formOf, packings } from './image-form.ts';
export { answerText, outcomeText, outcomeTone } from './past-recommendation.ts';
export { progressLine, routeOf, stepOf, subjectOf, tookMs, whyOf } from './operation-view.ts';
export { nextStep } from './problem-text.ts';
export { headroomSentence } from './headroom-text.ts';
export type { Reason } from './reason-text.ts';
export { type Rejection, why } from './rejections.ts';
export { ruleOutline, ruleText, strengthText } from './rule-view.ts';
export { formatBytes, formatCpu, formatMib, parseMib } from './sizes.ts';
export { vmBalances, vmBalanceText } from './vm-balance.ts';
export { seriesIn, stepsOf } from './usage-view.ts';
export { type SseEvent, SseParser } from './sse.ts';
