/**
 * Several domains that are started and stopped without pause, each by a worker of its own, and the events
 * of it counted against what was done. A worker believes a change only when its event has come, or when a
 * `resync` has said that events may be missing.
 */
import { randomUUID } from 'node:crypto';
import {
  buildXml,
  type Domain,
  element,
  isNotFound,
  LibvirtError,
  type Libvirt,
  type Listening,
} from 'node-libvirt';

export interface Tally {
  /** Starts and stops that libvirt confirmed. */
  rounds: number;
  events: number;
  resyncs: number;
  /** Calls that ended with their connection. */
  interrupted: number;
  /** Changes whose event never came, and no `resync` either. */
  lost: number;
}

const patienceMs = 10_000;

export class Doings implements AsyncDisposable {
  readonly tally: Tally = { rounds: 0, events: 0, resyncs: 0, interrupted: 0, lost: 0 };
  readonly #libvirt: Libvirt;
  readonly #names: readonly string[];
  readonly #seen = new Map<string, number>();
  #listening: Listening | undefined;
  #wake = new Set<() => void>();
  #left = 0;

  static async begin(libvirt: Libvirt, workers: number): Promise<Doings> {
    const doings = new Doings(libvirt, workers);
    doings.#listening = await libvirt.listen(['lifecycle'], (event) => {
      if (event.name === 'resync') doings.tally.resyncs += 1;
      else if (event.type === 'started' || event.type === 'stopped') doings.#count(event.dom.name);
      doings.#changed();
    });
    return doings;
  }

  private constructor(libvirt: Libvirt, workers: number) {
    this.#libvirt = libvirt;
    this.#names = Array.from({ length: workers }, (_, index) => `soak-${index}`);
  }

  /** So many starts and stops more, by all workers together. */
  async run(rounds: number): Promise<void> {
    this.#left = rounds;
    await Promise.all(this.#names.map((name) => this.#work(name)));
  }

  /** Resolves when the tally has come to so many rounds. */
  async reached(rounds: number): Promise<void> {
    while (this.tally.rounds < rounds) await this.#change();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
  }

  async #work(name: string): Promise<void> {
    let domain: Domain | undefined;
    let runs = false;
    while (this.#left > 0) {
      this.#left -= 1;
      const { resyncs } = this.tally;
      const seen = this.#seen.get(name) ?? 0;
      try {
        if (domain === undefined) {
          domain = await this.#defined(name);
          runs = await domain.isActive();
        }
        if (runs) await domain.destroy();
        else await domain.start();
        runs = !runs;
      } catch (error) {
        // The daemon is away, or has forgotten the domain with its memory: look anew.
        if (error instanceof LibvirtError && !isNotFound(error)) throw error;
        this.tally.interrupted += 1;
        domain = undefined;
        this.#left += 1;
        continue;
      }
      const came = await this.#within(
        () => (this.#seen.get(name) ?? 0) > seen || this.tally.resyncs > resyncs,
      );
      if (!came) this.tally.lost += 1;
      this.tally.rounds += 1;
      this.#changed();
    }
  }

  async #defined(name: string): Promise<Domain> {
    try {
      return await this.#libvirt.domains.byName(name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return this.#libvirt.domains.define(xmlOf(name));
    }
  }

  #count(name: string): void {
    this.tally.events += 1;
    this.#seen.set(name, (this.#seen.get(name) ?? 0) + 1);
  }

  /** False when it did not become true in time. */
  async #within(condition: () => boolean): Promise<boolean> {
    let end = performance.now() + patienceMs;
    while (!condition()) {
      // A daemon that is away says nothing, however long it takes to come back.
      if (!this.#libvirt.isConnected) end = performance.now() + patienceMs;
      if (performance.now() > end) return false;
      await this.#change(Math.min(100, end - performance.now()));
    }
    return true;
  }

  async #change(withinMs = patienceMs): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake.add(resolve);
    const timer = setTimeout(resolve, Math.max(1, withinMs));
    await promise;
    clearTimeout(timer);
  }

  #changed(): void {
    const wake = this.#wake;
    this.#wake = new Set();
    for (const resolve of wake) resolve();
  }
}

function xmlOf(name: string): string {
  return buildXml(
    element('domain', { type: 'test' }, [
      element('name', {}, [name]),
      element('uuid', {}, [randomUUID()]),
      element('memory', { unit: 'MiB' }, ['8']),
      element('vcpu', {}, ['1']),
      element('os', {}, [element('type', {}, ['hvm'])]),
    ]),
  );
}
