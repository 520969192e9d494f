/**
 * Core NATS as its clients can tell: at most once, in order from one sender to one receiver and in no order
 * across senders; delays, losses, cuts in one direction or both, a server that restarts.
 */
import type { Random, Range } from '@drover/core';
import type { Tempo } from './tempo.ts';
import type { Timeline } from './timeline.ts';

/** A client's link. `deaf` and `mute` are cuts in one direction, which nobody notices. */
export interface BusLink {
  isCut: boolean;
  isDeaf: boolean;
  isMute: boolean;
  lossPermille: number;
  /** Besides the usual delay. */
  lagMs: Range;
}

export interface BusHandlers {
  readonly onText: (subject: string, text: string) => void;
  readonly onState: (state: 'connected' | 'disconnected') => void;
}

interface Client {
  readonly id: string;
  readonly handlers: BusHandlers;
  readonly subjects: readonly RegExp[];
  isConnected: boolean;
  /** Grows with each connection: what was under way to an earlier one is gone. */
  connection: number;
}

/** From the cut to the moment in which a client notices it: its pings. */
const noticeMs = 12_000;

export class Bus {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #tempo: Tempo;
  readonly #links = new Map<string, BusLink>();
  readonly #clients = new Map<string, Client>();
  /** The last arrival from one sender at one receiver. */
  readonly #arrivals = new Map<string, number>();
  #isServing = true;
  delivered = 0;
  lost = 0;

  constructor(timeline: Timeline, random: Random, tempo: Tempo) {
    this.#timeline = timeline;
    this.#random = random;
    this.#tempo = tempo;
  }

  link(id: string): BusLink {
    const known = this.#links.get(id);
    if (known) return known;
    const link = {
      isCut: false,
      isDeaf: false,
      isMute: false,
      lossPermille: 0,
      lagMs: [0, 0],
    } as const;
    const made: BusLink = { ...link };
    this.#links.set(id, made);
    return made;
  }

  /** Connects soon; a client of the same id that was there before is gone. */
  attach(id: string, subjects: readonly RegExp[], handlers: BusHandlers): void {
    this.detach(id);
    const client: Client = { id, handlers, subjects, isConnected: false, connection: 0 };
    this.#clients.set(id, client);
    this.#connect(client);
  }

  detach(id: string): void {
    const client = this.#clients.get(id);
    if (client === undefined) return;
    client.connection += 1;
    client.isConnected = false;
    this.#clients.delete(id);
  }

  isConnected(id: string): boolean {
    return this.#clients.get(id)?.isConnected ?? false;
  }

  /** Gone where nobody listens, and where the sender is not connected. */
  publish(from: string, subject: string, text: string): void {
    const sender = this.#clients.get(from);
    const link = this.link(from);
    if (!sender?.isConnected || !this.#isServing || link.isCut || link.isMute) {
      this.lost += 1;
      return;
    }
    for (const client of this.#clients.values()) {
      if (client.subjects.some((pattern) => pattern.test(subject))) {
        this.#send(from, client, subject, text);
      }
    }
  }

  cut(id: string): void {
    const client = this.#clients.get(id);
    this.link(id).isCut = true;
    if (client === undefined) return;
    this.#timeline.after(noticeMs, () => {
      if (this.link(id).isCut && client.isConnected) this.#disconnect(client);
    });
  }

  heal(id: string): void {
    const link = this.link(id);
    link.isCut = false;
    link.isDeaf = false;
    link.isMute = false;
    link.lossPermille = 0;
    link.lagMs = [0, 0];
  }

  /** Everybody is thrown out and comes back one after the other. */
  restart(downMs: number): void {
    this.#isServing = false;
    for (const client of this.#clients.values()) if (client.isConnected) this.#disconnect(client);
    this.#timeline.after(downMs, () => {
      this.#isServing = true;
    });
  }

  #send(from: string, to: Client, subject: string, text: string): void {
    const sender = this.link(from);
    const lossPermille = sender.lossPermille + this.link(to.id).lossPermille;
    if (this.#random.chance(lossPermille)) {
      this.lost += 1;
      return;
    }
    const delayMs =
      this.#random.within(this.#tempo.busMs) +
      this.#random.within(sender.lagMs) +
      this.#random.within(this.link(to.id).lagMs);
    const pair = `${from} ${to.id}`;
    const atMs = Math.max(this.#arrivals.get(pair) ?? 0, this.#timeline.nowMs + delayMs);
    this.#arrivals.set(pair, atMs);
    const { connection } = to;
    this.#timeline.after(atMs - this.#timeline.nowMs, () => {
      const link = this.link(to.id);
      if (!to.isConnected || to.connection !== connection || link.isCut || link.isDeaf) {
        this.lost += 1;
        return;
      }
      this.delivered += 1;
      to.handlers.onText(subject, text);
    });
  }

  #connect(client: Client): void {
    const { connection } = client;
    this.#timeline.after(this.#random.within(this.#tempo.reconnectMs), () => {
      if (client.connection !== connection || client.isConnected) return;
      if (!this.#isServing || this.link(client.id).isCut) return this.#connect(client);
      client.isConnected = true;
      client.handlers.onState('connected');
    });
  }

  #disconnect(client: Client): void {
    client.isConnected = false;
    client.connection += 1;
    client.handlers.onState('disconnected');
    this.#connect(client);
  }
}
