/**
 * The agent that runs inside a domain's own system. Each call waits for it, for as long as
 * `setResponseTimeout` says; a system that does not answer is an error of which `isAgentUnresponsive` is true.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import type { DomainRef } from '../protocol/types.ts';
import { readGuestInfo, type GuestInfo } from '../params/guest-info.ts';
import { paramsRecord } from '../xdr/typed-params.ts';

export interface AgentCommandOptions extends FlagOptions {
  /** Seconds, or a number of `agentTimeout`. */
  readonly agentTimeout?: number;
}

export class DomainGuest {
  readonly #caller: Caller;
  readonly #dom: DomainRef;

  constructor(caller: Caller, dom: DomainRef) {
    this.#caller = caller;
    this.#dom = dom;
  }

  /**
   * Holds all writing to these file systems, or to all; resolves with how many. Whoever freezes has to
   * thaw, or the VM stands still. (`virDomainFSFreeze`)
   */
  async freeze(mountpoints: readonly string[] = [], options?: CallOptions): Promise<number> {
    const args = { dom: this.#dom, mountpoints, flags: 0 };
    return (await this.#caller.call('domainFsfreeze', args, options)).filesystems;
  }

  /** (`virDomainFSThaw`) */
  async thaw(mountpoints: readonly string[] = [], options?: CallOptions): Promise<number> {
    const args = { dom: this.#dom, mountpoints, flags: 0 };
    return (await this.#caller.call('domainFsthaw', args, options)).filesystems;
  }

  /** `types` is bits of `guestInfoType`; all that the agent can tell if absent. (`virDomainGetGuestInfo`) */
  async info(types = 0, options?: CallOptions): Promise<GuestInfo> {
    const args = { dom: this.#dom, types, flags: 0 };
    const { params } = await this.#caller.call('domainGetGuestInfo', args, options);
    return readGuestInfo(paramsRecord(params));
  }

  /** Seconds, or a number of `agentTimeout`. (`virDomainAgentSetResponseTimeout`) */
  async setResponseTimeout(seconds: number, options?: CallOptions): Promise<void> {
    const args = { dom: this.#dom, timeout: seconds, flags: 0 };
    await this.#caller.call('domainAgentSetResponseTimeout', args, options);
  }

  /** A command of the agent's own, as JSON text; the answer as JSON text. (`virDomainQemuAgentCommand`) */
  async command(
    command: string,
    { agentTimeout = -2, flags = 0, ...options }: AgentCommandOptions = {},
  ): Promise<string | undefined> {
    const args = { dom: this.#dom, command, timeout: agentTimeout, flags };
    return (await this.#caller.call('qemuDomainAgentCommand', args, options)).result;
  }
}
