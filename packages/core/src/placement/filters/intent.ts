/** What people want of the host: one that is cordoned or being drained takes nothing. */
import type { No, FilterInput } from './filter.ts';

export function draining({ host }: FilterInput): No | undefined {
  return host.intent === 'draining' ? {} : undefined;
}

export function cordoned({ host }: FilterInput): No | undefined {
  return host.intent === 'cordoned' ? {} : undefined;
}
