/** Only a move needs a slot, and only where the caller wants it to begin now. */
import { limits } from '../../limits.ts';
import type { FilterInput, No } from './filter.ts';

export function noMigrationSlot({ cluster, request, host }: FilterInput): No | undefined {
  if (request.source === undefined || request.needsSlot !== true) return undefined;
  const incoming = cluster.migrations.filter((one) => one.target === host.id).length;
  return incoming < limits.migrationsInPerHost
    ? undefined
    : { required: 1, available: limits.migrationsInPerHost - incoming, unit: 'migrations' };
}
