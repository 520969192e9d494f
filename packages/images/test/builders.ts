/** Small images and archives, byte by byte, as their formats say; each field can be made wrong. */
import { type Inspection, inspect, type Range, type SourceKind } from '../src/index.ts';

export const limits = { maxVirtualBytes: 2 ** 40 };
const mib = 1024 * 1024;

export interface Looked {
  readonly inspection: Inspection;
  readonly ranges: readonly Range[];
}

/** Plays the part of the agent: answers what is asked for, and holds that nothing else is. */
export function look(kind: SourceKind, file: Uint8Array, given = limits): Looked {
  const ranges: Range[] = [];
  const reading = inspect(kind, file.length, given);
  let step = reading.next();
  while (!step.done) {
    const { offsetBytes, lengthBytes } = step.value;
    ranges.push(step.value);
    const isInside =
      offsetBytes >= 0 && lengthBytes > 0 && offsetBytes + lengthBytes <= file.length;
    if (!isInside || lengthBytes > mib) throw new Error(`asked for ${JSON.stringify(step.value)}`);
    if (ranges.length > 2000) throw new Error('asks without end');
    step = reading.next(file.subarray(offsetBytes, offsetBytes + lengthBytes));
  }
  return { inspection: step.value, ranges };
}

/** `image`, or the reason against it. */
export function verdict(kind: SourceKind, file: Uint8Array, given = limits): string {
  const { inspection } = look(kind, file, given);
  return inspection.type === 'image' ? 'image' : inspection.reason;
}

export function patched(file: Uint8Array, at: number, value: string | number | bigint): Uint8Array {
  const copy = Uint8Array.from(file);
  const view = new DataView(copy.buffer);
  if (typeof value === 'string') copy.set(latin(value), at);
  else if (typeof value === 'bigint') view.setBigUint64(at, value);
  else view.setUint32(at, value);
  return copy;
}

/** For the formats that count from the small end. */
export function patchedLittle(file: Uint8Array, at: number, value: number | bigint): Uint8Array {
  const copy = Uint8Array.from(file);
  const view = new DataView(copy.buffer);
  if (typeof value === 'bigint') view.setBigUint64(at, value, true);
  else view.setUint32(at, value, true);
  return copy;
}

export interface Extension {
  readonly type: number;
  readonly data: string;
  /** Where it is not the length of the data. */
  readonly length?: number;
}

/** Version 3, one gibibyte, clusters of 64 KiB: header, refcount table, refcount block, L1 table. */
export function qcow2(extensions: readonly Extension[] = [], version: 2 | 3 = 3): Uint8Array {
  const cluster = 65_536;
  const file = new Uint8Array(3 * cluster + 16);
  const view = new DataView(file.buffer);
  file.set(latin('QFI\xfb'), 0);
  view.setUint32(4, version);
  view.setUint32(20, 16);
  view.setBigUint64(24, 2n ** 30n);
  view.setUint32(36, 2);
  view.setBigUint64(40, BigInt(3 * cluster));
  view.setBigUint64(48, BigInt(cluster));
  view.setUint32(56, 1);
  let at = 72;
  if (version === 3) {
    view.setUint32(96, 4);
    view.setUint32(100, 112);
    at = 112;
  }
  for (const { type, data, length } of extensions) {
    view.setUint32(at, type);
    view.setUint32(at + 4, length ?? data.length);
    file.set(latin(data), at + 8);
    at += 8 + Math.ceil(data.length / 8) * 8;
  }
  return file;
}

export function descriptor(changes: Readonly<Record<string, string>> = {}): string {
  const text = [
    '# Disk DescriptorFile',
    'version=1',
    'CID=b082a8cd',
    'parentCID=ffffffff',
    'createType="streamOptimized"',
    '# Extent description',
    'RW 6144 SPARSE "disk.vmdk"',
    'ddb.adapterType = "ide"',
    '',
  ].join('\n');
  return Object.entries(changes).reduce((so, [from, to]) => so.replace(from, to), text);
}

