/**
 * The ways to a real libvirtd, and what it says to who may not pass: TCP, TLS with certificates that are
 * right and wrong, SASL, sockets for reading only.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AuthError,
  connect,
  ConnectionError,
  type ConnectOptions,
  LibvirtError,
  openConnection,
} from 'node-libvirt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateLab } from '../../packages/node-libvirt/test/certificates.ts';
import { docker } from './support/docker.ts';
import { type Libvirtd, startLibvirtd } from './support/libvirt-daemon.ts';

const addressFormat = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
const password = 'correct horse, battery=staple';

/** What it was rejected with. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('TCP and TLS', () => {
  let lab: CertificateLab;
  let daemon: Libvirtd;
  let address: string;
  let good: string;
  let authority: string;

  beforeAll(async () => {
    lab = await CertificateLab.create();
    authority = await lab.authority('trusted');
    await lab.certificate(authority, 'server', 'DNS:drover-daemon,IP:127.0.0.1');
    await lab.certificate(authority, 'alice', 'DNS:alice');
    await lab.certificate(authority, 'mallory', 'DNS:mallory');
    good = await pkiOf('alice');
    daemon = await startLibvirtd({
      release: 'Debian 12',
      listens: true,
      network: 'bridge',
      config: [
        'listen_tls = 1',
        'listen_tcp = 1',
        'auth_tcp = "none"',
        'auth_tls = "none"',
        'ca_file = "/pki/cacert.pem"',
        'cert_file = "/pki/servercert.pem"',
        'key_file = "/pki/serverkey.pem"',
        'tls_allowed_dn_list = ["CN=alice"]',
        'keepalive_interval = 1',
        'keepalive_count = 1',
        '',
      ].join('\n'),
      containerOptions: [`--volume=${authority}:/pki:ro`],
    });
    address = await docker('inspect', '--format', addressFormat, daemon.container);
  });

  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const at = (name: string) => join(authority, name);
  const pkiOf = (name: string, ca = at('cacert.pem')) =>
    lab.pki({
      'cacert.pem': ca,
      'clientcert.pem': at(`${name}cert.pem`),
      'clientkey.pem': at(`${name}key.pem`),
    });
  const uri = (pki: string, more = '') =>
    `test+tls://${address}/default?pkipath=${pki}&no_verify=1${more}`;

  it('over TCP all is as over the socket', async () => {
    await using libvirt = await connect(`test+tcp://${address}/default`);
    expect(await libvirt.host.hostname()).toBe(await daemon.virsh('test:///default', 'hostname'));
    expect((await libvirt.domains.list()).map(({ name }) => name)).toEqual(['test']);
  });

  it('over TLS too, with big replies, and for longer than the daemon waits for an answer', async () => {
    const connection = await openConnection({ uri: uri(good) });
    const { capabilities } = await connection.call('connectGetCapabilities');
    expect(capabilities).toContain('<capabilities>');
    const patience = new Promise<'alive'>((resolve) => setTimeout(() => resolve('alive'), 3500));
    expect(await Promise.race([connection.closed, patience])).toBe('alive');
    expect((await connection.call('connectGetHostname')).hostname).not.toBe('');
    await connection.close();
  });

  it('a certificate of another authority is not believed, from either side', async () => {
    const other = await lab.authority('other');
    await lab.certificate(other, 'alice', 'DNS:alice');
    const verified = await lab.pki({
      'cacert.pem': join(other, 'cacert.pem'),
      'clientcert.pem': at('alicecert.pem'),
      'clientkey.pem': at('alicekey.pem'),
    });
    const ours = await failureOf(
      connect(`test+tls://${address}/default?pkipath=${verified}`, { connectTimeoutMs: 5000 }),
    );
    expect(ours).toBeInstanceOf(ConnectionError);
    const stranger = await lab.pki({
      'cacert.pem': at('cacert.pem'),
      'clientcert.pem': join(other, 'alicecert.pem'),
      'clientkey.pem': join(other, 'alicekey.pem'),
    });
    const theirs = await failureOf(connect(uri(stranger), { connectTimeoutMs: 5000 }));
    expect(theirs).toBeInstanceOf(ConnectionError);
    expect((theirs as Error).message).toMatch(/certificate/);
  });

  it('the daemon has to be the one that the URI names', async () => {
    const failure = await failureOf(connect(`test+tls://${address}/default?pkipath=${good}`));
    expect(failure).toBeInstanceOf(ConnectionError);
    expect((failure as Error).message).toMatch(/IP|altname|certificate/i);
  });

  it('who is not on its list is turned away, and told what is probably wrong', async () => {
    const failure = await failureOf(
      connect(uri(await pkiOf('mallory')), { connectTimeoutMs: 5000 }),
    );
    expect(failure).toBeInstanceOf(ConnectionError);
    expect((failure as Error).message).toMatch(/certificate/);
  });

  it('a list of certificates taken back is obeyed', async () => {
    await lab.revoke(authority, ['server']);
    const pki = await pkiOf('alice');
    await cp(at('cacrl.pem'), join(pki, 'cacrl.pem'));
    const failure = await failureOf(connect(`test+tls://${address}/default?pkipath=${pki}`));
    expect(failure).toBeInstanceOf(ConnectionError);
    expect((failure as Error).message).toMatch(/revoked/i);
  });

  it('a daemon that dies ends the connection, and comes back to the pool', async () => {
    await using libvirt = await connect(uri(good));
    const resyncs: string[] = [];
    await libvirt.listen(['lifecycle'], (event) => resyncs.push(event.name));
    await daemon.stop('KILL');
    await daemon.start();
    await expect.poll(() => resyncs, { timeout: 10_000 }).toContain('resync');
    expect(await libvirt.host.hostname()).not.toBe('');
  });

  it('what is read-only stays so', async () => {
    const { socketPath } = daemon;
    const options: ConnectOptions = {
      uri: 'test:///default',
      socketPath: `${socketPath}-ro`,
      readOnly: true,
    };
    await using libvirt = await connect(options);
    const domain = await libvirt.domains.byName('test');
    expect(await failureOf(domain.suspend())).toMatchObject({ name: 'LibvirtError' });
  });
});

describe('SASL', () => {
  let daemon: Libvirtd;

  beforeAll(async () => {
    daemon = await startLibvirtd({
      release: 'Debian 12',
      auth: 'sasl',
      listens: true,
      network: 'bridge',
      config: 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\n',
      prepare: [
        'printf "mech_list: scram-sha-256\\nsasldb_path: /contract/passwd.db\\n" > /etc/sasl2/libvirt.conf',
        `printf %s '${password}' | saslpasswd2 -p -f /contract/passwd.db -a libvirt alice`,
        'chmod 0644 /contract/passwd.db',
      ].join('\n'),
    });
  });

  afterAll(() => daemon?.[Symbol.asyncDispose]());

  const open = (auth?: ConnectOptions['auth']) =>
    connect({
      uri: 'test:///default',
      socketPath: daemon.socketPath,
      ...(auth === undefined ? {} : { auth }),
    });

  it('lets in who knows the password, on every connection of the pool', async () => {
    await using libvirt = await open({ username: 'alice', password });
    const domain = await libvirt.domains.byName('test');
    await libvirt.domains.stats(1);
    expect((await domain.state()).state).toBe('running');
  });

  it('takes the user from the URI', async () => {
    const socket = encodeURIComponent(daemon.socketPath);
    const uri = `test+unix://alice@/default?socket=${socket}`;
    await using libvirt = await connect(uri, { auth: () => Promise.resolve({ password }) });
    expect(libvirt.isConnected).toBe(true);
  });

  it('refuses who does not', async () => {
    const wrong = await failureOf(open({ username: 'alice', password: 'guess' }));
    expect(wrong).toBeInstanceOf(LibvirtError);
    expect(wrong).toMatchObject({ code: 45 });
    expect(await failureOf(open({ username: 'mallory', password }))).toMatchObject({ code: 45 });
    expect(await failureOf(open())).toBeInstanceOf(AuthError);
  });

  it('over TCP without TLS is refused here, with the way out', async () => {
    const address = await docker('inspect', '--format', addressFormat, daemon.container);
    const failure = await failureOf(
      connect(`test+tcp://alice@${address}/default`, { auth: { password } }),
    );
    expect(failure).toBeInstanceOf(AuthError);
    expect((failure as Error).message).toMatch(/qemu\+tls/);
  });
});
