/**
 * QEMU's monitor of one domain, past libvirt. A command that changes what libvirt believes of the domain
 * marks it tainted, and may break it.
 */
import type { Caller } from '../connection/caller.ts';
import type { FlagOptions } from '../connection/options.ts';
import type { DomainRef } from '../protocol/types.ts';

export class DomainMonitor {
  readonly #caller: Caller;
  readonly #dom: DomainRef;

  constructor(caller: Caller, dom: DomainRef) {
    this.#caller = caller;
    this.#dom = dom;
  }

  /**
   * A QMP command as JSON text, or a command of the human monitor with `monitorCommandFlag.human`; the
   * answer as the monitor wrote it, an error of the monitor's included. (`virDomainQemuMonitorCommand`)
   */
  async command(command: string, { flags = 0, ...options }: FlagOptions = {}): Promise<string> {
    const args = { dom: this.#dom, command, flags };
    return (await this.#caller.call('qemuDomainMonitorCommand', args, options)).result;
  }

  /** Has its network cards announce themselves, so that switches learn their new port. */
  async announceSelf(options?: FlagOptions): Promise<void> {
    const command = {
      execute: 'announce-self',
      arguments: { initial: 50, max: 550, rounds: 5, step: 50 },
    };
    const answer: unknown = JSON.parse(await this.command(JSON.stringify(command), options));
    if (typeof answer === 'object' && answer !== null && 'error' in answer) {
      throw new Error(`announce-self: ${JSON.stringify(answer.error)}`);
    }
  }
}
