/**
 * One libvirt stream: the raw bytes that follow a call such as a volume upload, and holes where both ends
 * agreed on them. Honours the socket's back-pressure both ways and ends in exactly one of confirmed, failed
 * or aborted. A stream that nobody reads stops its whole connection, so give each a connection of its own.
 */
import { CallAbandonedError, ConnectionError, ProtocolError } from '../errors.ts';
import { messageStatus, messageType, streamChunkBytes, type Packet } from '../protocol/header.ts';
import type { StreamKind } from '../protocol/procedure.ts';
import { streamHole } from '../protocol/types.ts';
import { decode, encode } from '../xdr/codec.ts';
import { Patience } from './patience.ts';

/** What the stream needs of its connection. */
export interface StreamHost {
  readonly procedure: string;
  readonly kind: StreamKind;
  /** Holes may pass: the call asked for a sparse stream. */
  readonly sparse: boolean;
  /** How long the peer may make no progress at all before the stream is given up. */
  readonly idleMs: number;
  /** Aborts the stream. */
  readonly signal: AbortSignal | undefined;
  send(type: number, status: number, payload: Uint8Array): void;
  drained(): Promise<void>;
  needsDrain(): boolean;
  pause(): void;
  resume(): void;
  /** The peer confirmed the end, or failed the stream: no more packets for it will come. */
  released(): void;
  toError(payload: Buffer): Error;
}

/** So many bytes of zero that were not sent. */
export interface Hole {
  readonly hole: number;
}

export type StreamPiece = Uint8Array | Hole;

/** Bytes held for a slow reader before the connection stops reading. */
const maxHeldBytes = 8 * 1024 * 1024;

type Phase = 'open' | 'finishing' | 'aborting' | 'ended';

export class LibvirtStream implements AsyncDisposable {
  readonly #host: StreamHost;
  readonly #patience: Patience;
  readonly #onSignal = () => this.#giveUp('aborted');
  #phase: Phase = 'open';
  #held: StreamPiece[] = [];
  #heldBytes = 0;
  #paused = false;
  #endOfData = false;
  #error: Error | undefined;

