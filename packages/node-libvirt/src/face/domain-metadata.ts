/**
 * What others have written into a domain's description: title, description text, and elements of their
 * own XML namespaces. libvirt keeps them and does not look inside.
 */
import type { Caller } from '../connection/caller.ts';
import type { FlagOptions } from '../connection/options.ts';
import { isNotFound } from '../errors.ts';
import { metadataType } from '../protocol/constants.ts';
import type { DomainRef } from '../protocol/types.ts';

export interface MetadataElement {
  /** The XML namespace that names the element. */
  readonly uri: string;
  /** The prefix to write it with. */
  readonly key: string;
  /** The element as XML; `undefined` removes it. */
  readonly xml: string | undefined;
}

type Kind = keyof typeof metadataType;

/** In all of these, flags are of `domainImpact`. (`virDomainGetMetadata`, `virDomainSetMetadata`) */
export class DomainMetadata {
  readonly #caller: Caller;
  readonly #dom: DomainRef;

  constructor(caller: Caller, dom: DomainRef) {
    this.#caller = caller;
    this.#dom = dom;
  }

  /** The element of this namespace as XML; `undefined` when there is none. */
  get(uri: string, options?: FlagOptions): Promise<string | undefined> {
    return this.#get('element', uri, options);
  }

  /** Adds, replaces or removes the element of its namespace. */
  set(element: MetadataElement, options?: FlagOptions): Promise<void> {
    return this.#set('element', element, options);
  }

  title(options?: FlagOptions): Promise<string | undefined> {
    return this.#get('title', undefined, options);
  }

  /** One line; `undefined` removes it. */
  setTitle(title: string | undefined, options?: FlagOptions): Promise<void> {
    return this.#set('title', { xml: title }, options);
  }

  description(options?: FlagOptions): Promise<string | undefined> {
    return this.#get('description', undefined, options);
  }

  setDescription(text: string | undefined, options?: FlagOptions): Promise<void> {
    return this.#set('description', { xml: text }, options);
  }

  async #get(kind: Kind, uri: string | undefined, { flags = 0, ...options }: FlagOptions = {}) {
    const args = { dom: this.#dom, type: metadataType[kind], uri, flags };
    try {
      return (await this.#caller.call('domainGetMetadata', args, options)).metadata;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #set(
    kind: Kind,
    { xml, key, uri }: { xml: string | undefined } & Partial<MetadataElement>,
    { flags = 0, ...options }: FlagOptions = {},
  ): Promise<void> {
    const args = { dom: this.#dom, type: metadataType[kind], metadata: xml, key, uri, flags };
    await this.#caller.call('domainSetMetadata', args, options);
  }
}
