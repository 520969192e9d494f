/**
 * The plan that empties hosts: each VM to where it leaves the cluster evenest; where that leaves some without
 * a place, others are moved to make room. Soft rules only cost; hard ones that may bend do so last. What
 * cannot leave is named with a remedy. Touches nothing.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { HostId } from '../cluster/host.ts';
import type { Vm } from '../cluster/vm.ts';
import { byId } from '../order.ts';
import { applyMoves } from '../plan/apply.ts';
import { inSequence } from '../plan/in-sequence.ts';
import { movesOf, type StepTaken } from '../plan/moves-of.ts';
import { defaultWaveLimits, type WaveLimits } from '../plan/wave-limits.ts';
import type { Blocker, DrainPlan } from '../plan/plan.ts';
import { schedule, scheduleDefaults, type ScheduleOptions, type Step } from '../plan/schedule.ts';
import { Arrangement } from '../search/arrangement.ts';
import { costsOf, type TransferOf, transfersOf } from '../search/costs.ts';
import { cheapestMoves } from '../search/exhaustive.ts';
import { Loads } from '../search/loads.ts';
import { heldByItself, noHostFits } from './blockers.ts';
import { findPlaces } from './find-places.ts';

export interface DrainOptions {
  readonly waveLimits?: WaveLimits;
  /** Whether VMs on other hosts may be moved out of the way; not if absent. */
  readonly makesRoom?: boolean;
  /** Hosts that VMs go to while there is room, the first list before the second, before any other. */
  readonly prefer?: readonly (readonly HostId[])[];
  /** What each move takes besides copying. */
  readonly overheadSeconds?: number;
  /** What copying each VM takes; from its memory and what it writes if absent. */
  readonly transferOf?: TransferOf;
  /** What moving each VM takes of a slot (`linkShare`); all of it if absent. */
  readonly shareOf?: (vm: Vm) => number;
  /** How long to look for room, in steps of the search. */
  readonly steps?: number;
}

export function planDrain(
  cluster: Cluster,
  hostIds: HostId | readonly HostId[],
  options: DrainOptions = {},
): DrainPlan {
  const asked = typeof hostIds === 'string' ? [hostIds] : hostIds.toSorted();
  const strict = drainOnce(cluster, asked, options, false);
  const mayBend = (cluster.rules ?? []).some(
    (rule) => rule.strength === 'hard' && rule.bendsForDrain === true,
  );
  const stayed = strict.blockers.some(({ reason }) => reason === 'no-host-fits');
  if (!mayBend || !stayed) return strict;
  const bent = drainOnce(cluster, asked, options, true);
  return bent.blockers.length < strict.blockers.length ? bent : strict;
}

function drainOnce(
  cluster: Cluster,
  hostIds: readonly HostId[],
  options: DrainOptions,
  bend: boolean,
): DrainPlan {
  const arrange = () => new Arrangement(cluster, { closed: new Set(hostIds), bend });
  const arrangement = arrange();
  const waveLimits = options.waveLimits ?? defaultWaveLimits;
  const taking = takingOf(arrangement, options);
  const { costOf } = taking;
  const { leaving, held } = sortOut(arrangement, hostIds);
  const found = findPlaces(arrangement, leaving, costOf, options);
  const scheduled = schedule(arrange(), found.wanted, {
    ...scheduleDefaults,
    ...waveLimits,
    ...taking,
    mayStopOver: options.makesRoom === true,
  });
  const whole = found.homeless.length === 0 && scheduled.left.length === 0;
  const exact = whole ? undefined : everyWay(arrange(), leaving, taking, options);
  const { steps, left } = exact === undefined ? scheduled : { steps: exact, left: [] };
  const { homeless, evenest } = exact === undefined ? found : { homeless: [], evenest: false };
  const start = arrange();
  const reasonOf = (taken: StepTaken) => reasonFor(hostIds, evenest, taken);
  const { shareOf } = taking;
  const { moves, waves } = movesOf(start, new Loads(start), steps, {
    waveLimits,
    shareOf,
    reasonOf,
  });
  const after = applyMoves(cluster, moves);
  const vmsOf = (units: readonly number[]) =>
    units
      .flatMap((unit) => arrangement.units[unit]?.vms ?? [])
      .filter((vm) => hostIds.includes(vm.hostId ?? ''));
  const blocked = (vm: Vm) => noHostFits(after, vm, vm.hostId ?? '', hostIds);
  return {
    hostId: hostIds[0] ?? '',
    hostIds,
    revision: cluster.revision,
    moves,
    waves,
    blockers: [
      ...held,
      ...vmsOf(homeless).map(blocked),
      ...vmsOf(left).map((vm): Blocker => ({ ...blocked(vm), reason: 'no-safe-order' })),
    ],
    bent: bend ? hardOnes(start) : [],
    estimatedSeconds: Math.ceil(Math.max(0, ...steps.map(({ endSeconds }) => endSeconds))),
  };
}

