/** Consoles over real WebSockets: who is let in, what passes, and that a move, a stop and a restart do not end one. */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { consoleCloses, consoleMoved, keys } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsoleEnd, Viewer } from './support/console-end.ts';
import { operation, otherVmId, spec, until, vmId, World } from './support/world.ts';

let world: World;
let host: ConsoleEnd;
const viewers: Viewer[] = [];

beforeEach(async () => {
  await begin();
});
afterEach(end);

async function begin(options: Parameters<typeof World.start>[0] = {}): Promise<void> {
  host = await ConsoleEnd.start();
  world = await World.start(options);
  const { answer } = world;
  world.answer = (query) => (query.type === 'open-console' ? host.answer(query) : answer(query));
  await world.vm();
  await world.app.listen({ host: '127.0.0.1', port: 0 });
}

async function end(): Promise<void> {
  for (const { socket } of viewers.splice(0)) socket.terminate();
  await world[Symbol.asyncDispose]();
  host[Symbol.dispose]();
}

async function again(options: Parameters<typeof World.start>[0]): Promise<void> {
  await end();
  await begin(options);
}

const address = () => {
  const { port } = world.app.server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
};

async function ticket(type = 'serial', role = 'operator', vm = 'web-1'): Promise<string> {
  const { status, body } = await world.send('POST', `/v1/vms/${vm}/console`, { type }, { role });
  expect(status).toBe(201);
  return String(body['ticket']);
}

function visit(
  secret: string,
  { role = 'operator', vm = 'web-1', ...headers }: Readonly<Record<string, string>> = {},
): Viewer {
  const url = `ws://${address()}/v1/vms/${vm}/console`;
  const protocols = ['drover.console.v1', `ticket.${secret}`];
  const viewer = new Viewer(url, protocols, { authorization: `Bearer ${role}-token`, ...headers });
  viewers.push(viewer);
  return viewer;
}

async function opened(type = 'serial'): Promise<Viewer> {
  const viewer = visit(await ticket(type));
  await viewer.told('connected', { stream: 1 });
  return viewer;
}

const assigned = (more: object) => ({
  [keys.assignment(vmId)]: { v: 1, vmId, generation: 1, hostId: 'h1', state: 'running', ...more },
});
const moving = () =>
  world.put({
    ...assigned({ state: 'migrating', operationId: 'op-1' }),
    [keys.operation('op-1')]: operation('op-1', { target: 'h2', hostId: 'h1' }),
  });
const refused = { status: 403, code: 'ticket-refused' };

describe('a ticket', () => {
  it('opens one console once, and says nothing to whoever reads etcd or the log', async () => {
    const secret = await ticket();
    expect(JSON.stringify(world.store.entries())).not.toContain(secret);
    await visit(secret).told('connected', { host: 'h1' });
    expect(await visit(secret).denied()).toEqual(refused);
    expect(world.keysUnder('intent/tickets')).toEqual([]);
    expect(JSON.stringify(world.log)).not.toContain(secret);
  });

  it('of two that come with it at the same time lets one in', async () => {
    const secret = await ticket();
    const both = [visit(secret), visit(secret)];
    await until('both are answered', () =>
      Promise.resolve(both.every((one) => one.refused ?? one.news.length > 0) ? true : undefined),
    );
    expect(both.filter((one) => one.refused !== undefined)).toHaveLength(1);
  });

  it('is for who got it, and for no other', async () => {
    const secret = await ticket();
    expect(await visit(secret, { role: 'admin' }).denied()).toEqual(refused);
    await visit(secret).told('connected');
  });

  it('is for its VM, and for no other', async () => {
    await world.put({
      [keys.vmIntent(otherVmId)]: {
        v: 1,
        id: otherVmId,
        name: 'db-1',
        spec,
        desired: 'running',
        by: 'x',
        createdAtMs: 1,
      },
      [keys.vmName('db-1')]: { v: 1, vmId: otherVmId },
    });
    const secret = await ticket();
    expect(await visit(secret, { vm: 'db-1' }).denied()).toEqual(refused);
    await visit(secret).told('connected');
  });

  it('expires', async () => {
    const secret = await ticket();
    const sha256 = createHash('sha256').update(secret).digest('hex');
    const key = keys.ticket(sha256);
    const record = world.read(key);
    await world.put({ [key]: { ...record, expiresAtMs: Date.now() - 1 } });
    expect(await visit(secret).denied()).toEqual(refused);
  });

  it('that nobody gave opens nothing', async () => {
    expect(await visit('A'.repeat(43)).denied()).toEqual(refused);
    const bare = new Viewer(`ws://${address()}/v1/vms/web-1/console`, ['drover.console.v1'], {
      authorization: 'Bearer operator-token',
    });
    expect(await bare.denied()).toEqual(refused);
    expect(host.asked).toEqual([]);
  });

  it('alone is not enough: who comes is known as well', async () => {
    const viewer = visit(await ticket(), { authorization: 'Bearer nobody' });
    expect(await viewer.denied()).toEqual({ status: 401, code: 'unauthenticated' });
  });

  it('is given to operators, and not without bound', async () => {
    const ask = (role: string) =>
      world.send('POST', '/v1/vms/web-1/console', { type: 'vnc' }, { role });
    expect((await ask('viewer')).status).toBe(403);
    for (let count = 0; count < 32; count += 1) expect((await ask('operator')).status).toBe(201);
    expect((await ask('operator')).body['code']).toBe('too-many-requests');
    expect((await ask('admin')).status).toBe(201);
  });

  it('is told once: the same request again is answered without it', async () => {
    const ask = () =>
      world.send('POST', '/v1/vms/web-1/console', { type: 'vnc' }, { 'idempotency-key': 'one' });
    expect((await ask()).body).toHaveProperty('ticket');
    expect((await ask()).body).not.toHaveProperty('ticket');
    expect(world.keysUnder('intent/tickets')).toHaveLength(1);
  });
});

