/**
 * The score of a place: a table of weighted integer terms, each from 0 to 1000, higher is better. The points
 * of a candidate are printed with it, and add up.
 */
import { allocatable } from '../cluster/host.ts';
import { freeOn } from '../cluster/load.ts';
import type { Candidate, ScoreTerm } from './answer.ts';
import { clusterTerms, type TermInput } from './cluster-terms.ts';
import {
  policies,
  scoreNames,
  type ScoreName,
  type ScoreWeights,
  weightsOf,
} from '../cluster/policy.ts';
import { seatOn, seatTerms, type SeatTermName } from './seat.ts';

/** As people read them. */
export const scoreTitles: Readonly<Record<ScoreName, string>> = {
  memoryLeft: 'free memory after',
  cpuLeft: 'free CPU after',
  memoryFilled: 'memory filled',
  cpuFilled: 'CPU filled',
  shapeLeft: 'memory and CPU left alike',
  cpuIdle: 'idle CPU',
  cpuCalm: 'no CPU pressure',
  memoryCalm: 'no memory pressure',
  softRules: 'soft rules kept',
  zoneSpread: 'few alike in its zone',
  stays: 'was there before',
  leavesTogether: 'leaves when others do',
  headroom: 'room to restart others kept',
};

/** Given by the request, or else by the VM, or else by the cluster. */
export function policyOf({
  cluster,
  request,
}: Pick<TermInput, 'cluster' | 'request'>): ScoreWeights {
  return weightsOf(request.policy ?? request.shape.policy ?? cluster.policy);
}

export function score(input: TermInput, weights: ScoreWeights = policies.balanced): Candidate {
  const { cluster, request, host } = input;
  const seat = seatOn(host, {
    need: request.shape.request,
    free: freeOn(cluster, host),
    total: allocatable(host),
  });
  const terms: ScoreTerm[] = [];
  for (const name of scoreNames) {
    const weight = weights[name] ?? 0;
    if (weight === 0) continue;
    const value = isSeatTerm(name) ? seatTerms[name](seat) : clusterTerms[name](input);
    if (value === undefined) continue;
    terms.push({ name: scoreTitles[name], weight, value, points: weight * value });
  }
  const points = terms.reduce((sum, term) => sum + term.points, 0);
  return { hostId: host.id, score: points, terms };
}

export function isSeatTerm(name: ScoreName): name is SeatTermName {
  return name in seatTerms;
}
