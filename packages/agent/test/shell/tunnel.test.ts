/** Both ends of real tunnels, as processes, with a stand-in for the target's libvirt. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { certificateName } from '@drover/certificates';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLine, sendGreeting } from '../../src/shell/tunnel-greeting.ts';
import type { TunnelIdentity } from '../../src/shell/tunnel-order.ts';
import { refusalsOf, TunnelRefusals } from '../../src/shell/tunnel-refusals.ts';
import { TunnelStarter } from '../../src/shell/tunnel-starter.ts';
import {
  findTarget,
  openSource,
  openTarget,
  type TunnelTarget,
  type TunnelUse,
} from '../../src/shell/tunnel.ts';
import { testAuthority } from '../support/identities.ts';

const authority = await testAuthority();
const [h1, h2, h3] = await Promise.all(['h1', 'h2', 'h3'].map((id) => authority.identity(id)));

let folder = '';
let libvirtd: Server;
let heard: Buffer[] = [];
let basePort = 0;
const settings = () => ({
  stateDir: folder,
  host: '127.0.0.1',
  basePort,
  libvirtSocket: join(folder, 'libvirt'),
});

/** Asks how to prove who calls: the first packet of a connection to libvirt. */
const authList = Buffer.from('0000001c200080860000000100000042000000000000000000000000', 'hex');
/** As libvirt answers it: not at all. */
const authNone = Buffer.from(
  '0000002420008086000000010000004200000001000000000000000000000001' + '00000000',
  'hex',
);
/** `domainDestroy` of a VM, as the first call after that. */
const destroy = Buffer.from('0000001c20008086000000010000000c000000000000000100000000', 'hex');

const ordered = {
  vmId: '6695eb01-f6a4-8304-79aa-97f2502e193f',
  vmName: 'web-1',
  mode: 'live',
  memoryPath: 'clear',
  expiresInMs: 60_000,
} as const;
const incoming = (more: Partial<TunnelUse> = {}): TunnelUse => ({
  ...ordered,
  opId: 'op1',
  peer: 'h1',
  identity: h2 as TunnelIdentity,
  ...more,
});
const outgoing = (more: Partial<TunnelUse> = {}): TunnelUse => ({
  ...ordered,
  opId: 'op1',
  peer: 'h2',
  identity: h1 as TunnelIdentity,
  ...more,
});
const openEnd = (target: TunnelTarget, more: Partial<TunnelUse> = {}) =>
  openSource(folder, outgoing(more), target, '127.0.0.1');
const open = async (target: TunnelTarget, more: Partial<TunnelUse> = {}) =>
  (await openEnd(target, more)).socketPath;
