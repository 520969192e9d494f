/**
 * What host and VMs used in the last day, from the looks that are made anyway: each minute that ends becomes a row of the
 * host's ring and of each VM's, and goes to the shell to be kept. Bounded whatever comes: rows by the ring, VMs by number
 * and by age. When it is asked, and by whom, is agent.ts.
 */
import type { Inventory, ReportedVm, UsageColumns, UsageGrid, UsageSeries } from '@drover/protocol';
import { minuteMs, minutesKept, UsageRing, type UsageRow } from './usage-ring.ts';

const hostSeries = [
  'cpuMilli',
  'memoryMib',
  'cpuPressurePermille',
  'memoryPressurePermille',
] as const satisfies readonly UsageSeries[];
const vmSeries = [
  'cpuMilli',
  'cpuWaitMilli',
  'memoryMib',
] as const satisfies readonly UsageSeries[];

const vmsMost = 1_000;

/** A minute as it is kept. */
export interface UsageMinute {
  readonly minute: number;
  readonly host?: UsageRow;
  readonly vms: readonly { readonly vmId: string; readonly row: UsageRow }[];
}

/** What another version kept may be none. */
export function isUsageMinute(value: unknown): value is UsageMinute {
  const { minute, host, vms } = (value ?? {}) as Partial<UsageMinute>;
  if (!Number.isSafeInteger(minute) || !Array.isArray(vms)) return false;
  if (host !== undefined && !isRow(host, hostSeries)) return false;
  return vms.every((vm: unknown) => {
    const { vmId, row } = (vm ?? {}) as { readonly vmId?: unknown; readonly row?: unknown };
    return typeof vmId === 'string' && isRow(row, vmSeries);
  });
}

function isRow(value: unknown, series: readonly UsageSeries[]): boolean {
  if (!Array.isArray(value) || value.length !== 1 + 2 * series.length) return false;
  return value.every((cell) => cell === null || (Number.isSafeInteger(cell) && cell >= 0));
}

/** A clock that has gone back is believed when it has said so for that many minutes: after a boot it may be mended soon. */
const believedAfter = 10;

export class UsageHistory {
  readonly #host = new UsageRing(hostSeries);
  readonly #vms = new Map<string, UsageRing>();
  #open = new OpenMinute(0);
  #newest = -1;
  #behind = 0;

  /** What was kept, oldest first. */
  load(minutes: readonly UsageMinute[]): void {
    for (const one of minutes) {
      if (one.minute < this.#newest) this.#dropFrom(one.minute);
      this.#add(one);
    }
  }

  /** A look. Where a minute has ended with the one before, it is to be kept. */
  saw(
    wallMs: number,
    usage: Inventory['usage'],
    vms: readonly ReportedVm[],
  ): UsageMinute | undefined {
    const minute = Math.floor(wallMs / minuteMs);
    const before = this.#open;
    if (before.minute !== minute) this.#open = new OpenMinute(minute);
    this.#open.saw(usage, vms);
    return before.minute === minute ? undefined : this.#close(before);
  }

  /** Of one that was never here all is gaps. */
  read(grid: UsageGrid, vmId?: string): UsageColumns {
    const { minute } = this.#open;
    const ring = vmId === undefined ? this.#host : this.#vms.get(vmId);
    const row = vmId === undefined ? this.#open.host() : this.#open.vm(vmId);
    const open = row === undefined ? [] : [[minute, row] as const];
    return (ring ?? new UsageRing(vmSeries)).read(grid, open);
  }

  #close(open: OpenMinute): UsageMinute | undefined {
    const ended = open.ended();
    if (ended === undefined) return undefined;
    if (ended.minute < this.#newest) {
      this.#behind += 1;
      if (this.#behind <= believedAfter) return undefined;
      this.#dropFrom(ended.minute);
    }
    this.#behind = 0;
    this.#add(ended);
    return ended;
  }

  #add({ minute, host, vms }: UsageMinute): void {
    this.#newest = minute;
    if (host !== undefined) this.#host.add(minute, host);
    for (const { vmId, row } of vms) {
      const ring = this.#vms.get(vmId) ?? new UsageRing(vmSeries);
      ring.add(minute, row);
      // Those that were seen last come last.
      this.#vms.delete(vmId);
      this.#vms.set(vmId, ring);
    }
    for (const [vmId, ring] of this.#vms) {
      const isOld = (ring.newestMinute ?? 0) <= minute - minutesKept;
      if (!isOld && this.#vms.size <= vmsMost) break;
      this.#vms.delete(vmId);
    }
  }

  #dropFrom(minute: number): void {
    this.#host.dropFrom(minute);
    for (const ring of this.#vms.values()) ring.dropFrom(minute);
  }
}

class OpenMinute {
  readonly minute: number;
  readonly #host = new Sums(hostSeries.length);
  readonly #vms = new Map<string, Sums>();

  constructor(minute: number) {
    this.minute = minute;
  }

  /** On its way a VM is counted where it runs; what it has touched is not looked at then. */
  saw(usage: Inventory['usage'], vms: readonly ReportedVm[]): void {
    if (usage !== undefined) this.#host.add(hostSeries.map((name) => usage[name]));
    for (const { vmId, state, cpuMilliUsed, cpuWaitMilli, touchedMib } of vms) {
      if (state !== 'running' || cpuMilliUsed === undefined) continue;
      const sums = this.#vms.get(vmId) ?? new Sums(vmSeries.length);
      if (this.#vms.size < vmsMost) this.#vms.set(vmId, sums);
      sums.add([cpuMilliUsed, cpuWaitMilli, touchedMib]);
    }
  }

  host(): UsageRow | undefined {
    return this.#host.looks === 0 ? undefined : this.#host.row();
  }

  vm(vmId: string): UsageRow | undefined {
    return this.#vms.get(vmId)?.row();
  }

  ended(): UsageMinute | undefined {
    const host = this.host();
    if (host === undefined && this.#vms.size === 0) return undefined;
    return {
      minute: this.minute,
      ...(host === undefined ? {} : { host }),
      vms: [...this.#vms].map(([vmId, sums]) => ({ vmId, row: sums.row() })),
    };
  }
}

/** Of the looks of a minute. */
class Sums {
  looks = 0;
  readonly #sums: { count: number; sum: number; most: number }[];

  constructor(seriesCount: number) {
    this.#sums = Array.from({ length: seriesCount }, () => ({ count: 0, sum: 0, most: 0 }));
  }

  add(values: readonly (number | undefined)[]): void {
    this.looks += 1;
    for (const [at, one] of this.#sums.entries()) {
      const value = values[at];
      if (value === undefined) continue;
      one.count += 1;
      one.sum += value;
      one.most = Math.max(one.most, value);
    }
  }

  row(): UsageRow {
    const cells = this.#sums.flatMap(({ count, sum, most }) =>
      count === 0 ? [null, null] : [Math.round(sum / count), most],
    );
    return [this.looks, ...cells];
  }
}
