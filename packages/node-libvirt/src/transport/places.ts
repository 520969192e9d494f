/**
 * Where libvirt keeps its sockets and certificates, for the system and for one user. Only names the
 * places; whether anything is there is left to who opens them.
 */
import { join } from 'node:path';
import type { UnixTarget } from '../uri.ts';

/** Who asks. */
export interface UserPlaces {
  readonly isRoot: boolean;
  readonly homeDir: string;
  /** `$XDG_RUNTIME_DIR`, where it is set. */
  readonly runtimeDir: string | undefined;
}

/** The sockets to try, in this order; only one that does not exist leads on to the next. */
export function socketPathsOf(
  target: UnixTarget,
  readOnly: boolean,
  user: UserPlaces,
): readonly string[] {
  if (target.socketPath !== undefined) return [target.socketPath];
  const pathOf = (daemon: string) => {
    if (target.perUser && !user.isRoot) {
      const folder = user.runtimeDir ?? join(user.homeDir, '.cache');
      return join(folder, 'libvirt', `${daemon}-sock`);
    }
    return join('/run/libvirt', `${daemon}-sock${readOnly ? '-ro' : ''}`);
  };
  const legacy = pathOf('libvirt');
  const direct = target.daemon === undefined ? legacy : pathOf(target.daemon);
  if (target.mode === 'legacy' || direct === legacy) return [legacy];
  return target.mode === 'direct' ? [direct] : [direct, legacy];
}

/** The files that TLS needs; the key to the certificate is a secret. */
export interface PkiPlaces {
  readonly ca: string;
  readonly crl: string;
  readonly cert: string;
  readonly key: string;
}

const systemPki: PkiPlaces = {
  ca: '/etc/pki/CA/cacert.pem',
  crl: '/etc/pki/CA/cacrl.pem',
  cert: '/etc/pki/libvirt/clientcert.pem',
  key: '/etc/pki/libvirt/private/clientkey.pem',
};

/** The places to look at, in this order; a folder that the caller named is the only one. */
export function pkiPlacesOf(pkiPath: string | undefined, user: UserPlaces): readonly PkiPlaces[] {
  if (pkiPath !== undefined) return [flatPki(pkiPath)];
  return user.isRoot ? [systemPki] : [flatPki(join(user.homeDir, '.pki', 'libvirt')), systemPki];
}

function flatPki(folder: string): PkiPlaces {
  return {
    ca: join(folder, 'cacert.pem'),
    crl: join(folder, 'cacrl.pem'),
    cert: join(folder, 'clientcert.pem'),
    key: join(folder, 'clientkey.pem'),
  };
}
