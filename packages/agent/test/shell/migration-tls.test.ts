/** QEMU's folder of certificates: exchanged whole, for QEMU's user, and only used where libvirt names it. */
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Held } from '../../src/shell/host-certificates.ts';
import { MigrationTls } from '../../src/shell/migration-tls.ts';
import { testAuthority } from '../support/identities.ts';

const authority = await testAuthority();
const nowMs = 1_700_000_000_000;
const untilMs = nowMs + 3_600_000;
const held = async (): Promise<Held> => ({
  ...(await authority.identity('h1', 'memory')),
  fromMs: 0,
  untilMs,
});

let folder = '';
let tls: MigrationTls;
const qemuConf = () => join(folder, 'qemu.conf');
/** When the daemon was started, of which the tests say so. */
let startedMs: number | undefined;
const configure = async (text: string, atMs = nowMs - 60_000) => {
  await writeFile(qemuConf(), text);
  await utimes(qemuConf(), atMs / 1_000, atMs / 1_000);
};
const right = () => `migrate_tls_x509_cert_dir = "${tls.folder}"\n`;

beforeEach(async () => {
  startedMs = nowMs - 30_000;
  folder = await mkdtemp(join(tmpdir(), 'mt-'));
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  await writeFile(join(folder, 'passwd'), `root:x:0:0::/:\nlibvirt-qemu:x:${uid}:${gid}::/:\n`);
  tls = new MigrationTls({
    stateDir: folder,
    qemuConf: qemuConf(),
    passwd: join(folder, 'passwd'),
    clock: () => ({ monoMs: 0, wallMs: nowMs }),
    daemonStartedMs: async () => startedMs,
  });
  await configure(`# migrate_tls_x509_cert_dir = "/etc/pki/qemu"\n${right()}`);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('QEMU’s certificates', () => {
  it('are five files that its user alone reads', async () => {
    const given = await held();
    await tls.write(given);
    const files = (await readdir(tls.folder)).filter((name) => name.endsWith('.pem'));
    expect(files.toSorted()).toEqual([
      'ca-cert.pem',
      'client-cert.pem',
      'client-key.pem',
      'server-cert.pem',
      'server-key.pem',
    ]);
    expect(await readFile(join(tls.folder, 'server-key.pem'), 'utf8')).toBe(given.keyPem);
    expect((await stat(join(tls.folder, 'server-key.pem'))).mode & 0o777).toBe(0o400);
    expect(await tls.able()).toMatchObject({ able: true });
  });

  it('are exchanged all at once, and only the ones before are kept', async () => {
    const seen = [];
    for (let round = 0; round < 4; round += 1) {
      const given = await held();
      await tls.write(given);
      const read = (name: string) => readFile(join(tls.folder, name), 'utf8');
      seen.push([await read('client-key.pem'), await read('client-cert.pem')]);
      expect(seen.at(-1)).toEqual([given.keyPem, given.certificatePem]);
    }
    const kept = (await readdir(tls.folder)).filter((name) => /^\d+$/.test(name));
    expect(kept).toHaveLength(2);
  });

  it('have a folder before there are any: libvirt does not start without', async () => {
    await tls.prepare();
    expect((await stat(tls.folder)).isDirectory()).toBe(true);
  });
});

describe('a host cannot use them', () => {
  it.each<[string, string, string]>([
    ['where libvirt is not told of them', '', 'set migrate_tls_x509_cert_dir = "'],
    [
      'where libvirt looks elsewhere',
      'migrate_tls_x509_cert_dir = "/etc/pki/qemu"',
      'set migrate_',
    ],
    [
      'where nobody would be asked for one',
      'migrate_tls_x509_cert_dir = "HERE"\nmigrate_tls_x509_verify = 0',
      'set migrate_tls_x509_verify = 1',
    ],
  ])('%s', async (_, text, reason) => {
    await tls.write(await held());
    await configure(text.replace('HERE', tls.folder));
    expect(await tls.able()).toMatchObject({
      able: false,
      reason: expect.stringContaining(reason),
    });
  });

  it('before there are any, after they have run out, or where they cannot be written', async () => {
    const none = 'this host has no certificate for memory streams';
    expect(await tls.able()).toEqual({ able: false, reason: none });
    await tls.write({ ...(await held()), untilMs: nowMs });
    expect(await tls.able()).toEqual({ able: false, reason: none });
    await rm(tls.folder, { recursive: true });
    await writeFile(tls.folder, '');
    await tls.write(await held());
    expect((await tls.able()).reason).toContain('cannot be written');
  });

  it('before libvirt’s daemon has been restarted with the setting', async () => {
    await tls.write(await held());
    await configure(right(), nowMs);
    const restart = { able: false, reason: expect.stringContaining('restart libvirt’s daemon') };
    expect(await tls.able()).toMatchObject(restart);
    startedMs = nowMs + 5_000;
    expect(await tls.able()).toMatchObject({ able: true });
  });

  it('but can where another setting was changed since, and where no daemon is to be seen', async () => {
    await tls.write(await held());
    expect(await tls.able()).toMatchObject({ able: true });
    await configure(`${right()}user = "root"\n`, nowMs);
    expect(await tls.able()).toMatchObject({ able: true });
    startedMs = undefined;
    expect(await tls.able()).toMatchObject({ able: true });
  });

  it('where nobody knows who QEMU is', async () => {
    await configure('user = "qemu-of-mine"');
    await tls.write(await held());
    expect((await tls.able()).reason).toContain('there is no user qemu-of-mine');
  });
});
