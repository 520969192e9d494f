/**
 * The ways to a daemon: sockets tried in turn, TCP, and TLS with every way to be turned away.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import {
  createConnection,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, ConnectionError, openConnection, startTls, UriError } from '../src/index.ts';
import { FakeDaemon } from '../src/testing/index.ts';
import { readCertificates } from '../src/transport/certificates.ts';
import { pkiPlacesOf } from '../src/transport/places.ts';
import { openUnixSocket } from '../src/transport/unix-socket.ts';
import { CertificateLab } from './certificates.ts';
import { errorOf, until } from './support.ts';

const handlers = { connectGetHostname: () => ({ hostname: 'h1' }) };
const never = new AbortController().signal;

/** Serves on a port of this machine, and ends what it served. */
async function serve(server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined);
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let lab: CertificateLab;
let serverOptions: TlsOptions;
/** Folders as `pkipath` wants them. */
let good: string;
let files: Record<'ca' | 'cert' | 'key' | 'otherCa' | 'otherCert' | 'otherKey', string>;
let authority: string;

beforeAll(async () => {
  lab = await CertificateLab.create();
  authority = await lab.authority('ours');
  const other = await lab.authority('other');
  const own = await lab.certificate(authority, 'server', 'DNS:localhost');
  await lab.certificate(authority, 'client', 'DNS:client');
  await lab.certificate(other, 'client', 'DNS:client');
  files = {
    ca: join(authority, 'cacert.pem'),
    cert: join(authority, 'clientcert.pem'),
    key: join(authority, 'clientkey.pem'),
    otherCa: join(other, 'cacert.pem'),
    otherCert: join(other, 'clientcert.pem'),
    otherKey: join(other, 'clientkey.pem'),
  };
  good = await pki();
  serverOptions = {
    ...own,
    ca: await readFile(files.ca),
    requestCert: true,
    // As libvirtd: the handshake ends first, then it looks at the certificate.
    rejectUnauthorized: false,
  };
});
afterAll(() => lab[Symbol.asyncDispose]());

function pki(changes: Readonly<Record<string, string>> = {}): Promise<string> {
  const { ca, cert, key } = files;
  return lab.pki({ 'cacert.pem': ca, 'clientcert.pem': cert, 'clientkey.pem': key, ...changes });
}

/** A daemon that confirms whom it knows, as libvirtd does. */
async function serveTls(confirm = Buffer.from([1]), options: TlsOptions = {}) {
  const daemon = new FakeDaemon(handlers);
  const seen = { connections: 0 };
  const server = createTlsServer({ ...serverOptions, ...options }, (socket) => {
    seen.connections += 1;
    socket.on('error', () => undefined);
    if (!socket.authorized) {
      socket.destroy();
      return;
    }
    socket.write(confirm);
    daemon.accept(socket);
  });
  const served = await serve(server);
  return {
    daemon,
    seen,
    uri: (pkiPath: string, more = '') =>
      `test+tls://localhost:${served.port}/default?pkipath=${encodeURIComponent(pkiPath)}${more}`,
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await served[Symbol.asyncDispose]();
    },
  };
}

describe('a URI', () => {
  it('leads over TCP', async () => {
    await using daemon = new FakeDaemon(handlers);
    await using served = await serve(createServer((socket) => daemon.accept(socket)));
    await using libvirt = await connect(`qemu+tcp://127.0.0.1:${served.port}/system`);
    expect(await libvirt.host.hostname()).toBe('h1');
    const open = daemon.connections[0]?.calls.find(({ name }) => name === 'connectOpen');
    expect(open?.args).toEqual({ name: 'qemu:///system', flags: 0 });
  });

  it('leads over a socket that it names, among options or before them', async () => {
    await using daemon = new FakeDaemon(handlers);
    const path = join(lab.folder, 'sock');
    await daemon.listen(path);
    const uri = `test+unix:///default?socket=${encodeURIComponent(path)}`;
    await using first = await connect({ uri });
    await using second = await connect(uri, { readOnly: true });
    expect(await first.host.hostname()).toBe('h1');
    expect(await second.host.hostname()).toBe('h1');
    const opened = daemon.connections.map(({ calls }) => calls.at(-2)?.args);
    expect(opened).toEqual([
      { name: 'test:///default', flags: 0 },
      { name: 'test:///default', flags: 1 },
    ]);
  });

  it('that is none is told as such before anything is opened', async () => {
    expect(await errorOf(connect('qemu+ssh://h2/system'))).toBeInstanceOf(UriError);
  });

  it('stays as it is for a driver where the caller knows the way', async () => {
    await using daemon = new FakeDaemon();
    await using libvirt = await connect({ transport: daemon.open(), uri: 'odd driver' });
    expect(libvirt.isConnected).toBe(true);
    expect(daemon.connections[0]?.calls.at(-1)?.args).toEqual({ name: 'odd driver', flags: 0 });
  });
});

