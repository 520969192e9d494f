/**
 * One console that a client has open: looks for the VM, connects to the host that has it, carries bytes both ways, and looks
 * again when that end is gone, because the VM moved, stopped, or its host fell silent. Ends with the client, with idleness, when
 * who opened it may not any more, and when somebody else took it.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  consoleCloses,
  ConsoleTaken,
  type ConsoleNews,
  type ConsoleType,
  DroverError,
  parseJson,
  type TransferEnd,
} from '@drover/protocol';
import { bytesOf, keepAwake, sendBytes, textOf } from '@drover/transfer';
import type { RawData, WebSocket } from 'ws';
import { type ConsolePlace, consolePlace, samePlace } from '../logic/consoles.ts';
import type { Leader } from './leader.ts';
import type { Mirror } from './mirror.ts';

export type ConsoleVisit = (
  end: TransferEnd,
  id: string,
  signal?: AbortSignal,
) => Promise<WebSocket>;

export interface ConsoleLineParts {
  readonly mirror: Mirror;
  readonly leader: Leader;
  readonly visit: ConsoleVisit;
  readonly vmId: string;
  readonly consoleType: ConsoleType;
  readonly client: WebSocket;
  /** The process ends. */
  readonly ending: AbortSignal;
  /** Whether who opened it still may. */
  readonly mayStay: () => Promise<boolean>;
  readonly idleMs: number;
  readonly checkMs?: number;
}

/** Typed while there is nowhere to send it. */
const heldBytes = 64 * 1024;
/** Between two attempts, unless something changes before. */
const againMs = { moving: 100, otherwise: 1_000 } as const;
const leastMs = 20;
const usualCheckMs = 10_000;

export class ConsoleLine {
  readonly #parts: ConsoleLineParts;
  readonly #left = new AbortController();
  #host: WebSocket | undefined;
  #stream = 0;
  #taken = 0;
  /** Of a serial line, until there is a host again. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #heardMs = performance.now();
  #told = '';
  carriedBytes = 0;

  constructor(parts: ConsoleLineParts) {
    this.#parts = parts;
  }

  /** Until the client is gone. */
  async run(): Promise<void> {
    const { client, ending } = this.#parts;
    client.on('message', (data, isBinary) => this.#fromClient(data, isBinary));
    client.once('close', () => this.#left.abort());
    const leave = () => this.#left.abort();
    ending.addEventListener('abort', leave, { once: true });
    keepAwake(client);
    const timers = this.#watch();
    try {
      while (!this.#left.signal.aborted) await this.#turn();
    } finally {
      for (const timer of timers) clearInterval(timer);
      ending.removeEventListener('abort', leave);
      this.#host?.terminate();
    }
  }

  async #turn(): Promise<void> {
    const { mirror, vmId } = this.#parts;
    const place = consolePlace(mirror.records, vmId);
    switch (place.type) {
      case 'gone':
        return this.#close(consoleCloses.missing, 'there is no such VM any more');
      case 'off':
        this.#tell({ state: 'off', vmState: place.vmState });
        return this.#another(place, 60_000);
      case 'on':
      case 'moving':
        return this.#connect(place);
    }
  }

  async #connect(place: Extract<ConsolePlace, { type: 'on' | 'moving' }>): Promise<void> {
    const { leader, visit, vmId, consoleType } = this.#parts;
    const { signal } = this.#left;
    const consoleId = randomUUID();
    // Who comes back does not take it from who has it meanwhile.
    const takes = this.#stream === 0;
    try {
      const asked = { type: 'open-console', vmId, consoleId, consoleType, takes } as const;
      const { hostId, end } = await leader.ask(asked);
      if (signal.aborted) return;
      this.#host = await visit(end, consoleId, signal);
      await this.#carry(this.#host, hostId);
    } catch (error) {
      if (signal.aborted) return;
      await this.#failed(error, place);
    } finally {
      this.#host = undefined;
    }
  }

  async #failed(error: unknown, place: ConsolePlace): Promise<void> {
    const { code, message } = error instanceof DroverError ? error : wrapped(error);
    if (code === 'console-missing') return this.#close(consoleCloses.missing, message);
    if (code === 'console-taken') return this.#close(consoleCloses.taken, message);
    const isMoving = place.type === 'moving' || code === 'vm-not-running';
    if (place.type === 'moving') this.#tellMoving(place);
    // Where it is, it runs no more: the record of that is on its way, and one of it elsewhere perhaps.
    else if (code !== 'vm-not-running') this.#tell({ state: 'waiting', reason: message });
    await this.#another(place, isMoving ? againMs.moving : againMs.otherwise);
  }

