/** The docker command line: runs it, and says what failed in one sentence. */
import { execFile } from 'node:child_process';

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs a program to its end; never throws for an exit code. A program that outlives its time has 124. */
export function run(
  program: string,
  args: readonly string[],
  { timeoutMs = 120_000, input }: { timeoutMs?: number; input?: string } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error
        ? typeof error.code === 'number'
          ? error.code
          : error.killed
            ? 124
            : 1
        : 0;
      resolve({ stdout, stderr: stderr || (error?.message ?? ''), exitCode: code });
    });
    // A program that is not there, or has ended already, reads nothing; its exit code tells.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}

/** As `run('docker', …)`; throws where docker fails. Returns what it printed. */
export async function docker(
  args: readonly string[],
  options: { timeoutMs?: number; input?: string } = {},
): Promise<string> {
  const { stdout, stderr, exitCode } = await run('docker', args, options);
  if (exitCode !== 0) {
    const shown = args.slice(0, 3).join(' ');
    throw new Error(`docker ${shown}… failed (${exitCode}): ${stderr.trim().slice(-600)}`);
  }
  return stdout.trim();
}
