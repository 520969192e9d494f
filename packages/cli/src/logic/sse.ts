/** Server-sent events out of pieces of text, as the HTML standard frames them. */

export interface SseEvent {
  readonly event: string;
  readonly data: string;
  /** The last id that was seen, which resumes the stream after this event. */
  readonly id?: string;
}

/** A stream that never ends a line must not fill the memory. */
const bufferMax = 4 * 1024 * 1024;

export class SseParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id: string | undefined;

  /** The events that are complete with this piece. */
  push(piece: string): readonly SseEvent[] {
    this.#rest += piece;
    if (this.#rest.length > bufferMax) throw new Error('the API sent an event without an end');
    const events: SseEvent[] = [];
    for (;;) {
      // A carriage return at the end may be half a line end: its other half comes with the next piece.
      const end = /\r\n|\n|\r(?!$)/.exec(this.#rest);
      if (end === null) return events;
      const line = this.#rest.slice(0, end.index);
      this.#rest = this.#rest.slice(end.index + end[0].length);
      const complete = this.#line(line);
      if (complete !== undefined) events.push(complete);
    }
  }

  #line(line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch();
    if (line.startsWith(':')) return undefined;
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.#event = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const event = this.#event === '' ? 'message' : this.#event;
    const data = this.#data;
    this.#event = '';
    this.#data = [];
    if (data.length === 0) return undefined;
    return {
      event,
      data: data.join('\n'),
      ...(this.#id === undefined ? {} : { id: this.#id }),
    };
  }
}