describe('the way in', () => {
  it('takes the token of a page, which can write no header, as a subprotocol', async () => {
    const secret = await ticket();
    const bearer = (text: string) => `bearer.${Buffer.from(text).toString('base64url')}`;
    const come = (token: string) => {
      const protocols = ['drover.console.v1', `ticket.${secret}`, bearer(token)];
      const viewer = new Viewer(`ws://${address()}/v1/vms/web-1/console`, protocols, {});
      viewers.push(viewer);
      return viewer;
    };
    expect(await come('nobody').denied()).toEqual({ status: 401, code: 'unauthenticated' });
    expect(await come('admin-token').denied()).toEqual(refused);
    await come('operator-token').told('connected');
    expect(JSON.stringify(world.log)).not.toContain(bearer('operator-token'));
  });

  it('is closed to pages of others, whatever cookie the browser sends along', async () => {
    const secret = await ticket();
    const foreign = visit(secret, { origin: 'https://elsewhere.example' });
    expect(await foreign.denied()).toEqual({ status: 403, code: 'forbidden' });
    await visit(secret, { origin: `http://${address()}` }).told('connected');
  });

  it('is told of in the audit: the ticket, the opening, and who was denied', async () => {
    await opened();
    await visit('A'.repeat(43)).denied();
    const { body } = await world.send('GET', '/v1/audit');
    const shown = (body['items'] as { method: string; path: string; status: number }[]).map(
      ({ method, path, status }) => `${method} ${path} ${status}`,
    );
    expect(shown.slice(0, 3)).toEqual([
      'GET /v1/vms/web-1/console 403',
      'GET /v1/vms/web-1/console 101',
      'POST /v1/vms/web-1/console 201',
    ]);
  });

  it('says that it is a WebSocket, and answers what asks for another upgrade as ever', async () => {
    const { status, body } = await world.send('GET', '/v1/vms/web-1/console');
    expect([status, body['code']]).toEqual([426, 'websocket-needed']);
    const elsewhere = await fetch(`http://${address()}/v1/vms`, {
      headers: { authorization: 'Bearer viewer-token' },
    });
    expect(elsewhere.status).toBe(200);
    const other = new Viewer(`ws://${address()}/v1/vms/nobody`, [], {
      authorization: 'Bearer viewer-token',
    });
    expect(await other.denied()).toEqual({ status: 404, code: 'vm-not-found' });
  });

  it('takes so many of one principal, and one more once one is closed', async () => {
    await again({ consoleLimits: { openEach: 1, idleMs: 60_000 } });
    const first = await opened();
    const second = visit(await ticket());
    expect(await second.denied()).toEqual({ status: 429, code: 'too-many-requests' });
    first.socket.close();
    await first.ended();
    await until('there is room again', async () => {
      const third = visit(await ticket());
      await until('it is answered', () => Promise.resolve(third.refused ?? third.news[0]));
      return third.refused === undefined ? true : undefined;
    });
  });
});

describe('bytes', () => {
  it('pass both ways, and only the first to come takes the line from others', async () => {
    const viewer = await opened();
    const { socket, heard, asked } = await host.visit(0);
    viewer.type('uptime\r');
    await until('the VM hears it', () => Promise.resolve(heard() === 'uptime\r' || undefined));
    socket.send(Buffer.from('up 3 days'));
    await viewer.shows('up 3 days');
    expect(asked).toMatchObject({ vmId, consoleType: 'serial', takes: true });
    socket.close();
    await viewer.told('connected', { stream: 2 });
    expect((await host.visit(1)).asked.takes).toBe(false);
  });

  it('of many wait for who reads slowly, on both sides', async () => {
    const viewer = await opened('vnc');
    const { socket } = await host.visit(0);
    const piece = Buffer.alloc(64 * 1024, 'x');
    const total = 64 * 1024 * 1024;
    viewer.socket.pause();
    for (let sent = 0; sent < total; sent += piece.length) socket.send(piece);
    // What the client does not take stays where it came from, and not with the API.
    await until('no more is taken', async () => {
      const before = socket.bufferedAmount;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return before > 0 && socket.bufferedAmount === before ? true : undefined;
    });
    expect(socket.bufferedAmount).toBeGreaterThan(total / 2);
    let taken = 0;
    viewer.socket.on('message', (data, isBinary) => {
      if (isBinary) taken += (data as Buffer).length;
    });
    viewer.socket.resume();
    await until('all is there', () => Promise.resolve(taken === total || undefined));
  });
});

