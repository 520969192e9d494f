/**
 * Reads the certificates that libvirt's client would use: all from one folder, or each from the user's
 * or the system's place. Whether they are any good is left to TLS.
 */
import { readFile } from 'node:fs/promises';
import { pkiPlacesOf, type PkiPlaces, type UserPlaces } from './places.ts';

export interface Certificates {
  readonly ca: Buffer;
  /** Certificates taken back before their time. */
  readonly crl?: Buffer | undefined;
  /** Our own certificate with its key; few daemons let anyone in without. */
  readonly own?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
}

/** Rejects with an error that names the file that is missing or cannot be read. */
export async function readCertificates(
  pkiPath: string | undefined,
  user: UserPlaces,
  signal: AbortSignal,
): Promise<Certificates> {
  const candidates = pkiPlacesOf(pkiPath, user);
  const authority = await authorityOf(candidates, signal);
  if (authority === undefined) throw missing(candidates.map((places) => places.ca));
  const own = await ownOf(candidates, signal);
  if (own === undefined && pkiPath !== undefined) {
    throw missing(candidates.flatMap((places) => [places.cert, places.key]));
  }
  return { ...authority, own };
}

/** The list of what was taken back lies next to the authority: another's would fit no certificate. */
async function authorityOf(candidates: readonly PkiPlaces[], signal: AbortSignal) {
  for (const places of candidates) {
    const ca = await read(places.ca, signal);
    if (ca !== undefined) return { ca, crl: await read(places.crl, signal) };
  }
  return undefined;
}

/** Certificate and key belong together: half a pair is passed over for the next place. */
async function ownOf(candidates: readonly PkiPlaces[], signal: AbortSignal) {
  for (const places of candidates) {
    const cert = await read(places.cert, signal);
    const key = await read(places.key, signal);
    if (cert !== undefined && key !== undefined) return { cert, key };
  }
  return undefined;
}

async function read(path: string, signal: AbortSignal): Promise<Buffer | undefined> {
  try {
    return await readFile(path, { signal });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    signal.throwIfAborted();
    if (code === undefined) throw error;
    throw new Error(`cannot read ${path}: ${code}; let this user read it`, { cause: error });
  }
}

function missing(paths: readonly string[]): Error {
  return new Error(`TLS needs ${paths.join(' or ')}: put it there, or name a folder as pkipath`);
}
