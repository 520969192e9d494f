import { describe, expect, it } from 'vitest';
import { explainRefusal, type SourceKind } from '../src/index.ts';
import {
  descriptor,
  latin,
  look,
  patched,
  patchedLittle,
  qcow2,
  vdi,
  verdict,
  vmdk,
} from './builders.ts';

const gib = 2 ** 30;
const all = 2n ** 64n - 1n;

describe('a whole disk', () => {
  const cases: readonly (readonly [string, SourceKind, Uint8Array, number])[] = [
    ['qcow2 of version 3', 'qcow2', qcow2(), gib],
    ['qcow2 of version 2', 'qcow2', qcow2([], 2), gib],
    ['qcow2 with extended L2', 'qcow2', patched(patched(qcow2(), 72, 16n), 36, 4), gib],
    ['qcow2 with zstd', 'qcow2', patched(patched(qcow2(), 72, 8n), 104, '\x01'), gib],
    [
      'qcow2 with a table of features',
      'qcow2',
      qcow2([{ type: 0x6803f857, data: 'x'.repeat(48) }]),
      gib,
    ],
    ['qcow2 with an extension nobody knows', 'qcow2', qcow2([{ type: 7, data: 'abc' }]), gib],
    ['vmdk', 'vmdk', vmdk(), 6144 * 512],
    [
      'vmdk, monolithicSparse',
      'vmdk',
      vmdk({ text: descriptor({ streamOptimized: 'monolithicSparse' }) }),
      6144 * 512,
    ],
    ['vmdk with a footer', 'vmdk', vmdk({ footer: true }), 6144 * 512],
    ['vdi', 'vdi', vdi(), 3 * 2 ** 20],
    ['vdi, static', 'vdi', patchedLittle(vdi(), 0x4c, 2), 3 * 2 ** 20],
    ['raw', 'raw', new Uint8Array(5000), 5000],
  ];
  it.each(cases)('is taken: %s', (_name, kind, file, virtualBytes) => {
    expect(look(kind, file).inspection).toEqual({
      type: 'image',
      format: kind,
      virtualBytes,
      offsetBytes: 0,
      lengthBytes: file.length,
    });
  });
});

describe('a qcow2', () => {
  const withBacking = (name: string) =>
    patched(patched(patched(qcow2(), 8, 512n), 16, name.length), 512, name);
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['a backing file', withBacking('/etc/shadow'), 'backing-file'],
    ['a backing file whose name is elsewhere', patched(qcow2(), 8, 2n ** 40n), 'backing-file'],
    ['a backing file without a name', patched(qcow2(), 8, 512n), 'backing-file'],
    ['a backing name of json:', withBacking('json:{"driver":"nbd"}'), 'protocol-name'],
    ['a backing name of a protocol', withBacking('nbd://10.0.0.1/x'), 'protocol-name'],
    ['an external data file', patched(qcow2(), 72, 4n), 'external-data-file'],
    [
      'the name of a data file',
      qcow2([{ type: 0x44415441, data: '/dev/sda' }]),
      'external-data-file',
    ],
    [
      'a data file in version 2',
      qcow2([{ type: 0x44415441, data: '/dev/sda' }], 2),
      'external-data-file',
    ],
    ['the old encryption', patched(qcow2(), 32, 1), 'encrypted'],
    ['LUKS', qcow2([{ type: 0x0537be77, data: 'x'.repeat(16) }]), 'encrypted'],
    ['features of tomorrow', patched(qcow2(), 72, 2n ** 40n), 'unknown-features'],
    ['the dirty bit', patched(qcow2(), 72, 1n), 'unclean'],
    ['the corrupt bit', patched(qcow2(), 72, 2n), 'unclean'],
    ['a snapshot', patched(qcow2(), 60, 1), 'internal-snapshots'],
    ['version 1', patched(qcow2(), 4, 1), 'version'],
    ['version 4', patched(qcow2(), 4, 4), 'version'],
    ['16 EiB', patched(qcow2(), 24, all), 'virtual-size'],
    ['a negative size', patched(qcow2(), 24, 2n ** 63n), 'virtual-size'],
    ['no size', patched(qcow2(), 24, 0n), 'virtual-size'],
    ['one byte more than is allowed', patched(qcow2(), 24, 2n ** 40n + 1n), 'virtual-size'],
    ['small clusters', patched(qcow2(), 20, 8), 'cluster-size'],
    ['huge clusters', patched(qcow2(), 20, 22), 'cluster-size'],
    ['clusters beyond counting', patched(qcow2(), 20, 0xffff_ffff), 'cluster-size'],
    ['a short header', patched(qcow2(), 100, 96), 'header-length'],
    ['an odd header', patched(qcow2(), 100, 109), 'header-length'],
    ['a header beyond its cluster', patched(qcow2(), 100, 65_544), 'header-length'],
    [
      'an endless extension',
      qcow2([{ type: 7, data: '', length: 0xffff_fff8 }]),
      'header-extension',
    ],
    ['wide refcounts', patched(qcow2(), 96, 7), 'field'],
    ['an unknown compression', patched(patched(qcow2(), 72, 8n), 104, '\x02'), 'field'],
    ['zstd that it does not say', patched(qcow2(), 104, '\x01'), 'field'],
    ['an L1 table beyond its end', patched(qcow2(), 40, 2n ** 20n), 'table-outside'],
    ['an L1 table that overflows', patched(qcow2(), 40, all - 65_535n), 'table-outside'],
    ['an L1 table in its header', patched(qcow2(), 40, 0n), 'table-outside'],
    ['an L1 table between clusters', patched(qcow2(), 40, 512n), 'table-outside'],
    ['a huge L1 table', patched(qcow2(), 36, 0x7fff_ffff), 'table-size'],
    ['too short an L1 table', patched(qcow2(), 36, 1), 'field'],
    ['a refcount table beyond its end', patched(qcow2(), 48, 2n ** 20n), 'table-outside'],
    ['a huge refcount table', patched(qcow2(), 56, 0xffff_ffff), 'table-size'],
    ['no refcount table', patched(qcow2(), 56, 0), 'field'],
    ['half a header', qcow2().subarray(0, 60), 'truncated'],
    ['half a header of version 3', qcow2().subarray(0, 90), 'truncated'],
    ['nothing', new Uint8Array(0), 'not-that-format'],
    ['another format', vdi(), 'not-that-format'],
    ['no format', latin('hello'), 'not-that-format'],
  ];
  it.each(cases)('with %s is refused', (_name, file, reason) => {
    expect(verdict('qcow2', file)).toBe(reason);
  });

  it('is refused with what was found, fit to be printed', () => {
    const { inspection } = look('qcow2', withBacking(`/etc/\x1b[31m${'x'.repeat(500)}`));
    expect(inspection).toMatchObject({ found: expect.stringMatching(/^\/etc\/\?\[31mx{110}…$/) });
  });
});

