/**
 * What both ends of a tunnel have in common: how the process answers and ends, that what passes is guarded,
 * that what is refused is written down, and that it all has an end in time.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { MigrationGuard, type GuardAnswer, type RefusalReason } from 'node-libvirt/guard';
import type { TunnelAnswer, TunnelOrder } from './tunnel-order.ts';
import { isKnock, type TunnelRefusal } from './tunnel-refusals.ts';

export const handshakeMs = 10_000;
/** How long it waits for its one connection. */
const waitMs = Number(process.env['DROVER_TUNNEL_WAIT_MS'] ?? 60_000);
/** Between two looks at whether what outlived its time is over. */
const overdueMs = 5_000;
/** Who knocks again and again fills no disk, and hides nothing that was refused inside. */
const knocksMax = 16;

/** Besides what the guard refuses: who it was, and that it came again. */
type Reason = RefusalReason | 'peer' | 'second-use';

export class TunnelEnd {
  readonly #order: TunnelOrder;
  readonly #guard: MigrationGuard;
  readonly #cleanups: (() => void)[] = [];
  readonly #idle: NodeJS.Timeout;
  #isAnswered = false;

  constructor(order: TunnelOrder) {
    this.#order = order;
    this.#guard = new MigrationGuard(order.migration);
    this.#idle = setTimeout(() => this.end(2), Math.min(waitMs, order.expiresInMs));
    setTimeout(() => this.#expire(), order.expiresInMs).unref();
  }

  /** Its one connection is there. */
  isTaken(): void {
    clearTimeout(this.#idle);
  }

  atEnd(cleanup: () => void): void {
    this.#cleanups.push(cleanup);
  }

  end(code: number): never {
    for (const cleanup of this.#cleanups) cleanup();
    process.exit(code);
  }

  answer(value: TunnelAnswer): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    // The agent may be gone by now; then nobody reads this.
    process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  fail(message: string): never {
    this.answer({ ok: false, message });
    this.end(1);
  }

  refuse(reason: Reason, message: string): void {
    const { opId, side, refusalFile } = this.#order;
    const refusal: TunnelRefusal = { opId, side, reason, message, atMs: Date.now() };
    try {
      if (isKnock(refusal) && linesIn(refusalFile) >= knocksMax) return;
      appendFileSync(refusalFile, `${JSON.stringify(refusal)}\n`, { mode: 0o600 });
    } catch {
      // What cannot be written down is refused all the same.
    }
  }

  /** Packets both ways, as long as they are those of the migration; either side's end is the end. */
  join(source: Duplex, target: Duplex): void {
    this.#pass(source, target, (bytes) => this.#guard.fromSource(bytes));
    this.#pass(target, source, (bytes) => this.#guard.fromTarget(bytes));
  }

  #pass(from: Duplex, to: Duplex, check: (bytes: Buffer) => GuardAnswer): void {
    from.on('data', (bytes: Buffer) => {
      const { packets, refusal } = check(bytes);
      let hasRoom = true;
      for (const packet of packets) hasRoom = to.write(packet);
      if (refusal) {
        this.refuse(refusal.reason, refusal.message);
        this.end(3);
      }
      if (hasRoom) return;
      from.pause();
      to.once('drain', () => from.resume());
    });
    from.on('error', () => this.end(1));
    from.on('close', () => {
      // What was written before the end still goes out.
      to.end(() => this.end(0));
      setTimeout(() => this.end(0), 1_000).unref();
    });
    from.resume();
  }

  #expire(): void {
    const refusal = this.#guard.expire();
    if (refusal === undefined) {
      setTimeout(() => this.#expire(), overdueMs).unref();
      return;
    }
    this.refuse(refusal.reason, refusal.message);
    this.end(3);
  }
}

function linesIn(file: string): number {
  try {
    return readFileSync(file, 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}
