/** A host with a VM on it that is not there yet: all that a term can say from the host's own numbers. */
import type { Host, HostUsage, Resources } from '../cluster/host.ts';

export interface Seat {
  readonly need: Resources;
  /** Before the VM comes, of what may be promised. */
  readonly free: Resources;
  readonly total: Resources;
  readonly capacity: Resources;
  readonly usage?: HostUsage;
}

export function seatOn(
  { capacity, usage }: Host,
  { need, free, total }: Pick<Seat, 'need' | 'free' | 'total'>,
): Seat {
  return { need, free, total, capacity, ...(usage === undefined ? {} : { usage }) };
}

type Value = (seat: Seat) => number;

/** From 0 to 1000; higher is better. */
export const seatTerms = {
  memoryLeft,
  cpuLeft,
  memoryFilled: (seat) => 1000 - memoryLeft(seat),
  cpuFilled: (seat) => 1000 - cpuLeft(seat),
  // What is left of one kind is of no use without the other.
  shapeLeft: (seat) => 1000 - Math.abs(memoryLeft(seat) - cpuLeft(seat)),
  cpuIdle: ({ usage, capacity }) =>
    usage === undefined ? 1000 : permille(capacity.cpuMilli - usage.cpuMilli, capacity.cpuMilli),
  cpuCalm: ({ usage }) => clamp(1000 - (usage?.cpuPressurePermille ?? 0)),
  memoryCalm: ({ usage }) => clamp(1000 - (usage?.memoryPressurePermille ?? 0)),
} satisfies Readonly<Record<string, Value>>;

export type SeatTermName = keyof typeof seatTerms;

function memoryLeft({ need, free, total }: Seat): number {
  return permille(free.memoryMib - need.memoryMib, total.memoryMib);
}

function cpuLeft({ need, free, total }: Seat): number {
  return permille(free.cpuMilli - need.cpuMilli, total.cpuMilli);
}

export function permille(part: number, whole: number): number {
  return whole <= 0 ? 0 : clamp((part * 1000) / whole);
}

export function clamp(value: number): number {
  return Math.min(1000, Math.max(0, Math.floor(value)));
}