describe('a unix socket', () => {
  it('is the first that exists', async () => {
    await using daemon = new FakeDaemon();
    const path = join(lab.folder, 'second');
    await daemon.listen(path);
    const socket = await openUnixSocket([join(lab.folder, 'none'), path], never);
    expect(socket.readyState).toBe('open');
    socket.destroy();
  });

  it('that refuses is not passed over for another', async () => {
    await using daemon = new FakeDaemon();
    const path = join(lab.folder, 'third');
    await daemon.listen(path);
    const stale = join(lab.folder, 'stale');
    await writeFile(stale, '');
    expect(await errorOf(openUnixSocket([stale, path], never))).toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('that is nowhere is told with every place looked at', async () => {
    const error = await errorOf(openUnixSocket(['/none/a', '/none/b'], never));
    expect(error).toMatchObject({ message: expect.stringContaining('/none/a nor /none/b') });
  });
});

describe('TLS', () => {
  it('serves a client whose certificate is known', async () => {
    await using server = await serveTls();
    await using libvirt = await connect(server.uri(good));
    expect(await libvirt.host.hostname()).toBe('h1');
    const open = server.daemon.connections[0]?.calls.find(({ name }) => name === 'connectOpen');
    expect(open?.args).toEqual({ name: 'test:///default', flags: 0 });
  });

  it('takes one byte as the confirmation and leaves the next to the protocol', async () => {
    const ping = Buffer.from('0000001c6b656570000000010000000100000002' + '00'.repeat(8), 'hex');
    await using server = await serveTls(Buffer.concat([Buffer.from([1]), ping]));
    await using libvirt = await connect(server.uri(good), { keepalive: false });
    expect(libvirt.isConnected).toBe(true);
    await until(() => server.daemon.connections[0]?.pongsSeen === 1, 'the ping to be answered');
  });

  it('goes over any stream', async () => {
    const [client, far] = duplexPair();
    await using daemon = new FakeDaemon(handlers);
    const server = new TLSSocket(far as Socket, { ...serverOptions, isServer: true });
    server.once('secure', () => {
      server.write(Buffer.from([1]));
      daemon.accept(server);
    });
    const certificates = await readCertificates(good, nobody, never);
    const transport = await startTls(
      client,
      { host: 'localhost', certificates, verify: true },
      never,
    );
    await using libvirt = await connect({ transport });
    expect(await libvirt.host.hostname()).toBe('h1');
  });

  it('says so when the link ends later', async () => {
    await using server = await serveTls();
    const connection = await openConnection({ uri: server.uri(good) });
    server.daemon.connections[0]?.destroy();
    expect(await connection.closed).toMatchObject({ reason: 'ended' });
  });
});

describe('TLS turns away', () => {
  async function failure(uri: string, connectTimeoutMs = 5000): Promise<string> {
    const error = await errorOf(connect(uri, { connectTimeoutMs }));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ reason: 'connect-failed', sent: false });
    return (error as ConnectionError).message;
  }

  it('a daemon that another authority vouches for', async () => {
    await using server = await serveTls();
    const folder = await pki({ 'cacert.pem': files.otherCa });
    expect(await failure(server.uri(folder))).toMatch(/no TLS with localhost: .*certificate/);
    expect(server.daemon.connections).toEqual([]);
  });

  it('a daemon of another name, unless told not to look', async () => {
    await using server = await serveTls();
    const elsewhere = (uri: string) => uri.replace('localhost', '127.0.0.1');
    expect(await failure(elsewhere(server.uri(good)))).toMatch(/127\.0\.0\.1.*not in the cert/);
    await using libvirt = await connect(elsewhere(server.uri(good, '&no_verify=1')));
    expect(await libvirt.host.hostname()).toBe('h1');
  });

  it('a daemon whose certificate was taken back', async () => {
    await lab.revoke(authority, []);
    const kept = await pki({ 'cacrl.pem': join(authority, 'cacrl.pem') });
    await lab.revoke(authority, ['server']);
    const taken = await pki({ 'cacrl.pem': join(authority, 'cacrl.pem') });
    await using server = await serveTls();
    await using libvirt = await connect(server.uri(kept));
    expect(libvirt.isConnected).toBe(true);
    expect(await failure(server.uri(taken))).toMatch(/revoked/);
  });

  it('a client that the daemon does not know', async () => {
    await using server = await serveTls();
    const folder = await pki({
      'clientcert.pem': files.otherCert,
      'clientkey.pem': files.otherKey,
    });
    expect(await failure(server.uri(folder))).toMatch(/closed .* confirmation; it may not accept/);
    expect(server.seen.connections).toBe(1);
    expect(server.daemon.connections).toEqual([]);
  });

  for (const rejectUnauthorized of [false, true]) {
    const when = rejectUnauthorized ? 'in the handshake' : 'after it';
    it(`a client without a certificate, ${when}`, async () => {
      await using server = await serveTls(undefined, { rejectUnauthorized });
      const { port } = new URL(server.uri(good).replace('test+tls', 'http'));
      const socket = createConnection(Number(port), '127.0.0.1');
      const certificates = { ca: await readFile(files.ca) };
      const error = await errorOf(
        startTls(socket, { host: 'localhost', certificates, verify: true }, never),
      );
      expect(error).toMatchObject({
        message: expect.stringMatching(/closed .* confirmation.*no client certificate to show/),
      });
      expect(server.daemon.connections).toEqual([]);
    });
  }

  it('a daemon that confirms with another byte', async () => {
    await using server = await serveTls(Buffer.from([0]));
    expect(await failure(server.uri(good))).toMatch(/localhost sent 0 where libvirt sends 1/);
    await until(() => server.daemon.connections.length === 0, 'the connection to end');
  });

  it('a daemon that never confirms, and sends it nothing in the meantime', async () => {
    let received = 0;
    let handshakes = 0;
    const silent = createTlsServer(serverOptions, (socket) => {
      handshakes += 1;
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => (received += bytes.length));
    });
    await using served = await serve(silent);
    const uri = `qemu+tls://localhost:${served.port}/system?pkipath=${good}`;
    expect(await failure(uri, 4_000)).toMatch(/silent at the TLS confirmation/);
    expect({ handshakes, received }).toEqual({ handshakes: 1, received: 0 });
  });

  it('a peer that says nothing at all, and one that speaks no TLS', async () => {
    await using mute = await serve(createServer());
    const uri = (port: number) => `qemu+tls://localhost:${port}/system?pkipath=${good}`;
    expect(await failure(uri(mute.port), 500)).toMatch(/silent at the TLS handshake/);
    await using plain = await serve(createServer((socket) => socket.end('HTTP/1.1 400 No\r\n')));
    expect(await failure(uri(plain.port))).toMatch(/no TLS with localhost/);
    await using gone = await serve(createServer((socket) => socket.destroy()));
    expect(await failure(uri(gone.port))).toMatch(/localhost/);
  });

  it('a caller who changed their mind', async () => {
    let dialled = 0;
    await using mute = await serve(createServer(() => (dialled += 1)));
    const uri = `qemu+tls://localhost:${mute.port}/system?pkipath=${good}`;
    const reason = new Error('no longer wanted');
    const early = errorOf(connect(uri, { signal: AbortSignal.abort(reason) }));
    expect(await early).toMatchObject({ reason: 'connect-failed', cause: reason });
    const stop = new AbortController();
    const late = errorOf(connect(uri, { signal: stop.signal }));
    await until(() => dialled === 1, 'the connection');
    stop.abort(reason);
    expect(await late).toMatchObject({ reason: 'connect-failed', cause: reason });
  });

  it('a folder with files missing or broken, and names them', async () => {
    await using server = await serveTls();
    const { ca, cert } = files;
    const noKey = await lab.pki({ 'cacert.pem': ca, 'clientcert.pem': cert });
    expect(await failure(server.uri(noKey))).toMatch(/clientkey\.pem: put it there/);
    expect(await failure(server.uri('/none'))).toMatch(/TLS needs \/none\/cacert\.pem/);
    const broken = await pki();
    await writeFile(join(broken, 'clientcert.pem'), 'no certificate');
    expect(await failure(server.uri(broken))).toMatch(/PEM/i);
    expect(server.seen.connections).toBe(0);
  });
});

