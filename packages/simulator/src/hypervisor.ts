/**
 * libvirt and QEMU of one host: the copies of VMs that are there and what each is doing. Calls answer at
 * once; what takes time ends by itself. libvirt may go away while its VMs run on.
 */
import type { Random } from '@drover/core';
import type { Tempo } from './tempo.ts';
import type { Timeline } from './timeline.ts';

export type CopyState = 'starting' | 'running' | 'paused' | 'paused-migrating';

/** What a VM is like, wherever it runs. */
export interface Nature {
  /** Nobody in it listens to the power button. */
  readonly isDeaf: boolean;
  readonly dirtyMibPerSecond: number;
  /** QEMU locks its disk, wherever it runs. */
  readonly hasLock: boolean;
}

export interface Copy {
  readonly vmId: string;
  readonly name: string;
  readonly memoryMib: number;
  readonly vcpus: number;
  readonly generation: number;
  /** The operation whose command brought this run of the VM about. */
  readonly startedBy: string;
  state: CopyState;
  job?: 'out' | 'in';
  /** A person put it there with virsh: no record knows of it. */
  byHand?: boolean;
  /** Another copy has run since this one was paused: what it remembers is no longer true. */
  isOutrun?: boolean;
}

export interface HypervisorWorld {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly tempo: Tempo;
  readonly note: (who: string, what: string) => void;
  /** A copy has changed, or is gone. */
  readonly touched: (hostId: string, copy: Copy, isThere: boolean) => void;
  readonly nature: (vmId: string) => Nature;
  /** It has run there: what other copies remember is no longer true. */
  readonly ran: (vmId: string, hostId: string) => void;
  /** Whether a copy that a person put somewhere holds the lock of the VM's disk. */
  readonly isLockedByHand: (vmId: string) => boolean;
}

type Ended = 'done' | 'failed' | 'lost';

export class Hypervisor {
  readonly hostId: string;
  readonly #world: HypervisorWorld;
  readonly #copies = new Map<string, Copy>();
  readonly #calls = new Set<(ended: Ended) => void>();
  readonly #listeners = new Set<() => void>();
  #isUp = true;
  /** The next so many starts fail. */
  failingStarts = 0;

  constructor(hostId: string, world: HypervisorWorld) {
    this.hostId = hostId;
    this.#world = world;
  }

  /** Does libvirt answer? */
  get isUp(): boolean {
    return this.#isUp;
  }

  get copies(): readonly Copy[] {
    return [...this.#copies.values()];
  }

  copy(vmId: string): Copy | undefined {
    return this.#copies.get(vmId);
  }

  /** Told of everything that changes; returns how to stop listening. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A new VM on its way up. `ended` once; `lost` where libvirt went away meanwhile. */
  create(copy: Omit<Copy, 'state' | 'job'>, ended: (how: Ended) => void): void {
    const { timeline, random, tempo } = this.#world;
    const made: Copy = { ...copy, state: 'starting' };
    if (!this.#isUp) return ended('lost');
    if (this.#copies.has(copy.vmId)) return ended('failed');
    this.put(made, 'is starting');
    let call: ((how: Ended) => void) | undefined = ended;
    const answer = (how: Ended) => {
      this.#calls.delete(answer);
      call?.(how);
      call = undefined;
    };
    this.#calls.add(answer);
    const fails = this.failingStarts > 0 || this.#world.isLockedByHand(copy.vmId);
    if (this.failingStarts > 0) this.failingStarts -= 1;
    timeline.after(random.within(tempo.startMs), () => {
      if (this.#copies.get(copy.vmId) !== made) return answer('failed');
      if (fails) {
        this.remove(copy.vmId, 'could not be started');
        return answer('failed');
      }
      this.set(made, 'running');
      answer('done');
    });
  }

  /** The power button: the VM shuts itself down, sooner or later or not at all. */
  press(vmId: string): void {
    const copy = this.#copies.get(vmId);
    const { timeline, random, tempo, nature } = this.#world;
    if (copy?.state !== 'running' || nature(vmId).isDeaf) return;
    timeline.after(random.within(tempo.shutdownMs), () => {
      if (this.#copies.get(vmId) === copy && copy.state === 'running') {
        this.remove(vmId, 'shut down');
      }
    });
  }

  put(copy: Copy, what: string): void {
    this.#copies.set(copy.vmId, copy);
    this.#changed(copy, what);
  }

  set(copy: Copy, state: CopyState, job?: Copy['job']): void {
    copy.state = state;
    if (state === 'running') {
      delete copy.isOutrun;
      this.#world.ran(copy.vmId, this.hostId);
    }
    if (job === undefined) delete copy.job;
    else copy.job = job;
    this.#changed(copy, `is ${state}${job === undefined ? '' : `, job ${job}`}`);
  }

  remove(vmId: string, how: string): void {
    const copy = this.#copies.get(vmId);
    if (copy === undefined) return;
    this.#copies.delete(vmId);
    this.#changed(copy, how);
  }

  /** libvirt's process ends; running VMs do not notice. */
  goDown(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#world.note(this.hostId, 'libvirt is gone');
    for (const copy of this.#copies.values()) {
      if (copy.state === 'starting' && this.#world.random.chance(500)) {
        this.remove(copy.vmId, 'went with libvirt while it was starting');
      }
    }
    for (const call of this.#calls) call('lost');
    this.#tell();
  }

  comeUp(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#world.note(this.hostId, 'libvirt is back');
    this.#tell();
  }

  /** The machine's power is gone, and everything with it. */
  losePower(): void {
    this.#isUp = false;
    for (const vmId of this.#copies.keys()) this.remove(vmId, 'went with the power of its host');
    for (const call of this.#calls) call('lost');
    this.#calls.clear();
    this.#listeners.clear();
  }

  #changed(copy: Copy, what: string): void {
    this.#world.note(this.hostId, `${copy.name} ${what}`);
    this.#world.touched(this.hostId, copy, this.#copies.get(copy.vmId) === copy);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
