/**
 * A scripted agent: obeys as docs/operations.md says, remembers its steps, and can be told to answer
 * otherwise, to be silent, or to lose what it is sent. What a VM does on a host is a list that it reports.
 */
import type {
  AgentCommand,
  AgentMessage,
  CommandBody,
  Inventory,
  ReportedVm,
  StepResult,
} from '@drover/protocol';

type Kind = CommandBody['kind'];
/** What a script says: a result's fields, or that no answer comes (yet). */
export type Answer = Partial<StepResult> & Pick<StepResult, 'outcome'>;
type Script = (command: AgentCommand) => Answer | 'no-answer';

export const uuidOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export class FakeAgent {
  readonly hostId: string;
  readonly vms = new Map<string, ReportedVm>();
  readonly scripts = new Map<Kind, Script>();
  /** Commands that reached it, `sync` left out. */
  readonly got: AgentCommand[] = [];
  silent = false;
  incarnation = 'i1';
  maxEpoch = '0';
  facts: Partial<Inventory> = {};
  pools: Inventory['pools'] = [];
  state: 'ready' | 'degraded' = 'ready';
  #results = new Map<string, StepResult>();
  #answers: Inventory['answers'];
  #seq = 0;
  readonly #others: (hostId: string) => FakeAgent;

  constructor(hostId: string, others: (hostId: string) => FakeAgent) {
    this.hostId = hostId;
    this.#others = others;
  }

  script(kind: Kind, script: Script): void {
    this.scripts.set(kind, script);
  }

  has(vmId: string, state: ReportedVm['state'] = 'running', migrating = false): void {
    const about = { vmId, name: 'x', state, migrating, memoryMib: 512, vcpus: 1 };
    this.vms.set(vmId, about);
  }

  get nonce(): string {
    return `${this.incarnation}-n${this.#seq}`;
  }

  heartbeat(): AgentMessage {
    this.#seq += 1;
    const lines = [...this.vms.values()].map((vm) => `${vm.vmId}${vm.state}${vm.migrating}`);
    const vmDigest = String(lines.join('').length + lines.length * 7);
    const { incarnation, nonce, maxEpoch, state } = this;
    const about = { v: 1 as const, bootId: 'b', incarnation, nonce, maxEpoch, state };
    return { kind: 'heartbeat', body: { ...about, seq: this.#seq, reasons: [], vmDigest } };
  }

  inventory(): AgentMessage {
    this.#seq += 1;
    const body: Inventory = {
      v: 1,
      bootId: 'b',
      incarnation: this.incarnation,
      nonce: this.nonce,
      maxEpoch: this.maxEpoch,
      hostUuid: '11111111-1111-4111-8111-111111111111',
      arch: 'x86_64',
      accelerator: 'kvm',
      acceleratorReason: 'test',
      capacity: { cpuMilli: 8000, memoryMib: 4096 },
      reserved: { cpuMilli: 0, memoryMib: 0 },
      cpuModel: 'test',
      machineTypes: ['pc-q35-10.0'],
      qemuVersion: 10_000_000,
      libvirtVersion: 11_003_000,
      numaCells: [],
      labels: {},
      bridges: ['br0'],
      migrationAddress: `${this.hostId}.lan`,
      ...this.facts,
      pools: this.pools,
      vms: [...this.vms.values()],
      recent: [...this.#results.values()].slice(-64),
      ...(this.#answers ? { answers: this.#answers } : {}),
    };
    return { kind: 'inventory', body };
  }

  obey(command: AgentCommand): readonly AgentMessage[] {
    if (this.silent) return [];
    const { opId, step, body, vmId, epoch } = command;
    if (BigInt(epoch) < BigInt(this.maxEpoch)) return [];
    this.maxEpoch = epoch;
    if (body.kind === 'sync') {
      this.#answers = { opId, step };
      return [this.inventory()];
    }
    this.got.push(command);
    const key = `${opId}/${step}`;
    const known = this.#results.get(key);
    if (known) return [this.#told(known)];
    if (command.incarnation !== this.incarnation) {
      const error = { code: 'not-fresh', message: 'it is for an earlier process' };
      return [this.#told({ opId, step, outcome: 'refused', error })];
    }
    const answer = this.scripts.get(body.kind)?.(command) ?? this.#does(command);
    if (answer === 'no-answer') return [];
    const result: StepResult = { opId, step, ...(vmId ? { vmId } : {}), ...answer };
    if (answer.outcome !== 'refused') this.#results.set(key, result);
    return [this.#told(result)];
  }

  /** Ends a step that a script left begun or unanswered. */
  ends(command: AgentCommand, answer: Answer): AgentMessage {
    const { opId, step } = command;
    const result: StepResult = { opId, step, ...answer };
    this.#results.set(`${opId}/${step}`, result);
    return this.#told(result);
  }

  forgetSteps(): void {
    this.#results.clear();
  }

  #told(result: StepResult): AgentMessage {
    return { kind: 'result', body: { v: 1, incarnation: this.incarnation, result } };
  }

  #does({ body, vmId = '' }: AgentCommand): Answer {
    switch (body.kind) {
      case 'start-vm':
        this.has(vmId);
        break;
      case 'stop-vm':
      case 'destroy-leftover':
        this.vms.delete(vmId);
        break;
      case 'resume-vm':
        this.has(vmId);
        break;
      case 'prepare-incoming': {
        const tunnel = { host: '10.0.0.2', port: 7000, secret: 'ab'.repeat(32) };
        return { outcome: 'done', tunnel };
      }
      case 'migrate-out':
        this.vms.delete(vmId);
        this.#others(body.target).has(vmId, body.mode === 'paused' ? 'paused' : 'running');
        return { outcome: 'done', downtimeMs: 40, transferredBytes: 1000 };
      case 'ensure-pool': {
        const others = this.pools.filter((pool) => pool.name !== body.pool.name);
        const pool = { name: body.pool.name, state: 'active' as const };
        this.pools = [...others, { ...pool, capacityMib: 1000, freeMib: 500 }];
        break;
      }
      case 'abort-migration':
      case 'delete-volumes':
      case 'sync':
        break;
    }
    return { outcome: 'done' };
  }
}
