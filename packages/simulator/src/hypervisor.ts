/**
 * libvirt and QEMU of one host: the copies of VMs that are there and what each is doing. Calls answer at
 * once; what takes time ends by itself. libvirt may go away while its VMs run on.
 */
import type { Random } from '@drover/core';
import type { LockAnswer, Reach, Storage } from './storage.ts';
import type { Tempo } from './tempo.ts';
import type { Timeline } from './timeline.ts';

export type CopyState = 'starting' | 'running' | 'paused' | 'paused-migrating' | 'paused-io-error';

/** What a VM is like, wherever it runs. */
export interface Nature {
  /** Nobody in it listens to the power button. */
  readonly isDeaf: boolean;
  readonly dirtyMibPerSecond: number;
  /** CPU that it would use if nothing held it up, in thousandths of a core; nobody measures it if absent. */
  readonly cpuMilli?: number;
  /** QEMU locks its disk, wherever it runs. */
  readonly hasLock: boolean;
  /** In which its disks are. */
  readonly pools: readonly string[];
  /** That libvirt has of it; none if absent. */
  readonly snapshots?: number;
  /** A file in its drive, which a host that it moves to has to have too. */
  readonly medium?: string;
}

export interface Copy {
  readonly vmId: string;
  readonly name: string;
  memoryMib: number;
  vcpus: number;
  /** How far it can grow as it runs; absent: no further than it was started with. */
  readonly mostMib?: number;
  readonly mostVcpus?: number;
  readonly generation: number;
  /** The operation whose command brought this run of the VM about. */
  readonly startedBy: string;
  state: CopyState;
  job?: 'out' | 'in' | 'save';
  /** A person put it there with virsh: no record knows of it. */
  byHand?: boolean;
  /** Another copy has run since this one was paused: what it remembers is no longer true. */
  isOutrun?: boolean;
  /** Its disk is another host's by now: it stands still until the disk answers, with an error. */
  hasLostLock?: boolean;
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
  readonly storage: Storage;
}

/** `locked`: its disk is, by another host. */
export type Ended = 'done' | 'failed' | 'lost' | 'locked';

/** Between two looks whether the storage answers again. */
const storageMs = 1_000;

export class Hypervisor {
  readonly hostId: string;
  readonly #world: HypervisorWorld;
  readonly #copies = new Map<string, Copy>();
  readonly #calls = new Set<(ended: Ended) => void>();
  /** By operation: how each is ended. */
  readonly #saves = new Map<string, () => void>();
  readonly #listeners = new Set<() => void>();
  #isUp = true;
  #isPowered = true;
  /** The next so many starts fail. */
  failingStarts = 0;

  constructor(hostId: string, world: HypervisorWorld) {
    this.hostId = hostId;
    this.#world = world;
  }

  get storage(): Storage {
    return this.#world.storage;
  }

  /** Does libvirt answer? */
  get isUp(): boolean {
    return this.#isUp;
  }