/** Of 6144 sectors; its directory is said in the header, or in a footer. */
export function vmdk({
  text = descriptor(),
  footer = false,
}: { readonly text?: string; readonly footer?: boolean } = {}): Uint8Array {
  const file = new Uint8Array(64 * 512);
  const view = new DataView(file.buffer);
  const header = (at: number, directory: bigint) => {
    file.set(latin('KDMV'), at);
    view.setUint32(at + 4, 3, true);
    view.setUint32(at + 8, 0x30001, true);
    view.setBigUint64(at + 12, 6144n, true);
    view.setBigUint64(at + 20, 128n, true);
    view.setBigUint64(at + 28, 1n, true);
    view.setBigUint64(at + 36, 20n, true);
    view.setUint32(at + 44, 512, true);
    view.setBigUint64(at + 56, directory, true);
    view.setBigUint64(at + 64, 128n, true);
    view.setUint16(at + 77, 1, true);
  };
  header(0, footer ? 2n ** 64n - 1n : 26n);
  file.set(latin(text), 512);
  if (footer) {
    const at = file.length - 3 * 512;
    view.setUint32(at + 12, 3, true);
    header(at + 512, 26n);
  }
  return file;
}

/** Of three blocks of one mebibyte. */
export function vdi(): Uint8Array {
  const file = new Uint8Array(4096);
  const view = new DataView(file.buffer);
  file.set(latin('<<< QEMU VM Virtual Disk Image >>>\n'), 0);
  const words: readonly (readonly [number, number])[] = [
    [0x40, 0xbeda107f],
    [0x44, 0x00010001],
    [0x48, 0x180],
    [0x4c, 1],
    [0x154, 512],
    [0x158, 1024],
    [0x168, 512],
    [0x178, mib],
    [0x180, 3],
  ];
  for (const [at, value] of words) view.setUint32(at, value, true);
  view.setBigUint64(0x170, BigInt(3 * mib), true);
  return file;
}

export interface TarEntry {
  readonly name: string;
  readonly data?: Uint8Array | string;
  readonly type?: string;
  /** Where it is not the length of the data: octal, or what is put there. */
  readonly size?: string;
  readonly link?: string;
  readonly prefix?: string;
}

export function tar(entries: readonly TarEntry[], endBlocks = 2): Uint8Array {
  const blocks = entries.flatMap((entry) => {
    const data =
      typeof entry.data === 'string' ? latin(entry.data) : (entry.data ?? new Uint8Array(0));
    const padded = new Uint8Array(Math.ceil(data.length / 512) * 512);
    padded.set(data);
    return [tarHeader(entry, data.length), padded];
  });
  return joined([...blocks, new Uint8Array(endBlocks * 512)]);
}

function tarHeader({ name, type = '0', size, link = '', prefix = '' }: TarEntry, length: number) {
  const header = new Uint8Array(512);
  header.set(latin(name.slice(0, 100)), 0);
  header.set(latin('0000644\0'), 100);
  header.set(latin(size ?? `${length.toString(8).padStart(11, '0')}\0`), 124);
  header.set(latin('        '), 148);
  header.set(latin(type), 156);
  header.set(latin(link), 157);
  header.set(latin('ustar\u000000'), 257);
  header.set(latin(prefix), 345);
  const sum = header.reduce((so, byte) => so + byte, 0);
  header.set(latin(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return header;
}

export function ovf(files: Readonly<Record<string, string>>, attached: readonly string[]): string {
  const references = Object.entries(files).map(
    ([id, href]) => `<File ovf:id="${id}" ovf:href="${href}"/>`,
  );
  const disks = attached.map((id) => `<Disk ovf:diskId="d-${id}" ovf:fileRef="${id}"/>`);
  return `<?xml version="1.0"?><Envelope><References>${references.join('')}</References>
    <!-- <Disk ovf:fileRef="hidden"/> --><DiskSection>${disks.join('')}</DiskSection></Envelope>`;
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((so, part) => so + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function latin(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
