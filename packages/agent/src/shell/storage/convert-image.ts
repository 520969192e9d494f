/**
 * Makes a fresh qcow2 of a disk that was looked at, with QEMU's tool, whose format is always said and which opens nothing
 * but the one file: it gets that open, and is told that nothing stands below it. Then looks at what came of it.
 */
import { open, statfs } from 'node:fs/promises';
import type { WholeDisk } from '@drover/images';
import { DroverError } from '@drover/protocol';
import { poolFull } from './import-errors.ts';
import type { SourceFile } from './import-source.ts';
import { inspectFile } from './inspect-file.ts';
import { runTool, type ToolLimits } from './limited-tool.ts';

const mib = 1024 * 1024;
const sectorBytes = 512;
/** It needs a tenth of it; a header that was made to use more ends it. */
const memoryBytes = 2048 * mib;
/** However slow a machine is that does nothing else. */
const startSeconds = 600;
const leastBytesPerSecond = 8 * mib;
/** Next to what it says itself that it will write. */
const spareBytes = 64 * mib;

export interface Conversion {
  readonly source: SourceFile;
  readonly disk: WholeDisk;
  /** Of the product, which is not there yet. */
  readonly path: string;
  /** Where there has to be room. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** From 0 to 1; again with the same where it goes on. */
  readonly onShare: (share: number) => void;
}

/** Throws `pool-full` before anything is written, or on the way. */
export async function convertImage(conversion: Conversion): Promise<void> {
  const { source, disk, path, folder, signal, onShare } = conversion;
  const limits = limitsFor(disk.virtualBytes);
  const from = blockDevice(disk);
  const common = { program: 'qemu-img', signal, fd: source.handle.fd };
  const measured = await runTool({
    ...common,
    args: ['measure', '--output=json', '-f', disk.format, '-O', 'qcow2', from],
    limits: { ...limits, fileBytes: 0 },
  });
  const { required, 'fully-allocated': most } = readMeasure(measured);
  await checkRoom(folder, required);
  let share = 0;
  await runTool({
    ...common,
    args: ['convert', '-p', '-W', '-f', disk.format, '-O', 'qcow2', from, path],
    limits: { ...limits, fileBytes: most + spareBytes },
    onOutput: (text) => {
      const percent = [...text.matchAll(/\((\d+\.\d+)\/100%\)/g)].at(-1)?.[1];
      if (percent !== undefined) onShare((share = Number(percent) / 100));
    },
    onWork: () => onShare(share),
  });
}

/** The size of its disk. Throws `job-failed` where it is not whole: then what it was made from has deceived the tool. */
export async function checkProduct(
  path: string,
  disk: WholeDisk,
  signal: AbortSignal,
): Promise<number> {
  const wantedBytes = Math.ceil(disk.virtualBytes / sectorBytes) * sectorBytes;
  await runTool({
    program: 'qemu-img',
    args: ['check', '-q', '-f', 'qcow2', path],
    limits: { ...limitsFor(disk.virtualBytes), fileBytes: 0 },
    signal,
  });
  await using handle = await open(path);
  const { virtualBytes } = await inspectFile(handle, 'qcow2', { maxVirtualBytes: wantedBytes });
  if (virtualBytes === wantedBytes) return virtualBytes;
  const message = `a disk of ${virtualBytes} bytes came of one of ${wantedBytes}`;
  throw new DroverError('job-failed', message);
}

/** Throws `pool-full`. All of what may be needed: a pool that runs full stops the VMs in it. */
export async function checkRoom(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes < neededBytes) throw poolFull(neededBytes, freeBytes);
}

function limitsFor(virtualBytes: number): Omit<ToolLimits, 'fileBytes'> {
  const cpuSeconds = startSeconds + Math.ceil(virtualBytes / leastBytesPerSecond);
  return { memoryBytes, cpuSeconds };
}

/** In QEMU's own words for a block device, in which names are names and not protocols. */
function blockDevice({ format, offsetBytes, lengthBytes, entry }: WholeDisk): string {
  const file = { driver: 'file', filename: '/proc/self/fd/3' };
  const part = { driver: 'raw', offset: offsetBytes, size: lengthBytes, file };
  return `json:${JSON.stringify({ driver: format, backing: null, file: entry === undefined ? file : part })}`;
}

interface Measure {
  readonly required: number;
  readonly 'fully-allocated': number;
}

function readMeasure(text: string): Measure {
  const measure = JSON.parse(text) as Partial<Measure>;
  const { required, 'fully-allocated': most } = measure;
  if (typeof required === 'number' && typeof most === 'number')
    return { required, 'fully-allocated': most };
  throw new DroverError('job-failed', `qemu-img measure: ${text.slice(0, 200)}`);
}