  constructor(host: StreamHost) {
    this.#host = host;
    this.#patience = new Patience(host.idleMs, () => this.#giveUp('deadline'));
    host.signal?.addEventListener('abort', this.#onSignal, { once: true });
  }

  /** `read` from the daemon, `write` to it, or `both`. */
  get kind(): StreamKind {
    return this.#host.kind;
  }

  /** Sends bytes; resolves when more may follow, and the buffer may be used again. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += streamChunkBytes) {
      this.#checkOpen();
      const chunk = bytes.subarray(at, at + streamChunkBytes);
      this.#host.send(messageType.stream, messageStatus.continue, chunk);
      await this.#drained();
    }
    this.#checkOpen();
  }

  /** Instead of so many zeroes. Only in a stream that was opened as sparse. */
  async skip(bytes: number): Promise<void> {
    this.#checkOpen();
    if (!this.#host.sparse) throw new TypeError(`${this.#host.procedure} was not opened as sparse`);
    if (bytes <= 0) return;
    const payload = encode(streamHole, { length: BigInt(bytes), flags: 0 });
    this.#host.send(messageType.streamHole, messageStatus.continue, payload);
    await this.#drained();
  }

  /** The bytes from the peer, holes as zeroes, until its end of data. Call `finish` afterwards. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of this.pieces()) {
      if (piece instanceof Uint8Array) yield piece;
      else yield* zeroes(piece.hole);
    }
  }

  /** The same with holes as they are. */
  async *pieces(): AsyncGenerator<StreamPiece, void, undefined> {
    for (;;) {
      const piece = this.#held.shift();
      if (piece !== undefined) {
        if (piece instanceof Uint8Array) this.#heldBytes -= piece.length;
        if (this.#paused && this.#heldBytes < maxHeldBytes / 2) this.#setPaused(false);
        yield piece;
        continue;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#endOfData || this.#phase !== 'open') return;
      await this.#patience.change();
    }
  }

  /** Ends the stream and waits until the daemon confirms that everything went well. */
  async finish(): Promise<void> {
    this.#checkOpen();
    this.#phase = 'finishing';
    this.#discard();
    this.#host.send(messageType.stream, messageStatus.ok, new Uint8Array());
    await this.#settled();
  }

  /** Gives up; what the daemon did with the bytes so far stays. Never throws once it is over. */
  async abort(): Promise<void> {
    this.#sendAbort();
    await this.#settled().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#phase !== 'ended') await this.abort();
  }

  /** For the connection: a packet of this stream. */
  receive({ header, payload }: Packet): void {
    const { status } = header;
    if (status === messageStatus.error) {
      const error = this.#phase === 'aborting' ? this.#error : this.#host.toError(payload);
      this.#end(error);
      this.#host.released();
    } else if (status === messageStatus.ok) {
      if (this.#phase === 'open') {
        throw new ProtocolError('bad-header', 'stream confirmed before it was ended');
      }
      this.#end(this.#error);
      this.#host.released();
    } else if (header.type === messageType.streamHole) this.#receiveHole(payload);
    else if (this.#phase === 'open') this.#hold(payload);
  }

  /** For the connection: it is gone. */
  fail(error: Error): void {
    if (this.#phase !== 'ended') this.#end(this.#error ?? error);
  }

  #receiveHole(payload: Buffer): void {
    if (!this.#host.sparse) throw new ProtocolError('bad-header', 'a hole in a stream without any');
    const { length } = decode(streamHole, payload);
    if (length < 0n || length > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new ProtocolError('bad-value', `a hole of ${length} bytes`);
    }
    if (this.#phase !== 'open') return;
    this.#held.push({ hole: Number(length) });
    this.#patience.changed();
  }

  #hold(payload: Buffer): void {
    if (payload.length === 0) {
      this.#endOfData = true;
    } else {
      this.#held.push(payload);
      this.#heldBytes += payload.length;
      if (this.#heldBytes > maxHeldBytes) this.#setPaused(true);
    }
    this.#patience.changed();
  }

  #discard(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#setPaused(false);
  }

  #setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (paused) this.#host.pause();
    else this.#host.resume();
  }

  #end(error: Error | undefined): void {
    this.#phase = 'ended';
    this.#error = error;
    this.#host.signal?.removeEventListener('abort', this.#onSignal);
    this.#setPaused(false);
    this.#patience.stop();
  }

  #sendAbort(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'aborting';
    this.#discard();
    this.#host.send(messageType.stream, messageStatus.error, new Uint8Array());
  }

  /** Whoever waits on the stream is told at once; the daemon's last word is heard if it comes. */
  #giveUp(reason: 'deadline' | 'aborted'): void {
    if (this.#phase === 'ended') return;
    const { procedure, signal } = this.#host;
    this.#error = new CallAbandonedError(reason, procedure, true, signal?.reason);
    this.#sendAbort();
    this.#patience.stop();
  }

  #checkOpen(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#phase !== 'open') throw new ConnectionError('closed', true);
  }

  async #settled(): Promise<void> {
    while (this.#phase !== 'ended' && this.#error === undefined) await this.#patience.change();
    if (this.#error !== undefined) throw this.#error;
  }

  /** A daemon that failed the stream may read no more: its error must not wait for a drain. */
  async #drained(): Promise<void> {
    if (this.#host.needsDrain()) await this.#patience.change(this.#host.drained());
  }
}

const zeroBlock = new Uint8Array(streamChunkBytes);

function* zeroes(count: number): Generator<Uint8Array, void, undefined> {
  for (let left = count; left > 0; left -= zeroBlock.length) {
    yield zeroBlock.slice(0, Math.min(left, zeroBlock.length));
  }
}
