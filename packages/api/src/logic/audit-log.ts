/** What was done and denied, newest first, for people to read; the older ones are in the file only. */
import type { api } from '@drover/protocol';
import { pageOf, type PageAsk } from './page.ts';

const kept = 10_000;

export type NewEntry = Omit<api.AuditEntry, 'id'>;

export interface AuditFilter {
  readonly by?: string | undefined;
  readonly outcome?: string | undefined;
}

export class AuditLog {
  #entries: api.AuditEntry[] = [];
  #nextId = 1;

  /** What an earlier life of the process wrote, oldest first. */
  take(entries: readonly api.AuditEntry[]): void {
    this.#entries = entries.slice(-kept);
    this.#nextId = (entries.at(-1)?.id ?? 0) + 1;
  }

  add(entry: NewEntry): api.AuditEntry {
    const added = { id: this.#nextId, ...entry };
    this.#nextId += 1;
    this.#entries.push(added);
    if (this.#entries.length > kept + kept / 10) this.#entries = this.#entries.slice(-kept);
    return added;
  }

  /** Newest first. */
  list({ by, outcome }: AuditFilter, page: PageAsk) {
    const asked = this.#entries
      .filter((one) => by === undefined || one.by === by)
      .filter((one) => outcome === undefined || one.outcome === outcome)
      .toReversed();
    return pageOf(asked, page, { keyOf: ({ id }) => [-id] });
  }
}
