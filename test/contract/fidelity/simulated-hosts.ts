/** Two simulated hosts, acted on by the simulator's part of the agent, in virtual time. */
import type { ActionOutcome } from '@drover/agent/logic';
import { Random } from '@drover/core';
import { act } from '../../../packages/simulator/src/acts/act.ts';
import { reportedVm } from '../../../packages/simulator/src/acts/inspect.ts';
import { Host } from '../../../packages/simulator/src/host.ts';
import type {
  Copy,
  CopyState,
  HypervisorWorld,
} from '../../../packages/simulator/src/hypervisor.ts';
import { Life } from '../../../packages/simulator/src/life.ts';
import { Migrations } from '../../../packages/simulator/src/migration.ts';
import { Storage } from '../../../packages/simulator/src/storage.ts';
import { steady } from '../../../packages/simulator/src/tempo.ts';
import { Timeline } from '../../../packages/simulator/src/timeline.ts';
import { type HostId, hostIds } from './host-operations.ts';
import type { HostsSide, LifeEvent } from './host-player.ts';
import { passVirtually } from './simulated-etcd.ts';
import { sampleVms } from './sample-vms.ts';

/** Longer than anything takes. */
const quietMs = 60_000;

export async function simulatedHosts(): Promise<HostsSide> {
  const timeline = new Timeline();
  // A migration takes long enough to be met on its way.
  const tempo = { ...steady, linkMibPerSecond: 16 };
  const random = new Random(3);
  const { vmIds, start } = sampleVms('/images');
  const listeners = { h1: new LifeListener(), h2: new LifeListener() };
  const storage = new Storage(timeline);
  storage.declare('p');
  const world: HypervisorWorld = {
    timeline,
    random,
    tempo,
    note: () => undefined,
    touched: (hostId, copy, isThere) => listeners[hostId as HostId].touch(copy, isThere),
    nature: (vmId) => ({
      isDeaf: vmId !== vmIds.disk,
      dirtyMibPerSecond: 0,
      hasLock: vmId === vmIds.disk,
      pools: vmId === vmIds.disk ? ['p'] : [],
    }),
    ran: () => undefined,
    storage,
  };
  const migrations = new Migrations(world);
  const shape = {
    capacity: { memoryMib: 4_096, cpuMilli: 4_000 },
    reserved: { memoryMib: 0, cpuMilli: 0 },
  };
  const hosts = {
    h1: new Host(0, { id: 'h1', ...shape }, world),
    h2: new Host(1, { id: 'h2', ...shape }, world),
  };
  const life = new Life(timeline, { monoMs: 0, wallMs: 0 });
  return {
    vmIds,
    start,
    migrationAddress: (host) => hosts[host].address,
    act: (host, action) =>
      new Promise<ActionOutcome>((resolve) => {
        const hostAt = (address: string) =>
          hostIds.map((id) => hosts[id]).find((one) => one.address === address);
        const ears = {
          onProgress: () => undefined,
          onJobProgress: () => undefined,
          jobs: new Map(),
          onHarm: () => undefined,
          onDeleted: () => undefined,
          onAnswer: resolve,
        };
        act({ life, host: hosts[host], random, tempo, migrations, hostAt, ...ears }, 'op', action);
      }),
    look: async (host) => {
      const { hypervisor } = hosts[host];
      return hypervisor.isUp ? hypervisor.copies.map(reportedVm) : 'away';
    },
    takeEvents: (host) => listeners[host].take(),
    suspend: async (host, vm) => {
      const copy = hosts[host].hypervisor.copy(vmIds[vm]);
      if (copy?.state === 'running') hosts[host].hypervisor.set(copy, 'paused');
    },
    killLibvirt: async (host) => {
      hosts[host].hypervisor.goDown();
      migrations.lostDaemon(hosts[host].hypervisor);
    },
    startLibvirt: async (host) => hosts[host].hypervisor.comeUp(),
    whenUnderWay: async () => passVirtually(timeline, 600),
    outcome: async (acting) => {
      let isOver = false;
      void acting.then(() => {
        isOver = true;
      });
      for (;;) {
        await Promise.resolve();
        await Promise.resolve();
        if (isOver || !timeline.step()) return await acting;
      }
    },
    settle: async () => passVirtually(timeline, quietMs),
    [Symbol.asyncDispose]: async () => life.end(),
  };
}

/** From how copies change to what libvirt tells of its VMs. */
class LifeListener {
  readonly #states = new Map<string, CopyState>();
  #told: { readonly vmId: string; readonly event: LifeEvent }[] = [];

  touch({ vmId, state, job }: Copy, isThere: boolean): void {
    const before = this.#states.get(vmId);
    const event = isThere ? eventOf(before, state, job) : this.#gone(before);
    if (isThere) this.#states.set(vmId, state);
    else this.#states.delete(vmId);
    if (event !== undefined) this.#told.push({ vmId, event });
  }

  take() {
    const told = this.#told;
    this.#told = [];
    return told;
  }

  #gone(before: CopyState | undefined): LifeEvent | undefined {
    return before === undefined || before === 'starting' ? undefined : 'stopped';
  }
}

function eventOf(
  before: CopyState | undefined,
  now: CopyState,
  job: Copy['job'],
): LifeEvent | undefined {
  if (before === now || now === 'starting') return undefined;
  if (before === undefined || before === 'starting') {
    return now === 'running' || job === 'in' ? 'started' : undefined;
  }
  if (now === 'running') return 'resumed';
  // An incoming copy that is to stay paused is told as suspended when it is whole.
  return before === 'running' || now === 'paused' ? 'suspended' : undefined;
}
