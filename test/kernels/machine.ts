/**
 * One whole machine: QEMU in a container, with a kernel and a systemd of its own. Its power is the container's life; a
 * shell on it is ssh, from a container beside it.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout, docker, labLabel, type Ran, run } from '@drover/deploy/lab';
import { until } from '../end-to-end/support/until.ts';

/**
 * What has not come about by then has failed. Far more than anything takes on a computer that does nothing else: machines
 * are emulated, and give way to everybody.
 */
export const patienceMs = 900_000;

export interface MachineOptions {
  readonly name: string;
  readonly project: string;
  readonly address: string;
  readonly memoryMib: number;
  readonly cpus: number;
  /** With disk, kernel, initrd. */
  readonly diskFolder: string;
  readonly stateFolder: string;
}

export class Machine {
  readonly name: string;
  readonly address: string;
  readonly #options: MachineOptions;
  readonly #container: string;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address;
    this.#container = `${options.project}-${options.name}`;
  }

  /** Made anew, with an empty layer on its disk, and switched on. Does not wait until it has booted. */
  async make(): Promise<void> {
    const { project, name, address, memoryMib, cpus, diskFolder, stateFolder } = this.#options;
    await run('docker', ['rm', '--force', this.#container]);
    const own = join(stateFolder, 'disks', name);
    await rm(own, { recursive: true, force: true });
    await mkdir(own, { recursive: true });
    const volumes = [
      `${diskFolder}:/disk:ro`,
      `${own}:/machine`,
      `${join(stateFolder, name)}:/etc/drover:ro`,
      `${checkout}:/opt/drover:ro`,
    ];
    await docker([
      'run',
      '--detach',
      '--name',
      this.#container,
      '--hostname',
      name,
      '--label',
      `${labLabel}=${project}`,
      '--network',
      `${project}_control`,
      '--ip',
      address,
      '--cap-add',
      'NET_ADMIN',
      '--device',
      '/dev/net/tun',
      ...volumes.flatMap((volume) => ['--volume', volume]),
      '--log-opt',
      'max-size=20m',
      'drover-lab/machine',
      'run-machine',
      String(memoryMib),
      String(cpus),
    ]);
  }

  /** As if somebody pulled its plug: QEMU gets no chance to do anything. */
  async cutPower(): Promise<void> {
    await docker(['kill', '--signal', 'KILL', this.#container]);
  }

  async powerOn(): Promise<void> {
    await docker(['start', this.#container]);
  }

  /** Runs a script on it, as root. */
  async sh(script: string, { timeoutMs = 60_000 }: { timeoutMs?: number } = {}): Promise<Ran> {
    const console = `${this.#options.project}-console`;
    const ssh = ['ssh', '-F', '/etc/drover/ssh_config', this.address];
    return run('docker', ['exec', '--interactive', console, ...ssh, 'sh', '-s'], {
      timeoutMs,
      input: script,
    });
  }

  /** As `sh`; throws where the script fails. Returns what it printed. */
  async ask(script: string, options: { timeoutMs?: number } = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.sh(script, options);
    if (exitCode !== 0) {
      throw new Error(`${this.name}: ${script.trim()}: ${exitCode} ${stderr.trim().slice(-600)}`);
    }
    return stdout.trim();
  }

  /**
   * Waits until it has booted as far as its role asks. Now and then QEMU's emulation of two processors breaks one of its
   * own assertions right after the start; then it is switched on again, and `onStep` hears of it.
   */
  async booted(onStep: (text: string) => void): Promise<void> {
    const ask = async () => {
      const format = '{{.State.Running}}';
      if ((await docker(['inspect', '--format', format, this.#container])) === 'false') {
        onStep(`${this.name} is switched on again: ${await this.serialTail(1)}`);
        await this.powerOn();
      }
      const isUp = await this.ask('cat /run/machine-is-up 2>/dev/null || true');
      return isUp === '' ? undefined : true;
    };
    await until(`${this.name} has booted`, ask, { deadlineMs: patienceMs, everyMs: 1_000 });
  }

  /** The end of what it wrote to its serial line. */
  async serialTail(lines = 25): Promise<string> {
    const { stdout, stderr } = await run('docker', [
      'logs',
      '--tail',
      String(lines),
      this.#container,
    ]);
    return `${stdout}${stderr}`.trimEnd();
  }
}
