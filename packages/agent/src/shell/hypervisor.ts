/**
 * What the logic asks of the hypervisor, done with libvirt: one method per kind of action, and a look at
 * everything. Each action ends in an outcome; nothing is thrown at the logic.
 */
import { randomBytes } from 'node:crypto';
import type {
  Answer,
  MigrationProgress,
  Pool,
  QuestionKind,
  StorageJob,
  StorageProgress,
  StoredFile,
} from '@drover/protocol';
import type {
  ActionOutcome,
  AgentEvent,
  ConvergenceOrder,
  HostFacts,
  HypervisorAction,
} from '../logic/index.ts';
import { announce } from './announce.ts';
import { probeAccelerator, type Accelerator } from './accelerator.ts';
import type { AgentConfig } from './config.ts';
import { abortMigration, destroyLeftover, resumeVm } from './copy.ts';
import { Consoles } from './consoles.ts';
import { baselineCpu, checkCpu, readCpu } from './host-cpu.ts';
import { DiskJobs } from './disk-job.ts';
import { usersOfFile } from './file-users.ts';
import { HostFiles } from './host-files.ts';
import { HostLooker } from './host-looker.ts';
import { LibvirtLink } from './libvirt-link.ts';
import { migrateOut, type MigrateOut } from './migrate-out.ts';
import { CpuMeter, pressure, readBootId, usedMemoryMib } from './os-facts.ts';
import { done, failed, outcomeOf } from './outcome.ts';
import { usablePool } from './pool.ts';
import { PoolsHere } from './pools-here.ts';
import { pauseVm, rebootVm, unpauseVm } from './power.ts';
import { resizeVm } from './resize-vm.ts';
import { checkIncoming, emulatorsHere, inspectVm } from './preflight.ts';
import { resumeSaved } from './resume-saved.ts';
import { Saves } from './save-vm.ts';
import { deleteSeeds } from './seed.ts';
import { RoomAgain } from './room-again.ts';
import { settledLook, startVm } from './start-vm.ts';
import { type MigrationEnd, Steering } from './steer.ts';
import { stopVm } from './stop-vm.ts';
import { type JobEnded, StorageJobs } from './storage/storage-jobs.ts';
import { TouchedMemory } from './touched-memory.ts';
import type { TunnelIdentity } from './tunnel-order.ts';
import { type TunnelRefusal, TunnelRefusals } from './tunnel-refusals.ts';
import { TunnelStarter } from './tunnel-starter.ts';
import { findTarget, openTarget, type TunnelSettings } from './tunnel.ts';
import { reportedVm, VmLooker, type SeenVm } from './vm-looker.ts';
import { lookAt, type VmLook } from './vm-state.ts';
import { WriteMeter } from './write-meter.ts';

type Of<T extends HypervisorAction['type']> = Extract<HypervisorAction, { type: T }>;
type Observed = Extract<AgentEvent, { type: 'observed' }>;

export interface HypervisorOptions {
  readonly config: AgentConfig;
  readonly onState: (state: 'connected' | 'disconnected') => void;
  readonly onProgress: (progress: MigrationProgress) => void;
  readonly storage: {
    readonly onProgress: (progress: StorageProgress) => void;
    readonly onBegan: (kind: StorageJob['job']) => void;
    readonly onEnded: (ended: JobEnded) => void;
  };
  /** A VM's life changed: it is worth looking. */
  readonly onChange: () => void;
  readonly warn: (text: string) => void;
  /** This host's for tunnels. Throws `no-certificate`. */
  readonly identity: () => TunnelIdentity;
  readonly migrationTls: () => Promise<NonNullable<HostFacts['migrationTls']>>;
  readonly onRefusal: (refusal: TunnelRefusal) => void;
}

export interface Look {
  readonly observed: Omit<Observed, 'answers'>;
  /** With what only metrics want. */
  readonly vms: readonly SeenVm[];
}

export class Hypervisor implements AsyncDisposable {
  readonly #options: HypervisorOptions;
  readonly #link: LibvirtLink;
  readonly #listening: Disposable;
  readonly #stopped = new AbortController();
  readonly #vmLooker = new VmLooker();
  readonly #writeMeter: WriteMeter;
  readonly #touched = new TouchedMemory();
  readonly #cpu = new CpuMeter();
  readonly #refusals: TunnelRefusals;
  readonly #files = new HostFiles();
  readonly #pools: PoolsHere;
  readonly #roomAgain: RoomAgain;
  readonly #starter = new TunnelStarter();
  readonly #storage: StorageJobs;
  readonly #diskJobs: DiskJobs;
  readonly #saves: Saves;
  readonly #consoles: Consoles;
  /** Migrations of this process, by VM, so that an abort can meet one before libvirt knows it. */
  readonly #migrations = new Map<string, MigrationEnd>();
  #hostLooker: HostLooker | undefined;
  #accelerator: Accelerator | undefined;

