/** Balance in words: how even the cluster is, what is recommended and why, what holds. */
import type { api } from '@drover/protocol';
import { formatAge, formatDuration } from './durations.ts';
import { oneLine } from './harmless.ts';
import { page } from './host-view.ts';
import { count } from './plan-text.ts';
import { formatBytes } from './sizes.ts';
import { type Column, type Paint, plain, renderTable, type Tone } from './table.ts';

type Recommendation = api.RecommendationBody;

const tones: Readonly<Record<number, Tone>> = { 1: 'bad', 2: 'warn', 5: 'dim' };

/** Millionths, as a number with three digits behind the point. */
function share(millionths: number): string {
  return (millionths / 1_000_000).toFixed(3);
}

export function recommendationColumns(nowMs: number): readonly Column<Recommendation>[] {
  return [
    { head: 'ID', cell: (one) => one.id },
    { head: 'PRIORITY', cell: priorityCell },
    ...moveColumns,
    { head: 'COPIES', cell: (one) => formatBytes(one.cost.bytes), wide: true },
    { head: 'TAKES', cell: (one) => formatDuration(one.cost.elapsedMs), wide: true },
    { head: 'PAUSE', cell: (one) => `${one.cost.downtimeMs}ms`, wide: true },
    { head: 'SINCE', cell: (one) => formatAge(nowMs, one.sinceMs), wide: true },
    { head: 'WHY', cell: (one) => one.reason },
  ];
}

const moveColumns: readonly Column<Recommendation>[] = [
  { head: 'VM', cell: (one) => one.vmName },
  { head: 'FROM', cell: (one) => one.source },
  { head: 'TO', cell: (one) => one.target },
];

function priorityCell({ priority }: Recommendation): { text: string; tone: Tone } | string {
  const tone = tones[priority];
  return tone === undefined ? `${priority}` : { text: `${priority}`, tone };
}

export function recommendationPage(one: Recommendation, nowMs: number): readonly string[] {
  const changed = one.terms.filter(({ before, after }) => before !== after);
  return [
    ...page([
      ['Recommendation', one.id],
      ['Move', `${one.vmName}, ${one.source} to ${one.target}, ${one.mode}`],
      ['Priority', `${one.priority} of 5, 1 is the most pressing`],
      ['Why', one.reason],
      ['Uneven', `${share(one.unevenBefore)} now, ${share(one.unevenAfter)} after it; 0 is even`],
      ...changed.map(
        ({ name, before, after }) =>
          ['Made of', `${name}: ${share(before)} to ${share(after)}`] as const,
      ),
      ['Cost', costText(one)],
      ...(one.after.length === 0 ? [] : [['After', one.after.join(', ')] as const]),
      ...one.others.map(({ text }) => ['Not to', text] as const),
      [
        'Looked at',
        one.checked ? 'both hosts say that it can move' : 'the hosts did not answer in time',
      ],
      ['Since', `${formatAge(nowMs, one.sinceMs)} ago`],
    ]),
    '',
    `Make it:      drover recommendations apply ${oneLine(one.id)}`,
    `Not wanted:   drover recommendations dismiss ${oneLine(one.id)}`,
  ];
}

function costText({ cost: { bytes, elapsedMs, downtimeMs } }: Recommendation): string {
  return `copies ${formatBytes(bytes)} in about ${formatDuration(elapsedMs)}, pauses the VM for ${downtimeMs} ms`;
}

export function balancePage(body: api.BalanceBody, nowMs: number): readonly string[] {
  const { mode, ranAtMs, unevenBefore, unevenAfter, terms, calm, paused } = body;
  const isKnown = unevenBefore !== undefined && unevenAfter !== undefined;
  return page([
    ['Mode', modeTexts[mode]],
    ['Looked', ranAtMs === undefined ? 'not yet' : `${formatAge(nowMs, ranAtMs)} ago`],
    ...(isKnown ? [['Uneven', unevenText(unevenBefore, unevenAfter)] as const] : []),
    ...terms
      .filter(({ millionths }) => millionths > 0)
      .map(({ name, millionths }) => ['Made of', `${name}: ${share(millionths)}`] as const),
    [
      'Recommended',
      body.recommendations === 0 ? 'nothing' : count(body.recommendations, 'move', 'moves'),
    ],
    ...(calm === undefined ? [] : [['Because', calm.text] as const]),
    ...(paused === undefined ? [] : [['Paused', paused] as const]),
    ['Left', `${count(body.movesLeft, 'move', 'moves')} in this hour`],
    ...body.dismissed.map(
      ({ vmName, source, target, untilMs, by }) =>
        [
          'Not wanted',
          `${vmName}, ${source} to ${target}, for ${formatDuration(Math.max(0, untilMs - nowMs))} more, says ${by}`,
        ] as const,
    ),
  ]);
}

const modeTexts: Readonly<Record<api.BalanceBody['mode'], string>> = {
  observe: 'observe: it is measured, and nothing is recommended',
  recommend: 'recommend: moves are proposed, and nobody makes them but a person',
  automatic: 'automatic: moves are made by themselves, within bounds',
};

function unevenText(before: number, after: number): string {
  return before === after
    ? `${share(before)}; 0 is even`
    : `${share(before)}, ${share(after)} with what is recommended; 0 is even`;
}

export function balancePlanText(
  plan: api.BalancePlanBody,
  paint: Paint = plain,
): readonly string[] {
  const { moves, waves, unevenBefore, unevenAfter, calm, estimatedSeconds } = plan;
  if (moves.length === 0) {
    const why = calm === undefined ? '' : `: ${oneLine(calm.text)}`;
    return [`Nothing moves${why} (uneven by ${share(unevenBefore)})`];
  }
  const columns = [...moveColumns, { head: 'WHY', cell: (one: Recommendation) => one.reason }];
  return [
    `${count(moves.length, 'VM moves', 'VMs move')} in ${count(waves.length, 'wave', 'waves')}, ` +
      `about ${formatDuration(estimatedSeconds * 1000)}; uneven ${share(unevenBefore)} to ${share(unevenAfter)}`,
    '',
    ...renderTable(columns, moves, paint),
    ...(moves.every(({ checked }) => checked)
      ? []
      : ['', 'Not all hosts answered in time: some moves were not looked at.']),
  ];
}

export function balanceSettingsPage({ inForce, by }: api.BalanceSettingsBody): readonly string[] {
  const { mode = 'recommend', aggressiveness, movesAtOnce, movesPerHour, hours } = inForce;
  return page([
    ['Mode', modeTexts[mode]],
    ['Aggressiveness', `${aggressiveness} of 5`],
    ['At once', count(movesAtOnce ?? 0, 'move', 'moves')],
    ['Per hour', count(movesPerHour ?? 0, 'move', 'moves')],
    [
      'Cooldown',
      `${formatDuration((inForce.cooldownMinutes ?? 0) * 60_000)} for a VM that was moved`,
    ],
    ['Hours', hours === undefined ? 'always' : `${hours.from} to ${hours.to} UTC`],
    ...(by === undefined ? [] : [['Set by', by] as const]),
  ]);
}
