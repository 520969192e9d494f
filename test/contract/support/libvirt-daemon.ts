/**
 * A real libvirtd in a container of its own, with its unix socket in a folder of ours. It can be killed and
 * started again while its VMs run on. What it is asked is the test's affair.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node-libvirt';
import { docker, requireImage } from './docker.ts';
import { until } from './until.ts';

/** The lab's images by the release of Debian that they have libvirt from. */
export const libvirtImages = {
  'Debian 12': 'drover-lab/libvirt12:latest',
  'Debian 13': 'drover-lab/host:latest',
} as const;

export type Release = keyof typeof libvirtImages;

/** What QEMU's driver needs of a container to run VMs in it. */
const hypervisorOptions: readonly string[] = [
  ...['SYS_ADMIN', 'NET_ADMIN', 'DAC_READ_SEARCH', 'SYS_PTRACE', 'SYS_NICE'].map(
    (capability) => `--cap-add=${capability}`,
  ),
  '--security-opt=seccomp=unconfined',
  '--security-opt=apparmor=unconfined',
  '--device=/dev/net/tun',
];

/** And of its configuration: a container has no cgroups and no namespaces to give away. */
const hypervisorConfig = `
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
remember_owner = 0
`;

export interface LibvirtdOptions {
  readonly release?: Release;
  /** Lines of libvirtd.conf besides those that make the socket. */
  readonly config?: string;
  /** Listens on TCP and TLS, as its configuration says. */
  readonly listens?: boolean;
  /** Commands for a shell in the container, before the daemon starts. */
  readonly prepare?: string;
  /** How the daemon is to find out who calls on its unix socket; it is not probed then. */
  readonly auth?: 'none' | 'sasl' | 'polkit';
  /** It can run VMs, under software emulation. */
  readonly hypervisor?: boolean;
  /** Lines of qemu.conf besides those that a container needs. */
  readonly qemuConfig?: string;
  /** Its own, where one in a place of its own will not do. */
  readonly folder?: string;
  /** The Docker network that it is on; none if absent. */
  readonly network?: string;
  /** Besides the options that every container gets. */
  readonly containerOptions?: readonly string[];
}

export interface Libvirtd extends AsyncDisposable {
  readonly container: string;
  /** Ours and, as `/contract`, the container's. */
  readonly folder: string;
  readonly socketPath: string;
  /** What a program in the container prints. */
  exec(...command: readonly string[]): Promise<string>;
  /** What libvirt's own client prints, over the same socket; `driver` is such as `qemu:///system`. */
  virsh(driver: string, ...args: readonly string[]): Promise<string>;
  /** Ends the daemon, not its VMs, and returns when it has ended. */
  stop(signal?: 'TERM' | 'KILL'): Promise<void>;
  /** Returns when it answers. */
  start(): Promise<void>;
}

const config = (hostUuid: string, auth: string) => `
host_uuid = "${hostUuid}"
unix_sock_dir = "/contract"
unix_sock_rw_perms = "0777"
unix_sock_ro_perms = "0777"
auth_unix_rw = "${auth}"
auth_unix_ro = "none"
log_outputs = "3:file:/contract/log"
`;

export async function startLibvirtd(options: LibvirtdOptions = {}): Promise<Libvirtd> {
  const image = libvirtImages[options.release ?? 'Debian 13'];
  await requireImage(image);
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'drover-libvirt-')));
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'conf'),
    `${config(randomUUID(), options.auth ?? 'none')}${options.config ?? ''}`,
  );
  await writeFile(join(folder, 'qemu.conf'), `${hypervisorConfig}${options.qemuConfig ?? ''}`);
  const container = `drover-contract-libvirt-${randomUUID().slice(0, 8)}`;
  const daemon = new ContainedLibvirtd(container, folder, options.listens === true);
  try {
    await docker(
      'run',
      '--detach',
      '--rm',
      '--init',
      `--name=${container}`,
      `--network=${options.network ?? 'none'}`,
      `--volume=${folder}:/contract`,
      ...(options.hypervisor ? hypervisorOptions : []),
      ...(options.containerOptions ?? []),
      '--entrypoint=sleep',
      image,
      'infinity',
    );
    await daemon.exec('cp', '/contract/qemu.conf', '/etc/libvirt/qemu.conf');
    if (options.prepare !== undefined) await daemon.exec('sh', '-ec', options.prepare);
    await daemon.start();
    return daemon;
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
}

class ContainedLibvirtd implements Libvirtd {
  readonly container: string;
  readonly folder: string;
  readonly socketPath: string;

  readonly #listens: boolean;

  constructor(container: string, folder: string, listens: boolean) {
    this.#listens = listens;
    this.container = container;
    this.folder = folder;
    this.socketPath = join(folder, 'libvirt-sock');
  }

  exec(...command: readonly string[]): Promise<string> {
    return docker('exec', '--env=LC_ALL=C', this.container, ...command);
  }

  virsh(driver: string, ...args: readonly string[]): Promise<string> {
    const uri = `${driver.replace(':', '+unix:')}?socket=/contract/libvirt-sock`;
    return this.exec('virsh', '--quiet', '-c', uri, ...args);
  }

  async start(): Promise<void> {
    await rm(join(this.folder, 'pid'), { force: true });
    await docker(
      'exec',
      '--detach',
      this.container,
      '/usr/sbin/libvirtd',
      '--config=/contract/conf',
      '--pid-file=/contract/pid',
      ...(this.#listens ? ['--listen'] : []),
    );
    await until('libvirtd answers', () => this.#answers()).catch(async (error: unknown) => {
      const log = await readFile(join(this.folder, 'log'), 'utf8').catch(() => 'no log');
      throw new Error(`${String(error)}\n${log.slice(-2000)}`);
    });
  }

  /** The test driver is in every libvirtd, and quick to open; who only reads is not asked who he is. */
  async #answers(): Promise<boolean> {
    try {
      const { socketPath } = this;
      const readOnly = true;
      await using probe = await connect({
        socketPath: `${socketPath}-ro`,
        uri: 'test:///default',
        readOnly,
      });
      return probe.isConnected;
    } catch {
      return false;
    }
  }

  async stop(signal: 'TERM' | 'KILL' = 'TERM'): Promise<void> {
    const pid = (await readFile(join(this.folder, 'pid'), 'utf8')).trim();
    await this.exec(
      'sh',
      '-c',
      `kill -${signal} ${pid} && while kill -0 ${pid} 2>/dev/null; do sleep 0.02; done`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await docker('rm', '--force', this.container).catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
  }
}