describe('a VM that moves', () => {
  it('takes its console along: what is typed meanwhile is typed there, in order', async () => {
    const viewer = await opened();
    const first = await host.visit(0);
    await moving();
    host.refusal = { code: 'vm-not-running', message: 'it is paused-migrating on this host' };
    first.socket.close(consoleMoved);
    await viewer.told('moving', { to: 'h2' });
    viewer.type('one ');
    viewer.type('two ');
    host.hostId = 'h2';
    host.refusal = undefined;
    await viewer.told('connected', { host: 'h2', stream: 2 });
    viewer.type('three');
    const { heard } = await host.visit(1);
    await until('it is typed there', () =>
      Promise.resolve(heard() === 'one two three' || undefined),
    );
    expect(viewer.closed).toBeUndefined();
  });

  it('shows its screen anew: what was meant for the former one does not reach it', async () => {
    const viewer = await opened('vnc');
    viewer.socket.send(JSON.stringify({ stream: 1 }));
    viewer.type('former ');
    const first = await host.visit(0);
    await until('it is heard', () => Promise.resolve(first.heard() === 'former ' || undefined));
    await moving();
    host.hostId = 'h2';
    first.socket.close(consoleMoved);
    await viewer.told('connected', { host: 'h2', stream: 2 });
    viewer.type('late ');
    viewer.socket.send(JSON.stringify({ stream: 2 }));
    viewer.type('RFB 003.008\n');
    const { heard } = await host.visit(1);
    await until('it is greeted', () => Promise.resolve(heard() === 'RFB 003.008\n' || undefined));
    expect(heard()).toBe('RFB 003.008\n');
  });

  it('and one that is stopped is waited for until it runs again', async () => {
    const viewer = await opened();
    await world.put(assigned({ state: 'stopped', hostId: undefined }));
    (await host.visit(0)).socket.close();
    await viewer.told('off', { vmState: 'stopped' });
    await world.put(assigned({}));
    await viewer.told('connected', { stream: 2 });
    expect(viewer.closed).toBeUndefined();
  });

  it('and a host that is silent is said to be, and tried again', async () => {
    host.refusal = { code: 'host-silent', message: 'h1 does not answer' };
    const viewer = visit(await ticket());
    await viewer.told('waiting', { reason: 'h1 does not answer' });
    host.refusal = undefined;
    await viewer.told('connected');
    expect(viewer.closed).toBeUndefined();
  });
});

describe('a console ends', () => {
  it('when somebody else opens the serial line', async () => {
    const viewer = await opened();
    (await host.visit(0)).socket.close(consoleCloses.taken);
    expect(await viewer.ended()).toMatchObject({ code: consoleCloses.taken });
    expect(host.asked).toHaveLength(1);
  });

  it('when the VM is deleted, or has none, and says so', async () => {
    const viewer = await opened();
    const gone = { [keys.vmIntent(vmId)]: undefined, [keys.assignment(vmId)]: undefined };
    host.refusal = { code: 'console-missing', message: 'web-1 has no VNC screen' };
    const none = visit(await ticket('vnc'));
    const code = consoleCloses.missing;
    expect(await none.ended()).toEqual({ code, reason: 'web-1 has no VNC screen' });
    await world.put(gone);
    (await host.visit(0)).socket.close();
    expect(await viewer.ended()).toMatchObject({ code });
  });

  it('when nothing has passed for long, and not before', async () => {
    await again({ consoleLimits: { openEach: 4, idleMs: 600 } });
    const viewer = await opened();
    const began = performance.now();
    expect(await viewer.ended()).toMatchObject({ code: consoleCloses.idle });
    expect(performance.now() - began).toBeGreaterThan(400);
  });

  it('when who opened it may not any more', async () => {
    await again({ consoleLimits: { openEach: 4, idleMs: 60_000, checkMs: 50 } });
    const made = await world.send('POST', '/v1/tokens', { name: 'ci', role: 'operator' });
    const { secret, token } = made.body as { secret: string; token: { id: string } };
    const headers = { role: 'nobody', authorization: `Bearer ${secret}` };
    const { body } = await world.send('POST', '/v1/vms/web-1/console', { type: 'vnc' }, headers);
    const viewer = visit(String(body['ticket']), headers);
    await viewer.told('connected');
    await world.send('DELETE', `/v1/tokens/${token.id}`);
    expect(await viewer.ended()).toMatchObject({ code: consoleCloses.forbidden });
    const visited = await host.visit(0);
    await until('its host is left', () =>
      Promise.resolve(visited.socket.readyState === visited.socket.CLOSED || undefined),
    );
  });

  it('with the API, which says that it restarts', async () => {
    const viewer = await opened();
    await world.app.close();
    expect(await viewer.ended()).toMatchObject({ code: 1012 });
  });
});
