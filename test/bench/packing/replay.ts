/** A stream of VMs against one way of placing them: hosts in use over time, next to what no way could do without. */
import type { Arrival } from './stream.ts';

export interface HostSize {
  readonly cores: number;
  readonly gib: number;
}

/** A host as a placer sees it. */
export interface Slot {
  readonly at: number;
  cores: number;
  gib: number;
  readonly vms: Map<string, Arrival>;
}

export interface Placer {
  /** The host's index; below zero: refused. */
  place(slots: readonly Slot[], vm: Arrival): number;
  /** Asked after each arrival: VMs to move, by id, and where to. */
  move?(slots: readonly Slot[], nowHours: number): readonly (readonly [string, number])[];
}

export interface Replayed {
  /** Host hours over the least there could be. */
  readonly ratio: number;
  /** From the beginning. */
  readonly arrivals: number;
  readonly moved: number;
  readonly refused: number;
  /** Share of hosts that were empty. */
  readonly emptyShare: number;
}

/** Counts from `fromHours` on, when the hosts have filled. */
export function replay(
  stream: readonly Arrival[],
  hosts: number,
  size: HostSize,
  placer: Placer,
  { fromHours, toHours }: { readonly fromHours: number; readonly toHours: number },
): Replayed {
  const slots: Slot[] = Array.from({ length: hosts }, (_, at) => ({
    at,
    ...size,
    vms: new Map(),
  }));
  const where = new Map<string, Slot>();
  const leaving = stream.toSorted((a, b) => a.endHours - b.endHours);
  const sum = { used: 0, cores: 0, gib: 0, hostHours: 0, least: 0, last: 0 };
  const counts = { arrivals: 0, refused: 0, moved: 0 };
  const passTo = (now: number) => {
    const hours = Math.min(now, toHours) - Math.max(sum.last, fromHours);
    sum.last = now;
    if (hours <= 0) return;
    sum.hostHours += sum.used * hours;
    const least = Math.max(sum.cores / size.cores, sum.gib / size.gib);
    sum.least += Math.ceil(least - 1e-9) * hours;
  };
  const put = (vm: Arrival, slot: Slot, times: 1 | -1) => {
    if (times > 0 && slot.vms.size === 0) sum.used += 1;
    slot.cores -= times * vm.cores;
    slot.gib -= times * vm.gib;
    if (times > 0) slot.vms.set(vm.id, vm);
    else slot.vms.delete(vm.id);
    if (times < 0 && slot.vms.size === 0) sum.used -= 1;
    if (times > 0) where.set(vm.id, slot);
    else where.delete(vm.id);
    if (slot.cores < 0 || slot.gib < 0) throw new Error(`host ${slot.at} is overfull`);
  };
  let gone = 0;
  for (const vm of stream) {
    for (let next = leaving[gone]; next !== undefined; next = leaving[gone]) {
      if (next.endHours > vm.atHours) break;
      gone += 1;
      const slot = where.get(next.id);
      if (slot === undefined) continue;
      passTo(next.endHours);
      put(next, slot, -1);
      sum.cores -= next.cores;
      sum.gib -= next.gib;
    }
    passTo(vm.atHours);
    const slot = slots[placer.place(slots, vm)];
    const counted = vm.atHours >= fromHours;
    counts.arrivals += 1;
    if (slot === undefined) {
      if (counted) counts.refused += 1;
      continue;
    }
    put(vm, slot, 1);
    sum.cores += vm.cores;
    sum.gib += vm.gib;
    for (const [id, to] of placer.move?.(slots, vm.atHours) ?? []) {
      const from = where.get(id);
      const moved = from?.vms.get(id);
      const target = slots[to];
      if (from === undefined || moved === undefined || target === undefined) continue;
      put(moved, from, -1);
      put(moved, target, 1);
      counts.moved += 1;
    }
  }
  passTo(toHours);
  return {
    ratio: sum.hostHours / sum.least,
    ...counts,
    emptyShare: 1 - sum.hostHours / (hosts * (toHours - fromHours)),
  };
}
