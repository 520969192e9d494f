/**
 * The referee looks at the hosts from outside, with virsh and over TCP, and never asks Drover: which
 * VMs run where, and whether each is still in the boot that it was in.
 */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

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

/** Polls all hosts until told to stop; then says what it saw that must never be. */
export class Watch {
  readonly #lab: HostsToWatch;
  readonly #onTwoHosts = new Set<string>();
  #looks = 0;
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(lab: HostsToWatch) {
    this.#lab = lab;
    this.#done = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#look();
      } catch {
        // A host whose libvirtd was just killed does not answer; the next look will.
      }
      await pause(300);
    }
  }

  /**
   * The hosts are asked one after the other, so a VM that moves in between can be seen on both. Seen on
   * two, it is looked up again on the first: running there after it ran on the second is the real thing.
   */
  async #look(): Promise<void> {
    const seen = new Map<string, string>();
    for (const host of this.#lab.hosts) {
      for (const name of await runningOn(this.#lab, host)) {
        const before = seen.get(name);
        if (before !== undefined && (await runningOn(this.#lab, before)).includes(name)) {
          this.#onTwoHosts.add(`${name} on ${before} and ${host}`);
        }
        seen.set(name, host);
      }
    }
    this.#looks += 1;
  }

  async stop(): Promise<{ readonly looks: number; readonly onTwoHosts: readonly string[] }> {
    this.#stopped = true;
    await this.#done;
    return { looks: this.#looks, onTwoHosts: [...this.#onTwoHosts] };
  }
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

/** The lab's image takes its address from the last two bytes of its MAC. */
export function addressOf(mac: string, subnet = '10.213'): string {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  return `${subnet}.${bytes[4]}.${bytes[5]}`;
}
