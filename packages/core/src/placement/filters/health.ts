/** Only a host that is known to be well takes a VM. */
import type { No, FilterInput } from './filter.ts';

export function notUp({ host }: FilterInput): No | undefined {
  return host.health === 'up' ? undefined : { required: 'up', available: host.health };
}
