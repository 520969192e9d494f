/** Whatever a file has in it, looking at it ends, stays inside of it, and says yes or a reason of the list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainRefusal, refusalReasons, type SourceKind } from '../src/index.ts';
import { look, ovf, qcow2, tar, type TarEntry, vdi, vmdk } from './builders.ts';

const seed = Number(process.env['DROVER_FUZZ_SEED'] ?? 42);
const kinds: readonly SourceKind[] = ['qcow2', 'raw', 'vmdk', 'vdi', 'ova'];
const samples: Readonly<Record<string, Uint8Array>> = {
  qcow2: qcow2([
    { type: 0x6803f857, data: 'x'.repeat(48) },
    { type: 7, data: 'abc' },
  ]),
  'qcow2 of version 2': qcow2([], 2),
  vmdk: vmdk(),
  'vmdk with a footer': vmdk({ footer: true }),
  vdi: vdi(),
  ova: tar([
    { name: 'vm.ovf', data: ovf({ a: 'a.vmdk', b: 'b.vmdk' }, ['a']) },
    { name: 'pax', type: 'x', data: '16 path=b.vmdk\n\n' },
    { name: 'a.vmdk', data: vmdk() },
    { name: 'b.vmdk', data: vmdk() },
  ]),
};

/** Numbers at which programs stumble. */
const edges = [
  0n,
  1n,
  0x7fn,
  0xffn,
  511n,
  512n,
  2n ** 31n - 1n,
  2n ** 32n - 1n,
  2n ** 55n,
  2n ** 63n,
  2n ** 64n - 1n,
];

interface Change {
  /** From the beginning to the end; most of what matters is near the beginning. */
  readonly at: number;
  readonly value: bigint;
  readonly width: 1 | 4 | 8;
  readonly little: boolean;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  value: fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  width: fc.constantFrom(1, 4, 8),
  little: fc.boolean(),
});

function changed(file: Uint8Array, changes: readonly Change[], keep: number): Uint8Array {
  const copy = Uint8Array.from(file);
  const view = new DataView(copy.buffer);
  for (const { at, value, width, little } of changes) {
    const offset = Math.floor(at ** 6 * (copy.length - 8));
    if (width === 1) view.setUint8(offset, Number(value & 0xffn));
    else if (width === 4) view.setUint32(offset, Number(value & 0xffff_ffffn), little);
    else view.setBigUint64(offset, value, little);
  }
  return copy.subarray(0, Math.floor(copy.length * keep));
}

/** Nothing, where all is well. Throws where something outside of the file is asked for, or too much. */
function wrongWith(kind: SourceKind, file: Uint8Array): string {
  const { inspection, ranges } = look(kind, file);
  const asked = ranges.reduce((so, { lengthBytes }) => so + lengthBytes, 0);
  if (asked > 2 * 2 ** 20) return `asked for ${asked} bytes`;
  if (inspection.type === 'image') {
    const { virtualBytes, offsetBytes, lengthBytes } = inspection;
    const isInside = offsetBytes >= 0 && offsetBytes + lengthBytes <= file.length;
    return isInside && Number.isSafeInteger(virtualBytes) && virtualBytes > 0 ? '' : 'outside';
  }
  const isKnown = refusalReasons.includes(inspection.reason);
  const text = explainRefusal(inspection);
  return isKnown && /^[ -~…]{10,400}$/.test(text) ? '' : `${inspection.reason}: ${text}`;
}

const entry: fc.Arbitrary<TarEntry> = fc.record(
  {
    name: fc.oneof(
      fc.constantFrom('a.vmdk', 'b.vmdk', 'vm.ovf', '..', '/'),
      fc.string({ unit: 'binary-ascii' }),
    ),
    data: fc.oneof(
      fc.constantFrom(vmdk(), ovf({ a: 'a.vmdk' }, ['a']), '16 path=a.vmdk\n', '12 size=16\n'),
      fc.string({ unit: 'binary-ascii', maxLength: 600 }),
    ),
    type: fc.constantFrom('0', '\0', '5', 'L', 'x', 'g', '1', '2', 'K', 'S'),
    size: fc.oneof(
      fc.constantFrom('0', '77777777777', '\x80\0\0\0\0\0\0\0\0\0\x02\0'),
      fc.string({ unit: 'binary-ascii', maxLength: 12 }),
    ),
  },
  { requiredKeys: ['name', 'data', 'type'] },
);

const settings = { seed, numRuns: 4000 };

describe('a look at', () => {
  it.each(Object.entries(samples))('a mutated %s ends well', (_name, file) => {
    const changes = fc.array(change, { maxLength: 6 });
    const keep = fc.oneof(
      { weight: 4, arbitrary: fc.constant(1) },
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    const property = fc.property(changes, keep, (list, part) => {
      const mutated = changed(file, list, part);
      expect(kinds.map((kind) => wrongWith(kind, mutated)).join('')).toBe('');
    });
    fc.assert(property, settings);
  });

  it('an archive of any entries ends well', () => {
    const property = fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
      expect(wrongWith('ova', tar(entries))).toBe('');
    });
    fc.assert(property, settings);
  });

  it('an archive finds no disk but its own, of those that are whole', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,40}\.vmdk$/), {
      minLength: 1,
      maxLength: 4,
    });
    const property = fc.property(names, fc.nat(), (disks, pick) => {
      const chosen = disks[pick % disks.length] ?? '';
      const files = Object.fromEntries(disks.map((name, index) => [`f${index}`, name]));
      const text = ovf(files, [`f${disks.indexOf(chosen)}`]);
      const archive = tar([
        ...disks.map((name) => ({ name, data: vmdk() })),
        { name: 'vm.ovf', data: text },
      ]);
      expect(look('ova', archive).inspection).toMatchObject({ type: 'image', entry: chosen });
    });
    fc.assert(property, { seed, numRuns: 300 });
  });

  it('bytes of chance ends well', () => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 4096 }),
      fc.constantFrom(...kinds),
      (file, kind) => {
        expect(wrongWith(kind, file)).toBe('');
      },
    );
    fc.assert(property, settings);
  });

  it('text that is made to be slow to read ends soon', () => {
    const nasty = [
      ' id="'.repeat(200_000),
      '<'.repeat(1_000_000),
      '<!--'.repeat(250_000),
      '<Disk '.repeat(150_000),
      `<Disk${' '.repeat(900_000)}>`,
      `<File ${'a:'.repeat(400_000)}>`,
    ];
    const started = performance.now();
    const verdicts = nasty.map((text) =>
      wrongWith(
        'ova',
        tar([{ name: 'x.ovf', data: text }, { name: 'a.vmdk' }, { name: 'b.vmdk' }]),
      ),
    );
    expect(verdicts).toEqual(nasty.map(() => ''));
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