  constructor(options: HypervisorOptions) {
    this.#options = options;
    this.#refusals = new TunnelRefusals(options.config.stateDir, options.onRefusal);
    this.#link = new LibvirtLink({
      socketPath: options.config.libvirt.socket,
      onState: options.onState,
      warn: options.warn,
    });
    const { hostId, addresses } = options.config;
    this.#storage = new StorageJobs({
      ...options.storage,
      hostId,
      transfers: { host: addresses.migration, basePort: addresses.transferPort },
      usable: (pool) => usablePool(this.#link.libvirt, this.#files, pool),
      warn: options.warn,
    });
    this.#diskJobs = new DiskJobs({
      link: this.#link,
      onProgress: options.storage.onProgress,
      discard: (file, of) => this.#discard(file, of),
    });
    const { onProgress } = options.storage;
    this.#saves = new Saves({ link: this.#link, storage: this.#storage, onProgress });
    this.#consoles = new Consoles({
      host: addresses.migration,
      port: addresses.consolePort,
      libvirt: () => this.#link.libvirt,
      warn: options.warn,
    });
    this.#pools = new PoolsHere(options.config, this.#files, options.warn);
    this.#roomAgain = new RoomAgain({
      look: (path) => this.#pools.filesOf(path),
      tell: options.warn,
    });
    this.#writeMeter = new WriteMeter({ libvirt: () => this.#link.libvirt, warn: options.warn });
    this.#listening = this.#link.onEvent((event) => {
      if (event.name !== 'lifecycle') return;
      options.onChange();
      // From here on its source only waits for word that the target has it.
      const isLeaving = event.type === 'suspended' && event.detail === 'migrated';
      if (isLeaving) this.#consoles.moved(event.dom.uuid);
      if (event.type === 'resumed' && event.detail === 'migrated') {
        void this.#announce(event.dom.uuid);
      }
    });
  }

  /** Rejects where libvirt could not be asked; a look is whole or none. */
  async look(): Promise<Look> {
    const { libvirt } = this.#link;
    this.#accelerator ??= await probeAccelerator(libvirt, this.#options.config);
    this.#hostLooker ??= new HostLooker(
      this.#options.config,
      await readBootId(),
      this.#accelerator,
      this.#pools.looker,
    );
    const facts: HostFacts = {
      ...(await this.#hostLooker.look(libvirt)),
      migrationTls: await this.#options.migrationTls(),
      tunnelRefusals: await this.#refusals.look(),
    };
    const vms = await this.#vmLooker.look(libvirt);
    void this.#roomAgain.saw(libvirt, vms);
    const atRest = vms.filter((vm) => vm.state === 'running' && !vm.migrating);
    this.#writeMeter.saw(atRest.map(({ vmId }) => vmId));
    const touched = await this.#touched.of(atRest);
    return {
      vms,
      observed: {
        type: 'observed',
        facts,
        vms: vms.map((vm) => this.#reported(vm, touched.get(vm.vmId))),
        usage: { ...(await this.#used(vms)), ...(await pressure()) },
        nonce: randomBytes(16).toString('hex'),
      },
    };
  }

  #reported(vm: SeenVm, touchedMib: number | undefined) {
    return {
      ...reportedVm(vm),
      ...(touchedMib === undefined ? {} : { touchedMib }),
      ...this.#writeMeter.of(vm.vmId),
    };
  }

  /** A host that is lent a share of a machine uses what its VMs use; else the machine's use is its own. */
  async #used(vms: readonly SeenVm[]) {
    const machine = { cpuMilli: await this.#cpu.milli(), memoryMib: await usedMemoryMib() };
    if (!this.#options.config.capacity) return machine;
    return {
      cpuMilli: vms.reduce((sum, vm) => sum + (vm.cpuMilliUsed ?? 0), 0),
      memoryMib: vms.reduce((sum, vm) => sum + vm.rssMib, 0),
    };
  }

  /** Never rejects, except when the agent ends. */
  async act(action: HypervisorAction): Promise<ActionOutcome> {
    try {
      return await this.#act(action);
    } catch (error) {
      this.#stopped.signal.throwIfAborted();
      return outcomeOf(error);
    }
  }

  async #act(action: HypervisorAction): Promise<ActionOutcome> {
    const link = this.#link;
    switch (action.type) {
      case 'start-vm': {
        const { facts } = (await this.look()).observed;
        return startVm(link, this.#files, action, facts);
      }
      case 'stop-vm':
        return stopVm(link, action);
      case 'reboot-vm':
        return rebootVm(link, action);
      case 'pause-vm':
        return pauseVm(link, action.vmId);
      case 'unpause-vm':
        return unpauseVm(link, action.vmId);
      case 'resize-vm':
        return resizeVm(link, action);
      case 'prepare-incoming':
        return this.#prepareIncoming(action);
      case 'migrate-out':
        return this.#migrateOut(action);
      case 'abort-migration': {
        const running = this.#migrations.get(action.vmId);
        if (running) running.reason ??= 'migration-aborted';
        return abortMigration(link, action.vmId);
      }
      case 'resume-vm':
        return resumeVm(link, action.vmId, (look) => this.#announceLook(look));
      case 'destroy-leftover':
        return destroyLeftover(link, action.vmId);
      case 'ensure-pool':
        return this.#ensurePool(action.pool, action.uuid);
      case 'mark-pool':
        return this.#pools.mark(action.pool, action.uuid);
      case 'forget-pool':
        return this.#pools.forget(action.name, action.uuid);
      case 'delete-seeds':
        return deleteSeeds(link, this.#files, action.pools, action.vmId);
      case 'save-vm':
        return this.#saves.run(action);
      case 'resume-saved':
        return resumeSaved(this.#resumeContext, action);
      case 'disk-job':
        return this.#diskJobs.run(action);
      case 'storage-job':
        return this.#storage.run(action);
      case 'abort-job':
        if (this.#saves.abort(action.opId)) return done;
        if (this.#diskJobs.abort(action.opId, action.ofStep)) return done;
        return this.#storage.abort(action);
      case 'open-transfer':
        return this.#storage.openTransfer(action);
      case 'inspect':
        return this.#inspect(action);
      case 'inspect-vm':
      case 'check-incoming':
      case 'read-cpu':
      case 'baseline-cpu':
      case 'check-cpu':
      case 'probe-pool':
      case 'list-files':
      case 'open-console':
        return { outcome: 'done', answer: await this.#answer(action) };
    }
  }

  async #answer(question: Extract<HypervisorAction, { type: QuestionKind }>): Promise<Answer> {
    const { libvirt } = this.#link;
    const { type: kind } = question;
    switch (kind) {
      case 'inspect-vm':
        // Who asks is about to move it.
        this.#starter.warm();
        return { kind, facts: await inspectVm(libvirt, this.#files, question.vmId) };
      case 'check-incoming': {
        const { vmId, facts } = question;
        this.#starter.warm();
        return { kind, incoming: await checkIncoming(libvirt, this.#files, vmId, facts) };
      }
      case 'read-cpu': {
        this.#accelerator ??= await probeAccelerator(libvirt, this.#options.config);
        return readCpu(libvirt, this.#accelerator.kind);
      }
      case 'baseline-cpu':
        return baselineCpu(libvirt, question);
      case 'check-cpu':
        return checkCpu(libvirt, question);
      case 'probe-pool':
        return this.#pools.doctor.probe(question.pool, question.probe);
      case 'list-files': {
        const { type: _, pool, ...asked } = question;
        const listed = await this.#storage.list(pool, asked);
        if (asked.only === undefined) return { kind, ...listed };
        return { kind, ...listed, users: await usersOfFile(libvirt, pool, asked.only) };
      }
      case 'open-console':
        return { kind, end: await this.#consoles.open(question) };
    }
  }

  async #ensurePool(pool: Pool, uuid: string): Promise<ActionOutcome> {
    const outcome = await this.#pools.ensure(pool, uuid);
    // Nobody waits for it here; a job in that pool does.
    this.#storage.sweep(pool).catch((error: unknown) => {
      this.#options.warn(`clearing up pool ${pool.name}: ${String(error)}`);
    });
    return outcome;
  }

  get #tunnel(): TunnelSettings {
    const { stateDir, addresses, libvirt } = this.#options.config;
    return {
      stateDir,
      host: addresses.migration,
      basePort: addresses.tunnelPort,
      libvirtSocket: libvirt.socket,
    };
  }

  async #prepareIncoming(action: Of<'prepare-incoming'>): Promise<ActionOutcome> {
    const { type: _, source, ...ordered } = action;
    const look = await lookAt(this.#link.libvirt, action.vmId);
    if (look && look.state !== 'shut-off' && look.state !== 'crashed') {
      return failed('vm-running', `a copy of it is ${look.state} here already`);
    }
    const emulators = await emulatorsHere(this.#link.libvirt);
    const use = { ...ordered, peer: source, identity: this.#options.identity(), emulators };
    return { outcome: 'done', tunnel: await openTarget(this.#tunnel, use, this.#starter) };
  }

  async #migrateOut(action: MigrateOut): Promise<ActionOutcome> {
    const end: MigrationEnd = {};
    this.#migrations.set(action.vmId, end);
    try {
      return await migrateOut(this.#migrationContext, action, end);
    } finally {
      if (this.#migrations.get(action.vmId) === end) this.#migrations.delete(action.vmId);
    }
  }

  get #resumeContext() {
    const announceVm = (look: VmLook) => this.#announceLook(look);
    return {
      link: this.#link,
      files: this.#files,
      storage: this.#storage,
      announce: announceVm,
    };
  }

  get #migrationContext() {
    const { config, onProgress, warn, identity } = this.#options;
    const { stateDir } = config;
    const starter = this.#starter;
    return { link: this.#link, stateDir, identity, starter, onProgress, warn };
  }

  async #inspect(action: Of<'inspect'>): Promise<ActionOutcome> {
    const { vmId, opId, kind, order } = action;
    const look =
      kind === 'start-vm'
        ? await settledLook(this.#link, vmId)
        : await lookAt(this.#link.libvirt, vmId);
    const tunnel =
      kind === 'prepare-incoming' && opId !== undefined
        ? await findTarget(this.#options.config.stateDir, opId)
        : undefined;
    if (opId !== undefined && order !== undefined && look?.migrating) {
      this.#follow(opId, look, order);
    }
    if (opId !== undefined && kind === 'save-vm' && look?.saving) {
      void this.#saves.follow(opId, look.dom, this.#stopped.signal).then(this.#options.onChange);
    }
    return { ...done, ...(tunnel ? { tunnel } : {}), ...(look ? { vm: reported(look) } : {}) };
  }

  /** A migration that an earlier process of this agent began: told of and steered as if it were its own. */
  #follow(opId: string, { dom }: VmLook, order: ConvergenceOrder): void {
    const end: MigrationEnd = this.#migrations.get(dom.uuid) ?? {};
    this.#migrations.set(dom.uuid, end);
    const steered = { opId, dom, order, end, isUnderWay: true };
    const steering = new Steering(this.#migrationContext, steered);
    void (async () => {
      await steering.run(this.#stopped.signal);
      if (this.#migrations.get(dom.uuid) === end) this.#migrations.delete(dom.uuid);
      this.#options.onChange();
    })();
  }

  async #announce(vmId: string): Promise<void> {
    try {
      const look = await lookAt(this.#link.libvirt, vmId);
      if (look) this.#announceLook(look);
    } catch (error) {
      this.#options.warn(`announcing ${vmId}: ${String(error)}`);
    }
  }

  /** A file that a job of QEMU's made and did not end. */
  async #discard(file: StoredFile, { opId, step }: Of<'disk-job'>): Promise<void> {
    const job: StorageJob = { job: 'delete', files: [file] };
    const { error } = await this.#storage.run({ type: 'storage-job', opId, step, job });
    if (error) this.#options.warn(`${file.file} stays in pool ${file.pool.name}: ${error.message}`);
  }

  /** Goes on by itself: nobody waits for it. */
  #announceLook({ dom }: VmLook): void {
    void announce(dom, { signal: this.#stopped.signal, warn: this.#options.warn });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    this.#starter[Symbol.dispose]();
    this.#storage[Symbol.dispose]();
    this.#consoles[Symbol.dispose]();
    this.#listening[Symbol.dispose]();
    await this.#writeMeter[Symbol.asyncDispose]();
    await this.#pools[Symbol.asyncDispose]();
    await this.#link[Symbol.asyncDispose]();
  }
}

/** As much of a VM as a look at one has: its size does not matter to what became of a step. */
function reported(look: VmLook) {
  const { dom, state, migrating, saving } = look;
  const known = { vmId: dom.uuid, name: dom.name, state, migrating, memoryMib: 0, vcpus: 0 };
  return saving ? { ...known, saving } : known;
}
