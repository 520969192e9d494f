/** Ways of placing a stream: what everybody does, and what Drover does, through its own `place` and plans. */
import { type Cluster, place, planConsolidation, type ScorePolicy, type Vm } from '@drover/core';
import { clusterOf, hostOf } from '../htools/clusters.ts';
import type { HostSize, Placer, Slot } from './replay.ts';
import type { Arrival } from './stream.ts';

const fits = (slot: Slot, vm: Arrival) => slot.cores >= vm.cores && slot.gib >= vm.gib;

export const firstFit: Placer = {
  place: (slots, vm) => slots.findIndex((slot) => fits(slot, vm)),
};

/** Least left over, as shares of the host, of both together. */
export function bestFit(size: HostSize): Placer {
  return {
    place(slots, vm) {
      let best = -1;
      let least = Number.POSITIVE_INFINITY;
      for (const slot of slots) {
        const left = slot.cores / size.cores + slot.gib / size.gib;
        if (!fits(slot, vm) || left >= least) continue;
        best = slot.at;
        least = left;
      }
      return best;
    },
  };
}

export interface DroverOptions {
  readonly policy: ScorePolicy;
  /** Whether it is told how long VMs live. */
  readonly knowsLives: boolean;
  /** Arrivals for each move that it may make; none if absent. */
  readonly arrivalsPerMove?: number;
}

export function drover(hosts: number, size: HostSize, options: DroverOptions): Placer {
  const { policy, knowsLives, arrivalsPerMove } = options;
  const capacity = { cpuMilli: size.cores * 1000, memoryMib: size.gib * 1024 };
  const all = Array.from({ length: hosts }, (_, at) => ({
    ...hostOf(at, 1),
    capacity,
    reserved: { cpuMilli: 0, memoryMib: 0 },
  }));
  const indexOf = new Map(all.map(({ id }, at) => [id, at]));
  const snapshot = (slots: readonly Slot[], now: number): Cluster =>
    clusterOf(
      all,
      slots.flatMap((slot) => vmsOn(all[slot.at]?.id ?? '', slot, now, knowsLives)),
    );
  let arrivals = 0;
  let made = 0;
  return {
    place(slots, vm) {
      const made = newVm(vm);
      const shape = knowsLives ? { ...made, remainingHours: vm.saidHours } : made;
      const answer = place(snapshot(slots, vm.atHours), { shape, policy });
      return answer.type === 'placed' ? (indexOf.get(answer.hostId) ?? -1) : -1;
    },
    ...(arrivalsPerMove === undefined
      ? {}
      : {
          move(slots: readonly Slot[], now: number) {
            arrivals += 1;
            if (arrivals % arrivalsPerMove !== 0) return [];
            const mostMoves = arrivals / arrivalsPerMove - made;
            const { moves } = planConsolidation(snapshot(slots, now), { mostMoves, steps: 500 });
            made += moves.length;
            return moves.map(({ vmId, target }) => [vmId, indexOf.get(target) ?? -1] as const);
          },
        }),
  };
}

/** Made a million times: plain literals, and what never changes is made once. */
function vmsOn(hostId: string, { vms }: Slot, now: number, knowsLives: boolean): readonly Vm[] {
  return [...vms.values()].map((vm) => {
    const known = madeOf.get(vm);
    const made = known?.hostId === hostId ? known : { ...newVm(vm), hostId };
    if (made !== known) madeOf.set(vm, made);
    return knowsLives ? withLife(made, remaining(vm, now)) : made;
  });
}

const madeOf = new WeakMap<Arrival, Vm>();

function newVm({ id, cores, gib }: Arrival): Vm {
  return {
    id,
    name: id,
    state: 'running',
    generation: 1,
    migrationMode: 'live',
    request: { cpuMilli: cores * 1000, memoryMib: gib * 1024 },
    arch: 'x86_64',
    pools,
    bridges,
    labels,
  };
}

const pools = ['shared'];
const bridges = ['default'];
const labels = {};

function withLife(vm: Vm, remainingHours: number): Vm {
  const { id, hostId = '', request } = vm;
  return {
    id,
    name: id,
    state: 'running',
    hostId,
    generation: 1,
    migrationMode: 'live',
    request,
    arch: 'x86_64',
    pools,
    bridges,
    labels,
    remainingHours,
  };
}

/** What is said; once that has passed, half of what it has lived already. */
function remaining({ atHours, saidHours }: Arrival, now: number): number {
  const age = now - atHours;
  return saidHours > age ? saidHours - age : age / 2 + 0.05;
}
