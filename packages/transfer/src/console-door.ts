/**
 * The end of consoles that waits on a host: one port for all of them, each for who has the key of that one, once and soon.
 * Where its bytes come from is whoever's who awaits it.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { DroverError } from '@drover/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { consoleLimits } from './console-pipe.ts';
import { keyOf, tlsOptions } from './headers.ts';

export interface ConsoleDoorOptions {
  /** All addresses if absent. */
  readonly host?: string;
  readonly port: number;
  /** How long one is awaited. */
  readonly patienceMs?: number;
}

interface Awaited {
  readonly key: Buffer;
  readonly take: (socket: WebSocket) => void;
  readonly timer: NodeJS.Timeout;
}

const patienceMs = 15_000;
const handshakeMs = 10_000;
const connectionsMax = 512;

export class ConsoleDoor implements Disposable {
  readonly #options: ConsoleDoorOptions;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, ...consoleLimits });
  /** By id of the console. */
  readonly #awaited = new Map<string, Awaited>();
  /** Which console a connection has proved to be for. */
  readonly #proved = new WeakMap<Duplex, string>();

  private constructor(options: ConsoleDoorOptions) {
    this.#options = options;
    this.#server = createServer({
      ...tlsOptions,
      handshakeTimeout: handshakeMs,
      headersTimeout: handshakeMs,
      pskCallback: (socket: TLSSocket, id: string) => {
        const key = this.#awaited.get(id)?.key;
        if (key !== undefined) this.#proved.set(socket, id);
        return key ?? null;
      },
    });
    this.#server.maxConnections = connectionsMax;
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Throws `job-failed` where the port is not free. */
  static async listen(options: ConsoleDoorOptions): Promise<ConsoleDoor> {
    const door = new ConsoleDoor(options);
    try {
      door.#server.listen(options.port, options.host);
      await once(door.#server, 'listening');
      return door;
    } catch (error) {
      door[Symbol.dispose]();
      const why = (error as Error).message;
      throw new DroverError('job-failed', `no console can be opened: ${why}`, { cause: error });
    }
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `expired` is called where nobody comes for it; whoever else is awaited under that id is not any more. */
  await(id: string, secret: string, take: (socket: WebSocket) => void, expired: () => void): void {
    clearTimeout(this.#awaited.get(id)?.timer);
    const timer = setTimeout(() => {
      this.#awaited.delete(id);
      expired();
    }, this.#options.patienceMs ?? patienceMs);
    this.#awaited.set(id, { key: keyOf(secret), take, timer });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const id = this.#proved.get(socket);
    const awaited = id === undefined ? undefined : this.#awaited.get(id);
    if (id === undefined || awaited === undefined) {
      socket.destroy();
      return;
    }
    clearTimeout(awaited.timer);
    this.#awaited.delete(id);
    this.#sockets.handleUpgrade(request, socket, head, awaited.take);
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#awaited.values()) clearTimeout(timer);
    this.#awaited.clear();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
