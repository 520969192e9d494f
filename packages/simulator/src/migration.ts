/**
 * Peer-to-peer migrations, phase by phase, as libvirt makes them, and what each loss on the way leaves
 * behind on both hosts.
 *
 *   copy ─▶ switch ─▶ finish ─▶ confirmed
 *     │        │         └─ answer lost: the target runs, the source stays paused (its disk is locked)
 *     └────────┴─▶ failed: the source runs on
 */
import type { ConvergenceSample } from '@drover/agent/logic';
import type { ThrottleLadder } from '@drover/core';
import type { Copy, Hypervisor, HypervisorWorld } from './hypervisor.ts';

export interface MigrationOrder {
  readonly vmId: string;
  readonly source: Hypervisor;
  readonly target: Hypervisor;
  /** `paused`: the copy waits on the target, and no lock guards its disk. */
  readonly mode: 'live' | 'paused';
  readonly throttle?: ThrottleLadder | undefined;
  /** How long the VM may stand still at the switch-over, until `setDowntime`. */
  readonly downtimeMs: number;
  readonly onSample: OnSample;
  readonly onEnd: (end: MigrationEnd) => void;
}

/** As libvirt tells it of a job: at the end of each round, and once a second. */
export type OnSample = (sample: ConvergenceSample, totalMib: number) => void;

export interface MigrationEnd {
  readonly type: 'done' | 'failed' | 'aborted' | 'lost';
  readonly message: string;
  readonly downtimeMs?: number;
  readonly transferredMib?: number;
}

interface Flight {
  readonly order: MigrationOrder;
  readonly copy: Copy;
  readonly incoming: Copy;
  readonly begunMs: number;
  phase: 'copy' | 'switch' | 'finish' | 'ended';
  /** Of this round what is still to send, what it had to send, and what the VM has written since it began. */
  roundLeftMib: number;
  roundMib: number;
  writtenMib: number;
  iteration: number;
  transferredMib: number;
  downtimeMs: number;
  throttlePercent: number;
  /** Rounds in a row that gained little. */
  poorRounds: number;
  onSample: OnSample;
  /** Told of the end besides who began it. */
  readonly followers: (() => void)[];
  stalledMs: number;
}

/** libvirt's own: 5 s, six times. */
const keepaliveMs = 30_000;
const sliceMs = 500;
const mibBytes = 1024 * 1024;
/** QEMU slows the VM down once so many rounds in a row left more than half of what they sent. */
const poorRoundsMost = 2;
const sourceAwayMs = 2_000;

export class Migrations {
  readonly #world: HypervisorWorld;
  readonly #flights = new Set<Flight>();
  readonly #cuts = new Set<string>();
  /** The next so many answers of Finish get lost. */
  losingFinishes = 0;
  /** libvirt of the next so many sources goes away while Finish is under way. */
  losingSources = 0;

  constructor(world: HypervisorWorld) {
    this.#world = world;
  }

  begin(order: MigrationOrder): void {
    const { vmId, source, target, onEnd } = order;
    const copy = source.copy(vmId);
    if (copy?.state !== 'running' || copy.job !== undefined) {
      return onEnd({ type: 'failed', message: 'the VM does not run here' });
    }
    if (!target.isUp || this.#isCut(order)) {
      return onEnd({ type: 'failed', message: 'the target cannot be reached' });
    }
    if (target.knows(copy))
      return onEnd({ type: 'failed', message: 'the target has a copy of it' });
    const { timeline } = this.#world;
    source.set(copy, 'running', 'out');
    // What Drover moves is where its record says.
    const { byHand: _, ...own } = copy;
    const incoming: Copy = { ...own, state: 'paused-migrating', job: 'in' };
    target.put(incoming, 'comes in');
    const flight: Flight = {
      order,
      copy,
      incoming,
      begunMs: timeline.nowMs,
      phase: 'copy',
      roundLeftMib: copy.memoryMib,
      roundMib: copy.memoryMib,
      writtenMib: 0,
      iteration: 1,
      transferredMib: 0,
      downtimeMs: order.downtimeMs,
      throttlePercent: 0,
      poorRounds: 0,
      onSample: order.onSample,
      followers: [],
      stalledMs: 0,
    };
    this.#flights.add(flight);
    this.#next(flight, sliceMs, () => this.#copySlice(flight));
  }

  /** While it copies; of one that does not, nothing. */
  setDowntime(hostId: string, vmId: string, downtimeMs: number): void {
    const flight = this.#from(hostId, vmId);
    if (flight) flight.downtimeMs = downtimeMs;
  }

  /** Another process of the source's agent listens from now on; `onEnd` comes once, at once where there is none. */
  follow(hostId: string, vmId: string, onSample: OnSample, onEnd: () => void): void {
    const flight = this.#from(hostId, vmId);
    if (flight === undefined) return onEnd();
    flight.onSample = onSample;
    flight.followers.push(onEnd);
  }

