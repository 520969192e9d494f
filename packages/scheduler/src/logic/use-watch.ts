/**
 * What hosts and VMs use, smoothed: what is moved for the load of a minute is sorry in the next one. A host's own use is
 * kept apart from that of its VMs, so that the use of a VM that has moved goes with it at once.
 */
import type { HostUsage, VmUsage } from '@drover/core';
import type { Heartbeat, VmUse } from '@drover/protocol';

/** Older load counts for half of what it was after about so long. */
const memoryMs = 60_000;
/** What was said longer ago says nothing of now. */
const keptMs = 60_000;

interface Smooth {
  atMs: number;
  readonly values: Map<string, number>;
}

type Values = Readonly<Record<string, number | undefined>>;

export class UseWatch {
  readonly #hosts = new Map<string, Smooth>();
  readonly #vms = new Map<string, Smooth>();

  /** `usage` comes with every beat, what VMs use with some of them. */
  hear(nowMs: number, hostId: string, { usage, vms }: Pick<Heartbeat, 'usage' | 'vms'>): void {
    if (usage === undefined || vms === undefined) return;
    const ofVms = vms.reduce((sum, { cpuMilli }) => sum + cpuMilli, 0);
    const { cpuMilli, memoryMib, cpuPressurePermille, memoryPressurePermille } = usage;
    smooth(this.#hosts, hostId, nowMs, {
      ownMilli: Math.max(0, cpuMilli - ofVms),
      memoryMib,
      cpuPressurePermille,
      memoryPressurePermille,
    });
    for (const vm of vms) this.#hearVm(nowMs, vm);
    forgetOld(this.#vms, nowMs);
  }

  forget(hostId: string): void {
    this.#hosts.delete(hostId);
  }

  #hearVm(nowMs: number, { vmId, cpuMilli, cpuWaitMilli, memoryMib }: VmUse): void {
    smooth(this.#vms, vmId, nowMs, { cpuMilli, cpuWaitMilli, memoryMib });
  }

  /** Nothing where nobody has said anything lately. */
  ofVm(nowMs: number, vmId: string): VmUsage | undefined {
    const known = recent(this.#vms.get(vmId), nowMs);
    if (known === undefined) return undefined;
    const cpuWaitMilli = whole(known, 'cpuWaitMilli');
    return {
      cpuMilli: whole(known, 'cpuMilli') ?? 0,
      memoryMib: whole(known, 'memoryMib') ?? 0,
      ...(cpuWaitMilli === undefined ? {} : { cpuWaitMilli }),
    };
  }

  /** `vmsMilli`: what the VMs use that are there now. */
  ofHost(nowMs: number, hostId: string, vmsMilli: number): HostUsage | undefined {
    const known = recent(this.#hosts.get(hostId), nowMs);
    if (known === undefined) return undefined;
    return {
      cpuMilli: (whole(known, 'ownMilli') ?? 0) + vmsMilli,
      memoryMib: whole(known, 'memoryMib') ?? 0,
      cpuPressurePermille: whole(known, 'cpuPressurePermille') ?? 0,
      memoryPressurePermille: whole(known, 'memoryPressurePermille') ?? 0,
    };
  }
}

function smooth(all: Map<string, Smooth>, id: string, nowMs: number, values: Values): void {
  const known = recent(all.get(id), nowMs);
  const { values: before = new Map<string, number>(), atMs = nowMs } = known ?? {};
  const share = (nowMs - atMs) / (nowMs - atMs + memoryMs);
  const now = new Map<string, number>();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const former = before.get(name);
    now.set(name, former === undefined ? value : former + share * (value - former));
  }
  // What comes last is the youngest.
  all.delete(id);
  all.set(id, { atMs: nowMs, values: now });
}

function forgetOld(all: Map<string, Smooth>, nowMs: number): void {
  for (const [id, { atMs }] of all) {
    if (nowMs - atMs < keptMs) return;
    all.delete(id);
  }
}

function recent(known: Smooth | undefined, nowMs: number): Smooth | undefined {
  return known !== undefined && nowMs - known.atMs < keptMs ? known : undefined;
}

function whole({ values }: Smooth, name: string): number | undefined {
  const value = values.get(name);
  return value === undefined ? undefined : Math.round(value);
}
