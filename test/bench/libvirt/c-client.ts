/**
 * The C client of `client.c`, compiled on this machine with its libvirt-dev.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const packages = ['gcc', 'libc6-dev', 'libvirt-clients', 'libvirt-dev', 'pkg-config'];
const source = fileURLToPath(new URL('client.c', import.meta.url));

export interface CClient extends AsyncDisposable {
  /** How long it took, connecting not counted. */
  milliseconds(...args: readonly (string | number)[]): Promise<number>;
}

export async function run(command: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(command, args)).stdout;
}

export async function compileClient(): Promise<CClient> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-bench-'));
  const program = join(folder, 'client');
  try {
    await run('virsh', ['--version']);
    const words = (await run('pkg-config', ['--cflags', '--libs', 'libvirt'])).trim().split(/\s+/);
    await run('gcc', ['-O2', '-o', program, source, ...words, '-lpthread']);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(
      `the C client cannot be compiled: ${(error as Error).message}\n` +
        `It needs these packages: apt-get install ${packages.join(' ')}`,
      { cause: error },
    );
  }
  return {
    milliseconds: async (...args) => Number(await run(program, args.map(String))),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
