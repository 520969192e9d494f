/**
 * The NFS servers of the pools, one for each, and the network to them, which is neither the one of NATS nor the one of
 * migrations. A host that does not reach a server waits for it: mounts are hard. Locks belong to hosts; a server that
 * has not heard a host for the time of its lease gives a lock of it to whoever asks next, and not before.
 *
 * There is no event for what a VM writes: what its disk does follows from the server and the way to it.
 */
import { quarantineFolder } from '@drover/protocol';
import { Overlaps } from './overlaps.ts';
import type { Timeline } from './timeline.ts';

/** `stalled`: nothing is answered, nothing fails. `gone`: the server answers, and knows the export no more. */
export type Reach = 'going' | 'stalled' | 'gone' | 'read-only' | 'full';

/** `waits`: the server cannot be asked, or gives out nothing at the moment. */
export type LockAnswer = 'held' | 'waits' | 'taken';

/** Of a VM that was saved. */
export interface Memory {
  readonly vmId: string;
  readonly name: string;
  readonly memoryMib: number;
  readonly vcpus: number;
  readonly mostMib?: number;
  readonly mostVcpus?: number;
  readonly generation: number;
}

export type Ailment = Exclude<Reach, 'going'>;

interface Server {
  readonly pool: string;
  /** Since when. */
  readonly ailments: Map<Ailment, number>;
  /** After it was started: former owners take their locks back, and nobody else gets one. */
  graceUntilMs: number;
  /** By VM: the host that has the lock of its disk. */
  readonly locks: Map<string, string>;
}

/** Of what is made for a VM; each has one here. */
export function diskOf(vmId: string): string {
  return `${vmId}-0.qcow2`;
}

const leaseMs = 90_000;
const graceMs = 90_000;

/** The worst first. */
const worst: readonly Ailment[] = ['stalled', 'gone', 'read-only', 'full'];

export class Storage {
  readonly #timeline: Timeline;
  readonly #changed: () => void;
  readonly #servers = new Map<string, Server>();
  readonly #cut = new Map<string, number>();
  readonly #overlaps = new Overlaps();
  readonly #off = new Set<string>();
  /** Since when servers have not heard a host. */
  readonly #silentSince = new Map<string, number>();
  /** Given back by a host that did not reach the server: `host vm`. */
  readonly #unsaid = new Set<string>();
  /** Given to another while the host was not heard, as `host vm`: nothing that it writes from then on is taken. */
  readonly #lost = new Set<string>();
  /** Those that jobs have made, as `pool/file`. */
  readonly files = new Set<string>();
  /** VMs whose disks have been made. */
  readonly disks = new Set<string>();
  /** Whole, as `pool/file`; without its name yet, as `pool/operation`. */
  readonly memories = new Map<string, Memory>();
  /** Out of reach: which host took it for which operation, by `pool/file`. */
  readonly #taken = new Map<string, string>();
  /** Pools whose directories say which they are. */
  readonly marked = new Set<string>();

  /** `changed` is called when disks may have begun or ceased to answer. */
  constructor(timeline: Timeline, changed: () => void = () => undefined) {
    this.#timeline = timeline;
    this.#changed = changed;
  }

  /** All of it lies there; it has no name yet. */
  wrote(pool: string, opId: string, memory: Memory): void {
    this.memories.set(`${pool}/${opId}`, memory);
  }

  /** Done again it has been done. False: there is none, or not all of it. */
  publish(pool: string, opId: string, file: string): boolean {
    const memory = this.memories.get(`${pool}/${opId}`);
    if (memory === undefined) return this.memories.has(`${pool}/${file}`);
    this.memories.delete(`${pool}/${opId}`);
    this.memories.set(`${pool}/${file}`, memory);
    return true;
  }

  /** `mine`: of this host and this operation. */
  memory(key: string, hostId: string, opId: string): 'there' | 'mine' | 'used' | 'gone' {
    if (this.memories.has(key)) return 'there';
    const taken = this.#taken.get(key);
    if (taken === undefined) return 'gone';
    return taken === `${hostId} ${opId}` ? 'mine' : 'used';
  }

