/**
 * A container that plays a host with pools, and the agents that are started in it, one after the other: they run the
 * checkout's own code with the distribution's qemu-img and QEMU. No libvirt: which pools can be used is not asked here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Pool, StorageProgress } from '@drover/protocol';
import type { ActionOutcome } from '../../../packages/agent/src/logic/index.ts';
import { docker, requireImage } from './docker.ts';
import type { PlayedLine } from './storage-player.ts';
import { until } from './until.ts';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const image = 'drover-lab/host:latest';
/** Where the container has the checkout. */
const inside = '/opt/drover';
const transferPort = 16_540;

type Action = PlayedLine extends infer L ? (L extends unknown ? Omit<L, 'id'> : never) : never;

type Line =
  | { readonly pid: number }
  | { readonly progress: StorageProgress }
  | { readonly warning: string }
  | { readonly ended: unknown }
  | { readonly id: number; readonly outcome: ActionOutcome };

/**
 * `pools` are folders below `/pools`; `/pools/tiny` has room for 24 MiB. `memoryMib`: the kernel kills what would need more,
 * of all of the host's processes together.
 */
export async function startStorageHost(
  pools: readonly string[],
  { memoryMib }: { readonly memoryMib?: number } = {},
): Promise<StorageHost> {
  await requireImage(image);
  const container = `drover-contract-storage-${randomUUID().slice(0, 8)}`;
  await docker(
    'run',
    '--detach',
    '--rm',
    '--init',
    `--name=${container}`,
    `--volume=${checkout}:${inside}:ro`,
    '--tmpfs=/pools/tiny:size=24m',
    ...(memoryMib === undefined ? [] : [`--memory=${memoryMib}m`, `--memory-swap=${memoryMib}m`]),
    '--entrypoint=sleep',
    image,
    'infinity',
  );
  const address = await docker(
    'inspect',
    '--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
    container,
  );
  const host = new StorageHost(container, address);
  await host.exec('mkdir', '-p', ...pools.map((name) => host.path(name)));
  return host;
}

export class StorageHost implements AsyncDisposable {
  readonly container: string;
  /** Where its transfers are reached from here: a port that Docker publishes would have each byte copied twice more. */
  readonly address: string;

  constructor(container: string, address: string) {
    this.container = container;
    this.address = address;
  }

  path(pool: string, file?: string): string {
    return `/pools/${pool}${file === undefined ? '' : `/${file}`}`;
  }

  pool(name: string): Pool {
    return { name, spec: { type: 'shared', path: this.path(name) } };
  }

  /** What it prints. */
  exec(...command: readonly string[]): Promise<string> {
    return docker('exec', '--env=LC_ALL=C', this.container, ...command);
  }

  shell(script: string): Promise<string> {
    return this.exec('sh', '-ec', script);
  }

  /** All files of a pool, Drover's own among them, but for folders. */
  async files(pool: string): Promise<readonly string[]> {
    const text = await this.exec('find', this.path(pool), '-not', '-type', 'd', '-printf', '%P\n');
    return text
      .split('\n')
      .filter((name) => name !== '')
      .toSorted();
  }

  /** A real QEMU has the file, and its lock, as a VM's disk. */
  async holdOpen(path: string, format: string): Promise<AsyncDisposable> {
    const socket = `/tmp/${randomUUID()}`;
    const drive = `file=${path},format=${format},if=virtio`;
    const display = ['-display', 'none', '-nodefaults', '-m', '32'];
    const monitor = ['-monitor', `unix:${socket},server=on,wait=off`, '-daemonize'];
    await this.exec(
      'qemu-system-x86_64',
      '-S',
      ...display,
      '-drive',
      drive,
      ...monitor,
      '-pidfile',
      `${socket}.pid`,
    );
    return {
      [Symbol.asyncDispose]: async () => {
        const pid = await this.exec('cat', `${socket}.pid`);
        await this.shell(`kill -9 ${pid}; while kill -0 ${pid} 2>/dev/null; do sleep 0.02; done`);
      },
    };
  }

  /** `without`: a capability of root's that it is to have lost. */
  async startAgent(hostId = 'h1', without?: string): Promise<PlayedAgent> {
    const program = [
      `${inside}/node_modules/node/bin/node`,
      `${inside}/test/contract/support/storage-player.ts`,
      hostId,
      '0.0.0.0',
      String(transferPort),
    ];
    const less = without === undefined ? [] : ['setpriv', `--bounding-set=${without}`, '--'];
    const child = spawn('docker', ['exec', '-i', this.container, ...less, ...program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const agent = new PlayedAgent(this, child);
    await until('the agent runs', () => agent.pid, { timeoutMs: 30_000 });
    return agent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await docker('rm', '--force', this.container).catch(() => undefined);
  }
}

export class PlayedAgent implements AsyncDisposable {
  pid: number | undefined;
  readonly progress: StorageProgress[] = [];
  readonly warnings: string[] = [];
  readonly #host: StorageHost;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (outcome: ActionOutcome) => void>();

  constructor(host: StorageHost, child: ChildProcess) {
    this.#host = host;
    this.#child = child;
    child.stdin?.on('error', () => {});
    if (!child.stdout) throw new Error('the agent has no output');
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as Line;
      if ('pid' in line) this.pid = line.pid;
      if ('progress' in line) this.progress.push(line.progress);
      if ('warning' in line) this.warnings.push(line.warning);
      if ('outcome' in line) this.#waiting.get(line.id)?.(line.outcome);
    });
  }

  act(action: Action): Promise<ActionOutcome> {
    const id = this.#waiting.size + 1;
    const { promise, resolve } = Promise.withResolvers<ActionOutcome>();
    this.#waiting.set(id, resolve);
    this.#child.stdin?.write(`${JSON.stringify({ id, ...action })}\n`);
    return promise;
  }

  /** As a crash ends it. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    await this.#host.exec('kill', '-9', String(this.pid));
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}
