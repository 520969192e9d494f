/**
 * A host with an agent that keeps the envelope's rules and does what it is told at once, but where a test
 * scripts another answer. It has a libvirt of its own (`vms`), so what it reports is what is true there.
 */
import {
  type AgentCommand,
  type AgentMessage,
  type CommandKind,
  type DiskJob,
  generationRule,
  type Heartbeat,
  type IncomingAnswer,
  type Inventory,
  type PoolEntry,
  isQuestion,
  type ReportedVm,
  type StepResult,
  type StorageJob,
  type VmFacts,
  type VmToStart,
} from '@drover/protocol';
import { wellProbe } from './pool-probes.ts';

/** A plain VM with nothing in its way. */
export const someFacts: VmFacts = {
  name: '',
  state: 'running',
  hostUuid: '11111111-1111-4111-8111-111111111111',
  kernel: 'a kernel',
  virtType: 'kvm',
  arch: 'x86_64',
  machine: 'pc-q35-10.0',
  qemuVersion: 10_000_000,
  memoryMib: 1_024,
  cpuMode: 'custom',
  hostCpu: 'test',
  pinnedFeatures: [],
  disks: [],
  files: [],
  networks: [],
  devices: [],
  directories: [],
  unmovable: [],
  snapshots: 0,
  checkpoints: 0,
  blockJobs: [],
};

export type Answer = Pick<StepResult, 'outcome'> & Partial<StepResult>;
/** Nothing: the order was obeyed or lost, and no answer comes. */
export type Script = (command: AgentCommand) => Answer | undefined;

export const done: Answer = { outcome: 'done' };
export const failed = (code: string, message = code): Answer => ({
  outcome: 'failed',
  error: { code, message },
});

export interface Surroundings {
  say(hostId: string, message: AgentMessage): void;
  host(hostId: string): ScriptedHost;
}

export class ScriptedHost {
  readonly id: string;
  readonly vms = new Map<string, ReportedVm>();
  /** Answers that differ from the usual, by the order's kind. */
  readonly scripts = new Map<CommandKind, Script>();
  /** What came, in order, whatever became of it. */
  readonly heard: AgentCommand[] = [];
  readonly acted: AgentCommand[] = [];
  incarnation = 'i1';
  maxEpoch = '0';
  /** Neither hears nor says anything. */
  silent = false;
  state: Heartbeat['state'] = 'ready';
  about: Partial<Inventory> = {};
  /** In each step that it is asked about. */
  usedMilli = 100;
  /** Of its VMs, as libvirt has them. */
  disks: readonly string[] = ['/srv/a.raw'];
  /** Of images of a pool's doctor, that it has. */
  readonly locks = new Set<string>();
  /** What lies in pools, of Drover's naming; two of them in one answer. And who has one of them, as its libvirt has it. */
  entries: readonly PoolEntry[] = [];
  readonly users = new Map<string, readonly string[]>();
  /** VMs whose disks no lock guards. */
  readonly unlocked = new Set<string>();
  #beats = 0;
  #nonces: string[] = [];
  #answers: Inventory['answers'];
  /** Of VMs, wherever they run: what they use, and wait for, in thousandths of a core. Nobody measures it if absent. */
  uses: ReadonlyMap<string, readonly [cpuMilli: number, cpuWaitMilli: number]> | undefined;
  /** Of whatever there is there. */
  cpuPressurePermille = 0;
  readonly #generations = new Map<string, number>();
  readonly #journal = new Map<string, StepResult>();
  readonly #around: Surroundings;

  constructor(id: string, around: Surroundings) {
    this.id = id;
    this.#around = around;
  }

  runs(vmId: string, more: Partial<ReportedVm> = {}): void {
    const about = { name: `vm-${vmId.slice(-1)}`, memoryMib: 1024, vcpus: 1 };
    this.vms.set(vmId, { vmId, ...about, state: 'running', migrating: false, ...more });
  }