describe('a vmdk', () => {
  const text = (changes: Readonly<Record<string, string>>) => vmdk({ text: descriptor(changes) });
  const footer = vmdk({ footer: true });
  const inFooter = footer.length - 1024;
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['a parent', text({ ffffffff: '12345678' }), 'parent-disk'],
    ['a parent’s name', text({ 'ddb.': 'parentFileNameHint="/etc/shadow"\nddb.' }), 'parent-disk'],
    [
      'a parent’s name in a comment',
      text({ '# Extent': '# parentFileNameHint="/etc/shadow"' }),
      'parent-disk',
    ],
    ['a flat extent', text({ 'SPARSE "disk.vmdk"': 'FLAT "/etc/shadow" 0' }), 'other-files'],
    ['two extents', text({ 'ddb.': 'RW 1 SPARSE "other"\nddb.' }), 'other-files'],
    ['no extent', text({ 'RW 6144': '#' }), 'other-files'],
    ['a kind of many files', text({ streamOptimized: 'twoGbMaxExtentSparse' }), 'other-files'],
    ['two kinds', text({ 'ddb.': 'createType="monolithicFlat"\nddb.' }), 'descriptor'],
    ['no descriptor', patchedLittle(vmdk(), 28, 0n), 'descriptor'],
    ['a descriptor elsewhere', patchedLittle(vmdk(), 28, 9n), 'descriptor'],
    ['a huge descriptor', patchedLittle(vmdk(), 36, all), 'descriptor'],
    ['another text', vmdk({ text: 'hello' }), 'descriptor'],
    ['only its descriptor', latin(descriptor().padEnd(600, '\n')), 'other-files'],
    // With a size of nothing QEMU opens the files that the descriptor names.
    ['no size', patchedLittle(vmdk(), 12, 0n), 'other-files'],
    ['16 EiB', patchedLittle(vmdk(), 12, 2n ** 55n), 'virtual-size'],
    ['a size that overflows', patchedLittle(vmdk(), 12, all), 'virtual-size'],
    ['grains of nothing', patchedLittle(vmdk(), 20, 0n), 'field'],
    ['uneven grains', patchedLittle(vmdk(), 20, 100n), 'field'],
    ['short tables', patchedLittle(vmdk(), 44, 0), 'field'],
    ['a directory outside', patchedLittle(vmdk(), 56, 1000n), 'table-outside'],
    ['no directory', patchedLittle(vmdk(), 56, 0n), 'table-outside'],
    ['a version of tomorrow', patchedLittle(vmdk(), 4, 4), 'version'],
    ['a footer that is not there', patchedLittle(vmdk(), 56, all), 'field'],
    ['a footer of another size', patchedLittle(footer, inFooter + 12, 1n), 'field'],
    ['a footer without a disk', patchedLittle(footer, inFooter + 12, 0n), 'other-files'],
    [
      'a directory outside in its footer',
      patchedLittle(footer, inFooter + 56, all),
      'table-outside',
    ],
    ['the magic of ESX', patched(vmdk(), 0, 'COWD'), 'not-that-format'],
    ['half a header', vmdk().subarray(0, 300), 'truncated'],
  ];
  it.each(cases)('with %s is refused', (_name, file, reason) => {
    expect(verdict('vmdk', file)).toBe(reason);
  });

  it('whose descriptor is longer than it says is read as far as QEMU reads it', () => {
    const long = `${descriptor().padEnd(512, '\n')}parentFileNameHint="/etc/shadow"`;
    expect(verdict('vmdk', patchedLittle(vmdk({ text: long }), 36, 1n))).toBe('parent-disk');
  });
});