  get copies(): readonly Copy[] {
    return [...this.#copies.values()];
  }

  nature(vmId: string): Nature {
    return this.#world.nature(vmId);
  }

  copy(vmId: string): Copy | undefined {
    return this.#copies.get(vmId);
  }

  /** libvirt has one VM of a name, and one of an id. */
  knows({ vmId, name }: Pick<Copy, 'vmId' | 'name'>): boolean {
    return this.#copies.has(vmId) || this.copies.some((copy) => copy.name === name);
  }

  /** Told of everything that changes; returns how to stop listening. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A new VM on its way up. `ended` once; `lost` where libvirt went away meanwhile. */
  create(
    copy: Omit<Copy, 'state' | 'job'>,
    ended: (how: Ended) => void,
    as: 'running' | 'paused' = 'running',
  ): void {
    const { timeline, random, tempo } = this.#world;
    const made: Copy = { ...copy, state: 'starting' };
    if (!this.#isUp) return ended('lost');
    if (this.knows(copy)) return ended('failed');
    this.put(made, 'is starting');
    let call: ((how: Ended) => void) | undefined = ended;
    const answer = (how: Ended) => {
      this.#calls.delete(answer);
      call?.(how);
      call = undefined;
    };
    this.#calls.add(answer);
    const fails = this.failingStarts > 0;
    if (this.failingStarts > 0) this.failingStarts -= 1;
    const open = () => {
      if (this.#copies.get(copy.vmId) !== made) return answer('failed');
      const lock = this.lock(copy.vmId);
      const reach = this.reach(copy.vmId);
      if (fails || reach === 'gone' || reach === 'read-only') {
        this.remove(copy.vmId, 'could not be started');
        return answer('failed');
      }
      if (lock === 'waits') return void timeline.after(storageMs, open);
      if (lock === 'taken') {
        this.remove(copy.vmId, 'could not be started: its disk is locked');
        return answer('locked');
      }
      this.set(made, as);
      answer('done');
    };
    timeline.after(random.within(tempo.startMs), open);
  }

  /**
   * Its memory goes into the quarantine of the operation, while it stands still; once that is whole it is off. `ended` once;
   * `lost` where libvirt went away meanwhile.
   */
  save(copy: Copy, opId: string, pool: string, ms: number, ended: (how: Ended) => void): void {
    const { timeline, storage } = this.#world;
    this.set(copy, 'paused', 'save');
    const { state: _state, job: _job, byHand: _byHand, isOutrun: _isOutrun, ...saved } = copy;
    const { startedBy: _startedBy, ...memory } = saved;
    const { vmId } = memory;
    let call: ((how: Ended) => void) | undefined = ended;
    const answer = (how: Ended) => {
      this.#calls.delete(answer);
      call?.(how);
      call = undefined;
    };
    this.#calls.add(answer);
    this.#saves.set(opId, () => {
      if (this.#copies.get(vmId) === copy && copy.job === 'save') this.set(copy, 'running');
      answer('failed');
    });
    timeline.after(ms, () => {
      this.#saves.delete(opId);
      if (this.#copies.get(vmId) !== copy || copy.job !== 'save') return answer('failed');
      if (storage.reach([pool], this.hostId) !== 'going') {
        this.set(copy, 'running');
        return answer('failed');
      }
      storage.wrote(pool, opId, memory);
      this.remove(vmId, 'is off: its memory is saved');
      answer('done');
    });
  }

  /** False: nothing of that operation is being saved. */
  abortSave(opId: string): boolean {
    const abort = this.#saves.get(opId);
    this.#saves.delete(opId);
    abort?.();
    return abort !== undefined;
  }

  /** A paused copy runs on, as soon as its disk answers. */
  resume(copy: Copy, ended: (how: Ended) => void): void {
    if (this.#copies.get(copy.vmId) !== copy || !copy.state.startsWith('paused')) {
      return ended(copy.state === 'running' ? 'done' : 'failed');
    }
    const lock = this.lock(copy.vmId);
    if (lock === 'taken') return ended('locked');
    if (lock === 'waits') {
      return void this.#world.timeline.after(storageMs, () => this.resume(copy, ended));
    }
    this.set(copy, 'running', copy.job);
    ended('done');
  }

  /** How it finds the VM's disk. */
  reach(vmId: string): Reach {
    return this.#world.storage.reach(this.#world.nature(vmId).pools, this.hostId);
  }

  lock(vmId: string): LockAnswer {
    const { storage, nature } = this.#world;
    const { hasLock, pools } = nature(vmId);
    if (hasLock) return storage.lock(vmId, pools, this.hostId);
    return this.reach(vmId) === 'stalled' ? 'waits' : 'held';
  }

  /** QEMU pauses a VM whose disk fails. One whose disk only does not answer goes on waiting. */
  #feel(copy: Copy): void {
    const { timeline, random, tempo, nature } = this.#world;
    const fails = () => {
      const reach = this.reach(copy.vmId);
      const writes = nature(copy.vmId).dirtyMibPerSecond > 0;
      return reach === 'gone' || reach === 'read-only' || (reach === 'full' && writes);
    };
    if (copy.state !== 'running') return;
    // Whatever it asks of its disk next fails.
    if (copy.hasLostLock && this.reach(copy.vmId) !== 'stalled') {
      return this.set(copy, 'paused-io-error', copy.job);
    }
    if (!fails()) return;
    timeline.after(random.within(tempo.disksMs), () => {
      if (this.#copies.get(copy.vmId) !== copy || copy.state !== 'running' || !fails()) return;
      this.set(copy, 'paused-io-error', copy.job);
    });
  }

  /** Something has changed about the storage. */
  feelStorage(): void {
    for (const copy of this.#copies.values()) {
      if (this.storage.hasLost(copy.vmId, this.hostId)) copy.hasLostLock = true;
      this.#feel(copy);
    }
  }

  /** The power button: the VM shuts itself down, sooner or later or not at all. */
  press(vmId: string): void {
    const copy = this.#copies.get(vmId);
    const { timeline, random, tempo, nature } = this.#world;
    if (copy?.state !== 'running' || nature(vmId).isDeaf) return;
    const end = () => {
      if (this.#copies.get(vmId) !== copy || copy.state !== 'running') return;
      if (this.reach(vmId) === 'stalled') timeline.after(storageMs, end);
      else this.remove(vmId, 'shut down');
    };
    timeline.after(random.within(tempo.shutdownMs), end);
  }

  /** The same, but it starts again when it has shut itself down. */
  pressToRestart(vmId: string, restarted: () => void): void {
    const copy = this.#copies.get(vmId);
    const { timeline, random, tempo, nature } = this.#world;
    if (copy?.state !== 'running' || nature(vmId).isDeaf) return;
    timeline.after(random.within(tempo.shutdownMs), () => {
      if (this.#copies.get(vmId) !== copy || copy.state !== 'running') return;
      this.restart(vmId);
      restarted();
    });
  }

  restart(vmId: string): void {
    const copy = this.#copies.get(vmId);
    if (copy !== undefined) this.#world.note(this.hostId, `${copy.name} restarts`);
  }

  resize(copy: Copy, vcpus: number, memoryMib: number): void {
    copy.vcpus = vcpus;
    copy.memoryMib = memoryMib;
    this.#changed(copy, `has ${vcpus} vCPUs and ${memoryMib} MiB`);
  }

  put(copy: Copy, what: string): void {
    this.#copies.set(copy.vmId, copy);
    this.#changed(copy, what);
  }

  set(copy: Copy, state: CopyState, job?: Copy['job']): void {
    copy.state = state;
    if (state === 'running') {
      delete copy.isOutrun;
      delete copy.hasLostLock;
      this.#world.ran(copy.vmId, this.hostId);
      this.#feel(copy);
    }
    if (job === undefined) delete copy.job;
    else copy.job = job;
    this.#changed(copy, `is ${state}${job === undefined ? '' : `, job ${job}`}`);
  }

  remove(vmId: string, how: string): void {
    const copy = this.#copies.get(vmId);
    if (copy === undefined) return;
    this.#copies.delete(vmId);
    // Its process ends, and gives its locks back; where the power went, nobody does.
    if (this.#isPowered) this.#world.storage.unlock(vmId, this.hostId);
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
    if (!this.#isPowered) this.#world.storage.booted(this.hostId);
    this.#isPowered = true;
    this.#isUp = true;
    this.#world.note(this.hostId, 'libvirt is back');
    // It lets run on what it was writing when it went.
    for (const copy of this.#copies.values()) if (copy.job === 'save') this.set(copy, 'running');
    this.#tell();
  }

  /** The machine's power is gone, and everything with it. */
  losePower(): void {
    this.#isUp = false;
    this.#isPowered = false;
    this.#world.storage.powerLost(this.hostId);
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