const refused = (side: 'source' | 'target', opId = 'op1') => refusalsOf(folder, opId, side);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dt-'));
  heard = [];
  libvirtd = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      heard.push(bytes);
      if (bytes.equals(authList)) socket.write(authNone);
    });
  });
  libvirtd.listen(join(folder, 'libvirt'));
  await once(libvirtd, 'listening');
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  basePort = typeof address === 'object' && address ? Math.min(address.port, 65_000) : 0;
  probe.close();
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  libvirtd.close();
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('it did not come true in 10 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const ended = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });

/** A source whose own end does not guard anything. */
async function rogue(
  target: TunnelTarget,
  identity: Partial<TunnelIdentity> = h1 as TunnelIdentity,
  secret = target.secret,
): Promise<{ readonly peer: TLSSocket; readonly welcome: string }> {
  const peer = connectTls({
    host: target.host,
    port: target.port,
    ...(identity.keyPem ? { key: identity.keyPem, cert: identity.certificatePem } : {}),
    ca: [...(identity.trustedPems ?? [])],
    servername: certificateName('h2', 'tunnel'),
  });
  peer.on('error', () => {});
  await once(peer, 'secureConnect');
  sendGreeting(peer, 'op1', secret);
  const welcome = await readLine(peer).catch(() => '');
  return { peer, welcome };
}

describe('a tunnel’s process', () => {
  const lives = (pid: number) => existsSync(`/proc/${pid}/stat`);

  it('is started before its order is there, and takes it; the next one is another', async () => {
    using starter = new TunnelStarter();
    starter.warm();
    const pid = starter.waitingPid ?? 0;
    starter.warm();
    expect(starter.waitingPid).toBe(pid);
    const target = await openTarget(settings(), incoming(), starter);
    const text = await readFile(join(folder, 'tunnels', 'op1.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ pid });
    expect(starter.waitingPid).toBeUndefined();
    expect(await findTarget(folder, 'op1')).toEqual(target);
    process.kill(pid);
    await until(async () => (await findTarget(folder, 'op1')) === undefined);
  });

  it('ends when nobody is there any more who could give it one', async () => {
    const starter = new TunnelStarter();
    starter.warm();
    const pid = starter.waitingPid ?? 0;
    expect(lives(pid)).toBe(true);
    starter[Symbol.dispose]();
    await until(async () => !lives(pid));
    expect(starter.waitingPid).toBeUndefined();
  });

  it('that has died while it waited is not given the order', async () => {
    using starter = new TunnelStarter();
    starter.warm();
    const pid = starter.waitingPid ?? 0;
    process.kill(pid, 'SIGKILL');
    await until(async () => starter.waitingPid === undefined);
    await openTarget(settings(), incoming(), starter);
    expect(await findTarget(folder, 'op1')).toBeDefined();
  });
});

describe('the tunnel', () => {
  it('carries libvirt’s packets from a unix socket on the source to the target and back', async () => {
    const target = await openTarget(settings(), incoming());
    expect(target.secret).toMatch(/^[0-9a-f]{64}$/);
    const path = await open(target);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const socket = connect(path);
    socket.write(authList.subarray(0, 9));
    socket.write(authList.subarray(9));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer).toEqual(authNone);
    expect(Buffer.concat(heard)).toEqual(authList);
    socket.destroy();
    await until(async () => (await findTarget(folder, 'op1')) === undefined);
    expect(await refused('target')).toEqual([]);
  });

  it('carries nothing else, and the source’s own end says what it was', async () => {
    const path = await open(await openTarget(settings(), incoming()));
    const socket = connect(path);
    socket.write(authList);
    await once(socket, 'data');
    socket.write(destroy);
    await ended(socket);
    expect(await refused('source')).toMatchObject([
      { opId: 'op1', reason: 'procedure', message: expect.stringContaining('domainDestroy') },
    ]);
    expect(Buffer.concat(heard)).toEqual(authList);
  });

  it('is guarded on the target, whatever the source lets through', async () => {
    const { peer, welcome } = await rogue(await openTarget(settings(), incoming()));
    expect(JSON.parse(welcome)).toEqual({ ok: true });
    peer.write(Buffer.concat([authList, destroy]));
    await ended(peer);
    expect(await refused('target')).toMatchObject([{ reason: 'procedure', side: 'target' }]);
    expect(Buffer.concat(heard).includes(destroy)).toBe(false);
  });

  it('takes one connection and no second, nor one after that has ended', async () => {
    const target = await openTarget(settings(), incoming());
    const path = await open(target);
    const first = connect(path);
    first.write(authList);
    await once(first, 'data');
    await until(async () => !(await readdir(join(folder, 'tunnels'))).some((n) => n.endsWith('k')));
    const [error] = (await once(connect(path), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ENOENT');
    await expect(open(target)).rejects.toMatchObject({
      code: 'tunnel-failed',
      message: expect.stringContaining('the tunnel is in use'),
    });
    expect(await refused('target')).toMatchObject([{ reason: 'second-use' }]);
    first.destroy();
    await until(async () => (await findTarget(folder, 'op1')) === undefined);
    await expect(open(target)).rejects.toMatchObject({ code: 'tunnel-failed' });
  });

  it('lets nobody in without the secret, and the right one still', async () => {
    const target = await openTarget(settings(), incoming());
    const { welcome } = await rogue(target, h1, '00'.repeat(32));
    expect(JSON.parse(welcome)).toMatchObject({ ok: false });
    await expect(open(target, { opId: 'op2' })).rejects.toMatchObject({ code: 'tunnel-failed' });
    const again = await rogue(target);
    expect(JSON.parse(again.welcome)).toEqual({ ok: true });
    again.peer.destroy();
    expect(await refused('target')).toMatchObject([{ reason: 'peer' }, { reason: 'peer' }]);
  });

  it('lets no other host in, though it knows the secret', async () => {
    const target = await openTarget(settings(), incoming());
    const { welcome } = await rogue(target, h3);
    expect(JSON.parse(welcome)).toEqual({ ok: false, message: 'h3 came, ordered is h1' });
    expect(await refused('target')).toMatchObject([{ reason: 'peer' }]);
  });

  it('lets nobody in by a certificate of another authority, of another use, or none', async () => {
    const target = await openTarget(settings(), incoming());
    const foreign = await (await testAuthority()).identity('h1');
    const trusting = { ...foreign, trustedPems: [authority.certificatePem] };
    expect(JSON.parse((await rogue(target, trusting)).welcome)).toMatchObject({ ok: false });
    const memory = await authority.identity('h1', 'memory');
    expect(JSON.parse((await rogue(target, memory)).welcome)).toMatchObject({ ok: false });
    const { keyPem: _, certificatePem: __, ...none } = h1 as TunnelIdentity;
    expect(JSON.parse((await rogue(target, none)).welcome)).toMatchObject({ ok: false });
    const reasons = (await refused('target')).map(({ reason }) => reason);
    expect(reasons).toEqual(['peer', 'peer', 'peer']);
    const { peer } = await rogue(target, trusting);
    peer.write(authList);
    await ended(peer);
    expect(heard).toEqual([]);
  });

  it('takes certificates of two authorities while the one follows the other', async () => {
    const next = await testAuthority();
    const trustedPems = [authority.certificatePem, next.certificatePem];
    const renewed = { ...(await next.identity('h1')), trustedPems };
    const old = { ...(h2 as TunnelIdentity), trustedPems };
    const target = await openTarget(settings(), incoming({ identity: old }));
    const path = await open(target, { identity: renewed });
    expect(path).toContain('tunnels');
  });

  it('is not opened to a host that is not the one ordered', async () => {
    const target = await openTarget(settings(), incoming());
    await expect(open(target, { peer: 'h3' })).rejects.toMatchObject({
      code: 'tunnel-failed',
      message: expect.stringContaining('is not that of h3'),
    });
  });

  it('ends when the time of its order is over, and says so', async () => {
    const target = await openTarget(settings(), incoming({ expiresInMs: 1_500 }));
    const { peer } = await rogue(target);
    await ended(peer);
    expect(await refused('target')).toMatchObject([{ reason: 'expired' }]);
    expect(await findTarget(folder, 'op1')).toBeUndefined();
  });

  it('is found again by operation while it lives', async () => {
    const target = await openTarget(settings(), incoming());
    expect(await findTarget(folder, 'op1')).toEqual(target);
    expect(await findTarget(folder, 'op2')).toBeUndefined();
    const socket = connect(await open(target));
    await once(socket, 'connect');
    socket.destroy();
    await until(async () => (await findTarget(folder, 'op1')) === undefined);
  });

  it('of several migrations at once has a port each', async () => {
    const a = await openTarget(settings(), incoming());
    const b = await openTarget(settings(), incoming({ opId: 'op2' }));
    expect(a.port).not.toBe(b.port);
    for (const [opId, target] of [
      ['op1', a],
      ['op2', b],
    ] as const) {
      const socket = connect(await open(target, { opId }));
      await once(socket, 'connect');
      socket.destroy();
    }
  });

  it('says when nobody answers', async () => {
    const nobody = { host: '127.0.0.1', port: basePort, secret: 'ab'.repeat(32) };
    await expect(open(nobody)).rejects.toMatchObject({ code: 'tunnel-failed' });
  });
});

describe('what was refused', () => {
  it('is told once by each agent, newest first, and forgotten after a day', async () => {
    const target = await openTarget(settings(), incoming());
    await rogue(target, h3);
    const told: string[] = [];
    const refusals = new TunnelRefusals(folder, ({ reason }) => told.push(reason));
    const expected = [{ opId: 'op1', reason: 'peer', message: 'h3 came, ordered is h1' }];
    expect(await refusals.look()).toEqual(expected);
    expect(await refusals.look()).toEqual(expected);
    expect(told).toEqual(['peer']);
    // The next process of the agent.
    const next = new TunnelRefusals(folder, ({ reason }) => told.push(reason));
    expect(await next.look()).toEqual(expected);
    expect(told).toEqual(['peer', 'peer']);
    expect(await next.look(Date.now() + 90_000_000)).toEqual([]);
    expect(await next.look()).toEqual([]);
  });
});
