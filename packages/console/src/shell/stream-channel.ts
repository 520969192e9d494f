/** One stream of a console as noVNC wants its connections: open from the start, and closed by whoever looks. */
export class StreamChannel {
  binaryType = 'arraybuffer';
  protocol = '';
  readyState = 'open';
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { readonly code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly #send: (bytes: Uint8Array<ArrayBuffer> | ArrayBuffer) => void;

  constructor(send: (bytes: Uint8Array<ArrayBuffer> | ArrayBuffer) => void) {
    this.#send = send;
  }

  send(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): void {
    if (this.readyState === 'open') this.#send(bytes);
  }

  receive(bytes: ArrayBuffer): void {
    if (this.readyState === 'open') this.onmessage?.({ data: bytes });
  }

  close(): void {
    this.readyState = 'closed';
    this.onclose?.({ code: 1000 });
  }
}
