/** One machine: what it can carry, its disk with the agent's journal, its libvirt, and what a reboot does to all of that. */
import type { HostFacts, JournalRecord, UsageMinute } from '@drover/agent/logic';
import type { Random, Resources } from '@drover/core';
import type { TunnelEnd } from '@drover/protocol';
import { Hypervisor, type HypervisorWorld } from './hypervisor.ts';
import { uuidOf } from './names.ts';
import type { Timeline } from './timeline.ts';

export interface HostShape {
  readonly id: string;
  readonly capacity: Resources;
  readonly reserved: Resources;
  /** Pools that libvirt has before anybody asks. */
  readonly pools?: readonly string[];
  readonly qemuVersion?: number;
  /** Files for the drives of VMs that it has. */
  readonly media?: readonly string[];
  /** Where it is not as every other simulated host. */
  readonly facts?: Partial<HostFacts>;
}

/** As the agent's shell says it. */
const ailments = {
  stalled: 'its server does not answer',
  gone: 'its server does not know it any more',
  'read-only': 'it can only be read',
} as const;

/** A tunnel's end waits that long for its one connection. */
const tunnelMs = 60_000;

export class Host {
  readonly id: string;
  readonly index: number;
  readonly shape: HostShape;
  readonly hypervisor: Hypervisor;
  /** What is on the disk: it survives everything here. */
  readonly journal: JournalRecord[] = [];
  readonly usage: UsageMinute[] = [];
  /** By operation: the ends of tunnels, which are processes of their own and do not die with an agent. */
  readonly #tunnels = new Map<string, { readonly end: TunnelEnd; readonly untilMs: number }>();
  readonly #timeline: Timeline;
  readonly pools: Set<string>;
  /** Those that Drover has defined in libvirt, with their ids. */
  readonly ours = new Map<string, string>();
  isJournalWritable = true;
  /** Steps, as `operation/number`, of which the disk has lost that they were begun. */
  readonly forgotten = new Set<string>();
  isPowered = true;
  boots = 1;

  constructor(index: number, shape: HostShape, world: HypervisorWorld) {
    this.id = shape.id;
    this.index = index;
    this.shape = shape;
    this.pools = new Set(shape.pools ?? []);
    this.#timeline = world.timeline;
    this.hypervisor = new Hypervisor(shape.id, world);
  }

  get address(): string {
    return `10.0.0.${this.index + 1}`;
  }

  facts(): HostFacts {
    const { capacity, reserved, qemuVersion, facts } = this.shape;
    return {
      bootId: `${this.id}-boot-${this.boots}`,
      hostUuid: uuidOf('host', this.index),
      arch: 'x86_64',
      accelerator: 'kvm',
      acceleratorReason: 'simulated',
      capacity,
      reserved,
      cpuModel: 'simulated',
      machineTypes: ['pc-q35-10.0'],
      qemuVersion: qemuVersion ?? 10_000_000,
      libvirtVersion: 11_003_000,
      numaCells: [],
      labels: {},
      bridges: ['br0'],
      ...facts,
      pools: [...this.pools].map((name) => this.#pool(name)),
      migrationAddress: this.address,
    };
  }

  #pool(name: string): HostFacts['pools'][number] {
    const { storage } = this.hypervisor;
    const reach = storage.reach([name], this.id);
    const ours = this.ours.get(name);
    const about = { name, ...(ours === undefined ? {} : { uuid: ours, ours: true }) };
    // One that nobody has marked says nothing of that, as from agents of old.
    const mark = storage.marked.has(name) ? ({ mark: 'there' } as const) : {};
    if (reach === 'going' || reach === 'full') {
      const freeMib = reach === 'full' ? 0 : 500_000;
      const condition = reach === 'full' ? 'full' : 'reachable';
      return { ...about, state: 'active', condition, capacityMib: 1_000_000, freeMib, ...mark };
    }
    const isRead = reach === 'read-only';
    const condition = reach === 'gone' ? 'error' : reach;
    return {
      ...about,
      state: 'error',
      condition,
      reason: ailments[reach],
      capacityMib: isRead ? 1_000_000 : 0,
      freeMib: isRead ? 500_000 : 0,
      ...(isRead ? mark : {}),
    };
  }

  /** Bits flip on the disk: about a third of the records are lost. */
  alterJournal(random: Random): void {
    const kept = this.journal.filter(() => !random.chance(300));
    if (kept.length === this.journal.length) return;
    for (const record of this.journal) {
      if (record.type !== 'begun' || kept.includes(record)) continue;
      this.forgotten.add(`${record.opId}/${record.step}`);
    }
    // Whoever opens it next sees that.
    this.journal.splice(0, this.journal.length, ...kept, { type: 'altered' });
  }

  openTunnel(opId: string, end: TunnelEnd): void {
    this.#tunnels.set(opId, { end, untilMs: this.#timeline.nowMs + tunnelMs });
  }

  tunnel(opId: string): TunnelEnd | undefined {
    const open = this.#tunnels.get(opId);
    return open !== undefined && open.untilMs > this.#timeline.nowMs ? open.end : undefined;
  }

  closeTunnel(opId: string): void {
    this.#tunnels.delete(opId);
  }

  losePower(): void {
    this.isPowered = false;
    this.#tunnels.clear();
    this.hypervisor.losePower();
  }

  boot(): void {
    this.isPowered = true;
    this.boots += 1;
    this.hypervisor.comeUp();
  }
}
