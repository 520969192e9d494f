/** What is known so far of a plan that hosts are being asked about. */
import type { Query } from '@drover/protocol';
import type { Barred, DrainPlan, PreflightReason } from '@drover/core';
import type { Freshness } from './questions.ts';

export type PlanQuery = Extract<Query, { type: 'plan-drain' | 'plan-move' }>;

/** A plan that is being asked about; what is known of it so far. */
export interface Planning {
  readonly queryId: string;
  readonly query: PlanQuery;
  readonly sinceMs: number;
  readonly held: Map<string, readonly PreflightReason[]>;
  readonly barred: Map<string, readonly Barred[]>;
  plan: DrainPlan | undefined;
}

export function beginPlanning(queryId: string, query: PlanQuery, sinceMs: number): Planning {
  return { queryId, query, sinceMs, held: new Map(), barred: new Map(), plan: undefined };
}

export function isPlanQuery(query: Query): query is PlanQuery {
  return query.type === 'plan-drain' || query.type === 'plan-move';
}

/** What was said since somebody asked counts until they have the plan. */
export function freshFor({ sinceMs }: Planning): Freshness {
  return { sinceMs, keptMs: Number.POSITIVE_INFINITY };
}
