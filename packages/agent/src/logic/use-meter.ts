/**
 * What VMs have used between two tellings, on average: a look every few seconds is too many for the wire, and one of
 * several would say what chance made of it.
 */
import type { ReportedVm, VmUse } from '@drover/protocol';

interface Sum {
  looks: number;
  cpuMilli: number;
  cpuWaitMilli: number;
  /** Looks that said how long it waited. */
  waits: number;
  memoryMib: number | undefined;
}

export class UseMeter {
  readonly #everyMs: number;
  #sums = new Map<string, Sum>();
  #looks = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** One look. On its way from host to host a VM uses CPU that it will not use there. */
  saw(vms: readonly ReportedVm[]): void {
    this.#looks += 1;
    for (const { vmId, state, migrating, cpuMilliUsed, cpuWaitMilli, touchedMib } of vms) {
      if (state !== 'running' || migrating || cpuMilliUsed === undefined) continue;
      const sum = this.#sums.get(vmId) ?? newSum();
      this.#sums.set(vmId, sum);
      sum.looks += 1;
      sum.cpuMilli += cpuMilliUsed;
      sum.memoryMib = touchedMib;
      if (cpuWaitMilli === undefined) continue;
      sum.waits += 1;
      sum.cpuWaitMilli += cpuWaitMilli;
    }
  }

  /** Since the last time; nothing while that is not long ago, or nobody has looked. */
  take(nowMs: number): readonly VmUse[] | undefined {
    if (nowMs - this.#toldMs < this.#everyMs || this.#looks === 0) return undefined;
    this.#looks = 0;
    this.#toldMs = nowMs;
    const used = [...this.#sums].map(([vmId, sum]) => useOf(vmId, sum));
    this.#sums = new Map();
    return used;
  }
}

function newSum(): Sum {
  return { looks: 0, cpuMilli: 0, cpuWaitMilli: 0, waits: 0, memoryMib: undefined };
}

function useOf(vmId: string, { looks, cpuMilli, cpuWaitMilli, waits, memoryMib }: Sum): VmUse {
  return {
    vmId,
    cpuMilli: Math.round(cpuMilli / looks),
    ...(waits === 0 ? {} : { cpuWaitMilli: Math.round(cpuWaitMilli / waits) }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
  };
}
