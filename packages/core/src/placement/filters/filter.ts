/** What a filter is: it looks at one host and either lets it pass or rules it out with its numbers. */
import type { Cluster } from '../../cluster/cluster.ts';
import type { Host } from '../../cluster/host.ts';
import type { MemoryOrigin } from '../../cluster/vm.ts';
import type { PlacementRequest, RefusalReason, Rejection } from '../answer.ts';

export interface FilterInput {
  readonly cluster: Cluster;
  readonly request: PlacementRequest;
  readonly host: Host;
}

export type No = Omit<Rejection, 'hostId' | 'reason'>;

/** `undefined`: the host passes. */
export type Filter = (input: FilterInput) => No | undefined;

/** Where the VM runs now, of a move. */
export function sourceOf({ cluster, request }: FilterInput): Host | undefined {
  return request.source === undefined ? undefined : cluster.hosts.get(request.source);
}

/** What the VM runs on now, of a move; what wrote its memory, of one that was saved. */
export function originOf(input: FilterInput): MemoryOrigin | undefined {
  return sourceOf(input) ?? input.request.shape.memoryOf;
}

/** A filter with the reason that it gives. */
export type Row = readonly [RefusalReason, Filter];

export function firstNo(rows: readonly Row[], input: FilterInput): Rejection | undefined {
  for (const [reason, filter] of rows) {
    const no = filter(input);
    if (no !== undefined) return { hostId: input.host.id, reason, ...no };
  }
  return undefined;
}
