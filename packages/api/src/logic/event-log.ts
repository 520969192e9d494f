/**
 * The newest events, so that a client that was away for a while misses nothing, or hears that it did. Bounded;
 * the oldest go first, and with them the right to resume from before them.
 */
import type { EventGroup } from './events.ts';

export class EventLog {
  readonly #limit: number;
  #groups: EventGroup[] = [];
  #size = 0;
  /** All events of later revisions are here. */
  #completeAfter = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Everything was loaded anew at this revision: what came before it is not known. */
  restart(revision: number): void {
    this.#groups = [];
    this.#size = 0;
    this.#completeAfter = revision;
  }

  add(group: EventGroup): void {
    this.#groups.push(group);
    this.#size += group.events.length;
    while (this.#size > this.#limit) {
      const oldest = this.#groups.shift();
      if (oldest === undefined) return;
      this.#size -= oldest.events.length;
      this.#completeAfter = oldest.revision;
    }
  }

  /** All events after the revision; `gone`: some of them are no longer kept. */
  after(revision: number): readonly EventGroup[] | 'gone' {
    if (revision < this.#completeAfter) return 'gone';
    return this.#groups.filter((group) => group.revision > revision);
  }
}
