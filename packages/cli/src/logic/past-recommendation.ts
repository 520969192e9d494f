/** What became of a recommendation, in words. */
import type { api } from '@drover/protocol';
import { formatAge, formatMeasured } from './durations.ts';
import type { Column, Tone } from './table.ts';

type Past = api.PastRecommendationBody;
type Outcome = NonNullable<Past['outcome']>;

/** `applied by anna` */
export function answerText({ answer, by = '' }: Pick<Past, 'answer' | 'by'>): string {
  if (answer === 'by-itself') return 'made by itself';
  return answer === 'withdrawn' ? 'withdrawn' : `${answer} by ${by}`;
}

const outcomes: Readonly<Record<Outcome, string>> = {
  'under-way': 'is moving',
  moved: 'moved',
  refused: 'refused',
  'given-up': 'given up',
  failed: 'failed',
  cancelled: 'cancelled',
  'left-alone': 'left alone',
  over: 'over',
};

/** `moved in 12s`; nothing of one that was withdrawn. */
export function outcomeText({ outcome, atMs, endedAtMs }: Past): string {
  if (outcome === undefined) return '';
  const took = outcome === 'moved' && endedAtMs !== undefined;
  return outcomes[outcome] + (took ? ` in ${formatMeasured(Math.max(0, endedAtMs - atMs))}` : '');
}

const tones: Readonly<Record<Outcome, Tone>> = {
  'under-way': 'warn',
  moved: 'good',
  refused: 'bad',
  'given-up': 'bad',
  failed: 'bad',
  cancelled: 'warn',
  'left-alone': 'dim',
  over: 'dim',
};

export function outcomeTone({ outcome }: Pick<Past, 'outcome'>): Tone {
  return outcome === undefined ? 'dim' : tones[outcome];
}

export function pastColumns(nowMs: number): readonly Column<Past>[] {
  const outcomeCell = (one: Past): { text: string; tone: Tone } => ({
    text: outcomeText(one),
    tone: outcomeTone(one),
  });
  return [
    { head: 'AGE', cell: ({ atMs }) => formatAge(nowMs, atMs) },
    { head: 'VM', cell: ({ vmName }) => vmName },
    { head: 'FROM', cell: ({ source }) => source },
    { head: 'TO', cell: ({ target }) => target },
    { head: 'ANSWER', cell: answerText },
    { head: 'OUTCOME', cell: outcomeCell },
    { head: 'ID', cell: ({ id }) => id, wide: true },
    { head: 'OPERATION', cell: ({ operationId = '' }) => operationId, wide: true },
    { head: 'RECOMMENDED', cell: ({ reason = '' }) => reason, wide: true },
    { head: 'WHY', cell: ({ why = '' }) => why },
  ];
}
