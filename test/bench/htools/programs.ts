/** Ganeti's own programs, as contestants and as the referee. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Cluster, writeGaneti } from '@drover/core';

const run = promisify(execFile);

export interface Ran {
  readonly stdout: string;
  /** CPU of the program alone, in milliseconds. */
  readonly userMs: number;
}

interface Input {
  readonly cluster: Cluster;
  /** hail's request. */
  readonly request?: string;
  /** What VMs use, for `-U`. */
  readonly load?: string;
}

/** Throws an error that says how to install it, where it is missing. */
export async function htool(program: string, args: readonly string[], input?: Input): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-bench-'));
  try {
    const file = join(folder, 'cluster');
    if (input !== undefined) await writeFile(file, writeGaneti(input.cluster));
    const request = join(folder, 'request.json');
    if (input?.request !== undefined) await writeFile(request, input.request);
    const load = join(folder, 'load');
    if (input?.load !== undefined) await writeFile(load, input.load);
    const files = new Map([
      ['@cluster', file],
      ['@request', request],
      ['@load', load],
    ]);
    const all = args.map((arg) => files.get(arg) ?? arg);
    const script = 'TIMEFORMAT=%U; time "$0" "$@"';
    const { stdout, stderr } = await run('bash', ['-c', script, program, ...all], {
      maxBuffer: 256 * 1024 ** 2,
      timeout: 900_000,
    });
    const seconds = Number(stderr.trim().split('\n').at(-1));
    return { stdout, userMs: seconds * 1000 };
  } catch (error) {
    if (/not found|ENOENT/.test(String(error))) {
      throw new Error(`${program} is missing: apt-get install ganeti-htools`, { cause: error });
    }
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What hbal itself thinks of a cluster; less is better. */
export async function refereeScore(cluster: Cluster): Promise<number> {
  const args = ['-t', '@cluster', '--ignore-dynu', '-l', '0'];
  const { stdout } = await htool('hbal', args, { cluster });
  return Number(/Initial score: ([\d.]+)/.exec(stdout)?.[1]);
}

export interface HbalMove {
  readonly vmId: string;
  readonly source: string;
  readonly target: string;
}

export interface HbalRun {
  readonly score: number;
  readonly moves: readonly HbalMove[];
  readonly userMs: number;
  readonly movedMib: number;
}

/** hbal's own plan; its score as it says it. */
export async function hbal(cluster: Cluster, more: readonly string[] = []): Promise<HbalRun> {
  const args = ['-t', '@cluster', '--ignore-dynu', '-v', ...more];
  const { stdout, userMs } = await htool('hbal', args, { cluster });
  const moves = movesIn(stdout);
  const improved = /improved from [\d.]+ to ([\d.]+)/.exec(stdout)?.[1];
  const initial = /Initial score: ([\d.]+)/.exec(stdout)?.[1];
  return {
    score: Number(improved ?? initial),
    moves,
    userMs,
    movedMib: netMoved(cluster, moves),
  };
}

/** The moves that hbal prints. */
export function movesIn(stdout: string): readonly HbalMove[] {
  return [...stdout.matchAll(/^\s*\d+\. (\S+)\s+(\S+)\s+=> (\S+)/gm)].map(
    ([, vmId = '', source = '', target = '']) => ({ vmId, source, target }),
  );
}

/** MiB of the VMs that end elsewhere than they began. */
export function netMoved(cluster: Cluster, moves: readonly HbalMove[]): number {
  const ends = new Map(moves.map(({ vmId, target }) => [vmId, target]));
  let sum = 0;
  for (const [vmId, target] of ends) {
    const vm = cluster.vms.get(vmId);
    if (vm !== undefined && vm.hostId !== target) sum += vm.request.memoryMib;
  }
  return sum;
}
