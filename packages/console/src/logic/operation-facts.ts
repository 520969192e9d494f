/** What there is to say about an operation, as names and values. */
import { formatMeasured, routeOf, tookMs } from '@drover/cli/words';
import { bytesText, mibText, rateText } from './amounts.ts';
import type { Operation } from './types.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly href?: string;
  readonly isCode?: boolean;
}

const modes = {
  live: 'live',
  paused: 'live; its copy stays paused until the source is known to be gone',
  cold: 'cold: shut down, then started there',
} as const;
const memoryPaths = {
  tls: 'encrypted by QEMU',
  tunnel: 'encrypted, through the tunnel',
  clear: 'in the clear',
} as const;

export function operationFacts(operation: Operation): readonly Fact[] {
  const { mode, memoryPath, memoryPathReason, timeline, downtimeMs, parentId, reason, message } =
    operation;
  const forecast = operation.migration?.forecast;
  const took = tookMs(operation);
  const route = routeOf(operation);
  return [
    ...(route === '' ? [] : [{ name: 'Way', value: route }]),
    ...(operation.done ? [] : [{ name: 'Step', value: operation.step }]),
    ...(mode === undefined ? [] : [{ name: 'Mode', value: modes[mode] }]),
    ...(memoryPath === undefined
      ? []
      : [
          {
            name: 'Memory',
            value:
              memoryPaths[memoryPath] +
              (memoryPathReason === undefined ? '' : `, because ${memoryPathReason}`),
          },
        ]),
    ...(reason === undefined ? [] : [{ name: 'Reason', value: reason }]),
    ...(message === undefined ? [] : [{ name: 'Message', value: message }]),
    ...(took === undefined
      ? []
      : [
          {
            name: 'Took',
            value:
              formatMeasured(took) +
              (forecast === undefined
                ? ''
                : `; ${formatMeasured(forecast.elapsedMs)} were expected`),
          },
        ]),
    ...(downtimeMs === undefined
      ? []
      : [
          {
            name: 'Pause',
            value: `${formatMeasured(downtimeMs)} in which the VM did not run${forecast === undefined ? '' : `; ${formatMeasured(forecast.downtimeMs)} were expected`}`,
          },
        ]),
    ...(timeline === undefined
      ? []
      : [
          {
            name: 'Copied',
            value: `${bytesText(timeline.transferredBytes)} in ${timeline.roundCount} rounds, ${rateText(timeline.bytesPerSecond)}`,
          },
        ]),
    ...(forecast === undefined || operation.done
      ? []
      : [
          {
            name: 'Expected',
            value: `${formatMeasured(forecast.elapsedMs)}, ${mibText(forecast.transferredMib)}`,
          },
        ]),
    ...(parentId === undefined
      ? []
      : [{ name: 'Part of', value: parentId, href: `/operations/${parentId}`, isCode: true }]),
    { name: 'Id', value: operation.id, isCode: true },
  ];
}
