/**
 * QEMU's own tool, run so that it ends with this process, whose progress is heard, and whose words become codes. It takes
 * QEMU's locks: what a VM has open is told from what fails. The format is always said, never found out from the bytes.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { DroverError, type ErrorCode, type VolumeFormat } from '@drover/protocol';

export interface ToolWatch {
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  readonly onShare?: (share: number) => void;
  /** It has read or written something since the last time. */
  readonly onAlive?: () => void;
}

const lookMs = 1_000;
const keptCharacters = 4_000;

/** Returns what it printed. Throws `volume-in-use`, `pool-full`, `job-cancelled`, `job-failed`. */
export function qemuImg(args: readonly string[], watch: ToolWatch): Promise<string> {
  return runTool('qemu-img', args, watch);
}

/** Throws `volume-in-use` where any VM has the file open, for reading too, on any host that the locks reach. */
export async function checkUnused(path: string, watch: ToolWatch): Promise<void> {
  // It opens the file to write, which nobody who has it open allows, and closes it again.
  await runTool('qemu-io', ['-f', 'raw', '-c', 'quit', path], watch);
}

/** Throws `volume-in-use` where a VM may write to it; who only reads it does not matter. */
export async function checkUnwritten(path: string, watch: ToolWatch): Promise<void> {
  // To read raw bytes QEMU asks for nobody's silence by itself, as a file that grows may be read too.
  const file = `driver=blkdebug,unshare-child-perms.0=write,image.driver=file,image.filename=${path}`;
  await qemuImg(['info', '--image-opts', file], watch);
}

export interface ImageInfo {
  readonly virtualBytes: number;
  readonly backing?: { readonly path: string; readonly format: string };
}

export async function imageInfo(
  path: string,
  format: VolumeFormat,
  watch: ToolWatch,
): Promise<ImageInfo> {
  const text = await qemuImg(['info', '--output=json', '-f', format, path], watch);
  const info = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const { 'virtual-size': virtualBytes, 'full-backing-filename': full } = info;
  const { 'backing-filename': backing = full, 'backing-filename-format': below } = info;
  if (typeof virtualBytes !== 'number') throw new DroverError('job-failed', `${path} has no size`);
  if (typeof backing !== 'string') return { virtualBytes };
  return {
    virtualBytes,
    backing: { path: backing, format: typeof below === 'string' ? below : '' },
  };
}

async function runTool(
  program: string,
  args: readonly string[],
  { signal, onShare, onAlive }: ToolWatch,
): Promise<string> {
  throwIfCancelled(signal);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
    env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => child.kill('SIGKILL');
  signal.addEventListener('abort', end);
  let printed = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (onShare === undefined) {
      printed += text;
      return;
    }
    const percent = [...text.matchAll(/\((\d+\.\d+)\/100%\)/g)].at(-1)?.[1];
    if (percent !== undefined) onShare(Number(percent) / 100);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-keptCharacters);
  });
  const watching = watchWork(child.pid, onAlive);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', (error) => reject(new DroverError('job-failed', error.message)));
  child.on('close', resolve);
  try {
    const code = await promise;
    throwIfCancelled(signal);
    if (code === 0) return printed;
    throw new DroverError(codeOf(said), `${program}: ${said.trim() || `it ended with ${code}`}`);
  } finally {
    clearInterval(watching);
    signal.removeEventListener('abort', end);
  }
}

/** By the kernel's own count, which there always is: the storage may hold it for as long as it likes. */
function watchWork(pid: number | undefined, onAlive?: () => void): NodeJS.Timeout | undefined {
  if (pid === undefined || onAlive === undefined) return undefined;
  let last = '';
  return setInterval(() => {
    void readFile(`/proc/${pid}/io`, 'utf8').then(
      (text) => {
        if (text !== last) onAlive();
        last = text;
      },
      () => {},
    );
  }, lookMs);
}

/** In QEMU's words, which have not changed since its locks came. */
export function codeOf(said: string): ErrorCode {
  if (/Failed to get (shared )?"[a-z ]+" lock|Failed to lock byte/.test(said)) {
    return 'volume-in-use';
  }
  return /No space left on device|Disk quota exceeded/.test(said) ? 'pool-full' : 'job-failed';
}

export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new DroverError('job-cancelled', 'it was cancelled');
}
