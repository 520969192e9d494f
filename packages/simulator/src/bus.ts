/**
 * Core NATS as its clients can tell: at most once, in order from one sender to one receiver and in no order
 * across senders; delays, losses, cuts in one direction or both, a server that restarts. Who may say and hear what is
 * what Drover has the real server enforce.
 */
import { type BusIdentity, type BusPermissions, natsPermissions } from '@drover/protocol';
import type { Random, Range } from '@drover/core';
import type { Tempo } from './tempo.ts';
import type { Timeline } from './timeline.ts';

/** A client's link. `deaf` and `mute` are cuts in one direction, which nobody notices. */
export interface BusLink {
  isCut: boolean;
  isDeaf: boolean;
  isMute: boolean;
  lossPermille: number;
  /** Of what it says: comes twice, or as something that nobody said. */
  doublePermille: number;
  garblePermille: number;
  /** A host that tells what is not so: what becomes of what it says. */
  lie?: (subject: string, text: string) => string;
  /** Besides the usual delay. */
  lagMs: Range;
}

export interface BusHandlers {
  readonly onText: (subject: string, text: string) => void;
  readonly onState: (state: 'connected' | 'disconnected') => void;
}

interface Client {
  readonly id: string;
  readonly identity: BusIdentity;
  readonly handlers: BusHandlers;
  readonly permissions: BusPermissions;
  readonly subjects: readonly string[];
  isConnected: boolean;
  /** Grows with each connection: what was under way to an earlier one is gone. */
  connection: number;
}

export interface Delivery {
  readonly from: BusIdentity;
  readonly subject: string;
  readonly text: string;
}

const fair = {
  isCut: false,
  isDeaf: false,
  isMute: false,
  lossPermille: 0,
  doublePermille: 0,
  garblePermille: 0,
  lagMs: [0, 0],
} as const;

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
  /** What the server did not let through. */
  refused = 0;
  /** Texts that nobody said as they came. */
  readonly garbled = new Set<string>();
  onDelivery: (delivery: Delivery) => void = () => undefined;

  constructor(timeline: Timeline, random: Random, tempo: Tempo) {
    this.#timeline = timeline;
    this.#random = random;
    this.#tempo = tempo;
  }

  link(id: string): BusLink {
    const known = this.#links.get(id);
    if (known) return known;
    const made: BusLink = { ...fair };
    this.#links.set(id, made);
    return made;
  }

  /** Connects soon; a client of the same id that was there before is gone. */
  attach(
    id: string,
    identity: BusIdentity,
    wanted: readonly string[],
    handlers: BusHandlers,
  ): void {
    this.detach(id);
    const permissions = natsPermissions(identity);
    const subjects = wanted.filter((one) => isAllowed(permissions.subscribe, one));
    this.refused += wanted.length - subjects.length;
    const connection = { isConnected: false, connection: 0 };
    const client: Client = { id, identity, permissions, handlers, subjects, ...connection };
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
    if (!isAllowed(sender.permissions.publish, subject)) {
      this.refused += 1;
      return;
    }
    const said = link.lie?.(subject, text) ?? text;
    const isGarbled = this.#random.chance(link.garblePermille);
    const sent = isGarbled ? this.#garble(said) : said;
    const times = this.#random.chance(link.doublePermille) ? 2 : 1;
    for (let time = 0; time < times; time += 1) this.#spread(sender.identity, from, subject, sent);
  }

  /** As somebody who has an identity's key and a connection of its own; says whether the server let it through. */
  publishAs(identity: BusIdentity, subject: string, text: string): boolean {
    const isLet = isAllowed(natsPermissions(identity).publish, subject);
    if (!isLet) this.refused += 1;
    else if (this.#isServing) this.#spread(identity, 'somebody', subject, text);
    return isLet;
  }

  #spread(identity: BusIdentity, from: string, subject: string, text: string): void {
    for (const client of this.#clients.values()) {
      if (isAllowed(client.subjects, subject)) {
        this.#send({ from: identity, subject, text }, from, client);
      }
    }
  }

  /** Nothing that a receiver could take for a message. */
  #garble(text: string): string {
    const random = this.#random;
    const kinds = [
      text.slice(0, random.below(text.length)),
      random.hex(64),
      '['.repeat(1 + random.below(5_000)),
      JSON.stringify({ v: 1, __proto__: text.length }),
      'null',
    ];
    const garbled = random.pick(kinds) ?? '';
    this.garbled.add(garbled);
    return garbled;
  }

  /** Nobody notices for a while. */
  cut(id: string): void {
    const client = this.#clients.get(id);
    this.link(id).isCut = true;
    if (client === undefined) return;
    this.#timeline.after(noticeMs, () => {
      if (this.link(id).isCut && client.isConnected) this.#disconnect(client);
    });
  }

  /** Of one kind of trouble; others that the link has go on. */
  heal(id: string, what: keyof BusLink): void {
    const link = this.link(id);
    if (what === 'lie') delete link.lie;
    else Object.assign(link, { [what]: fair[what] });
  }

  /** Everybody is thrown out and comes back one after the other. */
  restart(downMs: number): void {
    this.#isServing = false;
    for (const client of this.#clients.values()) if (client.isConnected) this.#disconnect(client);
    this.#timeline.after(downMs, () => {
      this.#isServing = true;
    });
  }

  #send(delivery: Delivery, from: string, to: Client): void {
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
      this.onDelivery(delivery);
      to.handlers.onText(delivery.subject, delivery.text);
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

/** As a NATS server matches: `*` is one word, `>` is all that follow. */
function isAllowed(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) => pattern === subject || covers(pattern, subject));
}

function covers(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const words = subject.split('.');
  const rest = wanted.indexOf('>');
  if (rest < 0 ? words.length !== wanted.length : words.length <= rest) return false;
  const fixed = rest < 0 ? wanted : wanted.slice(0, rest);
  return fixed.every((word, at) => word === words[at] || (word === '*' && words[at] !== '>'));
}
