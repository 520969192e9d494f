/**
 * Reads XDR (RFC 4506) out of one packet: big endian, four-byte steps. Every read is checked against what
 * is left, so a lying length costs nothing. Which fields come in which order is the codecs' business.
 */
import { ProtocolError } from '../errors.ts';

export class XdrReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  #take(count: number): number {
    if (count > this.remaining) {
      throw new ProtocolError('truncated', `${count} bytes wanted, ${this.remaining} left`);
    }
    const at = this.#at;
    this.#at += count;
    return at;
  }

  i32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  i64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  /** A view, not a copy: valid as long as the packet is. */
  opaque(length: number): Buffer {
    const at = this.#take(length);
    this.#take((4 - (length % 4)) % 4);
    return this.#bytes.subarray(at, at + length);
  }

  /** The length of what follows, refused over `max`. */
  length(max: number): number {
    const length = this.u32();
    if (length > max) throw new ProtocolError('over-limit', `length ${length}, at most ${max}`);
    return length;
  }

  end(): void {
    if (this.remaining > 0) {
      throw new ProtocolError('trailing-bytes', `${this.remaining} bytes after the value`);
    }
  }
}
