/** What the balancer recommends, as its page shows it. */
import { formatMeasured, outcomeTone } from '@drover/cli/words';
import type { Body } from '@drover/client/body';
import { bytesText } from './amounts.ts';
import { capital } from './sentence.ts';
import type { Tone } from './types.ts';

export type Recommendation = Body<'Recommendation'>;
export type Balance = Body<'Balance'>;
export type PastRecommendation = Body<'PastRecommendation'>;

const priorities = [
  '',
  'VMs wait, badly',
  'VMs wait',
  'worth it',
  'a little better',
  'a little more even',
];
const tones: readonly Tone[] = ['idle', 'bad', 'warn', 'move', 'idle', 'idle'];

export const priorityText = (priority: number): string => priorities[priority] ?? `${priority}`;
export const priorityTone = (priority: number): Tone => tones[priority] ?? 'idle';

/** Millionths as people read them: three decimals, as in plans and reports. */
export function unevenText(millionths: number): string {
  const thousandths = Math.round(millionths / 1000);
  const rest = `${thousandths % 1000}`.padStart(3, '0');
  return `${Math.floor(thousandths / 1000)}.${rest}`;
}

/** The terms that change by it, those that change most first. */
export function changesOf({
  terms,
}: Pick<Recommendation, 'terms'>): readonly Recommendation['terms'][number][] {
  return terms
    .filter(({ before, after }) => before !== after)
    .toSorted(
      (one, other) => Math.abs(other.before - other.after) - Math.abs(one.before - one.after),
    );
}

export function costText({ cost }: Pick<Recommendation, 'cost'>): string {
  return `about ${formatMeasured(cost.elapsedMs)}, ${bytesText(cost.bytes)} over the network, a pause of about ${formatMeasured(cost.downtimeMs)}`;
}

const modes = {
  observe: 'looks on, and recommends nothing',
  recommend: 'recommends, and moves nothing by itself',
  automatic: 'moves by itself, within its limits',
} as const;

export const modeText = (mode: Balance['mode']): string => modes[mode];

/** Why nothing is recommended, as a sentence. */
export function calmText({ calm }: Pick<Balance, 'calm'>): string {
  if (calm === undefined) return 'The balancer has not looked yet; it does every minute.';
  return `${capital(calm.text)}.`;
}

export function pastTone(one: Pick<PastRecommendation, 'outcome'>): Tone {
  if (one.outcome === 'under-way') return 'move';
  const tone = outcomeTone(one);
  return tone === 'dim' ? 'idle' : tone;
}
