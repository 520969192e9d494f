/** What a pool is, as names and values. */
import { formatDuration } from '@drover/cli/words';
import { mibText } from './amounts.ts';
import type { Pool } from './types.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly isCode?: boolean;
}

export function poolFacts({
  spec,
  status,
  thinLimitPercent,
  alarmPercent,
  uuid,
}: Pool): readonly Fact[] {
  const declared = Object.entries(spec)
    .filter(([key]) => key !== 'type')
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(',') : String(value)}`);
  const trend = status?.trends.find((one) => one.fullInHours !== undefined);
  return [
    { name: 'Declared', value: [spec.type, ...declared].join(', ') },
    ...(status === undefined || status.capacityMib === 0
      ? []
      : [
          {
            name: 'Room',
            value: `${mibText(status.freeMib)} of ${mibText(status.capacityMib)} free`,
          },
          {
            name: 'Promised',
            value: `disks may grow to ${mibText(status.promisedMib)}, ${thinLimitPercent} % of the pool at most`,
          },
        ]),
    ...(trend?.fullInHours === undefined
      ? []
      : [
          {
            name: 'At this pace',
            value: `full in ${formatDuration(trend.fullInHours * 3_600_000)}`,
          },
        ]),
    ...(status === undefined ? [] : [{ name: 'Protected by', value: status.protectedBy }]),
    { name: 'Alarm at', value: `${alarmPercent} % full` },
    { name: 'Id', value: uuid, isCode: true },
  ];
}
