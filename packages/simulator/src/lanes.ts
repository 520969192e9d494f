/** Where each VM was, and when: what a picture of a run is made of. */
import type { Copy } from './hypervisor.ts';

/** `incoming`: it is being moved there, and does not run there yet. */
type StayState = Copy['state'] | 'incoming';

export interface Stay {
  readonly hostId: string;
  readonly vmName: string;
  readonly state: StayState;
  readonly fromMs: number;
  readonly toMs: number;
}

export class Lanes {
  readonly #stays: Stay[] = [];
  readonly #open = new Map<string, Omit<Stay, 'toMs'>>();

  /** Told after each change of a copy. */
  note(atMs: number, hostId: string, copy: Copy, isThere: boolean): void {
    const key = `${hostId} ${copy.vmId}`;
    const state: StayState = copy.job === 'in' ? 'incoming' : copy.state;
    const before = this.#open.get(key);
    if (isThere && before?.state === state) return;
    if (before !== undefined) this.#close(key, before, atMs);
    if (isThere) this.#open.set(key, { hostId, vmName: copy.name, state, fromMs: atMs });
  }

  /** In the order in which they began. */
  until(atMs: number): readonly Stay[] {
    const open = [...this.#open.values()].map((stay) => ({ ...stay, toMs: atMs }));
    return [...this.#stays, ...open].toSorted((a, b) => a.fromMs - b.fromMs);
  }

  #close(key: string, stay: Omit<Stay, 'toMs'>, atMs: number): void {
    this.#open.delete(key);
    if (atMs > stay.fromMs) this.#stays.push({ ...stay, toMs: atMs });
  }
}
