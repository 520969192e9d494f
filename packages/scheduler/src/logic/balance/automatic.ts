/**
 * Moves that are made by themselves: what is recommended, in its order, as few at a time as was set. Not beside anything
 * else on the same hosts, not outside the hours that were set, and after moves that failed not for a while, which
 * doubles with each.
 */
import { checkMove, isMadeByItself } from '@drover/core';
import { type api, balanceSettings, keys, type OperationRecord } from '@drover/protocol';
import { put, type Turn } from '../turn.ts';
import { isOpen } from '../vm-shape.ts';
import { isBalance, pausedBecause } from './brake.ts';
import { movesLeft } from './options.ts';
import { currentOf } from './status.ts';

type Recommendation = api.RecommendationBody;

/** Who is said to have asked for such a move. */
const by = 'balance';

export function moveByItself(turn: Turn): void {
  const { mirror, now, volatile } = turn;
  const settings = balanceSettings(mirror);
  if (settings.mode !== 'automatic' || !turn.settled || turn.isFull) return;
  const wanted = currentOf(turn, mirror, now);
  if (wanted.length === 0 || pausedBecause(turn, mirror, now) !== undefined) return;
  const open = [...mirror.operations.values()].map(({ value }) => value).filter(isOpen);
  let atOnce = open.filter(isBalance).length;
  let left = movesLeft(mirror, now);
  const busy = busyHosts(open);
  const ids = new Set(wanted.map(({ id }) => id));
  for (const one of wanted) {
    if (atOnce >= settings.movesAtOnce || left <= 0 || turn.isFull) return;
    if (!isMadeByItself(one) || one.after.some((id) => ids.has(id))) continue;
    if (busy.has(one.source) || busy.has(one.target)) continue;
    if (checkMove(turn.cluster, one).type !== 'right') continue;
    if (!turn.commit(put(keys.operation(idOf(turn)), operationFor(turn, one), 0))) return;
    turn.trace('info', `balance moves ${one.vmName} from ${one.source} to ${one.target}`);
    volatile.balance.ordered += 1;
    volatile.balance.recommendations = volatile.balance.recommendations.filter(
      ({ id }) => id !== one.id,
    );
    busy.add(one.source).add(one.target);
    atOnce += 1;
    left -= 1;
  }
}

function idOf({ epoch, volatile }: Turn): string {
  return `balance-${epoch}-${volatile.balance.ordered}`;
}

function operationFor(turn: Turn, one: Recommendation): OperationRecord {
  return {
    v: 1,
    id: idOf(turn),
    type: 'migrate',
    state: 'pending',
    step: 'place',
    stepIndex: 0,
    vmId: one.vmId,
    vmName: one.vmName,
    source: one.source,
    target: one.target,
    recommendationId: one.id,
    generation: turn.cluster.vms.get(one.vmId)?.generation ?? 0,
    epoch: turn.epoch,
    reason: `balance: ${one.reason}`.slice(0, 1000),
    by,
    createdAtMs: turn.now.wallMs,
  };
}

/** Both ends of anything that moves or empties something there. */
function busyHosts(open: readonly OperationRecord[]): Set<string> {
  return new Set(
    open.flatMap(({ hostId, source, target }) =>
      [hostId, source, target].filter((one) => one !== undefined),
    ),
  );
}