  #from(hostId: string, vmId: string): Flight | undefined {
    return [...this.#flights].find(
      (one) => one.order.source.hostId === hostId && one.order.vmId === vmId,
    );
  }

  /** Too late once the VM has been switched over. */
  abort(hostId: string, vmId: string): 'aborted' | 'too-late' | 'none' {
    const flight = this.#from(hostId, vmId);
    if (flight === undefined) return 'none';
    if (flight.phase !== 'copy') return 'too-late';
    this.#fail(flight, { type: 'aborted', message: 'aborted' });
    return 'aborted';
  }

  /** No stream and no control connection between the two, until `heal`. */
  cut(a: string, b: string): void {
    this.#cuts.add([a, b].toSorted().join(' '));
  }

  heal(a: string, b: string): void {
    this.#cuts.delete([a, b].toSorted().join(' '));
  }

  /** libvirt of that host has just gone down, or the host with it. */
  lostDaemon(hypervisor: Hypervisor): void {
    for (const flight of this.#flights) {
      if (flight.order.source === hypervisor) this.#sourceDaemonLost(flight);
      if (flight.order.target === hypervisor) this.#targetDaemonLost(flight);
    }
  }

  #sourceDaemonLost(flight: Flight): void {
    const { source, target, vmId } = flight.order;
    const { phase } = flight;
    this.#end(flight, { type: 'lost', message: 'libvirt on the source went away' });
    if (phase !== 'finish') this.#dropIncoming(flight, 200);
    if (source.copy(vmId) !== flight.copy) return;
    // After the switch-over libvirt does nothing at its restart: somebody else must look.
    source.set(flight.copy, phase === 'copy' ? 'running' : 'paused-migrating');
    if (phase === 'finish' && target.copy(vmId) === flight.incoming) {
      this.#world.note('libvirt', `migration of ${flight.copy.name} is left half way`);
    }
  }

  #targetDaemonLost(flight: Flight): void {
    const { target, vmId } = flight.order;
    if (flight.phase === 'finish' || flight.phase === 'ended') return;
    if (target.copy(vmId) === flight.incoming) {
      target.remove(vmId, 'was not whole, and is gone');
    }
    this.#fail(flight, { type: 'failed', message: 'libvirt on the target went away' });
  }

  #copySlice(flight: Flight): void {
    const { order, copy } = flight;
    const { tempo, nature, timeline } = this.#world;
    if (order.target.copy(order.vmId) !== flight.incoming) {
      return this.#fail(flight, { type: 'failed', message: 'the copy on the target is gone' });
    }
    if (order.source.copy(order.vmId) !== copy) return this.#sourceCopyGone(flight);
    // QEMU over there has not opened its disk yet.
    if (order.target.reach(order.vmId) === 'stalled') {
      return this.#next(flight, sliceMs, () => this.#copySlice(flight));
    }
    if (this.#isCut(order)) {
      flight.stalledMs += sliceMs;
      if (flight.stalledMs >= keepaliveMs) {
        return this.#fail(flight, { type: 'failed', message: 'the connection was lost' });
      }
      return this.#next(flight, sliceMs, () => this.#copySlice(flight));
    }
    flight.stalledMs = 0;
    const elapsedMs = timeline.nowMs - flight.begunMs;
    const sentMib = (tempo.linkMibPerSecond * sliceMs) / 1_000;
    const { dirtyMibPerSecond } = nature(order.vmId);
    const pace = 1 - flight.throttlePercent / 100;
    const writtenMib = (dirtyMibPerSecond * sliceMs * pace) / 1_000;
    flight.transferredMib += Math.min(sentMib, flight.roundLeftMib);
    flight.roundLeftMib = Math.max(0, flight.roundLeftMib - sentMib);
    flight.writtenMib = Math.min(copy.memoryMib, flight.writtenMib + writtenMib);
    const isRoundOver = flight.roundLeftMib === 0;
    if (isRoundOver && this.#endRound(flight)) return this.#switchOver(flight);
    if (isRoundOver || elapsedMs % 1_000 < sliceMs) this.#tell(flight, elapsedMs);
    this.#next(flight, sliceMs, () => this.#copySlice(flight));
  }

  /** Whether what is left now fits the pause that is allowed. */
  #endRound(flight: Flight): boolean {
    const leftMs = (flight.writtenMib / this.#world.tempo.linkMibPerSecond) * 1_000;
    if (leftMs <= flight.downtimeMs) return true;
    this.#throttle(flight);
    flight.iteration += 1;
    flight.roundMib = flight.writtenMib;
    flight.roundLeftMib = flight.writtenMib;
    flight.writtenMib = 0;
    return false;
  }

  #throttle(flight: Flight): void {
    const { throttle } = flight.order;
    flight.poorRounds = flight.writtenMib > flight.roundMib / 2 ? flight.poorRounds + 1 : 0;
    if (!throttle || flight.poorRounds < poorRoundsMost) return;
    flight.poorRounds = 0;
    const next =
      flight.throttlePercent === 0
        ? throttle.startPercent
        : flight.throttlePercent + throttle.stepPercent;
    flight.throttlePercent = Math.min(99, next);
  }

  #tell(flight: Flight, elapsedMs: number): void {
    const { iteration, throttlePercent, transferredMib, roundLeftMib, copy } = flight;
    const sample = {
      elapsedMs,
      iteration,
      remainingBytes: Math.round(roundLeftMib * mibBytes),
      transferredBytes: Math.round(transferredMib * mibBytes),
      throttlePercent,
    };
    flight.onSample(sample, copy.memoryMib);
  }

  #switchOver(flight: Flight): void {
    const { random, tempo } = this.#world;
    flight.phase = 'switch';
    flight.order.source.set(flight.copy, 'paused-migrating', 'out');
    this.#next(flight, random.within(tempo.switchOverMs), () => this.#finish(flight));
  }

  #finish(flight: Flight): void {
    const { source, target, vmId, mode } = flight.order;
    if (source.copy(vmId) !== flight.copy) return this.#sourceCopyGone(flight);
    const message = 'the target was lost at the switch-over';
    if (target.copy(vmId) !== flight.incoming) {
      return this.#fail(flight, { type: 'failed', message });
    }
    const sides = [source.reach(vmId), target.reach(vmId)];
    // What is not written yet must go to the disk first, and the other side must open it.
    if (sides.includes('stalled')) {
      return this.#next(flight, sliceMs, () => this.#finish(flight));
    }
    if (sides.includes('gone') || sides.includes('read-only')) {
      return this.#fail(flight, { type: 'failed', message: 'the target cannot open the disk' });
    }
    if (this.#isCut(flight.order)) {
      return this.#next(flight, keepaliveMs, () => this.#fail(flight, { type: 'failed', message }));
    }
    flight.phase = 'finish';
    const { hasLock, pools } = this.#world.nature(vmId);
    if (hasLock && mode === 'live') this.#world.storage.handOver(vmId, pools, target.hostId);
    target.set(flight.incoming, mode === 'live' ? 'running' : 'paused');
    const { random, tempo } = this.#world;
    const answerMs = Math.ceil(random.within(tempo.switchOverMs) / 4);
    if (this.losingSources > 0) {
      this.losingSources -= 1;
      source.goDown();
      this.lostDaemon(source);
      this.#world.timeline.after(sourceAwayMs, () => source.comeUp());
      return;
    }
    this.#next(flight, answerMs, () => this.#confirm(flight));
  }

  #confirm(flight: Flight): void {
    const { source, target, vmId } = flight.order;
    if (source.copy(vmId) !== flight.copy) {
      return this.#end(flight, { type: 'failed', message: 'the source was lost at the end' });
    }
    const isLost = this.losingFinishes > 0 || this.#isCut(flight.order) || !target.isUp;
    if (!isLost) {
      source.remove(vmId, 'has moved away');
      const downtimeMs = this.#world.tempo.switchOverMs[0];
      const transferredMib = Math.round(flight.transferredMib);
      return this.#end(flight, { type: 'done', message: '', downtimeMs, transferredMib });
    }
    if (this.losingFinishes > 0) this.losingFinishes -= 1;
    this.#world.note('libvirt', `the answer of Finish for ${flight.copy.name} is lost`);
    this.#next(flight, keepaliveMs, () => this.#giveUpWaiting(flight));
  }

  /** libvirt on the source runs the VM again, unless the lock of its disk is with the target. */
  #giveUpWaiting(flight: Flight): void {
    const { source, vmId } = flight.order;
    if (source.copy(vmId) === flight.copy) {
      source.set(flight.copy, 'paused-migrating');
      if (source.lock(vmId) === 'held') source.set(flight.copy, 'running');
    }
    this.#end(flight, { type: 'failed', message: 'Finish was not answered' });
  }

  #sourceCopyGone(flight: Flight): void {
    this.#dropIncoming(flight, 200);
    this.#end(flight, { type: 'failed', message: 'the VM ended while it was moved' });
  }

  #fail(flight: Flight, end: MigrationEnd): void {
    const { source, vmId } = flight.order;
    this.#dropIncoming(flight, this.#isCut(flight.order) ? keepaliveMs : 50);
    if (source.copy(vmId) === flight.copy) source.set(flight.copy, 'running');
    this.#end(flight, end);
  }

  /** libvirt on the target ends a copy that is not whole when its connection closes. */
  #dropIncoming({ order, incoming }: Flight, delayMs: number): void {
    this.#world.timeline.after(delayMs, () => {
      const { target, vmId } = order;
      if (target.copy(vmId) === incoming && incoming.job === 'in') {
        target.remove(vmId, 'was not whole, and is gone');
      }
    });
  }

  #end(flight: Flight, end: MigrationEnd): void {
    if (flight.phase === 'ended') return;
    flight.phase = 'ended';
    this.#flights.delete(flight);
    const { order, copy } = flight;
    this.#world.note('libvirt', `migration of ${copy.name} to ${order.target.hostId}: ${end.type}`);
    order.onEnd(end);
    for (const told of flight.followers) told();
  }

  #next(flight: Flight, delayMs: number, run: () => void): void {
    this.#world.timeline.after(delayMs, () => {
      if (flight.phase !== 'ended') run();
    });
  }

  #isCut({ source, target }: MigrationOrder): boolean {
    return this.#cuts.has([source.hostId, target.hostId].toSorted().join(' '));
  }
}
