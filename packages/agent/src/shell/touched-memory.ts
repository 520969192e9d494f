/**
 * How much of its memory a VM has touched: what a migration has to send once, for pages that were never touched go as
 * a mark. From the page tables of its QEMU (`/proc/PID/smaps`, see proc(5)): the mapping that is as large as the VM.
 */
import { readFile } from 'node:fs/promises';

export interface TouchedVm {
  readonly vmId: string;
  readonly name: string;
  readonly memoryMib: number;
  /** Of the whole process; the figure that is taken where the page tables are not read. */
  readonly rssMib: number;
}

const againMs = 30_000;
/** Going through the tables of a larger VM would take a noticeable time of its processor. */
const largestMib = 8_192;
const pidFiles = '/run/libvirt/qemu';

export class TouchedMemory {
  readonly #known = new Map<string, { readonly atMs: number; readonly mib: number }>();

  async of(vms: readonly TouchedVm[]): Promise<ReadonlyMap<string, number>> {
    const nowMs = performance.now();
    for (const vm of vms) {
      const known = this.#known.get(vm.vmId);
      if (known !== undefined && nowMs - known.atMs < againMs) continue;
      this.#known.set(vm.vmId, { atMs: nowMs, mib: await read(vm) });
    }
    const here = new Set(vms.map(({ vmId }) => vmId));
    for (const vmId of this.#known.keys()) if (!here.has(vmId)) this.#known.delete(vmId);
    return new Map([...this.#known].map(([vmId, { mib }]) => [vmId, mib]));
  }
}

async function read({ name, memoryMib, rssMib }: TouchedVm): Promise<number> {
  const whole = Math.min(memoryMib, rssMib);
  if (memoryMib > largestMib || !/^[\w.-]+$/.test(name)) return whole;
  try {
    const pid = Number(await readFile(`${pidFiles}/${name}.pid`, 'utf8'));
    const text = await readFile(`/proc/${pid}/smaps`, 'utf8');
    return touchedIn(text, memoryMib) ?? whole;
  } catch {
    return whole;
  }
}

/** MiB of the mapping that is the VM's memory, or nothing where none is that large. */
export function touchedIn(smaps: string, memoryMib: number): number | undefined {
  let best: { readonly sizeKib: number; readonly rssKib: number } | undefined;
  for (const [, size, rss] of smaps.matchAll(/^Size: +(\d+) kB$[^]*?^Rss: +(\d+) kB$/gm)) {
    const sizeKib = Number(size);
    if (sizeKib < memoryMib * 1024 || (best !== undefined && best.sizeKib <= sizeKib)) continue;
    best = { sizeKib, rssKib: Number(rss) };
  }
  return best && Math.min(memoryMib, Math.ceil(best.rssKib / 1024));
}
