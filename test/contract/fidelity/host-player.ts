/** Plays drawn operations on two hosts, as the agents' shells perform them, and writes down what the agents see. */
import type { ActionOutcome, HypervisorAction } from '@drover/agent/logic';
import { migrationPresets } from '@drover/core';
import type { ReportedVm } from '@drover/protocol';
import {
  type Course,
  type HostId,
  hostIds,
  type HostOperation,
  type VmName,
} from './host-operations.ts';
import { isElsewhere, type Player, type Step, stepwise } from './play.ts';

export type LifeEvent = 'started' | 'suspended' | 'resumed' | 'stopped';

/** Two hosts, each with its libvirt and as much of an agent as acts on it. */
export interface HostsSide extends AsyncDisposable {
  act(host: HostId, action: HypervisorAction): Promise<ActionOutcome>;
  /** All VMs of a host; `away`: libvirt cannot be asked. */
  look(host: HostId): Promise<readonly ReportedVm[] | 'away'>;
  /** What libvirt has told of its VMs since the last time that it was asked for. */
  takeEvents(host: HostId): readonly { readonly vmId: string; readonly event: LifeEvent }[];
  readonly vmIds: Readonly<Record<VmName, string>>;
  /** To start a VM: its size and disks. */
  start(vm: VmName): Extract<HypervisorAction, { type: 'start-vm' }>;
  /** Where the memory of what moves to that host goes to. */
  migrationAddress(host: HostId): string;
  /** A person pauses it with virsh, if it runs. */
  suspend(host: HostId, vm: VmName): Promise<void>;
  killLibvirt(host: HostId): Promise<void>;
  startLibvirt(host: HostId): Promise<void>;
  /** Until the memory of the VM is under way from there. */
  whenUnderWay(host: HostId, vm: VmName, isOver: () => boolean): Promise<void>;
  /** Lets time pass until an action that was begun has its outcome. */
  outcome(acting: Promise<ActionOutcome>): Promise<ActionOutcome>;
  settle(isSo: () => Promise<boolean>): Promise<void>;
}

const policy = {
  ...migrationPresets.balanced,
  downtimeLadderMs: [...migrationPresets.balanced.downtimeLadderMs],
};
const namesakeId = '00000000-0000-4000-8000-00000000beef';

export function hostPlayer(name: string, open: () => Promise<HostsSide>): Player<HostOperation> {
  return {
    name,
    play: async (operations, expected) => {
      await using side = await open();
      const play = new HostPlay(side);
      return (await stepwise(operations, expected, (...one) => play.step(...one))).steps;
    },
  };
}

class HostPlay {
  readonly #side: HostsSide;
  readonly #events: string[] = [];
  #operations = 0;

  constructor(side: HostsSide) {
    this.#side = side;
  }

  async step(operation: HostOperation, expected: Step | undefined): Promise<Step> {
    const lines: string[] = [];
    this.#events.length = 0;
    this.#operations += 1;
    const away = await this.#do(operation, lines);
    const read = async () => [...lines, ...(await this.#looks()), ...this.#heard(away)];
    await this.#side.settle(
      async () => expected !== undefined && !isElsewhere(await read(), expected),
    );
    return await read();
  }

  /** The host, if there is one, whose libvirt was not there all the time to tell what happened. */
  async #do(operation: HostOperation, lines: string[]): Promise<HostId | undefined> {
    const side = this.#side;
    if (operation.type === 'restart-libvirt') {
      await side.killLibvirt(operation.at);
      lines.push(`then ${operation.at}: ${await this.#look(operation.at)}`);
      await side.startLibvirt(operation.at);
      return operation.at;
    }
    const { at, vm } = operation;
    if (operation.type === 'migrate') return await this.#migrate(at, vm, operation.course, lines);
    const vmId = side.vmIds[vm];
    const act = async (action: HypervisorAction) =>
      lines.push(say(await side.outcome(side.act(at, action))));
    switch (operation.type) {
      case 'start':
        if (await this.#mayStart(at, vm)) await act(side.start(vm));
        return undefined;
      case 'start-namesake': {
        // Without disks, so that nothing but its name is in the way.
        const { vm: like, ...start } = side.start('bare');
        await act({ ...start, vmId: namesakeId, vm: { ...like, name: side.start(vm).vm.name } });
        await act({ type: 'stop-vm', vmId: namesakeId, mode: 'force', timeoutMs: 0 });
        return undefined;
      }
      case 'pull-plug':
        await act({ type: 'stop-vm', vmId, mode: 'force', timeoutMs: 0 });
        return undefined;
      case 'press-button': {
        const timeoutMs = vm === 'disk' ? 20_000 : 1_500;
        await act({ type: 'stop-vm', vmId, mode: 'graceful', timeoutMs });
        return undefined;
      }
      case 'suspend':
        await side.suspend(at, vm);
        return undefined;
      case 'resume':
        await act({ type: 'resume-vm', vmId });
        return undefined;
      case 'destroy-leftover':
        await act({ type: 'destroy-leftover', vmId });
        return undefined;
      case 'abort':
        await act({ type: 'abort-migration', vmId });
        return undefined;
      case 'inspect':
        await act({ type: 'inspect', vmId });
        return undefined;
    }
  }

  /** Of a VM with a disk Drover has one copy; the simulator leaves it to its checkers to find a second one. */
  async #mayStart(at: HostId, vm: VmName): Promise<boolean> {
    const there = await this.#side.look(otherOf(at));
    const vmId = this.#side.vmIds[vm];
    return vm === 'bare' || (there !== 'away' && there.every((one) => one.vmId !== vmId));
  }

