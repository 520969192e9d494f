/**
 * An answer that is longer than one message may be: sent in parts under the same reply subject, and put together
 * again. NATS keeps the order of one sender's messages; a part that is lost leaves the answer incomplete, and the one
 * who asked without it.
 */

/** `2/5`: the second of five. */
export const partHeader = 'Drover-Part';

/** Room for what the server counts besides the text: headers and subject. */
const overheadBytes = 4 * 1024;
/** More than this is no answer that anybody should ask for. */
export const mostParts = 128;

/** UTF-8, cut anywhere; nothing where it would be too many. `limitBytes`: of one message, as the server says. */
export function splitAnswer(text: string, limitBytes: number): readonly Uint8Array[] | undefined {
  const bytes = Buffer.from(text, 'utf8');
  const each = limitBytes - overheadBytes;
  if (bytes.length <= each) return [bytes];
  if (each <= 0) return undefined;
  const count = Math.ceil(bytes.length / each);
  if (count > mostParts) return undefined;
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * each, (at + 1) * each));
}

export class Answer {
  readonly #parts = new Map<number, Uint8Array>();

  /** The whole text, once the last part of it is there; throws on what is no part of one answer. */
  add(header: string, bytes: Uint8Array): string | undefined {
    if (header === '') return Buffer.from(bytes).toString('utf8');
    const [, at, of] = /^(\d{1,3})\/(\d{1,3})$/.exec(header) ?? [];
    const [index, count] = [Number(at), Number(of)];
    if (!(index >= 1 && index <= count && count <= mostParts)) {
      throw new Error(`a part of an answer says ${header}`);
    }
    this.#parts.set(index, bytes);
    if (this.#parts.size < count) return undefined;
    const all = Array.from({ length: count }, (_, part) => this.#parts.get(part + 1));
    if (all.includes(undefined)) throw new Error(`parts of two answers came together: ${header}`);
    return Buffer.concat(all as Uint8Array[]).toString('utf8');
  }
}
