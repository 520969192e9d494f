/**
 * Looks at the host: which was asked for, which of them an inventory is owed for, and which `sync` each answers. What
 * a look saw is no older than the question that it answers.
 */
import type { Inventory } from '@drover/protocol';

export type Sync = NonNullable<Inventory['answers']>;

export class Looks {
  #last = 0;
  /** Looks that an inventory is owed for: any from the first satisfies some, the last all. */
  #owed: { readonly first: number; readonly last: number } | undefined;
  /** Each `sync` with the look that answers it; the newest that was answered. */
  #syncs: readonly { readonly lookId: number; readonly sync: Sync }[] = [];
  #answered: Sync | undefined;

  /** The newest `sync` that came before the newest look began. */
  get answered(): Sync | undefined {
    return this.#answered;
  }

  /** The number of a look that is asked for now. */
  ask(): number {
    this.#last += 1;
    return this.#last;
  }

  /** An inventory of that look, or of a later one: an older one could answer with what was. */
  owe(id: number, sync?: Sync): void {
    this.#owed = { first: this.#owed?.first ?? id, last: id };
    if (sync !== undefined) this.#syncs = [...this.#syncs, { lookId: id, sync }];
  }

  /** Whether an inventory of this look is owed. `answers`: the newest look that it is; absent: all. */
  looked(answers: number = this.#last): boolean {
    this.#answered =
      this.#syncs.findLast(({ lookId }) => lookId <= answers)?.sync ?? this.#answered;
    this.#syncs = this.#syncs.filter(({ lookId }) => lookId > answers);
    const owed = this.#owed;
    if (owed === undefined || answers < owed.first) return false;
    this.#owed = answers >= owed.last ? undefined : { first: owed.last, last: owed.last };
    return true;
  }
}
