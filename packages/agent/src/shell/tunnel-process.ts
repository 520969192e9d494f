/**
 * One end of one migration's control connection, as a process of its own, so that the death of the agent
 * does not cut a migration under way. Told what to do by one line of JSON on stdin, answers with one line on
 * stdout, takes exactly one connection, and ends with it, or after a minute without one.
 * What it carries it does not look at. See docs/adr/0001.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';

export type TunnelOrder =
  | {
      readonly side: 'target';
      readonly opId: string;
      readonly secret: string;
      /** What it listens on; absent: every address of this host. */
      readonly host?: string;
      /** What the source is told to connect to. */
      readonly announcedHost: string;
      /** The first free one of them is taken. */
      readonly ports: readonly number[];
      readonly libvirtSocket: string;
      /** Where it leaves word of itself, for an agent that was restarted; removed at its end. */
      readonly stateFile: string;
    }
  | {
      readonly side: 'source';
      readonly opId: string;
      readonly secret: string;
      readonly host: string;
      readonly port: number;
      readonly socketPath: string;
    };

export type TunnelAnswer =
  | { readonly ok: true; readonly port: number }
  | { readonly ok: false; readonly message: string };

/** What the target's end leaves in its state file. */
export interface TunnelState {
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

const waitMs = Number(process.env['DROVER_TUNNEL_WAIT_MS'] ?? 60_000);
const handshakeMs = 10_000;
/** A pre-shared key with forward secrecy; pinned, so that nothing weaker is agreed on. */
const suite = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const;

const cleanups: (() => void)[] = [];

function end(code: number): never {
  for (const cleanup of cleanups) cleanup();
  process.exit(code);
}

function answer(value: TunnelAnswer): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function fail(error: Error): never {
  // The agent may be gone by now; then nobody reads this.
  const { code, message } = error as NodeJS.ErrnoException;
  // OpenSSL's own texts are for its developers.
  answer({ ok: false, message: code?.startsWith('ERR_SSL') ? code : message });
  end(1);
}

/** Bytes both ways until either side ends. */
function join(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to);
    from.on('error', () => end(1));
    from.on('close', () => {
      // What was written before the end still goes out.
      to.end(() => end(0));
      setTimeout(() => end(0), 1_000).unref();
    });
  }
}

function endWithoutConnection(): NodeJS.Timeout {
  return setTimeout(() => end(2), waitMs);
}

function serveTarget(order: Extract<TunnelOrder, { side: 'target' }>): void {
  const secret = Buffer.from(order.secret, 'hex');
  const server = createTlsServer({
    ...suite,
    handshakeTimeout: handshakeMs,
    // null, as Node's types want it, refuses the handshake.
    pskCallback: (_socket, identity) => (identity === order.opId ? secret : null),
  });
  server.maxConnections = 8;
  const idle = endWithoutConnection();
  let taken = false;
  server.on('secureConnection', (peer: TLSSocket) => {
    if (taken) return void peer.destroy();
    taken = true;
    clearTimeout(idle);
    server.close();
    join(peer, connect(order.libvirtSocket));
  });
  server.on('tlsClientError', () => {});
  const ports = [...order.ports];
  const listen = (): void => {
    const port = ports.shift();
    if (port === undefined) fail(new Error(`no free port among ${order.ports.join(', ')}`));
    server.listen({ ...(order.host ? { host: order.host } : {}), port, exclusive: true });
  };
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') listen();
    else fail(error);
  });
  server.on('listening', () => {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { announcedHost: host, secret: key } = order;
    const state: TunnelState = { pid: process.pid, host, port, secret: key };
    writeFileSync(order.stateFile, JSON.stringify(state), { mode: 0o600 });
    cleanups.push(() => rmSync(order.stateFile, { force: true }));
    answer({ ok: true, port });
  });
  listen();
}

/** Reaches the target first: a tunnel that cannot be made is found before libvirt is asked for anything. */
function serveSource(order: Extract<TunnelOrder, { side: 'source' }>): void {
  const peer = connectTls({
    ...suite,
    host: order.host,
    port: order.port,
    pskCallback: () => ({ psk: Buffer.from(order.secret, 'hex'), identity: order.opId }),
    // There are no certificates: who knows the secret is the peer.
    checkServerIdentity: () => undefined,
  });
  const giveUp = setTimeout(() => fail(new Error('no answer in 10 s')), handshakeMs);
  peer.once('error', fail);
  peer.once('secureConnect', () => {
    clearTimeout(giveUp);
    peer.off('error', fail);
    peer.on('error', () => end(1));
    peer.on('close', () => end(0));
    const idle = endWithoutConnection();
    rmSync(order.socketPath, { force: true });
    const server = createServer({ pauseOnConnect: true }, (local) => {
      clearTimeout(idle);
      server.close();
      join(local, peer);
      local.resume();
    });
    server.maxConnections = 1;
    server.on('error', fail);
    cleanups.push(() => rmSync(order.socketPath, { force: true }));
    process.umask(0o177);
    server.listen(order.socketPath, () => answer({ ok: true, port: order.port }));
  });
}

function main(): void {
  // A group of its own, but told to go with the host; the agent's end must not end it.
  process.on('SIGTERM', () => end(0));
  process.on('SIGHUP', () => {});
  process.on('SIGINT', () => {});
  process.stdout.on('error', () => {});
  let text = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (piece: string) => {
    text += piece;
    const line = text.indexOf('\n');
    if (line < 0) return;
    process.stdin.destroy();
    const order = JSON.parse(text.slice(0, line)) as TunnelOrder;
    if (order.side === 'target') serveTarget(order);
    else serveSource(order);
  });
}

if (process.argv[1] === import.meta.filename) main();
