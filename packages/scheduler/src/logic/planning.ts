/** What is known so far of what the API asked and hosts have to be asked about: plans, lists, a way to a console. */
import type { Query } from '@drover/protocol';
import type { BalancePlan, DrainPlan, RestorePlan } from '@drover/core';
import { type Asking, type Findings, newFindings } from './findings.ts';

export type PlanQuery = Extract<
  Query,
  {
    type: 'plan-drain' | 'plan-move' | 'plan-restore' | 'plan-balance' | 'orphans' | 'open-console';
  }
>;

/** A plan that is being asked about; what is known of it so far. */
export interface Planning extends Findings {
  readonly queryId: string;
  readonly query: PlanQuery;
  plan: DrainPlan | undefined;
  readonly restore: Asking<RestorePlan>;
  readonly balance: Asking<BalancePlan>;
}

export function beginPlanning(queryId: string, query: PlanQuery, sinceMs: number): Planning {
  const findings = newFindings(sinceMs);
  return {
    ...findings,
    queryId,
    query,
    plan: undefined,
    restore: { ...findings, plan: undefined },
    balance: { ...findings, plan: undefined },
  };
}

export function isPlanQuery(query: Query): query is PlanQuery {
  return ['orphans', 'open-console'].includes(query.type) || query.type.startsWith('plan-');
}