  async #migrate(
    at: HostId,
    vm: VmName,
    drawn: Course,
    lines: string[],
  ): Promise<HostId | undefined> {
    const side = this.#side;
    const to = otherOf(at);
    const vmId = side.vmIds[vm];
    const opId = `op-${this.#operations}`;
    // Without a disk it has moved before anything can befall it; with one it cannot be started twice.
    const isQuick = vm === 'bare' && drawn !== 'paused' && drawn !== 'occupied';
    const course: Course = isQuick || (vm === 'disk' && drawn === 'occupied') ? 'live' : drawn;
    const mode = course === 'paused' ? 'paused' : 'live';
    const prepared = await side.act(to, {
      type: 'prepare-incoming',
      opId,
      vmId,
      source: at,
      vmName: side.start(vm).vm.name,
      mode,
      memoryPath: 'clear',
      expiresInMs: 120_000,
    });
    lines.push(`prepare: ${say(prepared)}`);
    const { tunnel } = prepared;
    if (tunnel === undefined) return undefined;
    if (course === 'occupied') await side.outcome(side.act(to, side.start(vm)));
    const isSlow = course !== 'live' && course !== 'paused' && course !== 'occupied';
    let isOver = false;
    const moving = side.act(at, {
      type: 'migrate-out',
      opId,
      vmId,
      target: to,
      tunnel,
      migrationAddress: side.migrationAddress(to),
      mode,
      memoryPath: 'clear',
      policy: { ...policy, ...(isSlow ? { bandwidthMibps: 4 } : {}) },
      timeoutMs: course === 'late' ? 2_000 : 60_000,
    });
    void moving.then(() => {
      isOver = true;
    });
    if (isSlow && course !== 'late') await side.whenUnderWay(at, vm, () => isOver);
    if (isOver) {
      lines.push(`over: ${say(await moving)}`);
      return undefined;
    }
    const lost = course === 'source-lost' ? at : course === 'target-lost' ? to : undefined;
    if (course === 'aborted') {
      const outcome = await side.outcome(side.act(at, { type: 'abort-migration', vmId }));
      lines.push(`abort: ${say(outcome)}`);
    }
    if (lost !== undefined) await side.killLibvirt(lost);
    lines.push(`move: ${say(await side.outcome(moving))}`);
    if (lost !== undefined) await side.startLibvirt(lost);
    return lost;
  }

  async #looks(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const host of hostIds) lines.push(`${host}: ${await this.#look(host)}`);
    return lines;
  }

  async #look(host: HostId): Promise<string> {
    const vms = await this.#side.look(host);
    if (vms === 'away') return 'libvirt is away';
    const said = vms.map(({ vmId, state, migrating, generation, memoryMib, vcpus }) => {
      const size = `${memoryMib} MiB, ${vcpus} vCPU, generation ${generation}`;
      return `${this.#nameOf(vmId)} ${state}${migrating ? ', migrating' : ''} (${size})`;
    });
    return said.length === 0 ? 'nothing' : said.toSorted().join('; ');
  }

  /** In order for each VM on each host. One that was away has told as much as it happened to. */
  #heard(away: HostId | undefined): readonly string[] {
    for (const host of hostIds) {
      for (const { vmId, event } of this.#side.takeEvents(host)) {
        if (host !== away) this.#events.push(`${host} told: ${this.#nameOf(vmId)} ${event}`);
      }
    }
    return this.#events.toSorted(byPlace);
  }

  #nameOf(vmId: string): string {
    const found = Object.entries(this.#side.vmIds).find(([, id]) => id === vmId);
    return found?.[0] ?? 'namesake';
  }
}

function otherOf(host: HostId): HostId {
  return host === 'h1' ? 'h2' : 'h1';
}

/** A stable sort: what one place tells stays in order. */
function byPlace(a: string, b: string): number {
  const place = (line: string) => line.split(' ').slice(0, 3).join(' ');
  return place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0;
}

function say({ outcome, error, tunnel, vm, ...figures }: ActionOutcome): string {
  const known = Object.keys(figures).filter(
    (name) => figures[name as keyof typeof figures] !== undefined,
  );
  return [
    outcome,
    ...(error ? [error.code] : []),
    ...(tunnel ? ['with a tunnel'] : []),
    ...(vm
      ? [`sees ${vm.name} ${vm.state}${vm.migrating ? ', migrating' : ''}, ${vm.memoryMib} MiB`]
      : []),
    ...known.toSorted(),
  ].join(', ');
}
