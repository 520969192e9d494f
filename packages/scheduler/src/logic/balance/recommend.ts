/** From the moves of a plan to recommendations: what a person, or nobody but the clock, says yes to. */
import {
  type BalancePlan,
  checkMove,
  type Cluster,
  explainRejection,
  type Move,
  type OtherTarget,
  otherTargets,
  promisedOn,
} from '@drover/core';
import type { api } from '@drover/protocol';
import { paceOf } from '../migration-history.ts';
import { expectedOf } from '../migration-order.ts';
import type { Turn } from '../turn.ts';
import { withLoad } from './loaded.ts';

type Recommendation = api.RecommendationBody;

/** Others that are named, the best first. */
const othersNamed = 6;
const bytesPerMib = 1024 * 1024;

/** `unchecked`: VMs that no host could speak about in time. */
export function recommendationsOf(
  turn: Turn,
  { moves }: Pick<BalancePlan, 'moves'>,
  unchecked: readonly string[],
): readonly Recommendation[] {
  const cluster = withLoad(turn.cluster, turn);
  const former = new Map(turn.volatile.balance.recommendations.map((one) => [one.id, one]));
  const ids = moves.map(idOf);
  return moves.map((move, at): Recommendation => {
    const { vmId, vmName, source, target, mode, terms = [], along = [] } = move;
    const id = ids[at] ?? '';
    return {
      id,
      priority: priorityOf(move),
      vmId,
      vmName,
      source,
      target,
      mode,
      reason: `${whereItIs(cluster, move)}: ${move.reason}${withWhom(cluster, along)}`,
      unevenBefore: move.unevenBefore ?? 0,
      unevenAfter: move.unevenAfter ?? 0,
      terms: [...terms],
      cost: costOf(turn, move),
      after: before(cluster, moves, at).map((index) => ids[index] ?? ''),
      along: [...along],
      others: othersOf(cluster, move),
      checked: !unchecked.includes(vmId),
      sinceMs: former.get(id)?.sinceMs ?? turn.now.wallMs,
    };
  });
}

function withWhom(cluster: Cluster, along: readonly string[]): string {
  if (along.length === 0) return '';
  const names = along.slice(0, othersNamed).map((vmId) => cluster.vms.get(vmId)?.name ?? vmId);
  const more = along.length - names.length;
  const who = names.join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `; with ${who}, which a rule keeps together with it`;
}

/** The same move has the same one, whoever leads. */
function idOf({ vmId, source, target }: Move): string {
  const text = `${vmId} ${source} ${target}`;
  return hex(text, 0x811c9dc5) + hex(text, 0x01234567);
}

/** Fowler, Noll and Vo's hash, 1a. */
function hex(text: string, seed: number): string {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0').slice(0, 5);
}

/** Of millionths: a quarter of a host’s CPU that VMs wait for. */
const muchContention = 2_000_000;

function priorityOf({ terms = [], unevenBefore = 0, unevenAfter = 0 }: Move): number {
  const contention = terms.find(({ name }) => name === 'contention');
  const relief = (contention?.before ?? 0) - (contention?.after ?? 0);
  if (relief >= muchContention) return 1;
  if (relief > 0) return 2;
  const share = unevenBefore === 0 ? 0 : (unevenBefore - unevenAfter) / unevenBefore;
  if (share >= 0.3) return 3;
  return share >= 0.1 ? 4 : 5;
}

/** What both hosts are asked for, by what the move does most for. */
function whereItIs(cluster: Cluster, { source, target, terms = [] }: Move): string {
  const [best] = terms.toSorted((a, b) => b.before - b.after - (a.before - a.after));
  const isMemory = best?.name === 'memory';
  const isPromise = best?.name === 'promised CPU';
  const share = (hostId: string) =>
    isMemory
      ? promised(cluster, hostId, 'memoryMib')
      : isPromise
        ? promised(cluster, hostId, 'cpuMilli')
        : asked(cluster, hostId);
  const what = isMemory ? 'memory promised' : isPromise ? 'CPU promised' : 'CPU asked for';
  return `${source} has ${share(source)} % of its ${what}, ${target} ${share(target)} %`;
}

/** What is used there, and what VMs would use besides if they did not wait; in percent. */
function asked(cluster: Cluster, hostId: string): number {
  const host = cluster.hosts.get(hostId);
  return percent(host?.usage?.cpuMilli ?? 0, host?.capacity.cpuMilli);
}

function promised(cluster: Cluster, hostId: string, what: 'cpuMilli' | 'memoryMib'): number {
  return percent(promisedOn(cluster, hostId)[what], cluster.hosts.get(hostId)?.capacity[what]);
}

function percent(part: number, whole = 0): number {
  return whole === 0 ? 0 : Math.round((100 * part) / whole);
}

function costOf(turn: Turn, { vmId, source, target }: Move): Recommendation['cost'] {
  const vm = turn.cluster.vms.get(vmId);
  if (vm === undefined) return { bytes: 0, elapsedMs: 0, downtimeMs: 0 };
  const operations = [...turn.mirror.operations.values()].map(({ value }) => value);
  const reported = turn.hosts.get(source)?.inventory?.vms.find((one) => one.vmId === vmId);
  const pace = paceOf(operations, source, target);
  const { forecast } = expectedOf(turn.mirror, { vm, reported, asked: undefined }, pace);
  return {
    bytes: Math.round(forecast.transferredMib * bytesPerMib),
    elapsedMs: Math.round(forecast.seconds * 1000),
    downtimeMs: Math.round(forecast.downtimeMs),
  };
}

/** Moves that have to be made first, where this one could not be made as things are. */
function before(cluster: Cluster, moves: readonly Move[], at: number): readonly number[] {
  const move = moves[at];
  if (move === undefined || checkMove(cluster, move).type === 'right') return [];
  const earlier = [...moves.keys()].slice(0, at);
  const making = earlier.filter((index) => moves[index]?.source === move.target);
  return making.length > 0 ? making : earlier;
}

function othersOf(cluster: Cluster, { vmId, target }: Move): Recommendation['others'] {
  return otherTargets(cluster, vmId)
    .filter(({ hostId }) => hostId !== target)
    .slice(0, othersNamed)
    .map((other) => ({
      hostId: other.hostId,
      text: otherText(other),
      ...(other.gain === undefined ? {} : { gain: other.gain }),
    }));
}

function otherText({ hostId, gain, rejection }: OtherTarget): string {
  if (rejection !== undefined) return explainRejection(rejection);
  if (gain === undefined) return `${hostId}: has no room for it`;
  const share = (Math.abs(gain) / 1_000_000).toFixed(3);
  if (gain <= 0) return `${hostId}: the cluster would be less even by ${share}`;
  return `${hostId}: would gain ${share} by itself`;
}
