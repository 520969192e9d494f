/**
 * As many hosts as wanted in one process, on a real NATS: the real logic of their agents, with a hypervisor that only
 * keeps books. Every host's disk is memory, and done at once.
 */
import { randomUUID } from 'node:crypto';
import {
  type AgentAction,
  type AgentEvent,
  type AgentLogic,
  createAgent,
  type HostFacts,
  type HypervisorAction,
} from '@drover/agent/logic';
import { type Bus, connectBus } from '@drover/bus';
import { AgentCommand, type Answer, parseJson, type ReportedVm, subjects } from '@drover/protocol';
import { inspected, welcome } from './movable.ts';

export interface FleetOptions {
  readonly servers: readonly string[];
  readonly hosts: number;
  /** What runs on a host from the beginning; nothing if absent. */
  readonly vmsOn?: (hostId: string) => readonly ReportedVm[];
  /** Hears every command before its agent does. */
  readonly onCommand?: (command: AgentCommand) => void;
  readonly onInventory?: (hostId: string, epoch: string) => void;
  readonly onHeartbeat?: () => void;
  /** How long a VM takes to start. */
  readonly startMs?: number;
}

const startMsUnlessSaid = 200;
const moveMs = 1_000;

export class Fleet implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #agents = new Map<string, FleetAgent>();

  constructor({
    servers,
    hosts,
    vmsOn,
    onCommand,
    onInventory,
    onHeartbeat,
    startMs,
  }: FleetOptions) {
    this.#bus = connectBus({ servers, name: 'fleet' });
    for (let index = 0; index < hosts; index += 1) {
      const id = `n${String(index).padStart(4, '0')}`;
      const around = {
        bus: this.#bus,
        onInventory: onInventory ?? (() => {}),
        onHeartbeat: onHeartbeat ?? (() => {}),
        startMs: startMs ?? startMsUnlessSaid,
        host: (hostId: string) => this.#agents.get(hostId),
      };
      this.#agents.set(id, new FleetAgent(id, index, around, vmsOn?.(id) ?? []));
    }
    this.#bus.subscribe(
      'drover.cmd.*',
      (text) => {
        const parsed = parseJson(AgentCommand, text);
        if (!parsed.ok) throw new Error(parsed.reason);
        onCommand?.(parsed.value);
        this.#agents.get(parsed.value.hostId)?.feed({ type: 'commanded', command: parsed.value });
      },
      { queueLimit: 100_000, onOverflow: 'drop-newest' },
    );
    this.#bus.onStatus((state) => {
      for (const agent of this.#agents.values()) agent.feed({ type: 'bus', state });
    });
  }

  get hostIds(): readonly string[] {
    return [...this.#agents.keys()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents.values()) agent.end();
    await this.#bus[Symbol.asyncDispose]();
  }
}

interface Around {
  readonly bus: Bus;
  readonly startMs: number;
  readonly onInventory: (hostId: string, epoch: string) => void;
  readonly onHeartbeat: () => void;
  readonly host: (hostId: string) => FleetAgent | undefined;
}

class FleetAgent {
  readonly #id: string;
  readonly #facts: HostFacts;
  readonly #around: Around;
  readonly #logic: AgentLogic;
  readonly #vms = new Map<string, ReportedVm>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #ended = false;

  constructor(id: string, index: number, around: Around, vms: readonly ReportedVm[]) {
    this.#id = id;
    this.#facts = factsOf(id, index);
    this.#around = around;
    for (const vm of vms) this.#vms.set(vm.vmId, vm);
    this.#logic = createAgent({ hostId: id });
    this.feed({ type: 'started', incarnation: randomUUID(), records: [] });
    this.feed({ type: 'hypervisor', state: 'connected' });
  }

