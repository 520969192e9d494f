/**
 * Drives the agent's logic by hand: what came out is kept, journal writes are acknowledged only when the
 * test says so, and commands are made with a freshness the agent just sent.
 */
import { migrationPresets } from '@drover/core';
import type {
  AgentCommand,
  AgentMessage,
  Inventory,
  ReportedVm,
  StepResult,
} from '@drover/protocol';
import { createAgent } from '../../src/logic/index.ts';
import type {
  ActionOutcome,
  AgentAction,
  AgentEvent,
  AgentSettings,
  HostFacts,
  HypervisorAction,
  JournalRecord,
} from '../../src/logic/index.ts';

export const vmA = '00000000-0000-4000-8000-00000000000a';
export const vmB = '00000000-0000-4000-8000-00000000000b';

export const facts: HostFacts = {
  bootId: 'boot-1',
  hostUuid: '11111111-1111-4111-8111-111111111111',
  arch: 'x86_64',
  accelerator: 'tcg',
  acceleratorReason: 'no vmx or svm in /proc/cpuinfo',
  capacity: { cpuMilli: 4000, memoryMib: 4096 },
  reserved: { cpuMilli: 0, memoryMib: 256 },
  cpuModel: 'test',
  machineTypes: ['pc-q35-10.0'],
  qemuVersion: 10_000_000,
  libvirtVersion: 11_003_000,
  numaCells: [],
  labels: {},
  bridges: ['br0'],
  pools: [],
  migrationAddress: '10.0.0.1',
};

export const reported = (more: Partial<ReportedVm> = {}): ReportedVm => ({
  vmId: vmA,
  name: 'a',
  state: 'running',
  migrating: false,
  memoryMib: 256,
  vcpus: 1,
  ...more,
});

const spec = { name: 'a', vcpus: 1, memoryMib: 256, arch: 'x86_64' as const };
export const startBody = {
  kind: 'start-vm' as const,
  vm: { ...spec, disks: [], networks: [] },
};
export const stopBody = { kind: 'stop-vm' as const, mode: 'graceful' as const, timeoutMs: 60_000 };
/** As it comes off the wire. */
const policy = {
  ...migrationPresets.gentle,
  downtimeLadderMs: [...migrationPresets.gentle.downtimeLadderMs],
};
export const prepareBody = {
  kind: 'prepare-incoming' as const,
  source: 'h2',
  vmName: 'a',
  mode: 'live' as const,
  memoryPath: 'clear' as const,
  expiresInMs: 60_000,
};
export const migrateBody = {
  kind: 'migrate-out' as const,
  target: 'h2',
  tunnel: { host: '10.0.0.2', port: 7000, secret: 'ab'.repeat(32) },
  migrationAddress: '10.0.0.2',
  mode: 'live' as const,
  memoryPath: 'clear' as const,
  policy,
  timeoutMs: 60_000,
};

export class Driver {
  readonly agent;
  monoMs = 1_000;
  wallMs = 1_700_000_000_000;
  /** Everything that came out, and was not taken yet. */
  out: AgentAction[] = [];
  /** Records whose write was acknowledged: what a restart would find. */
  readonly disk: JournalRecord[] = [];
  vms: readonly ReportedVm[] = [];
  #pending: { readonly seq: number; readonly record: JournalRecord }[] = [];

  constructor(settings: Partial<AgentSettings> = {}) {
    this.agent = createAgent({ hostId: 'h1', settings });
  }

  /** Started, connected, observed once; what came out of that is dropped unless `keep`. */
  static ready(
    options: {
      readonly records?: readonly JournalRecord[];
      readonly vms?: readonly ReportedVm[];
      readonly settings?: Partial<AgentSettings>;
      readonly keep?: boolean;
    } = {},
  ): Driver {
    const driver = new Driver(options.settings);
    driver.vms = options.vms ?? [];
    driver.disk.push(...(options.records ?? []));
    driver.send({ type: 'hypervisor', state: 'connected' });
    const { records = [] } = options;
    driver.send({ type: 'started', incarnation: 'i1', records });
    driver.send({ type: 'bus', state: 'connected' });
    driver.observe();
    if (!options.keep) driver.out = [];
    return driver;
  }

