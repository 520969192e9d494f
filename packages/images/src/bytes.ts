/**
 * Asks for pieces of a file, and reads numbers and text out of them within their bounds. Whoever has the file answers:
 * nothing here reads it, and nothing is asked for that lies outside of it or is longer than a megabyte.
 */
import { refuse } from './inspection.ts';

export interface Range {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Yields what it wants to see, is given it, and ends with what it has found. */
export type Reading<Found> = Generator<Range, Found, Uint8Array>;

/** Never more at once. */
export const mostBytes = 1024 * 1024;

/** A disk in a file; offsets in it count from its own beginning. */
export interface Window {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** As much as there is of what is wanted. */
export function* read(window: Window, atBytes: number, wantedBytes: number): Reading<Bytes> {
  const lengthBytes = Math.min(wantedBytes, mostBytes, Math.max(0, window.lengthBytes - atBytes));
  if (lengthBytes <= 0) return new Bytes(new Uint8Array(0), window.lengthBytes);
  const given = yield { offsetBytes: window.offsetBytes + atBytes, lengthBytes };
  return new Bytes(given.subarray(0, lengthBytes), atBytes + given.length);
}

/** All of what is wanted, or the file is refused as one that ends too early. */
export function* readAll(window: Window, atBytes: number, wantedBytes: number): Reading<Bytes> {
  const bytes = yield* read(window, atBytes, wantedBytes);
  if (bytes.length < wantedBytes) {
    throw refuse('truncated', window.lengthBytes, atBytes + wantedBytes);
  }
  return bytes;
}

/** A number beyond the bytes that are there refuses the file. */
export class Bytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Where the file ends, as far as it was seen: told in a refusal. */
  readonly #seenBytes: number;

  constructor(bytes: Uint8Array, seenBytes: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#seenBytes = seenBytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  at(offset: number): number {
    this.#need(offset, 1);
    return this.#view.getUint8(offset);
  }

  big16(offset: number): number {
    this.#need(offset, 2);
    return this.#view.getUint16(offset);
  }

  big32(offset: number): number {
    this.#need(offset, 4);
    return this.#view.getUint32(offset);
  }

  big64(offset: number): bigint {
    this.#need(offset, 8);
    return this.#view.getBigUint64(offset);
  }

  little16(offset: number): number {
    this.#need(offset, 2);
    return this.#view.getUint16(offset, true);
  }

  little32(offset: number): number {
    this.#need(offset, 4);
    return this.#view.getUint32(offset, true);
  }

  little64(offset: number): bigint {
    this.#need(offset, 8);
    return this.#view.getBigUint64(offset, true);
  }

  part(offset: number, length: number): Uint8Array {
    this.#need(offset, length);
    return this.#bytes.subarray(offset, offset + length);
  }

  isZero(offset: number, length: number): boolean {
    return this.part(offset, length).every((byte) => byte === 0);
  }

  /** One character for each byte. */
  text(offset: number, length: number): string {
    let text = '';
    for (const byte of this.part(offset, length)) text += String.fromCharCode(byte);
    return text;
  }

  /** Does it begin like this, at `offset`? No where it ends before. */
  has(offset: number, text: string): boolean {
    return offset + text.length <= this.length && this.text(offset, text.length) === text;
  }

  #need(offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.#bytes.length) return;
    throw refuse('truncated', this.#seenBytes, offset + length);
  }
}

/** Text of a file that is shown to people: short, and only what is printed as itself. */
export function shown(text: string): string {
  const cut = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  return cut.replace(/[^ -~…]/g, '?');
}

/** What is too large for a number is shown, never counted with. */
export function shownNumber(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}
