/**
 * The first words on a tunnel, before any of libvirt's: the source names the operation and proves that it has
 * the operation's secret, the target says whether it may come in. The proof is bound to this one TLS connection,
 * so what was heard on another is worth nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

interface Greeting {
  readonly opId: string;
  readonly proof: string;
}

export type Welcome = { readonly ok: true } | { readonly ok: false; readonly message: string };

const lineMax = 1024;

export function sendGreeting(peer: TLSSocket, opId: string, secret: string): void {
  const greeting: Greeting = { opId, proof: proofOf(peer, opId, secret).toString('hex') };
  peer.write(`${JSON.stringify(greeting)}\n`);
}

export function sendWelcome(peer: TLSSocket, welcome: Welcome): void {
  peer.write(`${JSON.stringify(welcome)}\n`);
}

/** Has the peer at the other end of this connection the operation's secret? */
export function isGreeting(line: string, peer: TLSSocket, opId: string, secret: string): boolean {
  try {
    const { opId: named, proof } = JSON.parse(line) as Partial<Greeting>;
    const wanted = proofOf(peer, opId, secret);
    const given = Buffer.from(String(proof), 'hex');
    return named === opId && given.length === wanted.length && timingSafeEqual(given, wanted);
  } catch {
    return false;
  }
}

export function readWelcome(line: string): Welcome {
  const { ok, message } = JSON.parse(line) as { readonly ok?: unknown; readonly message?: unknown };
  return ok === true ? { ok } : { ok: false, message: String(message).slice(0, 200) };
}

/** What stands before the first line's end; the rest stays to be read. Rejects at the connection's end. */
export function readLine(peer: TLSSocket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let heard = Buffer.alloc(0);
  const onData = (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes]);
    const end = heard.indexOf(0x0a);
    if (end < 0 && heard.length <= lineMax) return;
    stop();
    if (end < 0 || end > lineMax) return reject(new Error('the first line is too long'));
    peer.pause();
    if (heard.length > end + 1) peer.unshift(heard.subarray(end + 1));
    resolve(heard.subarray(0, end).toString('utf8'));
  };
  const onClose = () => {
    stop();
    reject(new Error('it closed the connection'));
  };
  const stop = () => {
    peer.off('data', onData);
    peer.off('close', onClose);
  };
  peer.on('data', onData);
  peer.on('close', onClose);
  return promise;
}

function proofOf(peer: TLSSocket, opId: string, secret: string): Buffer {
  const bound = peer.exportKeyingMaterial(32, 'EXPORTER-drover-tunnel', Buffer.from(opId));
  return createHmac('sha256', Buffer.from(secret, 'hex')).update(bound).digest();
}
