/**
 * What is on disk and what is on its way there: the journal's writes and their acknowledgements, the epoch
 * and the generations that hold because they are written. Which record is due when is agent.ts.
 */
import { laterEpoch } from './envelope.ts';
import { raise, type Replayed } from './journal.ts';
import type { AgentAction, JournalRecord } from './port.ts';
import type { Step } from './steps.ts';

/** Who waits for a write: a step, a `sync`, or nobody. */
export type Waiter =
  | { readonly type: 'step'; readonly step: Step }
  | { readonly type: 'sync'; readonly opId: string; readonly step: number }
  | { readonly type: 'nobody' };

export class Ledger {
  readonly #writes = new Map<number, { readonly record: JournalRecord; readonly waiter: Waiter }>();
  readonly #generations = new Map<string, number>();
  #seq = 0;
  #seenEpoch = '0';
  #durableEpoch = '0';
  #unwritable = false;
  #isAltered = false;

  load(replayed: Replayed): void {
    this.#durableEpoch = replayed.maxEpoch;
    this.#seenEpoch = replayed.maxEpoch;
    this.#isAltered = replayed.isAltered;
    for (const [vmId, generation] of replayed.generations) this.#generations.set(vmId, generation);
  }

  get seenEpoch(): string {
    return this.#seenEpoch;
  }

  get durableEpoch(): string {
    return this.#durableEpoch;
  }

  get generations(): ReadonlyMap<string, number> {
    return this.#generations;
  }

  /** Records were lost, and no disk says yet that leaders have been listened to since. */
  get isAltered(): boolean {
    return this.#isAltered;
  }

  /** The last write that was acknowledged failed. */
  get unwritable(): boolean {
    return this.#unwritable;
  }

  get idle(): boolean {
    return this.#writes.size === 0;
  }

  write(record: JournalRecord, waiter: Waiter): AgentAction {
    this.#seq += 1;
    this.#writes.set(this.#seq, { record, waiter });
    if (waiter.type === 'step') waiter.step.unwritten.add(this.#seq);
    if (record.type === 'epoch') this.#seenEpoch = laterEpoch(this.#seenEpoch, record.epoch);
    return { type: 'journal', seq: this.#seq, record };
  }

  /** In whatever order they come. Gives back who waited; nothing for a number it never gave out. */
  acknowledge(seq: number, ok: boolean): Waiter | undefined {
    const write = this.#writes.get(seq);
    if (!write) return undefined;
    this.#writes.delete(seq);
    this.#unwritable = !ok;
    if (ok) this.#keep(write.record);
    if (write.waiter.type === 'step') {
      write.waiter.step.unwritten.delete(seq);
      if (!ok) write.waiter.step.writeFailed = true;
    }
    return write.waiter;
  }

  #keep(record: JournalRecord): void {
    if (record.type === 'listened') this.#isAltered = false;
    if (record.type === 'epoch') {
      this.#durableEpoch = laterEpoch(this.#durableEpoch, record.epoch);
    }
    if (record.type === 'generation') {
      raise(this.#generations, record.vmId, record.generation);
    }
  }
}
