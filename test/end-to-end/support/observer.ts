/**
 * Looks at all hosts from outside for as long as a file of tests runs, and never asks Drover: a lookout on each host
 * asks every QEMU five times a second what it does and hears when it stops and goes on, and asks libvirt for its list
 * once a second. An observer that saw too little is an error, as is harm.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from '@drover/deploy/lab';
import { until } from './until.ts';
import { type Sight, Witness } from './witness.ts';

const program = '/opt/drover/test/end-to-end/support/lookout.ts';
const node = '/opt/drover/node_modules/node/bin/node';
/** A machine with two cores stands still for a while when many VMs start. */
const longestGapMs = 5_000;

export class Observer implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #witness = new Witness();
  readonly #starts = new Map<string, number>();
  readonly #ends = new Map<string, number>();
  readonly #lookouts = new Map<string, ChildProcess>();
  readonly #dark = new Set<string>();
  readonly #watching: Promise<void>[];
  #ended = false;

  private constructor(lab: Lab) {
    this.#lab = lab;
    this.#watching = lab.hosts.map((host) => this.#watch(host));
  }

  /** Resolves once every host is seen. What runs already is nothing to ask about. */
  static async start(lab: Lab): Promise<Observer> {
    const observer = new Observer(lab);
    await observer.#seesAll();
    for (const host of lab.hosts) {
      for (const uuid of observer.#witness.runningOn(host)) observer.mayStart(uuid);
    }
    return observer;
  }

  /** The test asked for one more start of this VM. */
  mayStart(uuid: string): void {
    this.#starts.set(uuid, (this.#starts.get(uuid) ?? 0) + 1);
  }

  /** The test asked for one more end of this VM, or has brought it about. */
  mayEnd(uuid: string): void {
    this.#ends.set(uuid, (this.#ends.get(uuid) ?? 0) + 1);
  }

  /** The test asked for an end of this VM and a start after it. */
  mayStartAnew(uuid: string): void {
    this.mayEnd(uuid);
    this.mayStart(uuid);
  }

  /** The test takes the host's power: all that runs there ends, and nobody can look. */
  dark(host: string): void {
    this.#dark.add(host);
    this.#lookouts.get(host)?.kill();
    this.#witness.dark(host);
  }

  light(host: string): void {
    this.#dark.delete(host);
  }

  /** How often this VM was booted since it is looked at. */
  boots(uuid: string): number {
    return this.#witness.lives(uuid);
  }

  /**
   * Throws for what must never be, for what it did not see, and where libvirt's lists are not what the QEMUs say
   * once all is calm.
   */
  async expectNoHarm(): Promise<void> {
    await this.#seesAll();
    const harm = this.#witness.harm({
      starts: (uuid) => this.#starts.get(uuid) ?? 0,
      ends: (uuid) => this.#ends.get(uuid) ?? 0,
    });
    if (harm.length > 0) throw new Error(`seen from outside: ${harm.join('; ')}`);
    for (const host of this.#lit) {
      const { longestGapMs: gapMs } = this.#witness.seen(host);
      if (gapMs > longestGapMs) throw new Error(`${host} was not seen for ${gapMs} ms`);
    }
    const agree = async () => {
      const differs = this.#lit.find(
        (host) => this.#witness.seen(host).listed.join() !== this.#witness.runningOn(host).join(),
      );
      if (differs === undefined) return true;
      const { listed } = this.#witness.seen(differs);
      const said = this.#witness.runningOn(differs);
      throw new Error(`${differs}: listed ${listed.join(', ')}, said ${said.join(', ')}`);
    };
    await until('libvirt lists what the QEMUs say', agree, { deadlineMs: 30_000 });
  }

  /** What it saw so far, for the log of the run. */
  summary(): string {
    return this.#lit
      .map((host) => {
        const { looks, answers, lists, longestGapMs: gapMs } = this.#witness.seen(host);
        return `${host} ${looks} looks, ${answers} answers, ${lists} lists, longest gap ${gapMs} ms`;
      })
      .join('; ');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    for (const lookout of this.#lookouts.values()) lookout.stdin?.end();
    await Promise.all(this.#watching);
  }

  get #lit(): readonly string[] {
    return this.#lab.hosts.filter((host) => !this.#dark.has(host));
  }

  /** Each host has been looked at, and its libvirt has answered, after now. */
  async #seesAll(): Promise<void> {
    const count = () =>
      new Map(
        this.#lit.map((host) => {
          const { looks, lists } = this.#witness.seen(host);
          return [host, { looks: looks + 2, lists: lists + 1 }] as const;
        }),
      );
    const wanted = count();
    await until('every host is seen', async () => {
      const blind = this.#lit.filter((host) => {
        const { looks, lists } = this.#witness.seen(host);
        const least = wanted.get(host);
        return looks < (least?.looks ?? 1) || lists < (least?.lists ?? 1);
      });
      if (blind.length > 0) throw new Error(`nobody looks at ${blind.join(', ')}`);
      return true;
    });
  }

  async #watch(host: string): Promise<void> {
    while (!this.#ended) {
      if (!this.#dark.has(host)) await this.#lookOut(host);
      await pause(100);
    }
  }

  /** Until the lookout ends: with the observer, or with its host. */
  async #lookOut(host: string): Promise<void> {
    const container = this.#lab.containerOf(host);
    const lookout = spawn('docker', ['exec', '--interactive', container, node, program], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#lookouts.set(host, lookout);
    lookout.on('error', () => undefined);
    const lines = createInterface({ input: lookout.stdout });
    for await (const line of lines) {
      // Anything else is docker's word that there is no such host now: then nobody looks, which is noticed.
      if (!line.startsWith('{') || this.#dark.has(host)) continue;
      this.#witness.hear(host, JSON.parse(line) as Sight);
    }
  }
}
