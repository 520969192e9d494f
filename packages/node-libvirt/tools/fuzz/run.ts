/**
 * So many mutated packets through the decoder, from one seed, with what they cost.
 */
import { corpus } from './corpus.ts';
import { feed } from './decoder.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';

export interface FuzzReport {
  readonly seed: number;
  readonly packets: number;
  readonly accepted: number;
  readonly refused: number;
  /** The longest that one packet took. */
  readonly slowestMs: number;
  /** How far the memory outside and inside the heap was ever above what it began with. */
  readonly grownMib: number;
}

const lookEvery = 1000;
const mib = 1024 * 1024;

/** Throws where a packet met anything but a fair answer, naming the seed and the packet. */
export function fuzz(
  seed: number,
  packets: number,
  onProgress?: (done: number) => void,
): FuzzReport {
  const random = new Random(seed);
  const valid = corpus(seed);
  const before = held();
  let most = before;
  let slowestMs = 0;
  let accepted = 0;
  let refused = 0;
  for (let number = 0; number < packets; number += 1) {
    const bytes = mutate(random.of(valid), random, random.of(valid));
    const begun = performance.now();
    try {
      const fate = feed(bytes, random);
      accepted += fate.accepted;
      if (fate.refused) refused += 1;
    } catch (error) {
      const where = `seed ${seed}, packet ${number}: ${bytes.toString('hex').slice(0, 400)}`;
      throw new Error(`${where}\n${String(error)}`, { cause: error });
    }
    slowestMs = Math.max(slowestMs, performance.now() - begun);
    if (number % lookEvery === 0) {
      most = Math.max(most, held());
      onProgress?.(number);
    }
  }
  const grownMib = Math.round((most - before) / mib);
  return { seed, packets, accepted, refused, slowestMs: Math.round(slowestMs), grownMib };
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
