/**
 * Starts the two ends of a migration's tunnel as processes of their own, and finds a target's end again
 * after a restart of the agent. What the ends do is tunnel-process.ts.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { DroverError } from '@drover/protocol';
import { migrationOrder, type Ordered } from './migration-order.ts';
import type { TunnelIdentity, TunnelState } from './tunnel-order.ts';
import { refusalFileOf } from './tunnel-refusals.ts';
import { startedAt } from './os-facts.ts';
import { TunnelStarter } from './tunnel-starter.ts';

export interface TunnelTarget {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

export interface TunnelSettings {
  readonly stateDir: string;
  /** The address that the target's end listens on. */
  readonly host: string;
  /** Ports from here on are tried, `tunnelPorts` of them. */
  readonly basePort: number;
  readonly libvirtSocket: string;
}

/** Which migration, and with whom. */
export interface TunnelUse extends Omit<Ordered, 'address'> {
  readonly opId: string;
  /** The host at the other end. */
  readonly peer: string;
  readonly expiresInMs: number;
  readonly identity: TunnelIdentity;
}

export const tunnelPorts = 16;
/** Linux' limit for the path of a unix socket, without its ending zero. */
const socketPathMax = 107;

/** Opens the target's end. Throws `tunnel-failed`. */
export async function openTarget(
  settings: TunnelSettings,
  use: TunnelUse,
  starter = new TunnelStarter(),
): Promise<TunnelTarget> {
  const { stateDir, host, basePort, libvirtSocket } = settings;
  const { opId } = use;
  const secret = randomBytes(32).toString('hex');
  await mkdir(join(stateDir, 'tunnels'), { recursive: true, mode: 0o700 });
  const { port } = await starter.start({
    ...common(stateDir, use, host, 'target'),
    side: 'target',
    secret,
    // A name may stand for addresses that are not this host's alone; who is let in is the same on every one.
    ...(isIP(host) ? { host } : {}),
    ports: Array.from({ length: tunnelPorts }, (_, at) => basePort + at),
    libvirtSocket,
    stateFile: stateFileOf(stateDir, opId),
    announcedHost: host,
  });
  return { host, port, secret };
}

export interface TunnelSource {
  /** The unix socket that leads to the target's libvirt. */
  readonly socketPath: string;
  /** Both hosts' libvirts see their connection end. */
  end(): void;
}

/** Opens the source's end. `address` is where the target receives memory. Throws `tunnel-failed`. */
export async function openSource(
  stateDir: string,
  use: TunnelUse,
  target: TunnelTarget,
  address: string,
  starter = new TunnelStarter(),
): Promise<TunnelSource> {
  const { opId } = use;
  const short = createHash('sha256').update(`${opId} ${target.secret}`).digest('hex').slice(0, 16);
  const socketPath = join(stateDir, 'tunnels', `${short}.sock`);
  if (Buffer.byteLength(socketPath) > socketPathMax) {
    throw new DroverError('tunnel-failed', `the path ${socketPath} is too long for a socket`);
  }
  await mkdir(join(stateDir, 'tunnels'), { recursive: true, mode: 0o700 });
  const started = await starter.start({
    ...common(stateDir, use, address, 'source'),
    side: 'source',
    ...target,
    socketPath,
  });
  return { socketPath, end: () => started.end() };
}

function common(stateDir: string, use: TunnelUse, address: string, side: 'source' | 'target') {
  const { opId, peer, expiresInMs, identity, ...ordered } = use;
  const { keyPem, certificatePem, trustedPems } = identity;
  return {
    opId,
    peer,
    expiresInMs,
    identity: { keyPem, certificatePem, trustedPems },
    migration: migrationOrder({ ...ordered, address }),
    refusalFile: refusalFileOf(stateDir, opId, side),
  };
}

/** The target's end of this operation, if its process still lives. */
export async function findTarget(
  stateDir: string,
  opId: string,
): Promise<TunnelTarget | undefined> {
  try {
    const text = await readFile(stateFileOf(stateDir, opId), 'utf8');
    const { pid, startedAt: began, host, port, secret } = JSON.parse(text) as TunnelState;
    // Another process may have its number by now, but not its beginning.
    return startedAt(pid) === began ? { host, port, secret } : undefined;
  } catch {
    return undefined;
  }
}

function stateFileOf(stateDir: string, opId: string): string {
  return join(stateDir, 'tunnels', `${opId}.json`);
}
