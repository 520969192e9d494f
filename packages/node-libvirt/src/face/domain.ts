/**
 * One domain: its life, its state, its description. A handle is only a uuid with a name, so it may be kept
 * across reconnects; it passes wherever a `DomainRef` is wanted. What is about one part of a domain is
 * behind a property: `job`, `migration`, `metadata`, ….
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions, StreamOptions } from '../connection/options.ts';
import type { LibvirtStream } from '../connection/stream.ts';
import { writeFields } from '../params/fields.ts';
import { saveFields, type SaveParams } from '../params/tuning.ts';
import { domainCreateFlag } from '../protocol/constants.ts';
import { domainStateInfo, type DomainStateInfo, nameOf } from '../protocol/states.ts';
import type { DomainRef } from '../protocol/types.ts';
import { DomainBlock } from './domain-block.ts';
import { DomainDevices } from './domain-devices.ts';
import { DomainGuest } from './domain-guest.ts';
import { DomainJob } from './domain-job.ts';
import { DomainMemory } from './domain-memory.ts';
import { DomainMetadata } from './domain-metadata.ts';
import { DomainMigration, type MigrateArguments, migrate } from './domain-migration.ts';
import { DomainMonitor } from './domain-monitor.ts';
import { DomainCheckpoints, DomainSnapshots } from './domain-snapshots.ts';

/** State without its reason, which this call does not tell. */
export interface DomainInfo extends Omit<DomainStateInfo, 'reason' | 'reasonCode'> {
  readonly maxMemoryKib: number;
  readonly memoryKib: number;
  readonly vcpus: number;
  /** Nanoseconds of CPU time since the start; passes 2^53 in practice. */
  readonly cpuTimeNs: bigint;
}

const controlStates = ['ok', 'job', 'occupied', 'error'] as const;

export interface ControlInfo {
  /** `occupied`: somebody waits for an answer of its monitor. */
  readonly state: (typeof controlStates)[number] | 'other';
  /** How long it has been so. */
  readonly sinceMs: number;
}

export interface BackupOptions extends FlagOptions {
  readonly checkpointXml?: string;
}

export interface ConsoleOptions extends StreamOptions {
  readonly flags?: number;
  readonly device?: string;
}

export class Domain implements DomainRef {
  readonly name: string;
  readonly uuid: string;
  /** While it runs, as of when this handle was made; -1 otherwise. */
  readonly id: number;
  readonly #caller: Caller;

  constructor(caller: Caller, ref: DomainRef) {
    this.#caller = caller;
    this.name = ref.name;
    this.uuid = ref.uuid;
    this.id = ref.id;
  }

