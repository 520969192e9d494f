/**
 * The filters, cheap ones first; the first that says no is the host's reason. Those that are fixed come before
 * those that look at what else is placed.
 */
import type { Rejection } from './answer.ts';
import { excluded, notAskedFor } from './filters/asked-for.ts';
import { notEnoughCpu, notEnoughMemory } from './filters/capacity.ts';
import { deviceMissing } from './filters/devices.ts';
import { type FilterInput, firstNo, type Row } from './filters/filter.ts';
import { headroomLost } from './filters/headroom.ts';
import { notEnoughHugePages } from './filters/huge-pages.ts';
import { poolFull, poolPromised } from './filters/pool.ts';
import { ruleBroken } from './filters/rules.ts';
import { noMigrationSlot } from './filters/slots.ts';
import { fixedFilters } from './fixed-filters.ts';

export type { FilterInput } from './filters/filter.ts';

const asked: readonly Row[] = [
  ['not-asked-for', notAskedFor],
  ['host-excluded', excluded],
];

const changing: readonly Row[] = [
  ['pool-full', poolFull],
  ['pool-promised', poolPromised],
  ['not-enough-memory', notEnoughMemory],
  ['not-enough-cpu', notEnoughCpu],
  ['not-enough-huge-pages', notEnoughHugePages],
  ['device-missing', deviceMissing],
  ['rule-broken', ruleBroken],
  ['no-migration-slot', noMigrationSlot],
  ['headroom-lost', headroomLost],
];

const all: readonly Row[] = [...asked, ...fixedFilters, ...changing];

/** The first filter that rules the host out, or nothing. */
export function reject(input: FilterInput): Rejection | undefined {
  return firstNo(all, input);
}
