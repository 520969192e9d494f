/**
 * Opens the way that a target names, as the user who runs this process.
 */
import { homedir } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Target } from '../uri.ts';
import { readCertificates } from './certificates.ts';
import { socketPathsOf, type UserPlaces } from './places.ts';
import { openTcp } from './tcp.ts';
import { startTls } from './tls.ts';
import { openUnixSocket } from './unix-socket.ts';

/** Rejects with the cause as it came, or with the signal's reason. */
export async function openTarget(
  target: Target,
  readOnly: boolean,
  signal: AbortSignal,
): Promise<Duplex> {
  const user = thisUser();
  switch (target.kind) {
    case 'unix':
      return openUnixSocket(socketPathsOf(target, readOnly, user), signal);
    case 'tcp':
      return openTcp(target, signal);
    case 'tls': {
      const certificates = await readCertificates(target.pkiPath, user, signal);
      const stream = await openTcp(target, signal);
      return startTls(stream, { host: target.host, certificates, verify: target.verify }, signal);
    }
  }
}

function thisUser(): UserPlaces {
  return {
    isRoot: process.geteuid?.() === 0,
    homeDir: homedir(),
    runtimeDir: process.env['XDG_RUNTIME_DIR'] || undefined,
  };
}