  /** One of all hosts can. */
  take(key: string, hostId: string, opId: string): 'there' | 'mine' | 'used' | 'gone' {
    if (this.memories.delete(key)) this.#taken.set(key, `${hostId} ${opId}`);
    return this.memory(key, hostId, opId);
  }

  /** What lies in the pool of Drover's naming, by its place there. `poolsOf` a VM are where its disk may be. */
  placesIn(pool: string, poolsOf: (vmId: string) => readonly string[]): readonly string[] {
    const prefix = `${pool}/`;
    const disks = [...this.disks].filter((vmId) => poolsOf(vmId).includes(pool));
    const files = [...this.files].filter((key) => key.startsWith(prefix));
    const memories = [...this.memories.keys()].filter((key) => key.startsWith(prefix));
    return [
      ...disks.map(diskOf),
      ...files.map((key) => key.slice(prefix.length)),
      ...memories
        .map((key) => key.slice(prefix.length))
        .map((name) => (name.endsWith('.memory') ? name : quarantineFolder + name)),
    ].toSorted();
  }

  /** A file, or what has no name yet. */
  remove(pool: string, place: string): void {
    const key = `${pool}/${place.replace(quarantineFolder, '')}`;
    this.files.delete(key);
    this.memories.delete(key);
    const vmId = place.slice(0, 36);
    if (place === diskOf(vmId)) this.disks.delete(vmId);
  }

