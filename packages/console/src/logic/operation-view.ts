/** Operations in a person’s words. */
import { endedText, progressLine, routeOf, subjectOf, whyOf } from '@drover/cli/words';
import type { Operation } from './types.ts';

/** One sentence: how far it is, how it ended, or what it failed of. */
export function sentenceOf(operation: Operation): string {
  if (!operation.done) return progressLine(operation);
  if (operation.state === 'succeeded') return endedText(operation);
  const why = operation.error?.message ?? whyOf(operation);
  return `${operation.type} of ${subjectOf(operation)} ${operation.state}${why === '' ? '' : `: ${why}`}`;
}

export interface OperationFilter {
  readonly text: string;
  readonly type: string;
  readonly state: string;
}

export function filterOperations(
  operations: Iterable<Operation>,
  filter: OperationFilter,
): readonly Operation[] {
  const text = filter.text.trim().toLowerCase();
  return [...operations].filter(
    (one) =>
      (filter.type === '' || one.type === filter.type) &&
      (filter.state === '' || one.state === filter.state) &&
      (text === '' ||
        [one.id, subjectOf(one), routeOf(one), one.by, sentenceOf(one)]
          .join(' ')
          .toLowerCase()
          .includes(text)),
  );
}

/** Where its subject has a page. */
export function hrefOf({ vmName, vmId, hostId, type, pool }: Operation): string | undefined {
  if (type === 'drain' && hostId !== undefined) return `/hosts/${hostId}/drain`;
  if (vmName !== undefined || vmId !== undefined) return `/vms/${vmName ?? vmId}`;
  if (type === 'pool-doctor' && pool !== undefined) return `/pools/${pool}`;
  return hostId === undefined ? undefined : `/hosts/${hostId}`;
}
