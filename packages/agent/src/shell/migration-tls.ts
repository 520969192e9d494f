/**
 * QEMU's own TLS for memory streams: puts the host's certificate where QEMU looks for it, and says whether QEMU
 * does look there. QEMU reads the files anew for each migration, so a new certificate needs no restart; they
 * are exchanged as a whole, so that no stream gets a key and another key's certificate.
 */
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { Inventory } from '@drover/protocol';
import { hostClock, type Clock } from './clock.ts';
import type { Held } from './host-certificates.ts';
import { daemonStartedMs } from './libvirt-daemon.ts';

type Able = NonNullable<Inventory['migrationTls']>;

/** QEMU's user where qemu.conf names none, by distribution. */
const usualUsers = ['libvirt-qemu', 'qemu'];
/** A daemon that was started right after the file was written has read it, however the two times are rounded. */
const slackMs = 2_000;

export interface MigrationTlsOptions {
  readonly stateDir: string;
  readonly qemuConf: string;
  readonly clock?: Clock;
  readonly passwd?: string;
  /** As `daemonStartedMs`. */
  readonly daemonStartedMs?: (wallMs: number) => Promise<number | undefined>;
}

export class MigrationTls {
  /** What `migrate_tls_x509_cert_dir` has to name. */
  readonly folder: string;
  readonly #qemuConf: string;
  readonly #passwd: string;
  readonly #clock: Clock;
  readonly #daemonStartedMs: (wallMs: number) => Promise<number | undefined>;
  /** When that daemon was started which has read the setting as it has to be. */
  #readByMs: number | undefined;
  #held: { readonly held: Held; readonly why?: string } | undefined;

  constructor(options: MigrationTlsOptions) {
    this.folder = join(options.stateDir, 'migration-tls');
    this.#qemuConf = options.qemuConf;
    this.#passwd = options.passwd ?? '/etc/passwd';
    this.#clock = options.clock ?? hostClock;
    this.#daemonStartedMs = options.daemonStartedMs ?? daemonStartedMs;
  }

  /** What goes wrong is said by `able`. */
  async write(held: Held): Promise<void> {
    try {
      await this.#write(held);
      this.#held = { held };
    } catch (error) {
      this.#held = { held, why: `${this.folder} cannot be written: ${(error as Error).message}` };
    }
  }

  /** Can a migration from or to this host use it? With the next step where it cannot. */
  async able(): Promise<Able> {
    const not = (reason: string): Able => ({ able: false, reason: reason.slice(0, 1000) });
    if (this.#held === undefined || this.#held.held.untilMs <= this.#clock().wallMs) {
      return not('this host has no certificate for memory streams');
    }
    if (this.#held.why !== undefined) return not(this.#held.why);
    let conf: QemuConf;
    try {
      conf = readQemuConf(await readFile(this.#qemuConf, 'utf8'));
    } catch (error) {
      return not(`${this.#qemuConf} cannot be read: ${(error as Error).message}`);
    }
    const setting = `migrate_tls_x509_cert_dir = "${this.folder}"`;
    if (conf.get('migrate_tls_x509_cert_dir') !== this.folder) {
      return not(`set ${setting} in ${this.#qemuConf} and restart libvirt’s daemon`);
    }
    const verify = conf.get('migrate_tls_x509_verify') ?? conf.get('default_tls_x509_verify');
    if (verify === '0') return not(`set migrate_tls_x509_verify = 1 in ${this.#qemuConf}`);
    if (!(await this.#isRead())) {
      return not(`restart libvirt’s daemon: it runs since before ${this.#qemuConf} was changed`);
    }
    const until = new Date(this.#held.held.untilMs).toISOString();
    return { able: true, reason: `certificate until ${until}` };
  }

  /** What is changed in the file after it was read as it has to be changes nothing for the daemon that runs. */
  async #isRead(): Promise<boolean> {
    const startedMs = await this.#daemonStartedMs(this.#clock().wallMs);
    if (startedMs === undefined) return true;
    const isSame = this.#readByMs !== undefined && Math.abs(this.#readByMs - startedMs) <= slackMs;
    if (isSame) return true;
    const { mtimeMs } = await stat(this.#qemuConf);
    if (mtimeMs > startedMs + slackMs) return false;
    this.#readByMs = startedMs;
    return true;
  }

  /**
   * Each name in the folder leads through `current`, and that is what is exchanged. libvirt's daemon does not
   * start without the folder, so it is there before the first certificate, and stays.
   */
  async #write(held: Held): Promise<void> {
    const owner = await this.#qemuUser();
    await this.prepare();
    const before = await this.#versions();
    const version = String((before.at(-1) ?? 0) + 1);
    const { keyPem, certificatePem, trustedPems } = held;
    const files = {
      'ca-cert.pem': trustedPems.join('\n'),
      'server-cert.pem': certificatePem,
      'server-key.pem': keyPem,
      'client-cert.pem': certificatePem,
      'client-key.pem': keyPem,
    };
    await makeFolder(join(this.folder, version));
    for (const [file, text] of Object.entries(files)) {
      const path = join(this.folder, version, file);
      await writeFile(path, text, { mode: 0o400 });
      await chown(path, owner.uid, owner.gid);
    }
    await this.#link('current', version);
    for (const file of Object.keys(files)) await this.#link(file, join('current', file));
    // A stream that is just beginning may still read the one before.
    for (const one of before.slice(0, -1)) {
      await rm(join(this.folder, String(one)), { recursive: true, force: true });
    }
  }

  /** Oldest first. Counted, not dated: a clock that was set back would make the newest the oldest. */
  async #versions(): Promise<readonly number[]> {
    const names = (await readdir(this.folder)).filter((one) => /^\d{1,15}$/.test(one));
    return names.map(Number).toSorted((one, other) => one - other);
  }

  async prepare(): Promise<void> {
    await makeFolder(this.folder);
  }

  async #link(name: string, to: string): Promise<void> {
    const made = join(this.folder, '.new');
    await rm(made, { force: true });
    await symlink(to, made);
    await rename(made, join(this.folder, name));
  }

  /** Whom the keys have to belong to. */
  async #qemuUser(): Promise<{ readonly uid: number; readonly gid: number }> {
    const conf = await readFile(this.#qemuConf, 'utf8').then(readQemuConf, () => new Map());
    const named = conf.get('user');
    const users = (await readFile(this.#passwd, 'utf8')).split('\n').map((line) => line.split(':'));
    for (const name of named === undefined ? usualUsers : [named.replace(/^\+/, '')]) {
      const user = users.find(([login, , uid]) => login === name || uid === name);
      if (user) return { uid: Number(user[2]), gid: Number(user[3]) };
    }
    throw new Error(
      `there is no user ${named ?? usualUsers.join(' nor ')}; name QEMU’s in qemu.conf`,
    );
  }
}

type QemuConf = ReadonlyMap<string, string>;

/** Settings of one line; the last of a name is the one that libvirt takes. */
function readQemuConf(text: string): QemuConf {
  const lines = text.matchAll(/^\s*([a-z0-9_]+)\s*=\s*(?:"([^"]*)"|(\S+))/gm);
  return new Map([...lines].map((line) => [line[1] ?? '', line[2] ?? line[3] ?? '']));
}

/** QEMU's user finds what is in it, and cannot list it. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o711 });
  await chmod(path, 0o711);
}
