/**
 * A place for one VM: filters, then scores. Pure and deterministic: hosts are looked at in order of their
 * ids, and equal scores go to the smaller id.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { hostsById } from '../cluster/hosts-by-id.ts';
import { byText } from '../order.ts';
import type { Candidate, PlacementAnswer, PlacementRequest, Rejection } from './answer.ts';
import { reject } from './filters.ts';
import { policyOf, score } from './scores.ts';

export function place(cluster: Cluster, request: PlacementRequest): PlacementAnswer {
  const candidates: Candidate[] = [];
  const rejections: Rejection[] = [];
  const weights = policyOf({ cluster, request });
  for (const host of hostsById(cluster)) {
    const rejection = reject({ cluster, request, host });
    if (rejection) rejections.push(rejection);
    else candidates.push(score({ cluster, request, host }, weights));
  }
  const ranked = candidates.toSorted((a, b) => b.score - a.score || byText(a.hostId, b.hostId));
  const best = ranked[0];
  return best
    ? { type: 'placed', hostId: best.hostId, candidates: ranked, rejections }
    : { type: 'refused', rejections };
}
