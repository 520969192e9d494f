/**
 * Pieces of a VM's own disk, over TCP 7004 of the tiny image (`deploy/images/tiny/keep` says what it understands): written
 * inside the VM over a connection that is held, and summed up inside the VM; what each has to be is computed here.
 */
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { until } from './until.ts';

const port = 7004;
const pieceBytes = 1024 * 1024;

/** The VM writes, one piece after the other, until this is closed or it has written them all. */
export class KeptWriting implements Disposable {
  /** On its disk, says the VM: all pieces below that. */
  written = 0;
  isBroken = false;
  readonly #word: string;
  readonly #socket: Socket;

  /** `word`: what it writes, besides each piece's number. */
  constructor(address: string, word: string, pieces = 100_000) {
    this.#word = word;
    this.#socket = connect({ host: address, port });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.isBroken = true;
    });
    const lines = createInterface({ input: this.#socket }).on('error', () => undefined);
    lines.on('line', (line) => {
      if (line !== 'end') this.written = Number(line) + 1;
    });
    this.#socket.write(`write ${word} 0 ${pieces - 1}\n`);
  }

  /** Resolves once it has written so many more. */
  async goesOn(pieces = 2, deadlineMs = 60_000): Promise<void> {
    const wanted = this.written + pieces;
    await until(
      `piece ${wanted} of ${this.#word} is written`,
      async () => {
        if (this.isBroken) throw new Error('the connection to the VM broke');
        return this.written >= wanted ? true : undefined;
      },
      { deadlineMs },
    );
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** What the VM reads from its disk, anew: of the pieces below `end`, by number. */
export async function keptSums(address: string, end: number): Promise<readonly string[]> {
  return until('the VM sums up its disk', () => askSums(address, end), { deadlineMs: 120_000 });
}

function askSums(address: string, end: number): Promise<readonly string[] | undefined> {
  const { promise, resolve } = Promise.withResolvers<readonly string[] | undefined>();
  const socket = connect({ host: address, port });
  const sums: string[] = [];
  socket.setTimeout(30_000, () => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(undefined));
  const lines = createInterface({ input: socket }).on('error', () => undefined);
  lines.on('line', (line) => {
    const [number, sum = ''] = line.split(' ');
    if (number === 'end') {
      resolve(sums);
      socket.destroy();
    } else sums[Number(number)] = sum;
  });
  socket.write(`sums 0 ${end - 1}\n`);
  return promise;
}

/** Of the pieces below `end`, as they have to be. */
export function wantedSums(word: string, end: number): readonly string[] {
  return Array.from({ length: end }, (_, number) => {
    const line = `${word} ${number}\n`;
    const piece = line.repeat(Math.ceil(pieceBytes / line.length)).slice(0, pieceBytes);
    return createHash('sha256').update(piece).digest('hex');
  });
}
