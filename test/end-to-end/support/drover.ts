/** `drover` as a person runs it: what came back, and the exit code. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Cluster } from './cluster.ts';

const main = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));

export interface Came {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line, as the admin of a cluster. */
export type Drover = (...args: readonly string[]) => Promise<Came>;

export function droverOf({ lab }: Pick<Cluster, 'lab'>): Drover {
  const env = {
    ...process.env,
    DROVER_API: lab.apiUrl,
    DROVER_TOKEN: lab.token,
    NO_COLOR: '1',
  };
  return (...args) =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [main, ...args],
        { env, timeout: 200_000 },
        (error, stdout, stderr) =>
          resolve({
            code: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
            stdout,
            stderr,
          }),
      );
    });
}