const nobody = { isRoot: false, homeDir: '/nonexistent', runtimeDir: undefined };

describe('certificates', () => {
  it('are the user’s own where there are some', async () => {
    const homeDir = await lab.pki({});
    const folder = join(homeDir, '.pki', 'libvirt');
    await mkdir(folder, { recursive: true });
    const { ca, cert, key } = files;
    await copyFile(ca, join(folder, 'cacert.pem'));
    await copyFile(cert, join(folder, 'clientcert.pem'));
    const half = await readCertificates(undefined, { ...nobody, homeDir }, never);
    expect(half.ca).toEqual(await readFile(ca));
    // Without its key, a certificate is passed over.
    expect(half.own?.cert).not.toEqual(await readFile(cert));
    await copyFile(key, join(folder, 'clientkey.pem'));
    const whole = await readCertificates(undefined, { ...nobody, homeDir }, never);
    expect(whole.own).toEqual({ cert: await readFile(cert), key: await readFile(key) });
  });

  it('lie elsewhere for root', () => {
    expect(pkiPlacesOf(undefined, { ...nobody, isRoot: true })).toEqual([
      {
        ca: '/etc/pki/CA/cacert.pem',
        crl: '/etc/pki/CA/cacrl.pem',
        cert: '/etc/pki/libvirt/clientcert.pem',
        key: '/etc/pki/libvirt/private/clientkey.pem',
      },
    ]);
    expect(pkiPlacesOf(undefined, nobody).map((places) => places.ca)).toEqual([
      '/nonexistent/.pki/libvirt/cacert.pem',
      '/etc/pki/CA/cacert.pem',
    ]);
  });
});