  /** What it can have at most stays as it was when it was started. */
  resize(
    vmId: string,
    to: { readonly vcpus?: number | undefined; readonly memoryMib?: number | undefined },
  ): void {
    const vm = this.vms.get(vmId);
    if (vm === undefined) return;
    const { maxVcpus = vm.vcpus } = vm;
    const { vcpus = vm.vcpus, memoryMib: balloonMib } = to;
    this.vms.set(vmId, {
      ...vm,
      vcpus,
      maxVcpus,
      ...(balloonMib === undefined ? {} : { balloonMib }),
    });
  }

  /** A new agent process; its journal is still there. */
  restart(): void {
    this.incarnation = `i${Number(this.incarnation.slice(1)) + 1}`;
    this.#nonces = [];
    this.#answers = undefined;
  }

  /** As a restart that lost what was not on the disk yet. */
  forget({ opId, step, vmId = '' }: AgentCommand): void {
    this.#journal.delete(`${opId}/${step}`);
    this.#generations.delete(vmId);
  }

  beat(): void {
    if (this.silent) return;
    this.#beats += 1;
    const digest = [...this.vms.values()].map(({ vmId, state }) => `${vmId.slice(-2)}${state}`);
    this.#say({
      kind: 'heartbeat',
      body: {
        v: 1,
        seq: this.#beats,
        ...this.#self(),
        state: this.state,
        reasons: this.state === 'ready' ? [] : ['libvirt-unreachable'],
        vmDigest: digest.join(' ').slice(0, 64),
        ...this.#load(),
      },
    });
  }

  #load(): Pick<Heartbeat, 'usage' | 'vms'> {
    if (this.uses === undefined) return {};
    const running = [...this.vms.values()].filter(({ state }) => state === 'running');
    const vms = running.map(({ vmId }) => {
      const [cpuMilli, cpuWaitMilli] = this.uses?.get(vmId) ?? [0, 0];
      return { vmId, cpuMilli, cpuWaitMilli };
    });
    const cpuMilli = vms.reduce((sum, vm) => sum + vm.cpuMilli, 0);
    const { cpuPressurePermille } = this;
    const usage = { cpuMilli, memoryMib: 0, cpuPressurePermille, memoryPressurePermille: 0 };
    return { usage, vms };
  }

  report(): void {
    if (this.silent) return;
    const body: Inventory = {
      v: 1,
      ...this.#self(),
      hostUuid: '11111111-1111-4111-8111-111111111111',
      arch: 'x86_64',
      accelerator: 'kvm',
      acceleratorReason: 'test',
      capacity: { cpuMilli: 4_000, memoryMib: 4_096 },
      reserved: { cpuMilli: 0, memoryMib: 0 },
      cpuModel: 'test',
      machineTypes: ['pc-q35-10.0'],
      qemuVersion: 10_000_000,
      libvirtVersion: 11_003_000,
      numaCells: [],
      labels: {},
      bridges: ['br0'],
      pools: [{ name: 'p', state: 'active', capacityMib: 1_000, freeMib: 500 }],
      migrationAddress: `10.0.0.${this.id.slice(1)}`,
      vms: [...this.vms.values()],
      recent: [...this.#journal.values()].slice(-64),
      ...(this.#answers ? { answers: this.#answers } : {}),
      ...this.about,
    };
    this.#say({ kind: 'inventory', body });
  }

  #self() {
    this.#nonces = [...this.#nonces.slice(-4), `${this.incarnation}-${this.#beats}`];
    const nonce = this.#nonces.at(-1) ?? '';
    return { bootId: 'b1', incarnation: this.incarnation, nonce, maxEpoch: this.maxEpoch };
  }

  #say(message: AgentMessage): void {
    this.#around.say(this.id, message);
  }

  hear(command: AgentCommand): void {
    if (this.silent) return;
    this.heard.push(command);
    const refusal = this.#refuses(command);
    if (refusal) return this.#tell(command, failedAs('refused', refusal));
    if (Number(command.epoch) > Number(this.maxEpoch)) this.maxEpoch = command.epoch;
    if (command.body.kind === 'sync') {
      this.#answers = { opId: command.opId, step: command.step };
      return this.report();
    }
    if (isQuestion(command.body.kind)) return this.#answer(command);
    const known = this.#journal.get(`${command.opId}/${command.step}`);
    if (known) return this.#say(result(this.incarnation, known));
    this.#act(command);
  }

  /** Nothing is journalled, and nothing counts as done. */
  #answer(command: AgentCommand): void {
    const script = this.scripts.get(command.body.kind);
    const answer = script ? script(command) : this.obey(command);
    if (answer !== undefined) this.#tell(command, answer);
  }

  #refuses({ incarnation, epoch, freshness, vmId, generation, body, opId, step }: AgentCommand) {
    if (incarnation !== this.incarnation) return 'not-fresh';
    if (Number(epoch) < Number(this.maxEpoch)) return 'stale-epoch';
    if (this.#journal.has(`${opId}/${step}`)) return undefined;
    if (!this.#nonces.includes(freshness)) return 'not-fresh';
    const rule = generationRule[body.kind];
    const seen = this.#generations.get(vmId ?? '') ?? 0;
    if (rule === 'newer' && (generation ?? 0) <= seen) return 'stale-generation';
    if (rule === 'current' && (generation ?? 0) < seen) return 'stale-generation';
    return undefined;
  }

  #act(command: AgentCommand): void {
    this.acted.push(command);
    const { vmId, generation, body } = command;
    if (vmId !== undefined && generation !== undefined && generationRule[body.kind] !== 'none') {
      this.#generations.set(vmId, generation);
    }
    this.#note(command, { outcome: 'begun' });
    const script = this.scripts.get(body.kind);
    const answer = script ? script(command) : this.obey(command);
    if (answer === undefined) return;
    this.#note(command, answer);
    this.#tell(command, answer);
  }

  /** What this agent's end of a step is, for a step whose answer a test held back. */
  end(command: AgentCommand, answer: Answer): void {
    this.#note(command, answer);
    this.#tell(command, answer);
  }

  #note({ opId, step, vmId }: AgentCommand, answer: Answer): void {
    const about = vmId === undefined ? {} : { vmId };
    this.#journal.set(`${opId}/${step}`, { opId, step, ...about, ...answer });
  }

  #tell({ opId, step }: AgentCommand, answer: Answer): void {
    if (!this.silent) this.#say(result(this.incarnation, { opId, step, ...answer }));
  }

  /** What the VM is like as it runs, for a preflight. */
  factsOf(vmId: string): VmFacts {
    const name = this.vms.get(vmId)?.name ?? '';
    const isLocked = !this.unlocked.has(vmId);
    const disk = (path: string, index: number): VmFacts['disks'][number] => ({
      name: `vd${'abc'[index]}`,
      device: 'disk',
      readOnly: false,
      shareable: false,
      cache: 'none',
      images: [{ kind: 'file', path }],
      guard: isLocked ? 'image-lock' : 'none',
      guardedBy: isLocked ? 'NFS 4.2' : 'NFS of QEMU',
    });
    return { ...someFacts, name, disks: this.disks.map(disk) };
  }

  incoming({ disks }: VmFacts): IncomingAnswer {
    const guards = disks.map(({ name, guard, guardedBy }) => ({ disk: name, guard, guardedBy }));
    return { findings: [], kernel: `kernel of ${this.id}`, guards };
  }

  /** As a host does that nothing ails. */
  obey({ vmId = '', body }: AgentCommand): Answer {
    switch (body.kind) {
      case 'start-vm':
        this.runs(vmId, sizeOf(body.vm));
        return done;
      case 'destroy-leftover':
        if (this.vms.get(vmId)?.state === 'running') return failed('vm-running');
        this.vms.delete(vmId);
        return done;
      case 'stop-vm':
        this.vms.delete(vmId);
        return done;
      case 'save-vm':
        this.vms.delete(vmId);
        return done;
      case 'reboot-vm':
        return done;
      case 'pause-vm':
      case 'unpause-vm':
        this.runs(vmId, { state: body.kind === 'pause-vm' ? 'paused' : 'running' });
        return done;
      case 'resize-vm': {
        const { vcpus, memoryMib } = body;
        this.resize(vmId, { vcpus, memoryMib });
        return done;
      }
      case 'resume-vm':
      case 'resume-saved':
        this.runs(vmId);
        return done;
      case 'prepare-incoming':
        return { ...done, tunnel: { host: this.id, port: 7_000, secret: 'ab'.repeat(32) } };
      case 'migrate-out': {
        const copy = this.vms.get(vmId);
        this.vms.delete(vmId);
        const state = body.mode === 'paused' ? 'paused' : 'running';
        if (copy) this.#around.host(body.target).vms.set(vmId, { ...copy, state });
        return { ...done, downtimeMs: 40, transferredBytes: 1_000 };
      }
      case 'inspect-vm':
        return { ...done, answer: { kind: body.kind, facts: this.factsOf(vmId) } };
      case 'check-incoming':
        return { ...done, answer: { kind: body.kind, incoming: this.incoming(body.facts) } };
      case 'read-cpu':
        return { ...done, answer: { kind: body.kind, arch: 'x86_64', virtType: 'kvm', cpu } };
      case 'baseline-cpu':
        return { ...done, answer: { kind: body.kind, cpu: body.cpus[0] ?? '' } };
      case 'check-cpu':
        return { ...done, answer: { kind: body.kind, gives: true } };
      case 'probe-pool': {
        const heldBy = (id: string) => (id === this.id ? this : this.#around.host(id)).locks;
        return { ...done, answer: wellProbe(this.id, body.probe, heldBy) };
      }
      case 'read-usage': {
        const mean = Array.from({ length: body.grid.points }, () => this.usedMilli);
        const usage = { looks: mean.map(() => 1), cpuMilli: { mean, most: mean } };
        return { ...done, answer: { kind: body.kind, usage } };
      }
      case 'list-files': {
        const { kind, after = '', only } = body;
        const { entries, users } = this;
        const asked = entries.filter(({ file }) => (only ?? file) === file && file > after);
        const files = asked.slice(0, 2);
        const isMore = asked.length > files.length;
        const of = only === undefined ? {} : { users: [...(users.get(only) ?? [])] };
        return { ...done, answer: { kind, files, isMore, ...of } };
      }
      case 'open-console':
        if (this.vms.get(vmId) === undefined) return failed('vm-not-running');
        return { ...done, answer: { kind: body.kind, end: consoleEndOf(this.id) } };
      case 'sync':
      case 'ensure-pool':
      case 'mark-pool':
      case 'forget-pool':
      case 'abort-migration':
      case 'delete-seeds':
      case 'abort-job':
        return done;
      case 'disk-job':
      case 'storage-job':
        return { ...done, ...storedBy(body.job) };
      case 'open-transfer':
        return { ...done, transfer: { host: this.id, port: 7_001, secret: 'cd'.repeat(32) } };
    }
  }
}

