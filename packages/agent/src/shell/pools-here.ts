/**
 * The pools of this host: all that looks at them and changes them, on a connection to libvirt that is theirs. A call
 * about a pool may hang as long as its server does, and would hold up calls about VMs.
 */
import type { Pool } from '@drover/protocol';
import { type Libvirt, readHostCapabilities } from 'node-libvirt';
import type { ActionOutcome, PoolFiles } from '../logic/index.ts';
import type { AgentConfig } from './config.ts';
import type { HostFiles } from './host-files.ts';
import { LibvirtLink } from './libvirt-link.ts';
import { OurPools } from './our-pools.ts';
import { ensurePool, forgetPool } from './pool.ts';
import { PoolDoctorHand } from './pool-doctor.ts';
import type { QemuUser } from './pool-files.ts';
import { PoolLooker } from './pool-looker.ts';
import { markPool } from './pool-mark.ts';
import { PoolWatch } from './pool-watch.ts';

export class PoolsHere implements AsyncDisposable {
  readonly looker: PoolLooker;
  readonly doctor: PoolDoctorHand;
  readonly #link: LibvirtLink;
  readonly #files: HostFiles;
  readonly #ours: OurPools;
  readonly #watch = new PoolWatch();
  #user: { readonly libvirt: Libvirt; readonly user: Promise<QemuUser> } | undefined;

  constructor(
    config: Pick<AgentConfig, 'libvirt' | 'stateDir'>,
    files: HostFiles,
    warn: (text: string) => void,
  ) {
    this.#files = files;
    this.#ours = new OurPools(config.stateDir);
    const socketPath = config.libvirt.socket;
    // Whether libvirt is there is told by the connection for VMs.
    this.#link = new LibvirtLink({
      socketPath,
      onState: () => {},
      warn: (text) => warn(`pools: ${text}`),
    });
    const user = () => this.#qemuUser();
    this.looker = new PoolLooker({
      libvirt: () => this.#link.libvirt,
      files,
      watch: this.#watch,
      ours: this.#ours,
      user,
    });
    this.doctor = new PoolDoctorHand({ files, pools: () => this.looker.look(), user });
  }

  ensure(pool: Pool, uuid: string): Promise<ActionOutcome> {
    return ensurePool(this.#link.libvirt, this.#files, this.#ours, pool, uuid);
  }

  forget(name: string, uuid: string): Promise<ActionOutcome> {
    return forgetPool(this.#link.libvirt, this.#ours, name, uuid);
  }

  async mark(pool: Pool, uuid: string): Promise<ActionOutcome> {
    return markPool(await this.#qemuUser(), pool, uuid);
  }

  /** What the file system below a folder answers; soon, also where its server does not. */
  async filesOf(path: string): Promise<PoolFiles> {
    return this.#watch.look({ path, user: await this.#qemuUser() });
  }

  /** Whom libvirt runs QEMU as; root where it does not say. */
  #qemuUser(): Promise<QemuUser> {
    const { libvirt } = this.#link;
    if (this.#user?.libvirt !== libvirt) {
      const user = readUser(libvirt);
      this.#user = { libvirt, user };
      user.catch(() => (this.#user = undefined));
    }
    return this.#user.user;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.doctor[Symbol.dispose]();
    this.#watch[Symbol.dispose]();
    await this.#link[Symbol.asyncDispose]();
  }
}

async function readUser(libvirt: Libvirt): Promise<QemuUser> {
  const { user } = readHostCapabilities(await libvirt.host.capabilities());
  return user ?? { uid: 0, gid: 0 };
}
