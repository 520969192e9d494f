/**
 * Looks at all hosts from outside for as long as a test runs, and remembers what must never be: one VM
 * running on two of them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Lab, runningOn } from '@drover/deploy/lab';

/** Polls all hosts until told to stop; then says what it saw that must never be. */
export class Watch {
  readonly #lab: Lab;
  readonly #onTwoHosts = new Set<string>();
  #looks = 0;
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.#done = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#look();
      } catch {
        // A host whose libvirtd was just killed does not answer; the next look will.
      }
      await pause(300);
    }
  }

  /**
   * The hosts are asked one after the other, so a VM that moves in between can be seen on both. Seen on
   * two, it is looked up again on the first: running there after it ran on the second is the real thing.
   */
  async #look(): Promise<void> {
    const seen = new Map<string, string>();
    for (const host of this.#lab.hosts) {
      for (const name of await runningOn(this.#lab, host)) {
        const before = seen.get(name);
        if (before !== undefined && (await runningOn(this.#lab, before)).includes(name)) {
          this.#onTwoHosts.add(`${name} on ${before} and ${host}`);
        }
        seen.set(name, host);
      }
    }
    this.#looks += 1;
  }

  async stop(): Promise<{ readonly looks: number; readonly onTwoHosts: readonly string[] }> {
    this.#stopped = true;
    await this.#done;
    return { looks: this.#looks, onTwoHosts: [...this.#onTwoHosts] };
  }
}
