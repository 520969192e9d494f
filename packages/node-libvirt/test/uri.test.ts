/**
 * Connection URIs: the way to the daemon, what is left for its driver, and what is refused.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUri, UriError } from '../src/index.ts';
import { socketPathsOf, type UserPlaces } from '../src/transport/places.ts';
import type { UnixTarget } from '../src/uri.ts';
import { thrownBy } from './support.ts';

const unix = {
  kind: 'unix',
  socketPath: undefined,
  mode: 'auto',
  daemon: 'virtqemud',
  perUser: false,
} as const;
const tls = { kind: 'tls', host: 'h2', port: 16_514, pkiPath: undefined, verify: true } as const;

describe('a connection URI', () => {
  const table: readonly (readonly [uri: string, target: object, driverUri: string])[] = [
    ['qemu:///system', unix, 'qemu:///system'],
    ['qemu:///session', { ...unix, perUser: true }, 'qemu:///session'],
    ['qemu+unix:///system', unix, 'qemu:///system'],
    ['qemu+UNIX:///system', unix, 'qemu:///system'],
    ['qemu+unix:///system?socket=/a/b', { ...unix, socketPath: '/a/b' }, 'qemu:///system'],
    ['qemu:///system?socket=%2Fa%20b', { ...unix, socketPath: '/a b' }, 'qemu:///system'],
    ['qemu:///system?mode=legacy', { ...unix, mode: 'legacy' }, 'qemu:///system'],
    ['qemu:///system?mode=direct', { ...unix, mode: 'direct' }, 'qemu:///system'],
    ['qemu:///system?mode=auto', unix, 'qemu:///system'],
    ['test:///default', { ...unix, daemon: 'virttestd' }, 'test:///default'],
    [
      'test+unix:///default?socket=/s',
      { ...unix, daemon: 'virttestd', perUser: true, socketPath: '/s' },
      'test:///default',
    ],
    ['remote+unix:///', { ...unix, daemon: undefined }, ''],
    ['qemu+tcp://h2/system', { kind: 'tcp', host: 'h2', port: 16_509 }, 'qemu:///system'],
    ['qemu+tcp://h2:5000/system', { kind: 'tcp', host: 'h2', port: 5000 }, 'qemu:///system'],
    ['qemu+tcp:///system', { kind: 'tcp', host: 'localhost', port: 16_509 }, 'qemu:///system'],
    ['qemu+tcp://[::1]:7/system', { kind: 'tcp', host: '::1', port: 7 }, 'qemu:///system'],
    [
      'qemu+tcp://[fe80::1%25eth0]/system',
      { kind: 'tcp', host: 'fe80::1%eth0', port: 16_509 },
      'qemu:///system',
    ],
    ['qemu+tls://h2/system', tls, 'qemu:///system'],
    ['qemu://h2/system', tls, 'qemu:///system'],
    ['qemu+tls://h2:99/system', { ...tls, port: 99 }, 'qemu:///system'],
    ['qemu+tls://[2001:db8::7]/system', { ...tls, host: '2001:db8::7' }, 'qemu:///system'],
    [
      'qemu+tls://h2/system?pkipath=/etc/my%20pki&no_verify=1',
      { ...tls, pkiPath: '/etc/my pki', verify: false },
      'qemu:///system',
    ],
    ['qemu+tls://h2/system?no_verify=0', tls, 'qemu:///system'],
    ['qemu+tls://h2/system?NO_VERIFY=2', { ...tls, verify: false }, 'qemu:///system'],
    ['qemu+tls://h2/embed?root=/a%26b&no_verify=0;x', tls, 'qemu:///embed?root=/a%26b&x'],
    ['remote+tls://h2/?name=lxc%3A///system', tls, 'lxc:///system'],
    ['lxc:///a%20b#part', { ...unix, daemon: 'virtlxcd' }, 'lxc:///a%20b#part'],
  ];
  for (const [uri, target, driverUri] of table) {
    it(`${uri} is read`, () => {
      expect(parseUri(uri)).toEqual({ target, driverUri, username: undefined });
    });
  }

  it('may name a user', () => {
    expect(parseUri('qemu+tls://j%40x@h2/system')).toMatchObject({
      target: { host: 'h2' },
      username: 'j@x',
    });
  });
});

describe('a URI that cannot be used', () => {
  const table: readonly (readonly [uri: string, told: RegExp])[] = [
    ['', /write driver.*qemu:\/\/\/system/],
    ['qemu', /no form/],
    ['qemu:/system', /no form/],
    ['Qemu:///system', /capitals; write qemu/],
    ['../../x:///system', /no form/],
    ['qemu+ssh://h2/system', /"ssh" is not supported; use unix, tcp or tls/],
    ['qemu+libssh://h2/system', /"libssh" is not supported; use unix, tcp or tls/],
    ['qemu+libssh2://h2/system', /"libssh2" is not supported; use unix, tcp or tls/],
    ['qemu+ext:///system?command=x', /"ext" is not supported/],
    ['qemu+unix://h2/system', /unix socket is on no other host/],
    ['qemu+unix://:5/system', /unix socket is on no other host/],
    ['qemu+tls://a:b@h2/system', /password; leave it out/],
    ['qemu+tls://h2:0/system', /port 0 does not exist/],
    ['qemu+tls://h2:65536/system', /port 65536 does not exist/],
    ['qemu+tls://h2:x/system', /host is none/],
    ['qemu+tls://::1/system', /host is none/],
    ['qemu+tls://[::g]/system', /no IPv6 address/],
    ['qemu+tls://h%2F2/system', /no host name/],
    ['qemu:///system?mode=both', /use auto, legacy or direct/],
    ['qemu+tls://h2/system?mode=direct', /does not go over tls/],
    ['qemu:///system?socket=sock', /socket is no absolute path/],
    ['qemu:///system?socket=/a%00b', /socket is no absolute path/],
    ['qemu+tls://h2/system?socket=/a', /socket means nothing to tls/],
    ['qemu+tcp://h2/system?pkipath=/a', /pkipath means nothing to tcp; .* use tls/],
    ['qemu+tls://h2/system?no_verify=yes', /write 1 for yes or 0 for no/],
    ['qemu+tls://h2/system?tls_priority=NORMAL', /tls_priority is not supported; use only/],
    ['qemu:///system?mode=auto&mode=legacy', /comes twice/],
    ['qemu:///sys%zz', /% in its path/],
    ['qemu:///system?socket=%ff', /% in its query/],
    ['qemu:///sys tem', /space/],
    ['qemu:///système', /outside ASCII/],
  ];
  for (const [uri, told] of table) {
    it(`${uri === '' ? 'of no letters' : uri} is refused with a next step`, () => {
      const error = thrownBy(() => parseUri(uri));
      expect(error).toBeInstanceOf(UriError);
      expect((error as UriError).message).toMatch(told);
    });
  }

  it('does not show its password in the error', () => {
    expect(thrownBy(() => parseUri('qemu+tls://a:secret@h2/system'))).not.toMatchObject({
      message: expect.stringContaining('secret'),
    });
  });
});

describe('any text at all', () => {
  const piece = fc.oneof(
    fc.constantFrom('qemu', 'test', '+', 'tls', 'unix', 'ssh', '://', '/', '@', ':', '[', ']', '?'),
    fc.constantFrom('#', '%', '%2', '%41', '%ff', '&', ';', '=', 'socket', 'mode', '::1', '16514'),
    fc.string({ maxLength: 4 }),
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 8 }).map((pieces) => `qemu+tls://${pieces.join('')}`),
    fc.array(piece, { maxLength: 8 }).map((pieces) => `qemu:///system?${pieces.join('')}`),
  );

  it('is read or refused with UriError, never anything else', () => {
    fc.assert(
      fc.property(text, (uri) => {
        const error = thrownBy(() => parseUri(uri));
        expect(error === undefined || error instanceof UriError).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('that is read leaves a driver URI that leads nowhere else', () => {
    fc.assert(
      fc.property(text, (uri) => {
        let read;
        try {
          read = parseUri(uri);
        } catch {
          return;
        }
        if (read.driverUri === '' || /name=/i.test(uri)) return;
        const again = parseUri(read.driverUri);
        expect(again.driverUri).toBe(read.driverUri);
        expect(again.target.kind).toBe('unix');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the socket', () => {
  const root: UserPlaces = { isRoot: true, homeDir: '/root', runtimeDir: '/run/user/0' };
  const user: UserPlaces = { isRoot: false, homeDir: '/home/j', runtimeDir: '/run/user/7' };
  const paths = (uri: string, who = root, readOnly = false) =>
    socketPathsOf(parseUri(uri).target as UnixTarget, readOnly, who);
  const legacy = '/run/libvirt/libvirt-sock';
  const direct = '/run/libvirt/virtqemud-sock';

  it('is the driver’s own where there is one, else libvirtd’s', () => {
    expect(paths('qemu:///system')).toEqual([direct, legacy]);
    expect(paths('qemu:///system', user)).toEqual([direct, legacy]);
    expect(paths('qemu:///system?mode=direct')).toEqual([direct]);
    expect(paths('qemu:///system?mode=legacy')).toEqual([legacy]);
    expect(paths('remote+unix:///')).toEqual([legacy]);
  });

  it('for reading only is another', () => {
    expect(paths('qemu:///system', root, true)).toEqual([`${direct}-ro`, `${legacy}-ro`]);
  });

  it('of a session is the user’s, and root’s is the system’s', () => {
    expect(paths('qemu:///session', user, true)).toEqual([
      '/run/user/7/libvirt/virtqemud-sock',
      '/run/user/7/libvirt/libvirt-sock',
    ]);
    expect(paths('qemu:///session?mode=legacy', { ...user, runtimeDir: undefined })).toEqual([
      '/home/j/.cache/libvirt/libvirt-sock',
    ]);
    expect(paths('test+unix:///default?mode=legacy', user)).toEqual([
      '/run/user/7/libvirt/libvirt-sock',
    ]);
    expect(paths('qemu:///session')).toEqual([direct, legacy]);
  });

  it('is the one that the URI names, whoever asks', () => {
    expect(paths('qemu:///session?socket=/a&mode=direct', user, true)).toEqual(['/a']);
  });
});