/** Where the cluster is small enough: the cheapest of all ways, or nothing where there is none. */
function everyWay(
  arrangement: Arrangement,
  leaving: readonly number[],
  taking: Taking,
  { makesRoom }: DrainOptions,
): readonly Step[] | undefined {
  const leaves = new Set(leaving);
  const movable = Uint8Array.from(arrangement.units, ({ vms }, unit) => {
    const may = makesRoom === true && vms.every((vm) => heldByItself(vm) === undefined);
    return may || leaves.has(unit) ? 1 : 0;
  });
  const closed = new Set(leaving.map((unit) => arrangement.hostOf[unit]));
  const reached = cheapestMoves(arrangement, {
    movable,
    costOf: taking.costOf,
    isWanted: ({ hostOf }) => leaving.every((unit) => !closed.has(hostOf[unit])),
  });
  return reached.type === 'moves' ? inSequence(arrangement, reached.moves, taking) : undefined;
}

interface Taking extends Pick<Partial<ScheduleOptions>, 'capOf' | 'shareOf' | 'overheadSeconds'> {
  readonly costOf: Float64Array;
}

/** What the moves take, as far as somebody says so. */
function takingOf(arrangement: Arrangement, options: DrainOptions): Taking {
  const { transferOf, shareOf, overheadSeconds } = options;
  const copying =
    transferOf === undefined
      ? { costOf: costsOf(arrangement) }
      : transfersOf(arrangement, transferOf);
  const shares =
    shareOf === undefined
      ? {}
      : {
          shareOf: Float64Array.from(arrangement.units, ({ vms }) =>
            vms.reduce((sum, vm) => sum + shareOf(vm), 0),
          ),
        };
  return { ...copying, ...shares, ...(overheadSeconds === undefined ? {} : { overheadSeconds }) };
}

/** Units that are to leave, and VMs that cannot for reasons of their own. */
function sortOut(
  { cluster, units }: Arrangement,
  hostIds: readonly HostId[],
): { readonly leaving: readonly number[]; readonly held: readonly Blocker[] } {
  const held = [...cluster.vms.values()]
    .filter((vm) => hostIds.includes(vm.hostId ?? ''))
    .toSorted(byId)
    .flatMap((vm) => heldByItself(vm) ?? []);
  const leaving: number[] = [];
  for (const [index, unit] of units.entries()) {
    if (!hostIds.includes(unit.hostId)) continue;
    const holders = unit.vms.filter((vm) => heldByItself(vm) !== undefined);
    if (holders.length === 0) {
      leaving.push(index);
      continue;
    }
    const names = holders.map(({ name }) => name).join(', ');
    for (const vm of unit.vms) {
      if (holders.includes(vm)) continue;
      const remedy = `a rule keeps it together with ${names}: see there`;
      held.push({ vmId: vm.id, vmName: vm.name, reason: 'rule-broken', rejections: [], remedy });
    }
  }
  return { leaving, held };
}

function reasonFor(
  hostIds: readonly HostId[],
  evenest: boolean,
  { step, unit, target }: StepTaken,
): string {
  if (step.stopsOver) return `stops over on ${target}: it makes room for another move`;
  if (!hostIds.includes(unit.hostId)) return `makes room on ${unit.hostId}`;
  const also = unit.vms.length > 1 ? `, with ${unit.vms.length - 1} that a rule keeps with it` : '';
  return evenest
    ? `leaves the cluster evenest on ${target}${also}`
    : `finds room on ${target} next to the others that leave${also}`;
}

function hardOnes({ book }: Arrangement): readonly string[] {
  return book.violations().flatMap(({ rule }) => (rule.strength === 'hard' ? [rule.id] : []));
}
