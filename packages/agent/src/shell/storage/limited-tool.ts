/**
 * Runs a program on what strangers brought: it has little memory, time and room, no privileges to gain, nothing of our
 * environment, comes after everything else on the host, and ends with this process.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { DroverError } from '@drover/protocol';
import { cancelled, throwIfAborted } from './import-errors.ts';

export interface ToolLimits {
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  /** Of any file that it writes. */
  readonly fileBytes: number;
}

export interface Tool {
  readonly program: string;
  readonly args: readonly string[];
  readonly limits: ToolLimits;
  readonly signal: AbortSignal;
  /** It finds it open as 3. */
  readonly fd?: number;
  readonly onOutput?: (text: string) => void;
  /** About once a second, where it has read, written or computed since the last time. */
  readonly onWork?: () => void;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export interface StartedTool {
  readonly child: Child;
  /** Resolves when it has ended well. Rejects with `pool-full`, `volume-in-use`, `job-cancelled`, `job-failed`. */
  readonly ended: Promise<void>;
}

const keptCharacters = 2_000;
const lookMs = 1_000;

export function startTool(tool: Tool): StartedTool {
  const { program, args, limits, signal, fd } = tool;
  throwIfAborted(signal);
  const { memoryBytes, cpuSeconds, fileBytes } = limits;
  const confined = [
    '--pdeathsig=KILL',
    '--no-new-privs',
    '--',
    'prlimit',
    `--as=${memoryBytes}`,
    `--cpu=${cpuSeconds}`,
    `--fsize=${fileBytes}`,
    '--core=0',
    '--',
    'nice',
    '--adjustment=10',
    program,
    ...args,
  ];
  const child: Child = spawn('setpriv', confined, {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe', ...(fd === undefined ? [] : [fd])],
  }) as Child;
  const ended = follow(tool, child);
  // Who starts one looks at how it ended later.
  ended.catch(() => {});
  return { child, ended };
}

/** From its start to its end; returns what it printed, where that is little. */
export async function runTool(tool: Tool): Promise<string> {
  let printed = '';
  const { child, ended } = startTool(tool);
  child.stdin.end();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (tool.onOutput) tool.onOutput(text);
    else printed += text;
  });
  await ended;
  return printed;
}

async function follow({ program, signal, onWork }: Tool, child: Child): Promise<void> {
  const end = () => child.kill('SIGKILL');
  signal.addEventListener('abort', end);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-keptCharacters);
  });
  // What is written to one that has ended is lost: how it ended says why.
  child.stdin.on('error', () => {});
  const watching = watchWork(child.pid, onWork);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    child.on('error', ({ message }) => {
      reject(new DroverError('job-failed', `${program} cannot be confined: ${message}`));
    });
    child.on('close', (code, killedBy) => resolve(String(killedBy ?? code)));
    const how = await promise;
    if (signal.aborted) throw cancelled();
    if (how !== '0') throw failed(program, said.trim(), how);
  } finally {
    clearInterval(watching);
    signal.removeEventListener('abort', end);
  }
}

const killedFor: Readonly<Record<string, string>> = {
  SIGXCPU: 'it needed more time than it may have',
  SIGXFSZ: 'it wrote more than it may',
  SIGABRT: 'it gave up; it may have needed more memory than it may have',
};

function failed(program: string, said: string, how: string): DroverError {
  // By everything that starts something else, for what is not there.
  if (how === '127') {
    return new DroverError('job-failed', `${program} cannot be run, is it installed? ${said}`);
  }
  const isFull = /No space left on device|Disk quota exceeded/.test(said);
  const isLocked = /Failed to get (shared )?"[a-z ]+" lock/.test(said);
  const code = isFull ? 'pool-full' : isLocked ? 'volume-in-use' : 'job-failed';
  const why = killedFor[how] ?? `it ended with ${how}`;
  return new DroverError(code, `${program}: ${said === '' ? why : said}`, {
    details: { end: how },
  });
}

/** By the kernel's own count: some work goes on for minutes without a word. */
function watchWork(pid: number | undefined, onWork?: () => void): NodeJS.Timeout | undefined {
  if (pid === undefined || onWork === undefined) return undefined;
  let last = '';
  return setInterval(() => {
    Promise.all(['io', 'schedstat'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8'))).then(
      (texts) => {
        const now = texts.join();
        if (now !== last) onWork();
        last = now;
      },
      () => {},
    );
  }, lookMs);
}
