/**
 * One console of a VM that is looked at: a ticket, a WebSocket, and again after one that broke. Its bytes go to whoever draws
 * them; how it is, in words, is here.
 */
import type { ConsoleNews } from '@drover/protocol';
import { consoleProtocol, ticketProtocol } from '@drover/protocol/console-words';
import {
  broken,
  connecting,
  type ConsoleWords,
  endWords,
  newsWords,
} from '../logic/console-words.ts';
import { client } from './api-client.ts';

const againMs = 700;

export class VmConsole {
  words = $state.raw<ConsoleWords>(connecting);
  /** What the API said where it gave no ticket. */
  error = $state.raw<unknown>();
  /** Counts the streams that began: the pictures of a new one are not those of the last. */
  stream = $state(0);
  /** Called before the first bytes of one. */
  onStream: () => void = () => undefined;
  readonly #vm: string;
  readonly #type: 'vnc' | 'serial';
  readonly #onBytes: (bytes: ArrayBuffer) => void;
  #socket: WebSocket | undefined;
  #isLeft = false;

  constructor(vm: string, type: 'vnc' | 'serial', onBytes: (bytes: ArrayBuffer) => void) {
    this.#vm = vm;
    this.#type = type;
    this.#onBytes = onBytes;
  }

  async open(): Promise<void> {
    this.error = undefined;
    if (this.#isLeft) return;
    try {
      const path = { vm: this.#vm };
      const body = { type: this.#type };
      const { ticket = '' } = await client.post('/v1/vms/{vm}/console', { path, body });
      if (!this.#isLeft) this.#connect(ticket);
    } catch (error) {
      this.error = error;
      this.words = broken;
      this.#again();
    }
  }

  /** Nothing is kept here: what is typed while nothing is connected is not typed. */
  send(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  leave(): void {
    this.#isLeft = true;
    this.#socket?.close();
  }

  #connect(ticket: string): void {
    const address = new URL(`/v1/vms/${encodeURIComponent(this.#vm)}/console`, location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    const protocols = [consoleProtocol, `${ticketProtocol}${ticket}`];
    const socket = new WebSocket(address, protocols);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === 'string') this.#hear(socket, data);
      else this.#onBytes(data);
    };
    socket.onclose = ({ code, reason }) => {
      if (this.#isLeft) return;
      const end = endWords(code, reason);
      this.words = end ?? broken;
      if (end === undefined) this.#again();
    };
  }

  #hear(socket: WebSocket, text: string): void {
    const news = JSON.parse(text) as ConsoleNews;
    this.words = newsWords(news);
    if (news.state !== 'connected') return;
    socket.send(JSON.stringify({ stream: news.stream }));
    this.stream += 1;
    this.onStream();
  }

  #again(): void {
    setTimeout(() => void this.open(), againMs);
  }
}