  feed(event: AgentEvent): void {
    if (this.#ended) return;
    const now = { monoMs: performance.now(), wallMs: Date.now() };
    for (const action of this.#logic.handle(now, event)) this.#perform(action);
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #perform(action: AgentAction): void {
    switch (action.type) {
      case 'journal':
        return queueMicrotask(() => this.feed({ type: 'journaled', seq: action.seq, ok: true }));
      case 'act':
        return this.#act(action.actionId, action.action);
      case 'publish': {
        const { kind, body } = action.message;
        if (kind === 'inventory') this.#around.onInventory(this.#id, body.maxEpoch);
        if (kind === 'heartbeat') this.#around.onHeartbeat();
        this.#around.bus.publish(subjects.agent(this.#id, kind), JSON.stringify(body));
        return;
      }
      case 'observe':
        return void setImmediate(() => this.#look(action.id));
      case 'wake': {
        clearTimeout(this.#timers.get(action.key));
        const delayMs = Math.max(0, action.atMonoMs - performance.now());
        const wake = () => this.feed({ type: 'woke', key: action.key });
        this.#timers.set(action.key, setTimeout(wake, delayMs));
        return;
      }
      case 'keep-usage':
      case 'trace':
        return;
    }
  }

  receive(vm: ReportedVm): void {
    this.#vms.set(vm.vmId, vm);
  }

  #look(answers: number): void {
    const vms = [...this.#vms.values()];
    const memoryMib = vms.reduce((sum, vm) => sum + vm.memoryMib, 0);
    const cpuMilli = vms.reduce((sum, vm) => sum + vm.vcpus * 100, 0);
    this.feed({
      type: 'observed',
      facts: this.#facts,
      vms,
      usage: { cpuMilli, memoryMib, cpuPressurePermille: 0, memoryPressurePermille: 0 },
      nonce: randomUUID().replaceAll('-', ''),
      answers,
    });
  }

  /** Of a question about a VM that is to move. */
  #answer(action: HypervisorAction): Answer | undefined {
    if (action.type === 'check-incoming') return welcome(this.#facts);
    const vm = action.type === 'inspect-vm' ? this.#vms.get(action.vmId) : undefined;
    return vm === undefined ? undefined : inspected(vm, this.#facts);
  }

  #act(actionId: number, action: HypervisorAction): void {
    const done = () => this.feed({ type: 'acted', actionId, outcome: { outcome: 'done' } });
    if (action.type === 'start-vm') {
      const { vmId, generation, vm } = action;
      const { name, memoryMib, vcpus } = vm;
      const about = { vmId, name, memoryMib, vcpus, generation };
      this.#vms.set(vmId, { ...about, state: 'running', migrating: false });
      setTimeout(done, this.#around.startMs);
      return;
    }
    const answer = this.#answer(action);
    if (answer !== undefined) {
      const outcome = { outcome: 'done', answer } as const;
      return void setImmediate(() => this.feed({ type: 'acted', actionId, outcome }));
    }
    if (action.type === 'prepare-incoming') {
      const tunnel = { host: this.#facts.migrationAddress, port: 7_000, secret: 'ab'.repeat(32) };
      const outcome = { outcome: 'done', tunnel } as const;
      return void setImmediate(() => this.feed({ type: 'acted', actionId, outcome }));
    }
    if (action.type === 'migrate-out') {
      setTimeout(() => {
        const vm = this.#vms.get(action.vmId);
        this.#vms.delete(action.vmId);
        if (vm !== undefined) this.#around.host(action.target)?.receive(vm);
        const outcome = { outcome: 'done', downtimeMs: 30, transferredBytes: 1 } as const;
        this.feed({ type: 'acted', actionId, outcome });
      }, moveMs);
      return;
    }
    if (action.type === 'stop-vm' || action.type === 'destroy-leftover') {
      this.#vms.delete(action.vmId);
    }
    setImmediate(done);
  }
}

function factsOf(id: string, index: number): HostFacts {
  const hostUuid = `11111111-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
  return {
    bootId: `${id}-boot`,
    hostUuid,
    arch: 'x86_64',
    accelerator: 'kvm',
    acceleratorReason: 'made up',
    capacity: { cpuMilli: 64_000, memoryMib: 262_144 },
    reserved: { cpuMilli: 1_000, memoryMib: 4_096 },
    cpuModel: 'made-up',
    machineTypes: ['pc-q35-10.0'],
    qemuVersion: 10_000_000,
    libvirtVersion: 11_003_000,
    numaCells: [],
    labels: {},
    bridges: ['br0'],
    pools: [],
    migrationAddress: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
  };
}
