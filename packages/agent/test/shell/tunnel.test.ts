import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTarget, openSource, openTarget } from '../../src/shell/tunnel.ts';

let folder = '';
let libvirtd: Server;
let basePort = 0;
const settings = () => ({
  stateDir: folder,
  host: '127.0.0.1',
  basePort,
  libvirtSocket: join(folder, 'libvirt'),
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dt-'));
  // Says back what it hears, as a stand-in for the daemon behind the tunnel.
  libvirtd = createServer((socket) => socket.on('error', () => {}).pipe(socket));
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

describe('the tunnel', () => {
  it('carries bytes from a unix socket on the source to the target’s libvirt', async () => {
    const target = await openTarget(settings(), 'op1');
    expect(target.secret).toMatch(/^[0-9a-f]{64}$/);
    const path = await openSource(folder, 'op1', target);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const socket = connect(path);
    const big = Buffer.alloc(1_000_000, 'x');
    socket.write(big);
    let heard = 0;
    for await (const piece of socket) {
      heard += (piece as Buffer).length;
      if (heard === big.length) break;
    }
    expect(heard).toBe(big.length);
    socket.destroy();
    await until(async () => (await findTarget(folder, 'op1')) === undefined);
  });

  it('takes one connection and no second', async () => {
    const target = await openTarget(settings(), 'op1');
    const path = await openSource(folder, 'op1', target);
    const first = connect(path);
    await once(first, 'connect');
    await until(async () => !(await readdir(join(folder, 'tunnels'))).some((n) => n.endsWith('k')));
    const second = connect(path);
    const [error] = (await once(second, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ENOENT');
    await expect(openSource(folder, 'op1', target)).rejects.toMatchObject({
      code: 'tunnel-failed',
    });
    first.destroy();
  });

  it('lets nobody in without the secret, and the right one still', async () => {
    const target = await openTarget(settings(), 'op1');
    const wrong = { ...target, secret: '00'.repeat(32) };
    await expect(openSource(folder, 'op1', wrong)).rejects.toMatchObject({ code: 'tunnel-failed' });
    await expect(openSource(folder, 'op2', target)).rejects.toMatchObject({
      code: 'tunnel-failed',
    });
    const socket = connect(await openSource(folder, 'op1', target));
    await once(socket, 'connect');
    socket.destroy();
  });

  it('is found again by operation while it lives', async () => {
    const target = await openTarget(settings(), 'op1');
    expect(await findTarget(folder, 'op1')).toEqual(target);
    expect(await findTarget(folder, 'op2')).toBeUndefined();
    const socket = connect(await openSource(folder, 'op1', target));
    await once(socket, 'connect');
    socket.destroy();
    await until(async () => (await findTarget(folder, 'op1')) === undefined);
  });

  it('of several migrations at once has a port each', async () => {
    const [a, b] = [await openTarget(settings(), 'op1'), await openTarget(settings(), 'op2')];
    expect(a.port).not.toBe(b.port);
    for (const [opId, target] of [
      ['op1', a],
      ['op2', b],
    ] as const) {
      const socket = connect(await openSource(folder, opId, target));
      await once(socket, 'connect');
      socket.destroy();
    }
  });

  it('says when nobody answers', async () => {
    const nobody = { host: '127.0.0.1', port: basePort, secret: 'ab'.repeat(32) };
    await expect(openSource(folder, 'op1', nobody)).rejects.toMatchObject({
      code: 'tunnel-failed',
    });
  });
});
