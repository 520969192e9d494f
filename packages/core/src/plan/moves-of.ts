/**
 * From the steps of a schedule to the moves of a plan, with their waves: moves of one wave may run at the same
 * time, and a wave begins when the one before has ended.
 */
import type { HostId } from '../cluster/host.ts';
import type { Arrangement } from '../search/arrangement.ts';
import { type Loads, type LoadTerm, unevenOf } from '../search/loads.ts';
import { real, whole } from '../search/numbers.ts';
import type { Unit } from '../search/units.ts';
import { isWithin, type WaveLimits } from './wave-limits.ts';
import type { Move } from './plan.ts';
import type { Step } from './schedule.ts';

export interface MovesOptions {
  readonly waveLimits: WaveLimits;
  /** As of the schedule. */
  readonly shareOf?: Float64Array | undefined;
  readonly reasonOf: (taken: StepTaken) => string;
}

/** A step, and what it does to the cluster. */
export interface StepTaken {
  readonly step: Step;
  readonly unit: Unit;
  readonly target: HostId;
  /** What makes the cluster uneven, before it and after. */
  readonly before: readonly LoadTerm[];
  readonly after: readonly LoadTerm[];
}

/** `arrangement` and `loads` are as before the first step, and after the last when this returns. */
export function movesOf(
  arrangement: Arrangement,
  loads: Loads,
  steps: readonly Step[],
  { waveLimits, shareOf, reasonOf }: MovesOptions,
): { readonly moves: readonly Move[]; readonly waves: readonly (readonly number[])[] } {
  const moves: Move[] = [];
  const waves: number[][] = [];
  const flying: Step[] = [];
  const land = () => {
    for (const { unit, to } of flying.splice(0)) arrangement.arrive(unit, to);
  };
  for (const step of steps) {
    if (flying.length > 0 && !mayJoin(arrangement, flying, step, waveLimits, shareOf)) land();
    if (flying.length === 0) waves.push([]);
    const unit = arrangement.units[step.unit] as Unit;
    const target = arrangement.hosts[step.to]?.id ?? '';
    const before = loads.terms();
    loads.follow(step.unit, step.to);
    const after = loads.terms();
    const terms = before.map(({ name, millionths }, index) => ({
      name,
      before: millionths,
      after: after[index]?.millionths ?? 0,
    }));
    const reason = reasonOf({ step, unit, target, before, after });
    arrangement.begin(step.unit, step.to);
    flying.push(step);
    for (const vm of unit.vms) {
      waves.at(-1)?.push(moves.length);
      moves.push({
        vmId: vm.id,
        vmName: vm.name,
        source: arrangement.hosts[step.from]?.id ?? '',
        target,
        mode: vm.migrationMode,
        memoryMib: vm.request.memoryMib,
        unevenBefore: unevenOf(before),
        unevenAfter: unevenOf(after),
        terms,
        ...(unit.vms.length === 1
          ? {}
          : { along: unit.vms.map(({ id }) => id).filter((id) => id !== vm.id) }),
        reason,
      });
    }
  }
  land();
  return { moves, waves };
}

function mayJoin(
  arrangement: Arrangement,
  flying: readonly Step[],
  step: Step,
  { outPerHost, inPerHost, perCluster }: WaveLimits,
  shareOf: Float64Array | undefined,
): boolean {
  const slots = (steps: readonly Step[]) =>
    [...steps, step].reduce(
      (sum, { unit }) => sum + (shareOf === undefined ? 1 : real(shareOf, unit)),
      0,
    );
  return (
    isWithin(slots(flying), perCluster) &&
    isWithin(slots(flying.filter(({ from }) => from === step.from)), outPerHost) &&
    isWithin(slots(flying.filter(({ to }) => to === step.to)), inPerHost) &&
    flying.every(({ unit }) => unit !== step.unit) &&
    whole(arrangement.hostOf, step.unit) === step.from &&
    arrangement.fits(step.unit, step.to)
  );
}
