/**
 * No bytes whatever make the guard pass a packet that is not on the list. What it passed is judged here by
 * reading its headers anew, and its arguments as bytes.
 */
import { describe, expect, it } from 'vitest';
import { messageStatus, messageType } from '../src/protocol/header.ts';
import { procedureOf, type ProcedureName } from '../src/protocol/procedures.ts';
import { encode } from '../src/xdr/codec.ts';
import { corpus } from '../tools/fuzz/corpus.ts';
import { mutate } from '../tools/fuzz/mutate.ts';
import { Random } from '../tools/fuzz/random.ts';
import { finishArgs, other, packet, prepareArgs, Session, vm, xmlOf } from './guard-session.ts';

const remote = 0x2000_8086;
const keepalive = 0x6b65_6570;
/** Procedures, and how often one connection may carry them. */
const list: Readonly<Record<number, number>> = {
  66: 1,
  60: 64,
  1: 1,
  360: 64,
  303: 1,
  306: 1,
  361: 64,
  2: 1,
};

interface Step {
  readonly name: ProcedureName;
  readonly args: unknown;
  readonly value: unknown;
}

const noBytes = new Uint8Array();
const dom = { name: vm.vmName, uuid: vm.vmId, id: 3 };
const supports = { args: { feature: 4 }, value: { supported: true } };
const steps: readonly Step[] = [
  { name: 'authList', args: undefined, value: { types: [0] } },
  { name: 'connectSupportsFeature', ...supports },
  { name: 'connectOpen', args: { name: 'qemu:///system', flags: 0 }, value: undefined },
  { name: 'connectRegisterCloseCallback', args: undefined, value: undefined },
  { name: 'connectSupportsFeature', ...supports },
  {
    name: 'domainMigratePrepare3Params',
    args: prepareArgs(),
    value: { cookieOut: noBytes, uriOut: 'tcp://10.0.0.2:49152' },
  },
  { name: 'domainMigrateFinish3Params', args: finishArgs(), value: { dom, cookieOut: noBytes } },
  { name: 'connectClose', args: undefined, value: undefined },
];

/** Other packets that a hostile source would slip in: every call that there is, and migrations of others. */
function strangers(seed: number): readonly Buffer[] {
  const call = (name: ProcedureName, args: unknown) =>
    packet(
      { procedure: procedureOf(name).number, serial: 50 },
      encode(procedureOf(name).args, args),
    );
  const calls = corpus(seed).filter((bytes) => bytes.readInt32BE(16) === messageType.call);
  return [
    ...calls,
    call('domainMigratePrepare3Params', prepareArgs({ xml: xmlOf(other) })),
    call('domainMigratePrepare3Params', prepareArgs({ flags: 3 | 512 })),
    call('domainMigrateFinish3Params', finishArgs({ name: other.vmName })),
  ];
}

interface Passed {
  readonly packets: readonly Buffer[];
  readonly isWhole: boolean;
}

/** One connection, with a change at a step or several, in pieces of any size. */
function converse(random: Random, pool: readonly Buffer[]): Passed {
  const session = new Session();
  const bent = random.below(steps.length + 1);
  for (const [index, { name, args, value }] of steps.entries()) {
    const { number, args: codec, ret } = procedureOf(name);
    const good = packet({ procedure: number, serial: index }, encode(codec, args));
    const isBent = index === bent || random.below(12) === 0;
    const bytes = isBent ? bend(good, random, pool) : good;
    for (let at = 0; at < bytes.length;) {
      const size = 1 + random.below(random.below(2) === 0 ? 64 : bytes.length);
      if (session.send(bytes.subarray(at, at + size)).refusal) {
        return { packets: session.arrived, isWhole: false };
      }
      at += size;
    }
    const answer = { procedure: number, serial: index, type: messageType.reply };
    session.guard.fromTarget(packet({ ...answer, status: messageStatus.ok }, encode(ret, value)));
  }
  return { packets: session.arrived, isWhole: true };
}

function bend(good: Buffer, random: Random, pool: readonly Buffer[]): Buffer {
  const stranger = random.of(pool);
  switch (random.below(5)) {
    case 0:
      return stranger;
    case 1:
      return Buffer.concat([good, stranger]);
    case 2:
      return Buffer.concat([stranger, good]);
    case 3:
      return mutate(good, random, stranger);
    default:
      return Buffer.concat([good, good]);
  }
}

/** What is wrong with what was passed. */
function wrongIn(packets: readonly Buffer[]): readonly string[] {
  const wrong: string[] = [];
  const counts = new Map<number, number>();
  const say = (what: string, bytes: Buffer) =>
    wrong.push(`${what}: ${bytes.toString('hex').slice(0, 120)}`);
  for (const bytes of packets) {
    if (bytes.readUInt32BE(0) !== bytes.length) say('a length that lies', bytes);
    const [program, version] = [bytes.readUInt32BE(4), bytes.readUInt32BE(8)];
    const [procedure, type] = [bytes.readInt32BE(12), bytes.readInt32BE(16)];
    if (program === keepalive && bytes.length === 28 && type === 2) continue;
    if (program !== remote || version !== 1 || type !== 0) say('no call of a migration', bytes);
    counts.set(procedure, (counts.get(procedure) ?? 0) + 1);
    if ((counts.get(procedure) ?? 0) > (list[procedure] ?? 0)) say('too often, or ever', bytes);
    // A bit may make a digit of the uuid a capital: it is the same one, for libvirt too.
    const text = bytes.toString('latin1').toLowerCase();
    if (procedure === 303 && !text.includes(`<uuid>${vm.vmId}</uuid>`)) say('another VM', bytes);
    if (procedure === 306 && bytes.indexOf(vm.vmName) < 0) say('another VM', bytes);
    // The flags are the last word of the one, the last but one of the other.
    const flags = procedure === 303 ? bytes.length - 4 : bytes.length - 8;
    if ((procedure === 303 || procedure === 306) && bytes.readUInt32BE(flags) !== 3) {
      say('flags', bytes);
    }
  }
  return wrong;
}

describe('whatever a source sends', () => {
  it.each([1, 1_316_162_289, Math.floor(Math.random() * 2 ** 31)])(
    'only packets of the list get through, from seed %d',
    { timeout: 60_000 },
    (seed) => {
      const random = new Random(seed);
      const pool = strangers(seed);
      let whole = 0;
      const wrong: string[] = [];
      for (let round = 0; round < 4_000; round += 1) {
        const { packets, isWhole } = converse(random, pool);
        if (isWhole) whole += 1;
        wrong.push(...wrongIn(packets));
      }
      expect(wrong).toEqual([]);
      // Some are harmless, most are not.
      expect(whole).toBeGreaterThan(100);
      expect(whole).toBeLessThan(2_500);
    },
  );
});
