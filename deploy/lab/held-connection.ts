/**
 * A TCP connection that is held open across migrations: the tiny image sends a counter line every
 * 100 ms, so a gap is seen, and a break or a restart of the count is proof of harm.
 */
import { connect } from 'node:net';

export interface Held {
  readonly lines: number;
  readonly longestGapMs: number;
  /** The connection ended by itself, or the count went back. */
  readonly broken: boolean;
}

export interface HeldConnection {
  /** Lines heard so far. */
  readonly lines: () => number;
  /** Closes it, and says what it saw. */
  end(): Promise<Held>;
}

/** Resolves once the first line is there. */
export function hold(address: string, port = 7000): Promise<HeldConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    let lines = 0;
    let longestGapMs = 0;
    let lastAt = 0;
    let lastCount = -1;
    let broken = false;
    let ending = false;
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const now = performance.now();
      if (lines > 0) longestGapMs = Math.max(longestGapMs, now - lastAt);
      lastAt = now;
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        const count = /^\d+$/.test(line.trim()) ? Number(line) : undefined;
        if (count === undefined) continue;
        if (count < lastCount) broken = true;
        lastCount = count;
        lines += 1;
        if (lines === 1) resolve({ lines: () => lines, end });
      }
    });
    socket.on('error', (error) => {
      broken = true;
      reject(error);
    });
    socket.on('close', () => {
      if (!ending) broken = true;
    });
    const end = async (): Promise<Held> => {
      ending = true;
      const silentMs = performance.now() - lastAt;
      const closed = new Promise((done) => socket.once('close', done));
      const wasClosed = socket.destroyed;
      socket.destroy();
      if (!wasClosed) await closed;
      return { lines, longestGapMs: Math.max(longestGapMs, silentMs), broken };
    };
  });
}
