/**
 * A real etcd and a real nats-server, each in a container of its own with one port on loopback. They can
 * be paused (as a stopped process), killed and started again with what they had on disk. Containers are made
 * and removed by testcontainers; what it has no word for (pause, kill, start again) is asked of docker.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenericContainer } from 'testcontainers';
import { controlImage, docker, freePort, requireImage } from './docker.ts';
import { until } from './until.ts';

export interface RealServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Past Docker's proxy of that port, until it is started again. */
  readonly straightUrl: string;
  /** Of its container. */
  readonly id: string;
  /** Removes it. */
  stop(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Kills it at once. */
  kill(): Promise<void>;
  /** After `kill`; waits until it answers. */
  start(): Promise<void>;
  /** Kills and starts it. */
  restart(): Promise<void>;
  /** Runs a command in the container; returns what it prints. */
  exec(...command: readonly string[]): Promise<string>;
}

/** `more`: options besides those that make it answer. */
export async function startEtcd(more: readonly string[] = []): Promise<RealServer> {
  return await startServer({
    scheme: 'http',
    port: 2379,
    mounts: [],
    command: [
      'etcd',
      '--data-dir=/tmp/etcd',
      '--listen-client-urls=http://0.0.0.0:2379',
      '--advertise-client-urls=http://127.0.0.1:2379',
      '--listen-peer-urls=http://127.0.0.1:2380',
      '--log-level=warn',
      ...more,
    ],
    answers: async (server) => {
      const reply = await fetch(`${server.url}/health`, { signal: AbortSignal.timeout(1_000) });
      return reply.ok;
    },
  });
}

/** `config`: any JSON; nats-server reads it as its own format. */
export async function startNats(config: Readonly<Record<string, unknown>>): Promise<RealServer> {
  const directory = await mkdtemp(join(tmpdir(), 'drover-nats-'));
  await writeFile(join(directory, 'nats.conf'), JSON.stringify(config), { mode: 0o644 });
  const server = await startServer({
    scheme: 'nats',
    port: 4222,
    mounts: [{ source: directory, target: '/config' }],
    command: ['nats-server', '-c', '/config/nats.conf', '-a', '0.0.0.0', '-p', '4222'],
    answers: async ({ port }) => await greets(port),
  });
  const stop = async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...server, stop, [Symbol.asyncDispose]: stop };
}

interface Recipe {
  readonly scheme: string;
  readonly port: number;
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
  readonly command: readonly string[];
  readonly answers: (server: { readonly url: string; readonly port: number }) => Promise<boolean>;
}

async function startServer(recipe: Recipe): Promise<RealServer> {
  await requireImage(controlImage);
  // A container with one published port keeps it over a restart only if we choose it.
  const port = await freePort();
  const [entrypoint = '', ...args] = recipe.command;
  const container = await new GenericContainer(controlImage)
    .withEntrypoint([entrypoint])
    .withCommand(args)
    .withExposedPorts({ container: recipe.port, host: port })
    .withBindMounts(recipe.mounts.map((mount) => ({ ...mount, mode: 'ro' })))
    .withLabels({ 'drover.test': 'contract' })
    .withStartupTimeout(60_000)
    .start();
  const id = container.getId();
  const url = `${recipe.scheme}://127.0.0.1:${port}`;
  const straightUrl = `${recipe.scheme}://${container.getIpAddress('bridge')}:${recipe.port}`;
  const answering = async () =>
    await until(`${entrypoint} answers`, () => recipe.answers({ url, port }).catch(() => false));
  const kill = async () => void (await docker('kill', id));
  const start = async () => {
    await docker('start', id);
    await answering();
  };
  const stop = async () => void (await container.stop({ timeout: 0 }));
  try {
    await answering();
  } catch (cause) {
    const log = await docker('logs', '--tail', '20', id).catch(() => '');
    await stop();
    throw new Error(`${entrypoint} did not start:\n${log}`, { cause });
  }
  return {
    url,
    port,
    straightUrl,
    id,
    stop,
    pause: async () => void (await docker('pause', id)),
    resume: async () => void (await docker('unpause', id)),
    kill,
    start,
    restart: async () => {
      await kill();
      await start();
    },
    exec: async (...command) => {
      const { output, exitCode } = await container.exec([...command]);
      if (exitCode === 0) return output.trim();
      throw new Error(`${command.join(' ')} ended with ${exitCode}: ${output}`);
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** nats-server speaks first. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('data', (data) => end(data.toString('utf8').startsWith('INFO ')));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