function sizeOf({ name, memoryMib, maxMemoryMib = memoryMib, vcpus, maxVcpus = vcpus }: VmToStart) {
  return {
    name,
    memoryMib: maxMemoryMib,
    ...(maxMemoryMib > memoryMib ? { balloonMib: memoryMib } : {}),
    vcpus,
    ...(maxVcpus > vcpus ? { maxVcpus } : {}),
  };
}

const cpu = '<cpu mode="custom"><model>Test</model></cpu>';

/** Where its consoles are. */
export function consoleEndOf(host: string) {
  return { host, port: 16_560, secret: 'cd'.repeat(32) };
}

function failedAs(outcome: 'refused', code: string): Answer {
  return { outcome, error: { code, message: code } };
}

function result(incarnation: string, of: StepResult): AgentMessage {
  return { kind: 'result', body: { v: 1, incarnation, result: of } };
}

/** The file that a job makes is as large as it was asked for, else a GiB. */
function storedBy(job: StorageJob | DiskJob): Pick<StepResult, 'stored'> {
  if (!('into' in job) || !('file' in job.into)) return {};
  const virtualBytes = ('virtualBytes' in job ? job.virtualBytes : undefined) ?? 1024 ** 3;
  const format = 'format' in job && job.format === 'raw' ? 'raw' : 'qcow2';
  const sizes = { virtualBytes, storedBytes: 200_704, allocatedBytes: 200_704 };
  return { stored: { file: job.into.file, format, ...sizes, changedMs: 0, inode: 1 } };
}
