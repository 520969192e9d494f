/**
 * Certificates for one run of the tests, made with the `openssl` program in a folder of their own.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An authority, with what it takes to keep a list of certificates taken back. */
const config = `
[req]
distinguished_name = name
[name]
[ca]
default_ca = mine
[mine]
database = ./index.txt
default_md = sha256
default_crl_days = 2
`;

export class CertificateLab implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<CertificateLab> {
    return new CertificateLab(await mkdtemp(join(tmpdir(), 'node-libvirt-pki-')));
  }

  /** Files in a folder of their own: `cacert.pem` and `cakey.pem`. */
  async authority(name: string): Promise<string> {
    const folder = join(this.folder, name);
    await mkdir(folder);
    await writeFile(join(folder, 'openssl.cnf'), config);
    await writeFile(join(folder, 'index.txt'), '');
    await this.#openssl(folder, [
      ['req', '-x509', '-config', 'openssl.cnf', '-newkey', 'ec', '-nodes', '-days', '2'],
      ['-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', `/CN=${name}`],
      ['-addext', 'basicConstraints=critical,CA:TRUE'],
      ['-keyout', 'cakey.pem', '-out', 'cacert.pem'],
    ]);
    return folder;
  }

  /** Signed by the authority in this folder. `subject` as `DNS:localhost`, `IP:127.0.0.1`. */
  async certificate(authority: string, name: string, subject: string) {
    await this.#openssl(authority, [
      ['req', '-x509', '-config', 'openssl.cnf', '-newkey', 'ec', '-nodes', '-days', '2'],
      ['-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', `/CN=${name}`],
      ['-addext', `subjectAltName=${subject}`, '-CA', 'cacert.pem', '-CAkey', 'cakey.pem'],
      ['-keyout', `${name}key.pem`, '-out', `${name}cert.pem`],
    ]);
    return {
      cert: await readFile(join(authority, `${name}cert.pem`)),
      key: await readFile(join(authority, `${name}key.pem`)),
    };
  }

  /** `cacrl.pem`, with these certificates of the authority in it. */
  async revoke(authority: string, names: readonly string[]): Promise<void> {
    const ca = ['ca', '-config', 'openssl.cnf', '-cert', 'cacert.pem', '-keyfile', 'cakey.pem'];
    for (const name of names) {
      await this.#openssl(authority, [ca, ['-revoke', `${name}cert.pem`]]);
    }
    await this.#openssl(authority, [ca, ['-gencrl', '-out', 'cacrl.pem']]);
  }

  /** A new folder with these files copied into it. */
  async pki(files: Readonly<Record<string, string>>): Promise<string> {
    const folder = await mkdtemp(join(this.folder, 'pki-'));
    for (const [name, from] of Object.entries(files)) await copyFile(from, join(folder, name));
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  async #openssl(cwd: string, args: readonly (readonly string[])[]): Promise<void> {
    try {
      await run('openssl', args.flat(), { cwd });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new Error('these tests need the openssl program (3.0 or later): install it', {
        cause: error,
      });
    }
  }
}
