/**
 * Who we are is proved without showing the password, and the daemon has to prove itself too.
 */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AuthError, connect, isPermanent } from '../src/index.ts';
import { Scram, type ScramOptions } from '../src/auth/scram.ts';
import { FakeDaemon, type Handlers } from '../src/testing/index.ts';
import { errorOf, thrownBy } from './support.ts';

/** The examples of RFC 5802, section 5, and RFC 7677, section 3. */
const sha1: ScramOptions = {
  mechanism: 'SCRAM-SHA-1',
  username: 'user',
  password: 'pencil',
  nonce: 'fyko+d2lbbFgONRv9qkxdawL',
};
const sha256: ScramOptions = {
  mechanism: 'SCRAM-SHA-256',
  username: 'user',
  password: 'pencil',
  nonce: 'rOprNGfwEbeRWgbNEkqO',
};
const first1 = 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096';
const first256 =
  'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';

describe('SCRAM', () => {
  it('says what the examples of its RFCs say', async () => {
    const one = new Scram(sha1);
    expect(one.first).toBe('n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL');
    expect(await one.final(first1)).toBe(
      'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    );
    one.verify('v=rmF9pqV8S7suAoZWja4dJRkFsKQ=');
    const other = new Scram(sha256);
    expect(await other.final(first256)).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
        'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    other.verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });

  it.each([
    ['the nonce of another attempt', first256.replace('rOpr', 'rOpx')],
    ['our nonce and nothing of its own', 'r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0=,i=4096'],
    ['too few rounds', first256.replace('i=4096', 'i=4095')],
    ['rounds without end', first256.replace('i=4096', 'i=2000000000')],
    ['no rounds', first256.replace('i=4096', 'i=x')],
    ['no salt', first256.replace(/s=[^,]*/, 's=')],
    ['an extension', `m=x,${first256}`],
    ['nothing', ''],
  ])('refuses a server that sends %s', async (_, message) => {
    expect(await errorOf(new Scram(sha256).final(message))).toBeInstanceOf(AuthError);
  });

  it.each(['v=AAAA', 'v=', '', 'e=invalid-proof', 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ='])(
    'does not believe a server that proves itself with "%s"',
    async (message) => {
      const scram = new Scram(sha256);
      await scram.final(first256);
      expect(thrownBy(() => scram.verify(message))).toBeInstanceOf(AuthError);
    },
  );

  it('cannot be told another user by a user name', () => {
    const { first } = new Scram({ ...sha256, username: 'a,r=b=c' });
    expect(first).toBe('n,,n=a=2Cr=3Db=3Dc,r=rOprNGfwEbeRWgbNEkqO');
    expect(thrownBy(() => new Scram({ ...sha256, username: 'a\0b' }))).toBeInstanceOf(AuthError);
  });
});

describe('a daemon that asks for SASL', () => {
  const handlers = (mechanisms: string, more: Handlers = {}): Handlers => ({
    authList: () => ({ types: [1] }),
    authSaslInit: () => ({ mechanisms }),
    ...more,
  });
  const auth = { username: 'user', password: 'hunter2' };

  async function failure(daemon: FakeDaemon, options: object): Promise<Error> {
    const transport = () => daemon.open();
    return (await errorOf(connect({ transport, ...options }))) as Error;
  }

  it.each([
    ['no password was given', 'SCRAM-SHA-256', {}, /auth: \{ username, password \}/],
    ['no user was given', 'SCRAM-SHA-256', { auth: { password: 'hunter2' } }, /user@/],
    ['it speaks only what shows passwords', 'PLAIN,DIGEST-MD5', { auth }, /scram-sha-256/],
    ['it offers nothing', '', { auth }, /no mechanism/],
  ])('is told why not where %s', async (_, mechanisms, options, message) => {
    await using daemon = new FakeDaemon(handlers(mechanisms));
    const error = await failure(daemon, options);
    expect(error).toBeInstanceOf(AuthError);
    expect(error.message).toMatch(message);
    expect(isPermanent(error)).toBe(true);
  });

  it('and lets everybody in, or cannot prove itself, is no daemon of ours', async () => {
    const reply = (text: string, complete: boolean) => ({
      complete,
      absent: false,
      data: Buffer.from(text),
    });
    await using trusting = new FakeDaemon(
      handlers('SCRAM-SHA-256', { authSaslStart: () => reply('', true) }),
    );
    expect(await failure(trusting, { auth })).toBeInstanceOf(AuthError);
    await using lying = new FakeDaemon(
      handlers('SCRAM-SHA-1,SCRAM-SHA-256', {
        authSaslStart: ({ mechanism, data }) => {
          expect(mechanism).toBe('SCRAM-SHA-256');
          const [, nonce = ''] = /r=(.*)$/.exec(Buffer.from(data).toString()) ?? [];
          return reply(`r=${nonce}more,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`, false);
        },
        authSaslStep: () => reply('v=AAAA', true),
      }),
    );
    const error = await failure(lying, { auth: () => auth });
    expect(error.message).toMatch(/could not prove/);
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
    const seen = inspect(lying.connections, { depth: 9 });
    expect(seen).not.toContain('hunter2');
  });
});
