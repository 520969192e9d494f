/**
 * The snapshots of a domain, and the checkpoints that incremental backups count from.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import type { CheckpointRef, DomainRef, SnapshotRef } from '../protocol/types.ts';

export class Snapshot implements SnapshotRef {
  readonly name: string;
  readonly dom: DomainRef;
  readonly #caller: Caller;

  constructor(caller: Caller, ref: SnapshotRef) {
    this.#caller = caller;
    this.name = ref.name;
    this.dom = ref.dom;
  }

  /** Flags of `domainXmlFlag`. (`virDomainSnapshotGetXMLDesc`) */
  async xml({ flags = 0, ...options }: FlagOptions = {}): Promise<string> {
    return (await this.#caller.call('domainSnapshotGetXmlDesc', { snap: this, flags }, options))
      .xml;
  }

  /**
   * Takes the domain back to it: what was written since is gone. Flags of `snapshotRevertFlag`.
   * (`virDomainRevertToSnapshot`)
   */
  async revert({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainRevertToSnapshot', { snap: this, flags }, options);
  }

  /** Flags of `snapshotDeleteFlag`. (`virDomainSnapshotDelete`) */
  async delete({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainSnapshotDelete', { snap: this, flags }, options);
  }
}

export class DomainSnapshots {
  readonly #caller: Caller;
  readonly #dom: DomainRef;

  constructor(caller: Caller, dom: DomainRef) {
    this.#caller = caller;
    this.#dom = dom;
  }

  /** Flags of `snapshotListFlag`. (`virDomainListAllSnapshots`) */
  async list({ flags = 0, ...options }: FlagOptions = {}): Promise<readonly Snapshot[]> {
    const args = { dom: this.#dom, needResults: 1, flags };
    const { snapshots } = await this.#caller.call('domainListAllSnapshots', args, options);
    return snapshots.map((ref) => new Snapshot(this.#caller, ref));
  }

  /** Rejects with an error of which `isNotFound` is true. (`virDomainSnapshotLookupByName`) */
  async byName(name: string, options?: CallOptions): Promise<Snapshot> {
    const args = { dom: this.#dom, name, flags: 0 };
    const { snap } = await this.#caller.call('domainSnapshotLookupByName', args, options);
    return new Snapshot(this.#caller, snap);
  }

  /** Flags of `snapshotCreateFlag`. (`virDomainSnapshotCreateXML`) */
  async create(xml: string, { flags = 0, ...options }: FlagOptions = {}): Promise<Snapshot> {
    const args = { dom: this.#dom, xml, flags };
    const { snap } = await this.#caller.call('domainSnapshotCreateXml', args, options);
    return new Snapshot(this.#caller, snap);
  }
}

export class Checkpoint implements CheckpointRef {
  readonly name: string;
  readonly dom: DomainRef;
  readonly #caller: Caller;

  constructor(caller: Caller, ref: CheckpointRef) {
    this.#caller = caller;
    this.name = ref.name;
    this.dom = ref.dom;
  }

  /** (`virDomainCheckpointGetXMLDesc`) */
  async xml({ flags = 0, ...options }: FlagOptions = {}): Promise<string> {
    const args = { checkpoint: this, flags };
    return (await this.#caller.call('domainCheckpointGetXmlDesc', args, options)).xml;
  }

  /** (`virDomainCheckpointDelete`) */
  async delete({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainCheckpointDelete', { checkpoint: this, flags }, options);
  }
}

export class DomainCheckpoints {
  readonly #caller: Caller;
  readonly #dom: DomainRef;

  constructor(caller: Caller, dom: DomainRef) {
    this.#caller = caller;
    this.#dom = dom;
  }

  /** (`virDomainListAllCheckpoints`) */
  async list({ flags = 0, ...options }: FlagOptions = {}): Promise<readonly Checkpoint[]> {
    const args = { dom: this.#dom, needResults: 1, flags };
    const { checkpoints } = await this.#caller.call('domainListAllCheckpoints', args, options);
    return checkpoints.map((ref) => new Checkpoint(this.#caller, ref));
  }

  /** Flags of `checkpointCreateFlag`. (`virDomainCheckpointCreateXML`) */
  async create(xml: string, { flags = 0, ...options }: FlagOptions = {}): Promise<Checkpoint> {
    const args = { dom: this.#dom, xml, flags };
    const { checkpoint } = await this.#caller.call('domainCheckpointCreateXml', args, options);
    return new Checkpoint(this.#caller, checkpoint);
  }
}
