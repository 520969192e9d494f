/**
 * Who is let in, before anybody has said a word: so many connections from one address and in all, and a time in which
 * the head of a request has to be there. Who they are and how often they may ask is decided later.
 */
import type { Server } from 'node:http';
import { neighbourhoodOf } from '../logic/neighbourhood.ts';

export interface DoorLimits {
  /** Connections of one address. */
  readonly each: number;
  /** Connections of all. */
  readonly all: number;
  /** From the beginning of a connection, or the end of the request before, to the end of a request's headers. */
  readonly headersMs: number;
}

export const defaultDoor: DoorLimits = { each: 256, all: 4_096, headersMs: 10_000 };

/** For Node's server: late heads are looked for that often. */
export const lookForLateMs = 1_000;

export function keepDoor(server: Server, limits: DoorLimits, onTurnedAway: () => void): void {
  const open = new Map<string, number>();
  server.maxConnections = limits.all;
  server.headersTimeout = limits.headersMs;
  server.on('drop', onTurnedAway);
  // Before anything is read from it.
  server.prependListener('connection', (socket) => {
    const from = neighbourhoodOf(socket.remoteAddress);
    const others = open.get(from) ?? 0;
    if (others >= limits.each) {
      onTurnedAway();
      socket.destroy();
      return;
    }
    open.set(from, others + 1);
    socket.once('close', () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left === 0) open.delete(from);
      else open.set(from, left);
    });
  });
}
