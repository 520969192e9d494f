/**
 * Writes XDR (RFC 4506) into one growing buffer, up to a limit. Checks that numbers fit their width;
 * which fields come in which order is the codecs' business.
 */
import { ProtocolError } from '../errors.ts';

const firstSize = 256;

export class XdrWriter {
  readonly #max: number;
  #bytes: Buffer = Buffer.alloc(firstSize);
  #at = 0;

  constructor(max: number) {
    this.#max = max;
  }

  #grow(count: number): number {
    const end = this.#at + count;
    if (end > this.#max) {
      throw new ProtocolError('cannot-encode', `value is over ${this.#max} bytes`);
    }
    if (end > this.#bytes.length) {
      const grown = Buffer.alloc(Math.min(this.#max, Math.max(end, this.#bytes.length * 2)));
      this.#bytes.copy(grown, 0, 0, this.#at);
      this.#bytes = grown;
    }
    const at = this.#at;
    this.#at = end;
    return at;
  }

  i32(value: number): void {
    checkInteger(value, -0x8000_0000, 0x7fff_ffff);
    const at = this.#grow(4);
    this.#bytes.writeInt32BE(value, at);
  }

  u32(value: number): void {
    checkInteger(value, 0, 0xffff_ffff);
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  i64(value: bigint): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) throw unfit(value);
    const at = this.#grow(8);
    this.#bytes.writeBigInt64BE(value, at);
  }

  u64(value: bigint): void {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) throw unfit(value);
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64BE(value, at);
  }

  double(value: number): void {
    if (typeof value !== 'number') throw unfit(value);
    const at = this.#grow(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  opaque(value: Uint8Array): void {
    const padded = value.length + ((4 - (value.length % 4)) % 4);
    const at = this.#grow(padded);
    this.#bytes.set(value, at);
    this.#bytes.fill(0, at + value.length, at + padded);
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}

function checkInteger(value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) throw unfit(value);
}

function unfit(value: unknown): ProtocolError {
  return new ProtocolError('cannot-encode', `${String(value)} does not fit its field`);
}
