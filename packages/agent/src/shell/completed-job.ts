/**
 * What libvirt tells of a migration's job when it is over. It comes as an event, which the answer of the call that made
 * the migration may overtake.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { JobStats } from 'node-libvirt';
import type { LibvirtLink } from './libvirt-link.ts';

const lateMs = 1_000;

export class CompletedJob implements Disposable {
  readonly #told = Promise.withResolvers<JobStats>();
  readonly #listening: Disposable;
  #stats: JobStats | undefined;

  /** Listens from now on. */
  constructor(link: Pick<LibvirtLink, 'onEvent'>, vmId: string) {
    this.#listening = link.onEvent((event) => {
      if (event.name !== 'jobCompleted' || event.dom.uuid !== vmId) return;
      this.#stats = event.stats;
      this.#told.resolve(event.stats);
    });
  }

  /** As far as it has been told. */
  get stats(): JobStats | undefined {
    return this.#stats;
  }

  /** Waits for it, as long as an event can be late; undefined: it was not told. */
  async late(): Promise<JobStats | undefined> {
    if (this.#stats !== undefined) return this.#stats;
    const stopped = new AbortController();
    const late = pause(lateMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    try {
      return await Promise.race([this.#told.promise, late]);
    } finally {
      stopped.abort();
    }
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}
