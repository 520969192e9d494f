/**
 * Balancing, minute by minute: how uneven is the cluster, what would make it better, do the hosts say that it can be done;
 * and, where it was set so, it is done.
 */
import type { BalancePlan } from '@drover/core';
import { balanceSettings } from '@drover/protocol';
import { newFindings, planAsked, withFindings } from '../findings.ts';
import { balanceEveryMs, balancePatienceMs, findingsKeptMs } from '../settings.ts';
import type { Turn } from '../turn.ts';
import { moveByItself } from './automatic.ts';
import { planOn } from './plan.ts';
import { recommendationsOf } from './recommend.ts';
import { calmText } from './status.ts';
import { withdrawnWith } from './withdraw.ts';

export function keepBalance(turn: Turn): void {
  if (!turn.settled) return;
  run(turn);
  moveByItself(turn);
}

function run(turn: Turn): void {
  const { balance } = turn.volatile;
  const { monoMs } = turn.now;
  balance.beganMs ??= monoMs;
  if (balance.asking === undefined) {
    if (monoMs - balance.beganMs < balanceEveryMs) return;
    balance.beganMs = monoMs;
    begin(turn);
    return;
  }
  const waitedMs = monoMs - balance.asking.sinceMs;
  const found = planAsked(
    turn,
    balance.asking,
    (cluster) => planOn(turn, cluster, balance.unevenSinceMs),
    waitedMs >= balancePatienceMs,
  );
  if (found !== undefined) return conclude(turn, found.plan, found.unchecked);
  // Hosts say something else each time: what stood before stands until the next run.
  if (waitedMs >= 2 * balancePatienceMs) balance.asking = undefined;
}

/** Most runs end here: the cluster is even, or it is only looked at. */
function begin(turn: Turn): void {
  const { balance } = turn.volatile;
  const { monoMs } = turn.now;
  if (monoMs - balance.found.sinceMs >= findingsKeptMs) {
    balance.found = { ...newFindings(monoMs), plan: undefined };
  }
  const known = withFindings(turn.cluster, balance.found);
  const plan = planOn(turn, known, balance.unevenSinceMs ?? monoMs);
  const isEven = plan.calm === 'even-enough';
  balance.unevenSinceMs = isEven ? undefined : (balance.unevenSinceMs ?? monoMs);
  if (plan.moves.length === 0 || balanceSettings(turn.mirror).mode === 'observe') {
    return conclude(turn, plan, []);
  }
  const { held, barred } = balance.found;
  balance.asking = { sinceMs: monoMs, held: new Map(held), barred: new Map(barred), plan };
}

function conclude(turn: Turn, plan: BalancePlan, unchecked: readonly string[]): void {
  const { balance } = turn.volatile;
  const { asking } = balance;
  balance.asking = undefined;
  for (const [vmId, reasons] of asking?.held ?? []) {
    if (reasons.length > 0) balance.found.held.set(vmId, reasons);
  }
  for (const [vmId, hosts] of asking?.barred ?? []) balance.found.barred.set(vmId, hosts);
  const { calm, unevenBefore, unevenAfter, terms } = plan;
  balance.ran = {
    wallMs: turn.now.wallMs,
    unevenBefore,
    unevenAfter,
    terms: terms.map(({ name, millionths }) => ({ name, millionths })),
    ...(calm === undefined ? {} : { calm: calmText(calm) }),
  };
  const isObserved = balanceSettings(turn.mirror).mode === 'observe';
  const next = isObserved ? [] : recommendationsOf(turn, plan, unchecked);
  balance.withdrawn = [...withdrawnWith(turn, next)];
  balance.recommendations = next;
}