  /** Until the host's end closes. */
  async #carry(host: WebSocket, hostId: string): Promise<void> {
    const { client } = this.#parts;
    this.#stream += 1;
    this.#tell({ state: 'connected', host: hostId, stream: this.#stream });
    const { promise: closed, resolve } = Promise.withResolvers<number>();
    host.on('error', () => undefined);
    host.once('close', resolve);
    host.on('message', (data, isBinary) => {
      const bytes = bytesOf(data, isBinary);
      if (bytes === undefined) return;
      this.#count(bytes);
      if (!sendBytes(client, bytes, () => host.resume())) host.pause();
    });
    keepAwake(host);
    for (const bytes of this.#held.splice(0)) this.#toHost(host, bytes);
    this.#heldBytes = 0;
    client.resume();
    host.resume();
    this.#left.signal.addEventListener('abort', () => host.terminate(), { once: true });
    const code = await closed;
    client.resume();
    if (code === consoleCloses.taken) this.#close(code, 'somebody else opened it');
    const place = consolePlace(this.#parts.mirror.records, this.#parts.vmId);
    if (place.type === 'moving') this.#tellMoving(place);
  }

  #fromClient(data: RawData, isBinary: boolean): void {
    const bytes = bytesOf(data, isBinary);
    if (bytes === undefined) {
      const taken = parseJson(ConsoleTaken, textOf(data));
      if (taken.ok) this.#taken = taken.value.stream;
      return;
    }
    this.#count(bytes);
    const isSerial = this.#parts.consoleType === 'serial';
    if (!isSerial && this.#taken !== this.#stream) return;
    const host = this.#host;
    // One that has said that it closes takes nothing any more.
    if (host !== undefined && host.readyState === host.OPEN) this.#toHost(host, bytes);
    else if (isSerial) this.#hold(bytes);
  }

  #toHost(host: WebSocket, bytes: Buffer): void {
    const { client } = this.#parts;
    if (!sendBytes(host, bytes, () => client.resume())) client.pause();
  }

  #hold(bytes: Buffer): void {
    // Nobody types so much that it would matter; what pastes so much waits.
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= heldBytes) this.#parts.client.pause();
  }

  #count(bytes: Buffer): void {
    this.carriedBytes += bytes.length;
    this.#heardMs = performance.now();
  }

  #tellMoving({ to }: Extract<ConsolePlace, { type: 'moving' }>): void {
    this.#tell({ state: 'moving', ...(to === undefined ? {} : { to }) });
  }

  #tell(news: ConsoleNews): void {
    const text = JSON.stringify(news);
    if (text === this.#told) return;
    this.#told = text;
    this.#parts.client.send(text);
  }

  /** Until the VM is said to be somewhere else, or the time is over. */
  async #another(place: ConsolePlace, mostMs: number): Promise<void> {
    const { mirror, vmId } = this.#parts;
    // However fast something changes, or fails.
    await pause(leastMs);
    const changed = () => (samePlace(place, consolePlace(mirror.records, vmId)) ? undefined : true);
    await mirror.until(changed, mostMs, this.#left.signal);
  }

  #watch(): readonly NodeJS.Timeout[] {
    const { idleMs, mayStay, checkMs = usualCheckMs } = this.#parts;
    const idle = setInterval(
      () => {
        if (performance.now() - this.#heardMs < idleMs) return;
        this.#close(
          consoleCloses.idle,
          `nothing passed for ${Math.round(idleMs / 60_000)} minutes`,
        );
      },
      Math.max(50, idleMs / 10),
    );
    const check = setInterval(() => {
      void mayStay().then((may) => {
        if (!may) this.#close(consoleCloses.forbidden, 'you may not any more');
      });
    }, checkMs);
    return [idle, check];
  }

  #close(code: number, reason: string): void {
    const { client } = this.#parts;
    client.resume();
    // Of a control frame.
    client.close(code, Buffer.from(reason).subarray(0, 120).toString().replaceAll('\uFFFD', ''));
    this.#left.abort();
  }
}

function wrapped(error: unknown): { readonly code: string; readonly message: string } {
  return { code: 'host-silent', message: error instanceof Error ? error.message : String(error) };
}
