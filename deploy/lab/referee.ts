/**
 * The referee looks at the hosts from outside, with virsh and over TCP, and never asks Drover: which
 * VMs run where, and whether each is still in the boot that it was in.
 */
import { connect } from 'node:net';

export interface HostsToWatch {
  readonly hosts: readonly string[];
  virsh(
    host: string,
    args: readonly string[],
  ): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }>;
}

/** Names of the VMs whose state is `running` on a host, as its own libvirt says. */
export async function runningOn(lab: HostsToWatch, host: string): Promise<readonly string[]> {
  return list(lab, host, ['list', '--name', '--state-running']);
}

/** Names of all VMs that a host's libvirt knows, in whatever state. */
export async function knownOn(lab: HostsToWatch, host: string): Promise<readonly string[]> {
  return list(lab, host, ['list', '--all', '--name']);
}

async function list(
  lab: HostsToWatch,
  host: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const { stdout, stderr, exitCode } = await lab.virsh(host, args);
  if (exitCode !== 0) throw new Error(`virsh ${args.join(' ')} on ${host}: ${stderr}`);
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Asks the tiny VM image's one-line service: which boot it is in, and how far its counter has come. */
export async function askCounter(
  address: string,
): Promise<{ readonly boot: string; readonly count: number }> {
  const line = await readLine(address, 7001);
  const [boot, count] = line.trim().split(/\s+/);
  if (!boot || !/^\d+$/.test(count ?? '')) throw new Error(`${address}:7001 said ${line}`);
  return { boot, count: Number(count) };
}

function readLine(address: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: 5_000 });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error(`${address}:${port} is silent`)));
    socket.on('error', reject);
    socket.on('close', () => {
      if (text.includes('\n')) resolve(text);
      else reject(new Error(`${address}:${port} closed after ${text.length} characters`));
    });
  });
}

/** The tiny image takes its address from the last three bytes of its MAC. */
export function addressOf(mac: string): string {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  return `10.${bytes[3]}.${bytes[4]}.${bytes[5]}`;
}
