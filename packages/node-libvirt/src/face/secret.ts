/**
 * One secret of a daemon. Its value is never part of the handle, so it cannot end up in a log with it.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions } from '../connection/options.ts';
import type { SecretRef } from '../protocol/types.ts';

export class Secret implements SecretRef {
  readonly uuid: string;
  /** A number of `secretUsage`. */
  readonly usageType: number;
  readonly usageId: string;
  readonly #caller: Caller;

  constructor(caller: Caller, ref: SecretRef) {
    this.#caller = caller;
    this.uuid = ref.uuid;
    this.usageType = ref.usageType;
    this.usageId = ref.usageId;
  }

  /** (`virSecretGetXMLDesc`) */
  async xml(options?: CallOptions): Promise<string> {
    return (await this.#caller.call('secretGetXmlDesc', { secret: this, flags: 0 }, options)).xml;
  }

  /** Refused for one that is private. (`virSecretGetValue`) */
  async value(options?: CallOptions): Promise<Uint8Array> {
    return (await this.#caller.call('secretGetValue', { secret: this, flags: 0 }, options)).value;
  }

  /** (`virSecretSetValue`) */
  async setValue(value: Uint8Array, options?: CallOptions): Promise<void> {
    await this.#caller.call('secretSetValue', { secret: this, value, flags: 0 }, options);
  }

  /** Forgets it, its value too. (`virSecretUndefine`) */
  async undefine(options?: CallOptions): Promise<void> {
    await this.#caller.call('secretUndefine', { secret: this }, options);
  }

  /** For logs: its uuid. */
  toString(): string {
    return this.uuid;
  }
}
