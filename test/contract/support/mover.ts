/**
 * The one VM that moves to and fro between two hosts in tests of migrations: where it is, by what both hosts' daemons
 * say, and whether it is still in the boot that it was born in, by its own word.
 */
import type { Domain } from 'node-libvirt';
import { dirtyVmXml, type Heard, listenTo } from './dirty-vm.ts';
import type { MigrationHost, MigrationHosts } from './migration-hosts.ts';

/** Where it is, and where it could go. */
export interface Place {
  readonly at: MigrationHost;
  readonly other: MigrationHost;
  readonly domain: Domain;
}

export class Mover {
  readonly uuid: string;
  readonly name = 'mover';
  readonly #hosts: MigrationHosts;
  #heard: Heard | undefined;

  constructor(hosts: MigrationHosts, uuid: string) {
    this.#hosts = hosts;
    this.uuid = uuid;
  }

  /** Starts it on the first host, and waits until it speaks. */
  async start(): Promise<void> {
    const xml = dirtyVmXml({ name: this.name, uuid: this.uuid });
    this.#heard = await listenTo(await this.#hosts.one.libvirt.domains.create(xml));
  }

  /** Throws where it is on both hosts, or on none. */
  async place(): Promise<Place> {
    const { one, two } = this.#hosts;
    const here = await one.libvirt.domains.find(this.uuid);
    const there = await two.libvirt.domains.find(this.uuid);
    if (here !== undefined && there === undefined) return { at: one, other: two, domain: here };
    if (there !== undefined && here === undefined) return { at: two, other: one, domain: there };
    throw new Error(`the VM is on ${here === undefined ? 'no host' : 'both hosts'}`);
  }

  /** The only host where it is. Throws unless it runs there, in the same boot as ever, and has gone on. */
  async home(): Promise<MigrationHost> {
    const { at, domain } = await this.place();
    const { state } = await domain.state();
    if (state !== 'running') throw new Error(`the VM is ${state} on ${at.name}`);
    const before = this.#heard;
    const now = await listenTo(domain);
    if (now.boot !== before?.boot) throw new Error(`boot ${now.boot}, was ${before?.boot}`);
    if (now.upSeconds <= before.upSeconds) {
      throw new Error(`it is up for ${now.upSeconds} s, and was for ${before.upSeconds} s`);
    }
    this.#heard = now;
    return at;
  }
}
