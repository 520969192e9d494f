/**
 * The target's end: listens for the one host that was ordered, by its certificate and the operation's secret, and
 * leads it to this host's libvirt, guarded. Whoever else comes is refused and written down.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { hostIdOf } from '@drover/certificates/names';
import { startedAt } from './os-facts.ts';
import { handshakeMs, type TunnelEnd } from './tunnel-end.ts';
import { isGreeting, readLine, sendWelcome } from './tunnel-greeting.ts';
import type { TargetOrder, TunnelState } from './tunnel-order.ts';

export function serveTarget(end: TunnelEnd, order: TargetOrder): void {
  const { identity } = order;
  let isTaken = false;
  const server = createServer({
    key: identity.keyPem,
    cert: identity.certificatePem,
    ca: [...identity.trustedPems],
    requestCert: true,
    // Turned away below instead, so that it is known who came; TLS would only say that somebody left.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    handshakeTimeout: handshakeMs,
  });
  server.maxConnections = 8;
  server.on('secureConnection', (peer: TLSSocket) => {
    peer.on('error', () => peer.destroy());
    void admit(end, order, peer).then((isAdmitted) => {
      if (!isAdmitted) return undefined;
      if (isTaken) return turnAway(end, peer, 'second-use', 'the tunnel is in use, and takes one');
      isTaken = true;
      end.isTaken();
      sendWelcome(peer, { ok: true });
      return end.join(peer, connect(order.libvirtSocket));
    });
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, peer) => {
    // Who opens a connection and says nothing is nobody yet.
    if (error.code === 'ECONNRESET' || error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return;
    end.refuse('peer', `${peer.remoteAddress ?? 'somebody'}: ${error.code ?? error.message}`);
  });
  listen(end, order, server);
}

/** False: it was turned away. */
async function admit(end: TunnelEnd, order: TargetOrder, peer: TLSSocket): Promise<boolean> {
  if (!peer.authorized) {
    const why = String(peer.authorizationError ?? 'no certificate');
    turnAway(end, peer, 'peer', `a certificate that is not taken: ${why}`);
    return false;
  }
  const certificate = peer.getPeerX509Certificate();
  const hostId = certificate && hostIdOf(certificate, 'tunnel');
  if (hostId !== order.peer) {
    const who = hostId ?? 'a certificate that is no host’s';
    turnAway(end, peer, 'peer', `${who} came, ordered is ${order.peer}`);
    return false;
  }
  const late = setTimeout(() => peer.destroy(), handshakeMs);
  try {
    if (isGreeting(await readLine(peer), peer, order.opId, order.secret)) return true;
    turnAway(end, peer, 'peer', `${hostId} came without the secret of the operation`);
  } catch {
    peer.destroy();
  } finally {
    clearTimeout(late);
  }
  return false;
}

function turnAway(
  end: TunnelEnd,
  peer: TLSSocket,
  reason: 'peer' | 'second-use',
  message: string,
): void {
  end.refuse(reason, message);
  sendWelcome(peer, { ok: false, message });
  peer.end();
  setTimeout(() => peer.destroy(), 1_000).unref();
}

function listen(end: TunnelEnd, order: TargetOrder, server: ReturnType<typeof createServer>): void {
  const ports = [...order.ports];
  const next = (): void => {
    const port = ports.shift();
    if (port === undefined) end.fail(`no free port among ${order.ports.join(', ')}`);
    server.listen({ ...(order.host ? { host: order.host } : {}), port, exclusive: true });
  };
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') next();
    else end.fail(error.message);
  });
  server.on('listening', () => {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { announcedHost: host, secret } = order;
    const { pid } = process;
    const state: TunnelState = { pid, startedAt: startedAt(pid), host, port, secret };
    writeFileSync(order.stateFile, JSON.stringify(state), { mode: 0o600 });
    end.atEnd(() => rmSync(order.stateFile, { force: true }));
    end.answer({ ok: true, port });
  });
  next();
}
