/**
 * Cuts a byte stream into packets, whatever pieces it arrives in. Holds at most one packet's bytes plus
 * the last piece, and refuses a length outside the protocol's limits before it waits for any of it.
 */
import { ProtocolError } from '../errors.ts';
import { decodePacket, headerBytes, lengthBytes, maxPacketBytes, type Packet } from './header.ts';

/** Pieces kept apart before they are joined: each costs memory beyond its bytes. */
const maxPieces = 4096;

export class FrameParser {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #held = 0;

  constructor(maxBytes: number = maxPacketBytes) {
    this.#maxBytes = maxBytes;
  }

  /** The packets that are whole with this piece. Throws `ProtocolError`; the stream is then lost. */
  push(piece: Buffer): readonly Packet[] {
    this.#pieces.push(piece);
    this.#held += piece.length;
    if (this.#pieces.length > maxPieces) this.#join();
    const packets: Packet[] = [];
    for (;;) {
      const packet = this.#next();
      if (packet === undefined) return packets;
      packets.push(packet);
    }
  }

  #next(): Packet | undefined {
    if (this.#held < lengthBytes) return undefined;
    const total = this.#peekLength();
    if (total < lengthBytes + headerBytes || total > this.#maxBytes) {
      throw new ProtocolError('over-limit', `packet length ${total}`);
    }
    if (this.#held < total) return undefined;
    const bytes = this.#join();
    this.#pieces = bytes.length > total ? [bytes.subarray(total)] : [];
    this.#held = bytes.length - total;
    return decodePacket(bytes.subarray(lengthBytes, total));
  }

  #peekLength(): number {
    const first = this.#pieces[0];
    if (first !== undefined && first.length >= lengthBytes) return first.readUInt32BE(0);
    return this.#join().readUInt32BE(0);
  }

  #join(): Buffer {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    const joined = Buffer.concat(this.#pieces, this.#held);
    this.#pieces = [joined];
    return joined;
  }
}