describe('a vdi', () => {
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['only what differs', patchedLittle(vdi(), 0x4c, 4), 'parent-disk'],
    ['a parent', patchedLittle(vdi(), 0x1b8, 1), 'parent-disk'],
    ['a snapshot before it', patchedLittle(vdi(), 0x1a8, 1), 'parent-disk'],
    ['version 1.2', patchedLittle(vdi(), 0x44, 0x10002), 'version'],
    ['16 EiB', patchedLittle(vdi(), 0x170, all), 'virtual-size'],
    ['fewer blocks than its disk', patchedLittle(vdi(), 0x180, 2), 'field'],
    ['blocks without end', patchedLittle(vdi(), 0x180, 0xffff_ffff), 'table-size'],
    ['a map outside', patchedLittle(vdi(), 0x154, 65_536), 'table-outside'],
    ['a map in its header', patchedLittle(vdi(), 0x154, 0), 'table-outside'],
    ['data outside', patchedLittle(vdi(), 0x158, 65_536), 'table-outside'],
    ['large sectors', patchedLittle(vdi(), 0x168, 4096), 'field'],
    ['other blocks', patchedLittle(vdi(), 0x178, 0), 'field'],
    ['half a header', vdi().subarray(0, 256), 'truncated'],
  ];
  it.each(cases)('with %s is refused', (_name, file, reason) => {
    expect(verdict('vdi', file)).toBe(reason);
  });
});

describe('a file that was said to be raw', () => {
  const begins = (text: string, at = 0) => patched(new Uint8Array(4096), at, text);
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['a qcow2, such as a VM can write into its own disk', qcow2(), 'looks-like-qcow2'],
    ['a vmdk', vmdk(), 'looks-like-vmdk'],
    ['a vmdk’s descriptor', latin(descriptor()), 'looks-like-vmdk'],
    ['a vdi', vdi(), 'looks-like-vdi'],
    ['a vhdx', begins('vhdxfile'), 'looks-like-another'],
    ['an archive', begins('ustar', 257), 'looks-like-tar'],
    ['what is packed with gzip', begins('\x1f\x8b\x08'), 'looks-packed'],
    ['what is packed with xz', begins('\xfd7zXZ\0'), 'looks-packed'],
    ['what is packed with zstd', begins('\x28\xb5\x2f\xfd'), 'looks-packed'],
  ];
  it.each(cases)('and is %s is refused', (_name, file, reason) => {
    expect(verdict('raw', file)).toBe(reason);
  });

  it('is refused with what to do', () => {
    const { inspection } = look('raw', qcow2());
    const text = inspection.type === 'refused' ? explainRefusal(inspection) : '';
    expect(text).toBe('it was said to be raw, and begins like a qcow2: say that it is qcow2');
  });

  it('is not looked into beyond its first bytes', () => {
    const { ranges } = look('raw', new Uint8Array(100_000));
    expect(ranges).toEqual([{ offsetBytes: 0, lengthBytes: 512 }]);
  });

  it('has to have a byte, and no more than are allowed', () => {
    expect(verdict('raw', new Uint8Array(0))).toBe('virtual-size');
    expect(verdict('raw', new Uint8Array(5001), { maxVirtualBytes: 5000 })).toBe('virtual-size');
  });
});
