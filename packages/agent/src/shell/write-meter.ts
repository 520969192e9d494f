/**
 * How fast each VM writes to its memory, measured one VM after the other all the time, so that a figure is there
 * before anybody wants to move it. QEMU samples pages and looks which of them have changed; a short measurement and a
 * longer one, taken in turn, tell how much memory it is that is written to again and again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  domainStatsFlag,
  domainStatsType,
  flags,
  LibvirtError,
  readDomainStats,
  type Libvirt,
} from 'node-libvirt';
import { writingOf, type Writing, type WritingSample } from '../logic/index.ts';

export interface WriteMeterOptions {
  /** Throws while libvirt cannot be reached. */
  readonly libvirt: () => Libvirt;
  readonly warn: (text: string) => void;
  /** Another one only in tests. */
  readonly betweenMs?: number;
}

/** In seconds; taken in turn. */
const periods = [1, 4] as const;
const pauseMs = 4_000;
/** QEMU ends a little after its time. */
const graceMs = 300;
const looks = 10;

export class WriteMeter implements AsyncDisposable {
  readonly #options: WriteMeterOptions;
  readonly #stopped = new AbortController();
  readonly #samples = new Map<string, WritingSample[]>();
  /** What was complained of, and goes on. */
  readonly #told = new Map<string, string>();
  #vmIds: readonly string[] = [];
  readonly #running: Promise<void>;

  constructor(options: WriteMeterOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** VMs that run here and are not on the move. */
  saw(vmIds: readonly string[]): void {
    this.#vmIds = vmIds;
    for (const known of [this.#samples, this.#told]) {
      for (const vmId of known.keys()) if (!vmIds.includes(vmId)) known.delete(vmId);
    }
  }

  /** Nothing before it was measured, and of one that has just come. */
  of(vmId: string): Writing | undefined {
    const samples = this.#samples.get(vmId);
    return samples && writingOf(samples);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const { betweenMs = pauseMs } = this.#options;
    let last = '';
    while (!signal.aborted) {
      await pause(betweenMs, undefined, { signal }).catch(() => undefined);
      const vmId = this.#next(last);
      if (vmId === undefined || signal.aborted) continue;
      last = vmId;
      try {
        await this.#measure(vmId);
        this.#told.delete(vmId);
      } catch (error) {
        // A VM that has gone or is busy, a QEMU that cannot: its figure stays unknown.
        if (!(error instanceof LibvirtError) && !signal.aborted) this.#complain(vmId, error);
      }
    }
  }

  /** Once for each state: a libvirt that is away is met every few seconds. */
  #complain(vmId: string, error: unknown): void {
    const text = `measuring what ${vmId} writes: ${String(error)}`;
    if (this.#told.get(vmId) === text) return;
    this.#told.set(vmId, text);
    this.#options.warn(text);
  }

  #next(last: string): string | undefined {
    const sorted = this.#vmIds.toSorted();
    return sorted.find((vmId) => vmId > last) ?? sorted[0];
  }

  async #measure(vmId: string): Promise<void> {
    const { signal } = this.#stopped;
    const known = this.#samples.get(vmId) ?? [];
    const seconds = known[0]?.seconds === periods[0] ? periods[1] : periods[0];
    const libvirt = this.#options.libvirt();
    const dom = libvirt.domains.of({ uuid: vmId });
    await dom.memory.startDirtyRate(seconds);
    const mibPerSecond = await this.#result(libvirt, vmId, seconds);
    if (mibPerSecond === undefined || signal.aborted || !this.#vmIds.includes(vmId)) return;
    this.#samples.set(vmId, [{ seconds, mibPerSecond }, ...known].slice(0, periods.length));
  }

  async #result(libvirt: Libvirt, vmId: string, seconds: number): Promise<number | undefined> {
    const { signal } = this.#stopped;
    await pause(seconds * 1_000, undefined, { signal }).catch(() => undefined);
    for (let look = 0; look < looks && !signal.aborted; look += 1) {
      await pause(graceMs, undefined, { signal }).catch(() => undefined);
      const [record] = await libvirt.domains.stats(domainStatsType.dirtyRate, {
        domains: [{ name: '', uuid: vmId, id: -1 }],
        flags: flags(domainStatsFlag.noWait),
      });
      const rate = record && readDomainStats(record.params).dirtyRate;
      if (rate?.status === 'measured') return rate.mibPerSecond;
      if (rate?.status !== 'measuring') return undefined;
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }
}
