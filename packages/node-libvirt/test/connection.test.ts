/**
 * The connection as a whole: how it begins, stays alive, and ends.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  connect,
  ConnectionError,
  AuthError,
  errorCode,
  isNotFound,
  isOutcomeUnknown,
  isPermanent,
  isUnsupported,
  LibvirtError,
  ProtocolError,
} from '../src/index.ts';
import { FakeDaemon, messageStatus, messageType } from '../src/testing/index.ts';
import { dom, errorOf, Gate, openLab, until } from './support.ts';

describe('connecting', () => {
  it('authenticates, agrees on keepalive, then opens the driver', async () => {
    await using daemon = new FakeDaemon();
    await using libvirt = await connect({
      transport: daemon.open(),
      uri: 'test:///default',
      readOnly: true,
    });
    expect(libvirt.isConnected).toBe(true);
    expect(daemon.connections[0]?.calls).toMatchObject([
      { name: 'authList' },
      { name: 'connectSupportsFeature', args: { feature: 10 } },
      { name: 'connectOpen', args: { name: 'test:///default', flags: 1 } },
    ]);
  });

  it('says what polkit wants of who may not pass, and keeps the daemon’s own words', async () => {
    await using polkit = new FakeDaemon({
      authList: () => ({ types: [2] }),
      authPolkit: () => {
        throw new LibvirtError({ code: 94, domain: 60, level: 2, message: 'no polkit agent' });
      },
    });
    const error = await errorOf(connect({ transport: polkit.open() }));
    expect(error).toBeInstanceOf(AuthError);
    expect(String(error)).toMatch(/no polkit agent.*group libvirt/);
    expect(isPermanent(error)).toBe(true);
  });

  it('passes polkit, and gives up on what it cannot do', async () => {
    await using polkit = new FakeDaemon({
      authList: () => ({ types: [2] }),
      authPolkit: () => ({ complete: true }),
    });
    await using libvirt = await connect({ transport: polkit.open() });
    expect(libvirt.isConnected).toBe(true);
    await using other = new FakeDaemon({ authList: () => ({ types: [9] }) });
    const error = await errorOf(connect({ transport: other.open() }));
    expect(error).toBeInstanceOf(AuthError);
    await until(() => other.connections.length === 0, 'the connection to end');
  });

  it('reaches a daemon over its unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'node-libvirt-'));
    try {
      await using daemon = new FakeDaemon({ connectGetHostname: () => ({ hostname: 'h1' }) });
      const socketPath = join(folder, 'sock');
      await daemon.listen(socketPath);
      await using libvirt = await connect({ socketPath });
      expect(await libvirt.host.hostname()).toBe('h1');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('fails in time when nobody is there or nobody answers', async () => {
    const nobody = await errorOf(connect({ socketPath: '/nonexistent/socket' }));
    expect(nobody).toBeInstanceOf(ConnectionError);
    expect(nobody).toMatchObject({ reason: 'connect-failed', sent: false });
    const hang = new Gate<undefined>();
    await using daemon = new FakeDaemon({ connectOpen: () => hang.promise });
    const silent = errorOf(connect({ transport: daemon.open(), connectTimeoutMs: 30 }));
    expect(await silent).toMatchObject({ reason: 'connect-failed' });
    await until(() => daemon.connections.length === 0, 'the connection to end');
  });
});

describe('keepalive', () => {
  const quick = { keepalive: { intervalMs: 10, count: 3 } };

  it('answers pings at once, whatever else goes on', async () => {
    await using lab = await openLab();
    lab.daemon.connections[0]?.ping();
    await until(() => lab.daemon.connections[0]?.pongsSeen === 1, 'a pong');
    expect(lab.connection.isUsable).toBe(true);
  });

  it('pings a silent peer and stays while it answers', async () => {
    await using lab = await openLab({}, quick);
    const [connection] = lab.daemon.connections;
    await until(() => (connection?.pingsSeen ?? 0) > 6, 'more pings than may go unanswered');
    expect(lab.connection.isUsable).toBe(true);
  });

  it('ends a connection whose peer answers no ping, and all its calls', async () => {
    const hang = new Gate<undefined>();
    await using lab = await openLab({ domainSuspend: () => hang.promise }, quick, {
      answersPings: false,
    });
    const [connection] = lab.daemon.connections;
    const call = errorOf(lab.libvirt.domains.of(dom).suspend());
    expect(await lab.connection.closed).toMatchObject({ reason: 'keepalive' });
    expect(await call).toMatchObject({ reason: 'keepalive', sent: true });
    expect(connection?.pingsSeen).toBe(3);
  });
});

describe('errors of the daemon', () => {
  it('arrive with their numbers', async () => {
    await using lab = await openLab({
      domainLookupByUuid: () => {
        throw new LibvirtError({ code: 42, domain: 10, level: 2, message: 'Domain not found' });
      },
    });
    const error = await errorOf(lab.libvirt.domains.byUuid(dom.uuid));
    expect(error).toMatchObject({
      code: 42,
      domain: 10,
      level: 2,
      message: 'Domain not found',
      procedure: 'domainLookupByUuid',
    });
    expect(isNotFound(error)).toBe(true);
    expect(isOutcomeUnknown(error)).toBe(false);
    expect(await lab.libvirt.domains.find(dom.uuid)).toBeUndefined();
  });

  it('about an unknown procedure mean that it is not supported', async () => {
    await using lab = await openLab();
    const error = await errorOf(lab.libvirt.host.hostname());
    expect(error).toMatchObject({ code: errorCode.noSupport });
    expect(isUnsupported(error)).toBe(true);
  });
});

describe('a peer that breaks the protocol', () => {
  const ways: readonly (readonly [string, Buffer | 'unknown-serial' | 'call'])[] = [
    ['with garbage', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['with a packet of no length', Buffer.alloc(8)],
    ['with a reply that nobody asked for', 'unknown-serial'],
    ['with a call of its own', 'call'],
  ];
  for (const [what, how] of ways) {
    it(`${what} loses the connection`, async () => {
      await using lab = await openLab();
      const [connection] = lab.daemon.connections;
      if (how === 'unknown-serial') {
        connection?.send({ procedure: 59, type: messageType.reply, serial: 99 });
      } else if (how === 'call') {
        connection?.send({ procedure: 59, type: messageType.call, serial: 1 });
      } else {
        connection?.sendRaw(how);
      }
      const { reason, error } = await lab.connection.closed;
      expect(reason).toBe('protocol-error');
      expect(error).toBeInstanceOf(ProtocolError);
    });
  }

  it('with a reply that does not parse loses it too, and the call knows', async () => {
    const hang = new Gate<{ hostname: string }>();
    await using lab = await openLab({ connectGetHostname: () => hang.promise });
    const call = errorOf(lab.libvirt.host.hostname());
    const [connection] = lab.daemon.connections;
    await until(() => connection?.calls.at(-1)?.name === 'connectGetHostname', 'the call');
    const serial = connection?.calls.at(-1)?.serial ?? 0;
    connection?.send(
      { procedure: 59, type: messageType.reply, serial, status: messageStatus.ok },
      Buffer.from([0, 0, 0, 9, 1]),
    );
    expect(await call).toBeInstanceOf(ProtocolError);
    expect(isOutcomeUnknown(await call)).toBe(true);
    expect((await lab.connection.closed).reason).toBe('protocol-error');
  });
});

describe('the end', () => {
  it('by the peer leaves running calls unknown and later ones unsent', async () => {
    const hang = new Gate<undefined>();
    await using lab = await openLab({ domainSuspend: () => hang.promise });
    const running = errorOf(lab.libvirt.domains.of(dom).suspend());
    const [connection] = lab.daemon.connections;
    await until(() => connection?.calls.at(-1)?.name === 'domainSuspend', 'the call');
    connection?.destroy();
    expect(await running).toMatchObject({ reason: 'ended', sent: true });
    expect(await lab.connection.closed).toMatchObject({ reason: 'ended' });
    const late = await errorOf(lab.libvirt.domains.of(dom).resume());
    expect(late).toMatchObject({ reason: 'ended', sent: false });
  });

  it('by us says goodbye and is told once', async () => {
    await using lab = await openLab();
    const [connection] = lab.daemon.connections;
    await lab.libvirt.close();
    await lab.libvirt.close();
    expect(connection?.calls.at(-1)?.name).toBe('connectClose');
    expect(await lab.connection.closed).toEqual({ reason: 'closed', error: undefined });
    await until(() => lab.daemon.connections.length === 0, 'the daemon to see it');
  });
});