  send(event: AgentEvent): void {
    this.monoMs += 1;
    const { monoMs, wallMs } = this;
    const actions = this.agent.handle({ monoMs, wallMs }, event);
    for (const action of actions) {
      this.out.push(action);
      if (action.type === 'journal') this.#pending.push(action);
    }
  }

  observe(vms: readonly ReportedVm[] = this.vms, answers?: number): void {
    this.vms = vms;
    const answered = answers === undefined ? {} : { answers };
    this.send({ type: 'observed', facts, vms, nonce: `n${this.monoMs}`, ...answered });
  }

  /** The same VMs on a host that has changed. */
  look(changed: Partial<HostFacts>, usage?: Inventory['usage']): void {
    const { vms, monoMs } = this;
    const used = usage === undefined ? {} : { usage };
    const seen = { facts: { ...facts, ...changed }, vms, nonce: `n${monoMs}` };
    this.send({ type: 'observed', ...seen, ...used });
  }

  /** Acknowledges the writes that are waiting, in the order given; the oldest first by default. */
  flush(ok = true, order: 'forwards' | 'backwards' = 'forwards'): void {
    const writes = order === 'forwards' ? this.#pending : this.#pending.toReversed();
    this.#pending = [];
    for (const { seq, record } of writes) {
      if (ok) this.disk.push(record);
      this.send({ type: 'journaled', seq, ok });
    }
  }

  get pending(): readonly { readonly seq: number; readonly record: JournalRecord }[] {
    return this.#pending;
  }

  command(more: Partial<AgentCommand> & Pick<AgentCommand, 'body'>): AgentCommand {
    const command = {
      v: 1 as const,
      opId: 'op1',
      step: 1,
      epoch: '5',
      hostId: 'h1',
      incarnation: 'i1',
      freshness: this.freshness,
      vmId: vmA,
      generation: 1,
      ...more,
    };
    this.send({ type: 'commanded', command });
    return command;
  }

  freshness = '';

  beat(): void {
    this.send({ type: 'woke', key: 'heartbeat' });
    this.freshness = this.last('heartbeat').nonce;
  }

  /** A command that is accepted and on disk; gives back the id of its action. */
  begin(more: Partial<AgentCommand> & Pick<AgentCommand, 'body'>): number {
    this.command(more);
    this.flush();
    const act = this.acts().at(-1);
    if (!act) throw new Error('it was not acted on');
    return act.actionId;
  }

  end(actionId: number, outcome: ActionOutcome): void {
    this.send({ type: 'acted', actionId, outcome });
    this.flush();
  }

  acts(): readonly { readonly actionId: number; readonly action: HypervisorAction }[] {
    return this.out.filter((action) => action.type === 'act');
  }

  messages<K extends AgentMessage['kind']>(kind: K) {
    const bodies = [];
    for (const action of this.out) {
      if (action.type === 'publish' && action.message.kind === kind) {
        bodies.push(action.message.body as Extract<AgentMessage, { kind: K }>['body']);
      }
    }
    return bodies;
  }

  last<K extends AgentMessage['kind']>(kind: K) {
    const body = this.messages(kind).at(-1);
    if (!body) throw new Error(`no ${kind} was sent`);
    return body;
  }

  results(): readonly StepResult[] {
    return this.messages('result').map((message) => message.result);
  }

  codes(): readonly (string | undefined)[] {
    return this.results().map((result) => result.error?.code);
  }
}

/** Ready, and one heartbeat was sent, so that commands are fresh. */
export function ready(options: Parameters<typeof Driver.ready>[0] = {}): Driver {
  const driver = Driver.ready(options);
  driver.beat();
  driver.out = [];
  return driver;
}

export const begunRecord = (
  kind: string,
  more: Partial<Extract<JournalRecord, { type: 'begun' }>> = {},
): JournalRecord => ({
  type: 'begun',
  opId: 'op1',
  step: 1,
  argsHash: 'x',
  kind,
  vmId: vmA,
  generation: 1,
  wallMs: 0,
  ...more,
});