  /** Its running or last job, such as a migration. */
  get job(): DomainJob {
    return new DomainJob(this.#caller, this);
  }

  /** What tunes a migration, before or while it runs; `migrate` starts one. */
  get migration(): DomainMigration {
    return new DomainMigration(this.#caller, this);
  }

  get metadata(): DomainMetadata {
    return new DomainMetadata(this.#caller, this);
  }

  /** The disk with this target, such as `vda`, while it runs. */
  disk(target: string): DomainBlock {
    return new DomainBlock(this.#caller, this, target);
  }

  get devices(): DomainDevices {
    return new DomainDevices(this.#caller, this);
  }

  get memory(): DomainMemory {
    return new DomainMemory(this.#caller, this);
  }

  /** The agent inside it. */
  get guest(): DomainGuest {
    return new DomainGuest(this.#caller, this);
  }

  get snapshots(): DomainSnapshots {
    return new DomainSnapshots(this.#caller, this);
  }

  get checkpoints(): DomainCheckpoints {
    return new DomainCheckpoints(this.#caller, this);
  }

  /** QEMU's own monitor, past libvirt. */
  get monitor(): DomainMonitor {
    return new DomainMonitor(this.#caller, this);
  }

  /** (`virDomainGetState`) */
  async state(options?: CallOptions): Promise<DomainStateInfo> {
    const done = await this.#caller.call('domainGetState', { dom: this, flags: 0 }, options);
    return domainStateInfo(done.state, done.reason);
  }

  /** (`virDomainGetInfo`) */
  async info(options?: CallOptions): Promise<DomainInfo> {
    const done = await this.#caller.call('domainGetInfo', { dom: this }, options);
    const { state, stateCode } = domainStateInfo(done.state, 0);
    return {
      state,
      stateCode,
      maxMemoryKib: Number(done.maxMemory),
      memoryKib: Number(done.memory),
      vcpus: done.vcpus,
      cpuTimeNs: done.cpuTime,
    };
  }

  /** The live XML of a running domain; flags of `domainXmlFlag`. (`virDomainGetXMLDesc`) */
  async xml({ flags = 0, ...options }: FlagOptions = {}): Promise<string> {
    return (await this.#caller.call('domainGetXmlDesc', { dom: this, flags }, options)).xml;
  }

  /** Does it run? (`virDomainIsActive`) */
  async isActive(options?: CallOptions): Promise<boolean> {
    return (await this.#caller.call('domainIsActive', { dom: this }, options)).active !== 0;
  }

  /** Does its definition outlive it? (`virDomainIsPersistent`) */
  async isPersistent(options?: CallOptions): Promise<boolean> {
    return (await this.#caller.call('domainIsPersistent', { dom: this }, options)).persistent !== 0;
  }

  /**
   * Starts a defined domain; flags of `domainCreateFlag`. With `autoDestroy` it ends when the control
   * connection does. Resolves with a handle that has its `id`. (`virDomainCreateWithFlags`)
   */
  async start({ flags = 0, ...more }: FlagOptions = {}): Promise<Domain> {
    const options =
      flags & domainCreateFlag.autoDestroy ? ({ lane: 'control', ...more } as const) : more;
    const args = { dom: this, flags };
    const { dom } = await this.#caller.call('domainCreateWithFlags', args, options);
    return new Domain(this.#caller, dom);
  }

  /**
   * Asks it to shut down and returns; whether it does is told by its state. Flags of
   * `domainShutdownFlag`. (`virDomainShutdownFlags`)
   */
  async shutdown({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainShutdownFlags', { dom: this, flags }, options);
  }

  /** Asks it to restart and returns; flags of `domainShutdownFlag`. (`virDomainReboot`) */
  async reboot({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainReboot', { dom: this, flags }, options);
  }

  /**
   * Stops it at once, like pulling the plug. Flags of `domainDestroyFlag`: with `graceful` an error
   * rather than force. (`virDomainDestroyFlags`)
   */
  async destroy({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainDestroyFlags', { dom: this, flags }, options);
  }

  /** Like pressing its reset button. (`virDomainReset`) */
  async reset(options?: CallOptions): Promise<void> {
    await this.#caller.call('domainReset', { dom: this, flags: 0 }, options);
  }

  /** Stops its vCPUs; memory and devices stay. (`virDomainSuspend`) */
  async suspend(options?: CallOptions): Promise<void> {
    await this.#caller.call('domainSuspend', { dom: this }, options);
  }

  /** (`virDomainResume`) */
  async resume(options?: CallOptions): Promise<void> {
    await this.#caller.call('domainResume', { dom: this }, options);
  }

  /** Forgets the definition; flags of `domainUndefineFlag`. (`virDomainUndefineFlags`) */
  async undefine({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainUndefineFlags', { dom: this, flags }, options);
  }

  /**
   * Stops it with its memory in a file of libvirt's own; `start` goes on from there. Flags of
   * `domainSaveFlag`. (`virDomainManagedSave`)
   */
  async save({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainManagedSave', { dom: this, flags }, options);
  }

  /**
   * Stops it with its memory in a file of the caller's, which `Domains.restore` goes on from. Where that fails it runs on,
   * and what was written may stay. Flags of `domainSaveFlag`. (`virDomainSaveParams`)
   */
  async saveTo(save: SaveParams, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    const params = writeFields(saveFields, save);
    await this.#caller.call('domainSaveParams', { dom: this, params, flags }, options);
  }

  /** (`virDomainHasManagedSaveImage`) */
  async isSaved(options?: CallOptions): Promise<boolean> {
    const args = { dom: this, flags: 0 };
    return (await this.#caller.call('domainHasManagedSaveImage', args, options)).result !== 0;
  }

  /** Throws the saved memory away: it will boot. (`virDomainManagedSaveRemove`) */
  async forgetSave(options?: CallOptions): Promise<void> {
    await this.#caller.call('domainManagedSaveRemove', { dom: this, flags: 0 }, options);
  }

  /** What libvirt has against it, such as being tainted. (`virDomainGetMessages`) */
  async messages({ flags = 0, ...options }: FlagOptions = {}): Promise<readonly string[]> {
    return (await this.#caller.call('domainGetMessages', { dom: this, flags }, options)).messages;
  }

  /** Whether its monitor can be talked to. (`virDomainGetControlInfo`) */
  async control(options?: CallOptions): Promise<ControlInfo> {
    const args = { dom: this, flags: 0 };
    const { state, stateTime } = await this.#caller.call('domainGetControlInfo', args, options);
    return { state: nameOf(controlStates, state), sinceMs: Number(stateTime) };
  }

  /**
   * Copies its disks, as of one moment, while it runs; the XML says which and where to. With a
   * checkpoint's XML the next backup can have what changed since. (`virDomainBackupBegin`)
   */
  async beginBackup(
    backupXml: string,
    { checkpointXml, flags = 0, ...options }: BackupOptions = {},
  ): Promise<void> {
    const args = { dom: this, backupXml, checkpointXml, flags };
    await this.#caller.call('domainBackupBegin', args, options);
  }

  /** Of the backup that runs. (`virDomainBackupGetXMLDesc`) */
  async backupXml(options?: CallOptions): Promise<string> {
    return (await this.#caller.call('domainBackupGetXmlDesc', { dom: this, flags: 0 }, options))
      .xml;
  }

  /** Does libvirt start it with the host? (`virDomainGetAutostart`) */
  async autostart(options?: CallOptions): Promise<boolean> {
    return (await this.#caller.call('domainGetAutostart', { dom: this }, options)).autostart !== 0;
  }

  /** (`virDomainSetAutostart`) */
  async setAutostart(autostart: boolean, options?: CallOptions): Promise<void> {
    const args = { dom: this, autostart: autostart ? 1 : 0 };
    await this.#caller.call('domainSetAutostart', args, options);
  }

  /**
   * Moves it to another host, peer to peer: the source's daemon drives, and this resolves when it is
   * over. Neither success nor an error is the truth about where the domain runs: ask both hosts. The
   * `signal` cancels the migration itself. (`virDomainMigrateToURI3`)
   */
  async migrate(arguments_: MigrateArguments, options?: CallOptions): Promise<void> {
    await migrate(this.#caller, this, arguments_, options);
  }

  /**
   * Its serial console, to be read and written: `toDuplex` makes a Node stream of it. `device` is an alias,
   * the first console if absent; flags of `consoleFlag`. It ends when the domain stops or moves.
   * (`virDomainOpenConsole`)
   */
  console({ flags = 0, device, ...options }: ConsoleOptions = {}): Promise<LibvirtStream> {
    const args = { dom: this, device, flags };
    return this.#caller.openStream('domainOpenConsole', args, options);
  }

  /** For logs: its name. */
  toString(): string {
    return this.name === '' ? this.uuid : this.name;
  }
}
