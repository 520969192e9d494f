/**
 * Moves that are made by themselves: what is recommended, in its order, as few at a time as was set. Not beside anything
 * else on the same hosts, not outside the hours that were set, and after moves that failed not for a while, which
 * doubles with each.
 */
import { checkMove } from '@drover/core';
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
  let atOnce = unitsAmong(open.filter(isBalance));
  let left = movesLeft(mirror, now);
  const busy = busyHosts(open);
  const ids = new Set(wanted.map(({ id }) => id));
  for (const one of wanted) {
    if (atOnce >= settings.movesAtOnce || left <= 0 || turn.isFull) return;
    if (one.after.some((id) => ids.has(id))) continue;
    if (busy.has(one.source) || busy.has(one.target)) continue;
    const unit = [one, ...wanted.filter(({ vmId }) => one.along.includes(vmId))];
    if (unit.length > left || unit.some((each) => checkMove(turn.cluster, each).type !== 'right')) {
      continue;
    }
    const operations = unit.map((each, at) => operationFor(turn, each, at));
    if (!turn.commit(...operations.map((each) => put(keys.operation(each.id), each, 0)))) return;
    const names = unit.map(({ vmName }) => vmName).join(', ');
    turn.trace('info', `balance moves ${names} from ${one.source} to ${one.target}`);
    volatile.balance.ordered += unit.length;
    volatile.balance.recommendations = volatile.balance.recommendations.filter(
      ({ id }) => !unit.some((each) => each.id === id),
    );
    busy.add(one.source).add(one.target);
    atOnce += 1;
    left -= unit.length;
  }
}

/** What a rule keeps together moves as one. */
function unitsAmong(moves: readonly OperationRecord[]): number {
  const units = moves.map(({ vmId = '', along = [] }) => [vmId, ...along].toSorted().join(' '));
  return new Set(units).size;
}

/** `at`: of those that are decided together. */
function operationFor(turn: Turn, one: Recommendation, at: number): OperationRecord {
  return {
    v: 1,
    id: `balance-${turn.epoch}-${turn.volatile.balance.ordered + at}`,
    type: 'migrate',
    state: 'pending',
    step: 'place',
    stepIndex: 0,
    vmId: one.vmId,
    vmName: one.vmName,
    source: one.source,
    target: one.target,
    ...(one.along.length === 0 ? {} : { along: one.along }),
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
