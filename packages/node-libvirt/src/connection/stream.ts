/**
 * One libvirt stream: the raw bytes that follow a call such as a volume upload. Honours the socket's
 * back-pressure both ways and ends in exactly one of confirmed, failed or aborted. A stream that nobody
 * reads stops its whole connection, so give each a connection of its own.
 */
import { CallAbandonedError, ConnectionError, ProtocolError } from '../errors.ts';
import { messageStatus, streamChunkBytes, type Packet } from '../protocol/header.ts';

/** What the stream needs of its connection. */
export interface StreamHost {
  readonly procedure: string;
  send(status: number, payload: Uint8Array): boolean;
  drained(): Promise<void>;
  pause(): void;
  resume(): void;
  /** The peer confirmed the end, or failed the stream: no more packets for it will come. */
  released(): void;
  toError(payload: Buffer): Error;
}

/** Bytes held for a slow reader before the connection stops reading. */
const maxHeldBytes = 8 * 1024 * 1024;

type Phase = 'open' | 'finishing' | 'aborting' | 'ended';

export class LibvirtStream implements AsyncDisposable {
  readonly #host: StreamHost;
  readonly #idleMs: number;
  #phase: Phase = 'open';
  #held: Buffer[] = [];
  #heldBytes = 0;
  #paused = false;
  #endOfData = false;
  #error: Error | undefined;
  readonly #wake = new Set<() => void>();

  /** `idleMs`: how long the peer may make no progress at all before the stream is given up. */
  constructor(host: StreamHost, idleMs: number) {
    this.#host = host;
    this.#idleMs = idleMs;
  }

  /** Sends bytes; resolves when more may follow. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += streamChunkBytes) {
      this.#checkOpen();
      // Copied: the packet is built before this returns, so the caller may reuse its buffer.
      this.#host.send(messageStatus.continue, bytes.subarray(at, at + streamChunkBytes));
      await this.#within(this.#drainedOrChanged());
    }
    this.#checkOpen();
  }

  /** The bytes from the peer, until its end of data. Call `finish` afterwards. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const bytes = this.#held.shift();
      if (bytes !== undefined) {
        this.#heldBytes -= bytes.length;
        if (this.#paused && this.#heldBytes < maxHeldBytes / 2) this.#setPaused(false);
        yield bytes;
        continue;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#endOfData || this.#phase !== 'open') return;
      await this.#within(this.#changed());
    }
  }

  /** Ends the stream and waits until the daemon confirms that everything went well. */
  async finish(): Promise<void> {
    this.#checkOpen();
    this.#phase = 'finishing';
    this.#discard();
    this.#host.send(messageStatus.ok, new Uint8Array());
    await this.#settled();
  }

  /** Gives up; what the daemon did with the bytes so far stays. Never throws once it is over. */
  async abort(): Promise<void> {
    if (this.#phase === 'open') {
      this.#phase = 'aborting';
      this.#discard();
      this.#host.send(messageStatus.error, new Uint8Array());
    }
    await this.#settled().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#phase !== 'ended') await this.abort();
  }

  /** For the connection: a packet of this stream. */
  receive(packet: Packet): void {
    const { status } = packet.header;
    if (status === messageStatus.error) {
      const error = this.#phase === 'aborting' ? undefined : this.#host.toError(packet.payload);
      this.#end(error);
      this.#host.released();
    } else if (status === messageStatus.ok) {
      if (this.#phase === 'open') {
        throw new ProtocolError('bad-header', 'stream confirmed before it was ended');
      }
      this.#end(undefined);
      this.#host.released();
    } else if (this.#phase === 'open') {
      this.#hold(packet.payload);
    }
  }

  /** For the connection: it is gone. */
  fail(error: Error): void {
    if (this.#phase !== 'ended') this.#end(error);
  }

  #hold(payload: Buffer): void {
    if (payload.length === 0) {
      this.#endOfData = true;
    } else {
      this.#held.push(payload);
      this.#heldBytes += payload.length;
      if (this.#heldBytes > maxHeldBytes) this.#setPaused(true);
    }
    this.#notify();
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
    this.#setPaused(false);
    this.#notify();
  }

  #checkOpen(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#phase !== 'open') throw new ConnectionError('closed', true);
  }

  async #settled(): Promise<void> {
    while (this.#phase !== 'ended') await this.#within(this.#changed());
    if (this.#error !== undefined) throw this.#error;
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.add(resolve);
    });
  }

  /** A daemon that failed the stream may read no more: its error must not wait for a drain. */
  async #drainedOrChanged(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake.add(resolve);
    void this.#host.drained().then(resolve);
    await promise;
    this.#wake.delete(resolve);
  }

  #notify(): void {
    const wake = [...this.#wake];
    this.#wake.clear();
    for (const resolve of wake) resolve();
  }

  async #within(progress: Promise<void>): Promise<void> {
    if (!Number.isFinite(this.#idleMs)) return progress;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new CallAbandonedError('deadline', this.#host.procedure, true));
      }, this.#idleMs);
    });
    try {
      await Promise.race([progress, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
