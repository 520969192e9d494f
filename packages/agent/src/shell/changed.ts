/** Waiting for an event of one VM. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LibvirtLink, LinkEvent } from './libvirt-link.ts';

export class Changed implements Disposable {
  readonly #listening: Disposable;
  #wake = new AbortController();

  /** `counts`: which events; all if absent. */
  constructor(link: LibvirtLink, vmId: string, counts: (event: LinkEvent) => boolean = () => true) {
    this.#listening = link.onEvent((event) => {
      if (event.dom.uuid === vmId && counts(event)) this.#wake.abort();
    });
  }

  /** True: it came, in that time or since the last wait. */
  async within(ms: number): Promise<boolean> {
    const { signal } = this.#wake;
    await pause(ms, undefined, { signal }).catch(() => undefined);
    this.#wake = new AbortController();
    return signal.aborted;
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}
