/**
 * Proves who we are by SASL, in the messages that libvirt has for it. Only mechanisms that never show the
 * password are used.
 */
import { randomBytes } from 'node:crypto';
import type { Caller } from '../connection/caller.ts';
import type { CallOptions } from '../connection/options.ts';
import { AuthError } from '../errors.ts';
import { Scram, scramHashes, type ScramMechanism } from './scram.ts';

export interface Credentials {
  /** The URI's user if absent. */
  readonly username?: string;
  readonly password: string;
}

/** Asked for at each connection, also the later ones of a pool. */
export type CredentialSource = Credentials | (() => Credentials | Promise<Credentials>);

interface Reply {
  readonly complete: boolean;
  readonly absent: boolean;
  readonly data: Uint8Array;
}

/** Rejects with `AuthError`, or with the `LibvirtError` with which the daemon refused. */
export async function authenticateBySasl(
  caller: Pick<Caller, 'call'>,
  source: CredentialSource | undefined,
  uriUser: string | undefined,
  options: CallOptions,
): Promise<void> {
  const { mechanisms } = await caller.call('authSaslInit', undefined, options);
  const offered = mechanisms.split(/[\s,]+/);
  const mechanism = (Object.keys(scramHashes) as ScramMechanism[]).find((one) =>
    offered.includes(one),
  );
  if (mechanism === undefined) {
    throw new AuthError(
      `the daemon offers ${mechanisms || 'no mechanism'}, and only SCRAM is spoken here: ` +
        'set mech_list to scram-sha-256 in its /etc/sasl2/libvirt.conf',
    );
  }
  const { username = uriUser, password } = await given(source);
  if (username === undefined) {
    throw new AuthError('the daemon asks for a user name: give auth.username, or user@ in the URI');
  }
  const nonce = randomBytes(18).toString('base64');
  await exchange(caller, new Scram({ mechanism, username, password, nonce }), mechanism, options);
}

async function given(source: CredentialSource | undefined): Promise<Credentials> {
  if (source === undefined) {
    throw new AuthError(
      'the daemon asks for a password: connect with auth: { username, password }',
    );
  }
  return typeof source === 'function' ? source() : source;
}

async function exchange(
  caller: Pick<Caller, 'call'>,
  scram: Scram,
  mechanism: string,
  options: CallOptions,
): Promise<void> {
  const said = (text: string) => ({ absent: false, data: Buffer.from(text) });
  const start = { mechanism, ...said(scram.first) };
  const first = await caller.call('authSaslStart', start, options);
  if (first.complete) throw new AuthError('the daemon let us in before it asked for the password');
  const proof = said(await scram.final(textOf(first)));
  const second = await caller.call('authSaslStep', proof, options);
  scram.verify(textOf(second));
  if (second.complete) return;
  // The daemon's proof came as a step of its own, which has to be acknowledged.
  const third = await caller.call('authSaslStep', said(''), options);
  if (!third.complete) throw new AuthError('the daemon does not come to an end of authenticating');
}

function textOf({ data }: Reply): string {
  return Buffer.from(data).toString('utf8');
}
