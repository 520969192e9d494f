/**
 * Valid packets made invalid, or valid in another way: cut, grown, bent at a bit, with counts and lengths
 * that lie, with types, programs and states that do not exist, or grown together with another packet.
 */
import type { Random } from './random.ts';

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

/** Numbers at which decoders break: borders of types, of libvirt's limits, and just beyond. */
const nasty: readonly number[] = [
  0, 1, 2, 3, 4, 7, 8, 255, 256, 16_384, 16_385, 65_536, 262_120, 262_144, 4_194_304, 4_194_305,
  8_388_608, 33_554_408, 33_554_432, 33_554_436, 33_554_437, 0x7fff_ffff, 0x8000_0000, 0xffff_fffb,
  0xffff_ffff,
];

const lengthBytes = 4;
const headerWords = 7;

function anyWord(bytes: Buffer, random: Random): number {
  return random.below(Math.max(1, Math.floor(bytes.length / 4))) * 4;
}

function withWord(bytes: Buffer, at: number, value: number): Buffer {
  if (at + 4 > bytes.length) return bytes;
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(value >>> 0, at);
  return changed;
}

/** The length word says what is there, so that the mutation is met behind it. */
function honest(bytes: Buffer): Buffer {
  return withWord(bytes, 0, bytes.length);
}

const mutations: readonly Mutation[] = [
  (bytes, random) => honest(bytes.subarray(0, random.below(bytes.length))),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => honest(Buffer.concat([bytes, Buffer.alloc(4 * (1 + random.below(8)), 1)])),
  (bytes, random) => withWord(bytes, 0, random.of(nasty)),
  (bytes, random) =>
    withWord(bytes, lengthBytes + 4 * random.below(headerWords - 1), random.of(nasty)),
  (bytes, random) => withWord(bytes, anyWord(bytes, random), random.of(nasty)),
  (bytes, random) => {
    let changed = bytes;
    for (let count = 1 + random.below(5); count > 0; count -= 1) {
      changed = withWord(changed, Math.max(28, anyWord(bytes, random)), random.of(nasty));
    }
    return changed;
  },
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    const at = random.below(bytes.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  (bytes, random) => {
    const from = 4 * random.below(bytes.length / 4);
    return honest(Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 4)]));
  },
  (bytes, random, other) => {
    const from = Math.min(other.length, 28 + 4 * random.below(32));
    return honest(Buffer.concat([bytes.subarray(0, 28 + random.below(64)), other.subarray(from)]));
  },
  (bytes, _random, other) => Buffer.concat([bytes, other]),
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    for (let count = random.below(32); count > 0; count -= 1) {
      changed[random.below(bytes.length)] = random.below(256);
    }
    return changed;
  },
];

export function mutate(bytes: Buffer, random: Random, other: Buffer): Buffer {
  let changed = random.of(mutations)(bytes, random, other);
  if (random.below(4) === 0 && changed.length >= 4) {
    changed = random.of(mutations)(changed, random, other);
  }
  return changed;
}
