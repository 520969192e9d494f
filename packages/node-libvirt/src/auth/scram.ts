/**
 * The client's side of SCRAM (RFC 5802; with SHA-256 RFC 7677), without channel binding: the password is
 * proved and never sent, and the server has to prove that it knows it too. How the messages travel is left
 * to `sasl.ts`.
 */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AuthError } from '../errors.ts';

export const scramHashes = {
  'SCRAM-SHA-512': 'sha512',
  'SCRAM-SHA-256': 'sha256',
  'SCRAM-SHA-1': 'sha1',
} as const;

/** Strongest first. */
export type ScramMechanism = keyof typeof scramHashes;

export interface ScramOptions {
  readonly mechanism: ScramMechanism;
  readonly username: string;
  readonly password: string;
  /** Printable, without a comma, new each time. */
  readonly nonce: string;
}

/** No binding to a channel, and nobody else to act for. */
const gs2Header = 'n,,';
const gs2Base64 = Buffer.from(gs2Header).toString('base64');

/** RFC 7677 wants at least this; fewer make the password cheap to guess. */
const fewestIterations = 4096;
/** A server must not keep us busy for ever. */
const mostIterations = 1_000_000;

export class Scram {
  readonly #options: ScramOptions;
  readonly #firstBare: string;
  #serverSignature: Buffer | undefined;

  constructor(options: ScramOptions) {
    this.#options = options;
    const name = prepared(options.username).replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#firstBare = `n=${name},r=${options.nonce}`;
  }

  get first(): string {
    return gs2Header + this.#firstBare;
  }

  /** The answer to the server's first message. Rejects with `AuthError`. */
  async final(serverFirst: string): Promise<string> {
    const { mechanism, nonce, password } = this.#options;
    const hash = scramHashes[mechanism];
    const fields = fieldsOf(serverFirst);
    const serverNonce = fields.get('r') ?? '';
    if (fields.has('m')) throw new AuthError('the daemon asks for an extension of SCRAM');
    if (!serverNonce.startsWith(nonce) || serverNonce.length === nonce.length) {
      throw new AuthError('the daemon answered with the nonce of another attempt');
    }
    const iterations = Number(fields.get('i'));
    if (!Number.isInteger(iterations) || iterations < fewestIterations) {
      throw new AuthError(
        `the daemon asks for ${fields.get('i') ?? 'no'} rounds of hashing, at least ${fewestIterations} are safe`,
      );
    }
    if (iterations > mostIterations) {
      throw new AuthError(
        `the daemon asks for ${iterations} rounds, at most ${mostIterations} are done`,
      );
    }
    const salt = Buffer.from(fields.get('s') ?? '', 'base64');
    if (salt.length === 0) throw new AuthError('the daemon sent no salt');
    const length = createHash(hash).digest().length;
    const salted = await promisify(pbkdf2)(prepared(password), salt, iterations, length, hash);
    const sign = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest();
    const clientKey = sign(salted, 'Client Key');
    const storedKey = createHash(hash).update(clientKey).digest();
    const withoutProof = `c=${gs2Base64},r=${serverNonce}`;
    const message = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const signature = sign(storedKey, message);
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
    this.#serverSignature = sign(sign(salted, 'Server Key'), message);
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** Throws `AuthError` unless the server has proved that it knows the password as well. */
  verify(serverFinal: string): void {
    const fields = fieldsOf(serverFinal);
    const error = fields.get('e');
    if (error !== undefined) throw new AuthError(`the daemon refused the password: ${error}`);
    const expected = this.#serverSignature;
    const given = Buffer.from(fields.get('v') ?? '', 'base64');
    if (expected?.length !== given.length || !timingSafeEqual(expected, given)) {
      throw new AuthError(
        'the daemon could not prove that it knows the password: it may be another',
      );
    }
  }
}

function fieldsOf(message: string): ReadonlyMap<string, string> {
  return new Map(
    message
      .split(',')
      .map((part) => [part.slice(0, 1), part.slice(1, 2) === '=' ? part.slice(2) : '']),
  );
}

/** The part of SASLprep (RFC 4013) that matters: one form of each character, and no control characters. */
function prepared(text: string): string {
  const normal = text.normalize('NFKC');
  if (/[\p{Cc}\p{Cs}]/u.test(normal)) {
    throw new AuthError('a user name or password cannot hold control characters');
  }
  return normal;
}
