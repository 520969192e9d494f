import { describe, expect, it } from 'vitest';
import {
  joined,
  latin,
  look,
  ovf,
  qcow2,
  tar,
  type TarEntry,
  vdi,
  verdict,
  vmdk,
} from './builders.ts';

const disk = (name: string): TarEntry => ({ name, data: vmdk() });
const two = [disk('a.vmdk'), disk('b.vmdk')];
const xml = (text: string): TarEntry => ({ name: 'vm.ovf', data: text });
const paxRecord = (text: string) => {
  const length = text.length + 3;
  return `${length + String(length).length - 1} ${text}\n`;
};

describe('an archive', () => {
  it('has its one disk taken, from where it lies', () => {
    const file = tar([xml('<Envelope/>'), disk('vm-disk1.vmdk'), { name: 'vm.mf', data: 'x' }]);
    const { inspection } = look('ova', file);
    expect(inspection).toEqual({
      type: 'image',
      format: 'vmdk',
      virtualBytes: 6144 * 512,
      offsetBytes: 512 + 512 + 512,
      lengthBytes: vmdk().length,
      entry: 'vm-disk1.vmdk',
    });
  });

  it('may have a qcow2 or a vdi as its disk', () => {
    expect(look('ova', tar([{ name: 'a.qcow2', data: qcow2() }])).inspection).toMatchObject({
      format: 'qcow2',
    });
    expect(look('ova', tar([{ name: 'a.vdi', data: vdi() }])).inspection).toMatchObject({
      format: 'vdi',
    });
  });

  it('of several disks has that taken which its OVF attaches', () => {
    const text = ovf({ f1: 'a.vmdk', f2: 'b.vmdk', hidden: 'a.vmdk' }, ['f2']);
    expect(look('ova', tar([xml(text), ...two])).inspection).toMatchObject({ entry: 'b.vmdk' });
  });

  it('may stop without its end, and have folders', () => {
    expect(
      verdict('ova', tar([{ name: './', type: '5', prefix: 'vm' }, disk('./vm/a.vmdk')], 0)),
    ).toBe('image');
  });

  it('is read with the long names and large sizes of GNU and of pax', () => {
    const long = `${'n'.repeat(150)}.vmdk`;
    const gnu = tar([{ name: '././@LongLink', type: 'L', data: `${long}\0` }, disk('short')]);
    expect(look('ova', gnu).inspection).toMatchObject({
      entry: expect.stringMatching(/^n{120}…$/),
    });
    const pax = tar([{ name: 'pax', type: 'x', data: paxRecord(`path=${long}`) }, disk('short')]);
    expect(verdict('ova', pax)).toBe('image');
    const binary = `\x80${'\0'.repeat(9)}\x80\0`;
    expect(verdict('ova', tar([{ ...disk('a.vmdk'), size: binary }]))).toBe('image');
  });
});

describe('an archive is refused', () => {
  const hostile = '../../etc/cron.d/x.vmdk';
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['with a name that leads out', tar([disk(hostile)]), 'archive-name'],
    ['with an absolute name', tar([disk('/etc/x.vmdk')]), 'archive-name'],
    ['with a prefix that leads out', tar([{ ...disk('x.vmdk'), prefix: '..' }]), 'archive-name'],
    ['with a name of other systems', tar([disk('..\\x.vmdk')]), 'archive-name'],
    ['without a name', tar([disk('')]), 'archive-name'],
    [
      'with a long name that leads out',
      tar([{ name: 'l', type: 'L', data: hostile }, disk('a')]),
      'archive-name',
    ],
    [
      'with a pax name that leads out',
      tar([{ name: 'p', type: 'x', data: paxRecord(`path=${hostile}`) }, disk('a')]),
      'archive-name',
    ],
    [
      'with a symbolic link',
      tar([{ name: 'a.vmdk', type: '2', link: '/etc/shadow' }]),
      'archive-type',
    ],
    [
      'with a hard link',
      tar([disk('a.vmdk'), { name: 'b', type: '1', link: 'a.vmdk' }]),
      'archive-type',
    ],
    ['with a device', tar([{ name: 'a.vmdk', type: '4' }]), 'archive-type'],
    ['with a FIFO', tar([{ name: 'a.vmdk', type: '6' }]), 'archive-type'],
    ['with a sparse file', tar([{ name: 'a.vmdk', type: 'S' }]), 'archive-type'],
    [
      'with a link’s pax path',
      tar([{ name: 'p', type: 'x', data: paxRecord('linkpath=/etc') }]),
      'archive-type',
    ],
    [
      'with a name for all entries',
      tar([{ name: 'p', type: 'g', data: paxRecord('path=x') }]),
      'archive-type',
    ],
    ['with one name twice', tar([disk('a.vmdk'), disk('./a.vmdk')]), 'archive-twice'],
    [
      'with an entry longer than it',
      tar([{ ...disk('a.vmdk'), size: '77777777777\0' }]),
      'archive-outside',
    ],
    [
      'with a size beyond counting',
      tar([{ ...disk('a.vmdk'), size: `\x80${'\xff'.repeat(11)}` }]),
      'archive-header',
    ],
    [
      'with a negative size',
      tar([{ ...disk('a.vmdk'), size: '\xff'.repeat(12) }]),
      'archive-header',
    ],
    ['with a damaged header', new Uint8Array(1024).fill(65), 'archive-header'],
    [
      'with a damaged pax header',
      tar([{ name: 'p', type: 'x', data: '0 path=x\n' }]),
      'archive-header',
    ],
    [
      'with a huge long name',
      tar([{ name: 'l', type: 'L', data: 'x'.repeat(70_000) }]),
      'archive-text',
    ],
    [
      'with entries without end',
      tar(Array.from({ length: 300 }, (_, n) => ({ name: `${n}` }))),
      'archive-entries',
    ],
    ['with half a header', joined([tar([disk('a.vmdk')], 0), latin('x')]), 'truncated'],
    ['that is no archive', new Uint8Array(0), 'truncated'],
    ['without a disk', tar([xml('<Envelope/>')]), 'no-disk'],
    ['with two disks and no OVF', tar(two), 'several-disks'],
    [
      'with two disks that its OVF attaches',
      tar([xml(ovf({ a: 'a.vmdk', b: 'b.vmdk' }, ['a', 'b'])), ...two]),
      'several-disks',
    ],
    [
      'with two disks of which none is attached',
      tar([xml(ovf({ a: 'a.vmdk' }, ['x'])), ...two]),
      'several-disks',
    ],
    ['with an OVF without end', tar([xml(' '.repeat(2 ** 20 + 1)), ...two]), 'archive-text'],
    [
      'with a disk that is not what it is called',
      tar([{ name: 'a.vmdk', data: qcow2() }]),
      'not-that-format',
    ],
    ['with half a disk', tar([{ name: 'a.vmdk', data: vmdk().subarray(0, 300) }]), 'truncated'],
  ];
  it.each(cases)('%s', (_name, file, reason) => {
    expect(verdict('ova', file)).toBe(reason);
  });

  it('for what its disk is refused for, which is looked at within the disk alone', () => {
    const short = qcow2().subarray(0, 66_000);
    const { inspection, ranges } = look(
      'ova',
      tar([
        { name: 'a.qcow2', data: short },
        { name: 'b', data: qcow2() },
      ]),
    );
    expect(inspection).toMatchObject({ reason: 'table-outside' });
    const inDisk = ranges.filter(
      ({ offsetBytes, lengthBytes }) => offsetBytes === 512 && lengthBytes > 512,
    );
    expect(inDisk).toEqual([{ offsetBytes: 512, lengthBytes: 65_536 }]);
  });
});
