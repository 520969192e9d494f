/** One migration as a page: how it was to be made, what was expected, what it took, round by round. */
import type { api } from '@drover/protocol';
import { formatMeasured } from './durations.ts';
import { oneLine } from './harmless.ts';
import { page } from './host-view.ts';
import { policyColumns, policyFields } from './migration-wish.ts';
import { operationPage, tookMs } from './operation-view.ts';
import { formatBytes, formatMib } from './sizes.ts';
import { type Column, type Paint, plain, renderTable } from './table.ts';

type Operation = api.OperationBody;
type Timeline = NonNullable<Operation['timeline']>;
type Round = Timeline['rounds'][number];

export function migrationPage(
  operation: Operation,
  nowMs: number,
  paint: Paint = plain,
): readonly string[] {
  const { migration, timeline } = operation;
  return [
    ...operationPage(operation, nowMs),
    ...(migration === undefined ? [] : ['', ...expectation(operation, migration)]),
    ...(timeline === undefined ? [] : ['', ...courseOf(timeline, paint)]),
    ...(migration === undefined
      ? []
      : ['', ...renderTable(policyColumns(migration.policy, migration.from), policyFields, paint)]),
  ];
}

type Forecast = NonNullable<api.MovePlanBody['forecast']>;

function expectation(
  operation: Operation,
  { forecast }: NonNullable<Operation['migration']>,
): readonly string[] {
  const took = tookMs(operation);
  const measured = [
    took === undefined ? undefined : formatMeasured(took),
    operation.downtimeMs === undefined ? undefined : `${operation.downtimeMs} ms pause`,
    operation.transferredBytes === undefined ? undefined : formatBytes(operation.transferredBytes),
  ].filter((text) => text !== undefined);
  return page([
    ['Expected', forecastText(forecast)],
    ...(measured.length === 0 ? [] : [['Measured', measured.join(', ')] as const]),
  ]);
}

/** `12s, 180 ms pause, 700MiB, slowed down by 20 %` */
export function forecastText(forecast: Forecast): string {
  if (!forecast.converges) {
    return `not to converge, given up after ${formatMeasured(forecast.elapsedMs)}`;
  }
  const parts = [
    formatMeasured(forecast.elapsedMs),
    `${forecast.downtimeMs} ms pause`,
    formatMib(forecast.transferredMib),
    ...(forecast.throttlePercent > 0 ? [`slowed down by ${forecast.throttlePercent} %`] : []),
  ];
  return parts.join(', ');
}

const roundColumns: readonly Column<Round>[] = [
  { head: 'ROUND', cell: ({ round }) => `${round}` },
  { head: 'AT', cell: ({ atMs }) => formatMeasured(atMs) },
  { head: 'TO SEND', cell: ({ remainingBytes }) => formatBytes(remainingBytes) },
  { head: 'SENT', cell: ({ transferredBytes }) => formatBytes(transferredBytes) },
  {
    head: 'SLOWED',
    cell: ({ throttlePercent }) => (throttlePercent === 0 ? '' : `${throttlePercent} %`),
  },
];

function courseOf(timeline: Timeline, paint: Paint): readonly string[] {
  const { rounds, roundCount, interventions, setupMs, elapsedMs, bytesPerSecond } = timeline;
  const parts = [
    ...(setupMs === undefined ? [] : [`${setupMs} ms to set up`]),
    `${formatMeasured(elapsedMs)} in all`,
    `${formatBytes(bytesPerSecond)}/s`,
    roundCount === 1 ? '1 round' : `${roundCount} rounds`,
  ];
  return [
    `Course: ${parts.join(', ')}`,
    ...renderTable(roundColumns, rounds, paint),
    ...interventions.map(({ atMs, type, downtimeMs, why }) => {
      const what =
        type === 'set-downtime' ? `allows a pause of ${downtimeMs ?? 0} ms` : words[type];
      return oneLine(`${formatMeasured(atMs)}: ${what}: ${why}`);
    }),
  ];
}

const words = { 'start-post-copy': 'goes over to post-copy', 'give-up': 'gives up' } as const;
