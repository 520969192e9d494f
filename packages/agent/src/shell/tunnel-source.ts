/**
 * The source's end: connects to the host that was ordered, then offers this host's libvirt a unix socket that
 * leads there, once, guarded. It reaches the target first: a tunnel that cannot be made is found before libvirt
 * is asked for anything.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { certificateName } from '@drover/certificates/names';
import { handshakeMs, type TunnelEnd } from './tunnel-end.ts';
import { readLine, readWelcome, sendGreeting } from './tunnel-greeting.ts';
import type { SourceOrder } from './tunnel-order.ts';

export function serveSource(end: TunnelEnd, order: SourceOrder): void {
  const { identity, host, port, peer: hostId } = order;
  const peer = connect({
    host,
    port,
    key: identity.keyPem,
    cert: identity.certificatePem,
    ca: [...identity.trustedPems],
    servername: certificateName(hostId, 'tunnel'),
    minVersion: 'TLSv1.3',
  });
  const giveUp = setTimeout(() => end.fail(`no answer in ${handshakeMs / 1_000} s`), handshakeMs);
  const onError = (error: NodeJS.ErrnoException) => end.fail(explain(error, order));
  peer.once('error', onError);
  peer.once('secureConnect', () => {
    sendGreeting(peer, order.opId, order.secret);
    readLine(peer).then(
      (line) => {
        const welcome = readWelcome(line);
        if (!welcome.ok) return end.fail(`${hostId} turned it away: ${welcome.message}`);
        clearTimeout(giveUp);
        peer.off('error', onError);
        return offer(end, order, peer);
      },
      (error: Error) => end.fail(`${hostId} did not let this host in: ${error.message}`),
    );
  });
}

function offer(end: TunnelEnd, order: SourceOrder, peer: TLSSocket): void {
  const onEnd = () => end.end(1);
  peer.on('error', onEnd);
  peer.on('close', onEnd);
  rmSync(order.socketPath, { force: true });
  const server = createServer({ pauseOnConnect: true }, (local) => {
    end.isTaken();
    server.close();
    peer.off('error', onEnd);
    peer.off('close', onEnd);
    end.join(local, peer);
  });
  server.maxConnections = 1;
  server.on('error', (error) => end.fail(error.message));
  end.atEnd(() => rmSync(order.socketPath, { force: true }));
  process.umask(0o177);
  server.listen(order.socketPath, () => end.answer({ ok: true, port: order.port }));
}

const byNoAuthority = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** OpenSSL's own texts are for its developers. */
function explain(error: NodeJS.ErrnoException, { host, port, peer }: SourceOrder): string {
  const { code = '', message } = error;
  const certificate = `the certificate at ${host}:${port}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `${certificate} is not that of ${peer}`;
  if (code === 'CERT_HAS_EXPIRED') return `${certificate} has run out`;
  if (byNoAuthority.has(code)) return `${certificate} is by an authority that is not trusted here`;
  return code.startsWith('ERR_SSL') ? `TLS: ${code}` : message;
}