  get pools(): readonly string[] {
    return [...this.#servers.keys()];
  }

  declare(pool: string): void {
    const made = { pool, ailments: new Map(), graceUntilMs: 0, locks: new Map() };
    if (!this.#servers.has(pool)) this.#servers.set(pool, made);
  }

  /** The worst that a host finds in any of the pools. A pool that nobody declared is well. */
  reach(pools: readonly string[], hostId: string): Reach {
    if (pools.length > 0 && this.#cut.has(hostId)) return 'stalled';
    const found = pools.flatMap((pool) => [...(this.#servers.get(pool)?.ailments.keys() ?? [])]);
    return worst.find((ailment) => found.includes(ailment)) ?? 'going';
  }

  /** For how long the host has had one of the pools that it cannot use; a full one can be used. */
  unusableMs(pools: readonly string[], hostId: string): number {
    const { nowMs } = this.#timeline;
    const ailing = pools.flatMap((pool) => [...(this.#servers.get(pool)?.ailments ?? [])]);
    const since = ailing.flatMap(([ailment, sinceMs]) => (ailment === 'full' ? [] : [sinceMs]));
    const cutMs = pools.length === 0 ? nowMs : (this.#cut.get(hostId) ?? nowMs);
    return nowMs - Math.min(cutMs, ...since);
  }

  /** Returns how it is mended. */
  ail(pool: string, ailment: Ailment): () => void {
    return this.#overlaps.hold(`${ailment} ${pool}`, () => {
      this.#servers.get(pool)?.ailments.set(ailment, this.#timeline.nowMs);
      this.#changed();
      return () => {
        this.#servers.get(pool)?.ailments.delete(ailment);
        this.#sayAll();
        this.#changed();
      };
    });
  }

  /** The server loses its memory of locks; who reaches it in its grace takes them back, who does not has lost them. */
  reboot(pool: string): () => void {
    const mend = this.ail(pool, 'stalled');
    return () => {
      const server = this.#servers.get(pool);
      if (server === undefined) return;
      server.graceUntilMs = this.#timeline.nowMs + graceMs;
      this.#timeline.after(graceMs, () => {
        for (const [vmId, hostId] of server.locks) {
          if (this.#silentSince.has(hostId)) server.locks.delete(vmId);
        }
      });
      mend();
    };
  }

  /** Returns how it is mended. */
  cut(hostId: string): () => void {
    return this.#overlaps.hold(`cut ${hostId}`, () => {
      this.#cut.set(hostId, this.#timeline.nowMs);
      this.#silent(hostId);
      this.#changed();
      return () => {
        this.#cut.delete(hostId);
        this.#heard(hostId);
        this.#changed();
      };
    });
  }

  /** What it had locked stays locked until its lease has run out. */
  powerLost(hostId: string): void {
    this.#off.add(hostId);
    this.#silent(hostId);
  }

  /** It says that it is new: what it had before is free. */
  booted(hostId: string): void {
    this.#off.delete(hostId);
    for (const { locks } of this.#servers.values()) {
      for (const [vmId, holder] of locks) {
        if (holder === hostId) this.#unsaid.add(`${hostId} ${vmId}`);
      }
    }
    this.#heard(hostId);
  }

  /** QEMU takes the lock of a disk before it runs a VM on it. */
  lock(vmId: string, pools: readonly string[], hostId: string): LockAnswer {
    if (this.reach(pools, hostId) === 'stalled') return 'waits';
    const servers = pools.flatMap((pool) => this.#servers.get(pool) ?? []);
    const { nowMs } = this.#timeline;
    for (const { locks, graceUntilMs } of servers) {
      const holder = locks.get(vmId);
      if (holder === hostId) continue;
      if (nowMs < graceUntilMs) return 'waits';
      if (holder !== undefined && !this.#hasRunOut(holder)) return 'taken';
    }
    const former = servers.flatMap(({ locks }) => locks.get(vmId) ?? []);
    for (const { locks } of servers) locks.set(vmId, hostId);
    this.#unsaid.delete(`${hostId} ${vmId}`);
    this.#lost.delete(`${hostId} ${vmId}`);
    const losers = former.filter((holder) => holder !== hostId);
    for (const holder of losers) this.#lost.add(`${holder} ${vmId}`);
    if (losers.length > 0) this.#changed();
    return 'held';
  }

  /** The host does not get back by itself what its lease had been too short for (`recover_lost_locks`, docs/nfs.md). */
  hasLost(vmId: string, hostId: string): boolean {
    return this.#lost.has(`${hostId} ${vmId}`);
  }

  /** From source to target of a migration, which is one and the same for the server. */
  handOver(vmId: string, pools: readonly string[], hostId: string): void {
    for (const pool of pools) this.#servers.get(pool)?.locks.set(vmId, hostId);
  }

  unlock(vmId: string, hostId: string): void {
    this.#lost.delete(`${hostId} ${vmId}`);
    for (const { pool, locks } of this.#servers.values()) {
      if (locks.get(vmId) !== hostId) continue;
      if (this.reach([pool], hostId) === 'stalled') this.#unsaid.add(`${hostId} ${vmId}`);
      else locks.delete(vmId);
    }
  }

  /** The host that a server would let write to the VM's disk; nothing where nobody has asked. */
  holder(vmId: string): string | undefined {
    for (const { locks } of this.#servers.values()) {
      const holder = locks.get(vmId);
      if (holder !== undefined) return holder;
    }
    return undefined;
  }

  #hasRunOut(hostId: string): boolean {
    const sinceMs = this.#silentSince.get(hostId);
    return sinceMs !== undefined && this.#timeline.nowMs - sinceMs >= leaseMs;
  }

  #silent(hostId: string): void {
    if (!this.#silentSince.has(hostId)) this.#silentSince.set(hostId, this.#timeline.nowMs);
  }

  #heard(hostId: string): void {
    if (this.#cut.has(hostId) || this.#off.has(hostId)) return;
    this.#silentSince.delete(hostId);
    this.#sayAll();
  }

  #sayAll(): void {
    for (const said of this.#unsaid) {
      const [hostId = '', vmId = ''] = said.split(' ');
      if (this.#off.has(hostId)) continue;
      let isLeft = false;
      for (const { pool, locks } of this.#servers.values()) {
        if (locks.get(vmId) !== hostId) continue;
        if (this.reach([pool], hostId) === 'stalled') isLeft = true;
        else locks.delete(vmId);
      }
      if (!isLeft) this.#unsaid.delete(said);
    }
  }
}
