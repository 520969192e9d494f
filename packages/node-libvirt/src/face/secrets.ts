/**
 * The secrets of a daemon, such as the passphrases of encrypted disks: lists, look-ups, definition. What
 * can be done with one of them is in `secret.ts`.
 */
import type { Caller } from '../connection/caller.ts';
import type { CallOptions, FlagOptions } from '../connection/options.ts';
import { secretUsage } from '../protocol/constants.ts';
import type { SecretRef } from '../protocol/types.ts';
import { Secret } from './secret.ts';

export class Secrets {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** (`virConnectListAllSecrets`) */
  async list({ flags = 0, ...options }: FlagOptions = {}): Promise<readonly Secret[]> {
    const args = { needResults: 1, flags };
    const { secrets } = await this.#caller.call('connectListAllSecrets', args, options);
    return secrets.map((ref) => this.of(ref));
  }

  /** A handle without asking the daemon: the uuid counts, the rest only informs. */
  of(ref: Pick<SecretRef, 'uuid'> & Partial<SecretRef>): Secret {
    return new Secret(this.#caller, { usageType: secretUsage.none, usageId: '', ...ref });
  }

  /** Rejects with an error of which `isNotFound` is true. (`virSecretLookupByUUID`) */
  async byUuid(uuid: string, options?: CallOptions): Promise<Secret> {
    return this.of((await this.#caller.call('secretLookupByUuid', { uuid }, options)).secret);
  }

  /** By what it is for, such as `volume` and a path. (`virSecretLookupByUsage`) */
  async byUsage(
    usage: keyof typeof secretUsage,
    usageId: string,
    options?: CallOptions,
  ): Promise<Secret> {
    const args = { usageType: secretUsage[usage], usageId };
    return this.of((await this.#caller.call('secretLookupByUsage', args, options)).secret);
  }

  /** Stores a definition, without a value. (`virSecretDefineXML`) */
  async define(xml: string, { flags = 0, ...options }: FlagOptions = {}): Promise<Secret> {
    return this.of((await this.#caller.call('secretDefineXml', { xml, flags }, options)).secret);
  }
}
