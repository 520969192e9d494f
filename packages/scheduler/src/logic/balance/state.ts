/** What the leader knows of balance from one run to the next; gone with it, and found again by the next one. */
import type { BalancePlan } from '@drover/core';
import type { api } from '@drover/protocol';
import { type Asking, newFindings } from '../findings.ts';

export interface BalanceRan {
  /** For people to read. */
  readonly wallMs: number;
  readonly unevenBefore: number;
  readonly unevenAfter: number;
  readonly terms: api.BalanceStatus['terms'];
  readonly calm?: NonNullable<api.BalanceStatus['calm']>;
}

export interface BalanceState {
  /** When the newest run began; the first one waits for load to be heard. */
  beganMs: number | undefined;
  /** Since when the cluster has been uneven. */
  unevenSinceMs: number | undefined;
  /** The run whose moves hosts are being asked about. */
  asking: Asking<BalancePlan> | undefined;
  /** What hosts found about moves lately, so that they are not proposed again at once. */
  found: Asking<BalancePlan>;
  ran: BalanceRan | undefined;
  recommendations: readonly api.RecommendationBody[];
  /** What it recommended before, and nobody answered; the newest first. */
  withdrawn: NonNullable<api.BalanceStatus['withdrawn']>;
  /** Moves that this leader has ordered. */
  ordered: number;
}

export function newBalanceState(): BalanceState {
  return {
    beganMs: undefined,
    unevenSinceMs: undefined,
    asking: undefined,
    found: { ...newFindings(Number.NEGATIVE_INFINITY), plan: undefined },
    ran: undefined,
    recommendations: [],
    withdrawn: [],
    ordered: 0,
  };
}
