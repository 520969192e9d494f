/**
 * Packets of one container that are dropped without a word: both ends go on believing in their connections. It is
 * done with this machine's programs, since a container may do little to its own network.
 */
import { docker, run } from './docker.ts';

/** `present`: of the connections that are open now; new ones go through. */
export type Dropped = 'all' | 'present';

/** Drops all that goes from or to that port, here or elsewhere, until `passPackets`. */
export async function dropPackets(container: string, port: number, which: Dropped): Promise<void> {
  if (which === 'all') {
    for (const chain of ['INPUT', 'OUTPUT']) {
      for (const side of ['--sport', '--dport']) await drop(container, chain, [side, String(port)]);
    }
    return;
  }
  const present = await connections(container, port);
  if (present.length === 0) throw new Error(`${container} has no connection to port ${port}`);
  for (const { ownPort } of present) {
    const theirs = String(port);
    await drop(container, 'OUTPUT', ['--dport', theirs, '--sport', ownPort]);
    await drop(container, 'INPUT', ['--sport', theirs, '--dport', ownPort]);
  }
}

/** Drops all that goes to or comes from these addresses, whatever it is, until `passPackets`. */
export async function dropPeer(container: string, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    await inNetworkOf(container, [
      'iptables',
      '--append',
      'INPUT',
      '--source',
      address,
      '--jump',
      'DROP',
    ]);
    await inNetworkOf(container, [
      'iptables',
      '--append',
      'OUTPUT',
      '--destination',
      address,
      '--jump',
      'DROP',
    ]);
  }
}

export async function passPackets(container: string): Promise<void> {
  await inNetworkOf(container, ['iptables', '--flush']);
}

/** Addresses of those that the container has connections to, on that port. */
export async function connectedTo(container: string, port: number): Promise<readonly string[]> {
  const addresses = (await connections(container, port)).map(({ to }) => to);
  return [...new Set(addresses)];
}

interface Connection {
  readonly ownPort: string;
  readonly to: string;
}

async function connections(container: string, port: number): Promise<readonly Connection[]> {
  const asked = 'ss --no-header --tcp --numeric state established dport =';
  const listed = await inNetworkOf(container, [...asked.split(' '), `:${port}`]);
  return listed.split('\n').flatMap((line) => {
    const [, ownPort, to] = /:(\d+)\s+\[?([\d.:a-f]+?)\]?:\d+\s*$/.exec(line) ?? [];
    return ownPort !== undefined && to !== undefined ? [{ ownPort, to }] : [];
  });
}

async function drop(container: string, chain: string, match: readonly string[]): Promise<void> {
  const rule = ['--append', chain, '--protocol', 'tcp', ...match, '--jump', 'DROP'];
  await inNetworkOf(container, ['iptables', ...rule]);
}

async function inNetworkOf(container: string, command: readonly string[]): Promise<string> {
  const pid = await docker(['inspect', '--format', '{{.State.Pid}}', container]);
  const ran = await run('nsenter', ['--target', pid, '--net', ...command]);
  if (ran.exitCode !== 0) throw new Error(`${container}: ${command.join(' ')}: ${ran.stderr}`);
  return ran.stdout;
}
