/**
 * One disk of a domain while it runs: its figures, its size, and the jobs that copy and merge its images.
 * A job goes on after its call; `blockJob` events tell how it ends.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import { readFields, writeFields } from '../params/fields.ts';
import {
  blockCopyFields,
  blockIoTuneFields,
  type BlockCopyParams,
  type BlockIoTune,
} from '../params/tuning.ts';
import { blockResizeFlag, typedParamFlag } from '../protocol/constants.ts';
import { blockJobTypes } from '../protocol/events/names.ts';
import { nameOf } from '../protocol/states.ts';
import type { DomainRef } from '../protocol/types.ts';
import { paramsRecord } from '../xdr/typed-params.ts';

export interface BlockStats {
  readonly readRequests: number;
  readonly readBytes: number;
  readonly writeRequests: number;
  readonly writeBytes: number;
  /** Absent where the hypervisor does not count them. */
  readonly errors?: number;
}

export interface BlockInfo {
  /** What the VM sees. */
  readonly capacityBytes: number;
  /** The highest byte that was written, or what is used of the host's storage. */
  readonly allocationBytes: number;
  /** The size of the file or device on the host. */
  readonly physicalBytes: number;
}

export interface BlockJobInfo {
  readonly type: (typeof blockJobTypes)[number] | 'other';
  readonly bandwidthMibps: number;
  /** Of `end`, in a unit of the job's own. */
  readonly current: number;
  readonly end: number;
}

export interface CommitArguments {
  /** The image to merge into, by path or `vda[3]`; the base of the chain if absent. */
  readonly base?: string;
  /** The topmost image to merge; the active one if absent, which needs `blockCommitFlag.active`. */
  readonly top?: string;
  readonly bandwidthMibps?: number;
}

export interface PullArguments {
  /** The image that it stands on afterwards, by path or `vda[3]`; nothing if absent. */
  readonly base?: string;
  readonly bandwidthMibps?: number;
}

export interface CopyArguments extends BlockCopyParams {
  /** A `<disk>` with the copy's source and driver. */
  readonly destinationXml: string;
}

/** The number that libvirt writes for what it does not know. */
const notCounted = -1n;

export class DomainBlock {
  /** Its target, such as `vda`. */
  readonly target: string;
  readonly #caller: Caller;
  readonly #dom: DomainRef;

  constructor(caller: Caller, dom: DomainRef, target: string) {
    this.#caller = caller;
    this.#dom = dom;
    this.target = target;
  }

  get #path() {
    return { dom: this.#dom, path: this.target };
  }

  /** Since it was started. (`virDomainBlockStats`) */
  async stats(options?: CallOptions): Promise<BlockStats> {
    const done = await this.#caller.call('domainBlockStats', this.#path, options);
    return {
      readRequests: Number(done.readRequests),
      readBytes: Number(done.readBytes),
      writeRequests: Number(done.writeRequests),
      writeBytes: Number(done.writeBytes),
      ...(done.errors === notCounted ? {} : { errors: Number(done.errors) }),
    };
  }

  /** Looks at the image: hangs while its storage does. (`virDomainGetBlockInfo`) */
  async info(options?: CallOptions): Promise<BlockInfo> {
    const args = { ...this.#path, flags: 0 };
    const done = await this.#caller.call('domainGetBlockInfo', args, options);
    return {
      capacityBytes: Number(done.capacity),
      allocationBytes: Number(done.allocation),
      physicalBytes: Number(done.physical),
    };
  }

  /** What the VM sees at once, if it looks. (`virDomainBlockResize`) */
  async resize(capacityBytes: number, options?: CallOptions): Promise<void> {
    const size = BigInt(capacityBytes);
    const args = { dom: this.#dom, disk: this.target, size, flags: blockResizeFlag.bytes };
    await this.#caller.call('domainBlockResize', args, options);
  }

  /** `undefined` while none runs. (`virDomainGetBlockJobInfo`) */
  async job(options?: CallOptions): Promise<BlockJobInfo | undefined> {
    const args = { ...this.#path, flags: 0 };
    const done = await this.#caller.call('domainGetBlockJobInfo', args, options);
    if (done.found === 0) return undefined;
    return {
      type: nameOf(blockJobTypes, done.type),
      bandwidthMibps: Number(done.bandwidth),
      current: Number(done.current),
      end: Number(done.end),
    };
  }

  /**
   * Ends the job; flags of `blockJobAbortFlag`: with `pivot` a copy that is ready, or a commit of the
   * active image, becomes what the VM runs on. (`virDomainBlockJobAbort`)
   */
  async abortJob({ flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    await this.#caller.call('domainBlockJobAbort', { ...this.#path, flags }, options);
  }

  /** Merges images of the chain downwards; flags of `blockCommitFlag`. (`virDomainBlockCommit`) */
  async commit(
    { base, top, bandwidthMibps = 0 }: CommitArguments = {},
    { flags = 0, ...options }: FlagOptions = {},
  ): Promise<void> {
    const bandwidth = BigInt(bandwidthMibps);
    const args = { dom: this.#dom, disk: this.target, base, top, bandwidth, flags };
    await this.#caller.call('domainBlockCommit', args, options);
  }

  /**
   * Takes images of the chain into the active one, down to `base`, or all of them; `flags` are 0.
   * (`virDomainBlockRebase`)
   */
  async pull(
    { base, bandwidthMibps = 0 }: PullArguments = {},
    { flags = 0, ...options }: FlagOptions = {},
  ): Promise<void> {
    const args = { ...this.#path, base, bandwidth: BigInt(bandwidthMibps), flags };
    await this.#caller.call('domainBlockRebase', args, options);
  }

  /**
   * Copies it while it runs; once ready the copy follows until `abortJob`. Flags of `blockCopyFlag`.
   * (`virDomainBlockCopy`)
   */
  async copy(copy: CopyArguments, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    const { destinationXml: destXml } = copy;
    const args = { ...this.#path, destXml, params: writeFields(blockCopyFields, copy), flags };
    await this.#caller.call('domainBlockCopy', args, options);
  }

  /**
   * Has a `blockThreshold` event come once, when so many bytes of the image are in use.
   * (`virDomainSetBlockThreshold`)
   */
  async setThreshold(bytes: number, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, device: this.target, threshold: BigInt(bytes), flags: 0 };
    await this.#caller.call('domainSetBlockThreshold', args, options);
  }

  /** Its limits; 0 is none. Flags of `domainImpact`. (`virDomainGetBlockIoTune`) */
  async ioTune({ flags = 0, ...options }: FlagOptions = {}): Promise<BlockIoTune> {
    const ask = (nparams: number) => {
      const asked = flags | typedParamFlag.stringOkay;
      const args = { dom: this.#dom, disk: this.target, nparams, flags: asked };
      return this.#caller.call('domainGetBlockIoTune', args, options);
    };
    const { nparams } = await ask(0);
    return readFields(blockIoTuneFields, paramsRecord((await ask(nparams)).params));
  }

  /** What is not given stays as it is. Flags of `domainImpact`. (`virDomainSetBlockIoTune`) */
  async setIoTune(limits: BlockIoTune, { flags = 0, ...options }: FlagOptions = {}): Promise<void> {
    const params = writeFields(blockIoTuneFields, limits);
    const args = { dom: this.#dom, disk: this.target, params, flags };
    await this.#caller.call('domainSetBlockIoTune', args, options);
  }
}
