/** The hosts that a person or a plan left in question. */
import type { No, FilterInput } from './filter.ts';

export function notAskedFor({ request, host }: FilterInput): No | undefined {
  return request.only !== undefined && request.only !== host.id
    ? { required: request.only, available: host.id }
    : undefined;
}

export function excluded({ request, host }: FilterInput): No | undefined {
  return request.source === host.id || (request.exclude ?? []).includes(host.id) ? {} : undefined;
}
