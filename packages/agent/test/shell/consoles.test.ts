/** Consoles of this host's VMs: who is let through, one serial line for one, and that a move ends them at once. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consoleCloses, consoleMoved, DroverError, type TransferEnd } from '@drover/protocol';
import { visitConsole } from '@drover/transfer';
import { Libvirt, LibvirtError, openConnection, type Connection } from 'node-libvirt';
import { FakeDaemon, type FakeConnection } from 'node-libvirt/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vncAddress } from '../../src/shell/console-source.ts';
import { Consoles } from '../../src/shell/consoles.ts';

const vmId = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const dom = { name: 'web-1', uuid: vmId, id: 7 };
const more = 2;

let folder: string;
let qemu: Server;
let screens: Socket[];
let daemon: FakeDaemon;
let connection: Connection;
let consoles: Consoles;
/** As `virDomainGetState` has it: 1 runs, 3 stands still. */
let state: { state: number; reason: number };
let devices: string;
/** Somebody sits at `virsh console`. */
let isTaken: boolean;
let ids: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-consoles-'));
  screens = [];
  qemu = createServer((socket) => {
    screens.push(socket);
    socket.write('RFB 003.008\n');
    socket.on('error', () => undefined);
  });
  const path = join(folder, 'vnc.sock');
  qemu.listen(path);
  state = { state: 1, reason: 1 };
  devices = `<graphics type='vnc'><listen type='socket' socket='${path}'/></graphics><serial type='pty'/><console type='pty'/>`;
  isTaken = false;
  ids = 0;
  daemon = new FakeDaemon({
    domainLookupByUuid: () => ({ dom }),
    domainGetState: () => state,
    domainGetJobStats: () => ({ type: 0, params: [] }),
    domainGetXmlDesc: () => ({ xml: `<domain><devices>${devices}</devices></domain>` }),
    domainOpenConsole: ({ flags }) => {
      if (!isTaken || (flags & 1) === 1) return undefined;
      const message = 'operation failed: Active console session exists for this domain';
      throw new LibvirtError({ code: 9, domain: 10, level: 2, message });
    },
  });
  connection = await openConnection({ transport: daemon.open(), keepalive: false });
  const libvirt = new Libvirt(connection);
  consoles = new Consoles({
    host: '127.0.0.1',
    port: 0,
    libvirt: () => libvirt,
    warn: () => undefined,
  });
});

afterEach(async () => {
  consoles[Symbol.dispose]();
  connection.destroy('closed');
  await daemon[Symbol.asyncDispose]();
  qemu.close();
  await rm(folder, { recursive: true, force: true });
});

function open(consoleType: 'vnc' | 'serial', takes = true) {
  ids += 1;
  const consoleId = `00000000-0000-4000-8000-00000000000${ids}`;
  const ask = { vmId, consoleId, consoleType, takes };
  return consoles.open(ask).then((end) => ({ end, consoleId }));
}

async function visit({ end, consoleId }: { end: TransferEnd; consoleId: string }) {
  const socket = await visitConsole(end, consoleId);
  const seen = { text: '', closed: undefined as { code: number; reason: string } | undefined };
  socket.on('message', (data) => (seen.text += String(data as Buffer)));
  socket.on('close', (code, reason) => (seen.closed = { code, reason: String(reason) }));
  socket.resume();
  return { socket, seen };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`after 10 s still not: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const codeOf = (opening: Promise<unknown>) =>
  opening.then(
    () => 'opened',
    (error: unknown) => (error instanceof DroverError ? error.code : String(error)),
  );

const fake = () => daemon.connections[0] as FakeConnection;
const line = () => fake().calls.findLast(({ name }) => name === 'domainOpenConsole')?.serial ?? 0;
const typed = () =>
  fake()
    .streamPackets.filter(({ header }) => header.status === more)
    .map(({ payload }) => String(payload))
    .join('');

describe('a screen', () => {
  it('is QEMU’s own, both ways, for as many as come', async () => {
    const [one, other] = [await visit(await open('vnc')), await visit(await open('vnc'))];
    await until('both are greeted', () =>
      [one, other].every(({ seen }) => seen.text === 'RFB 003.008\n'),
    );
    one.socket.send(Buffer.from('RFB 003.008\n'));
    const [bytes] = (await once(screens[0] as Socket, 'data')) as [Buffer];
    expect(String(bytes)).toBe('RFB 003.008\n');
    screens[0]?.destroy();
    await until('it ends', () => one.seen.closed !== undefined);
    expect(other.seen.closed).toBeUndefined();
  });

  it('is left when nobody looks at it any more', async () => {
    const { socket } = await visit(await open('vnc'));
    socket.close();
    await until(
      'QEMU is left',
      () => screens[0]?.destroyed === true || screens[0]?.readableEnded === true,
    );
    expect(screens).toHaveLength(1);
  });

  it('is where the VM’s XML says, also one that an adopted VM has on the network', () => {
    const xml = (screen: string) => `<domain><devices>${screen}</devices></domain>`;
    const at = (screen: string) => vncAddress(xml(screen));
    expect(at("<graphics type='vnc' port='5901' listen='0.0.0.0'/>")).toEqual({
      host: '127.0.0.1',
      port: 5901,
    });
    expect(
      at("<graphics type='vnc' socket='/a'><listen type='socket' socket='/b'/></graphics>"),
    ).toEqual({
      path: '/b',
    });
    expect(at("<graphics type='vnc' port='-1'/>")).toBeUndefined();
    expect(at("<graphics type='spice' port='5900'/>")).toBeUndefined();
  });
});

describe('a way to a console', () => {
  it('is for who has the key of it, and once', async () => {
    const way = await open('vnc');
    const wrong = { ...way.end, secret: 'ab'.repeat(32) };
    expect(await codeOf(visitConsole(wrong, way.consoleId))).toBe('host-silent');
    const other = '00000000-0000-4000-8000-0000000000ff';
    expect(await codeOf(visitConsole(way.end, other))).toBe('host-silent');
    await visit(way);
    expect(await codeOf(visitConsole(way.end, way.consoleId))).toBe('host-silent');
  });

  it('is not given where the VM does not run, or only comes in', async () => {
    state = { state: 5, reason: 1 };
    expect(await codeOf(open('vnc'))).toBe('vm-not-running');
    state = { state: 3, reason: 2 };
    expect(await codeOf(open('serial'))).toBe('vm-not-running');
  });

  it('is not given to what the VM has not', async () => {
    devices = '';
    expect(await codeOf(open('vnc'))).toBe('console-missing');
    expect(await codeOf(open('serial'))).toBe('console-missing');
  });
});

describe('a serial line', () => {
  it('is libvirt’s stream, both ways', async () => {
    const { socket, seen } = await visit(await open('serial'));
    fake().sendStream(line(), more, Buffer.from('login: '));
    await until('it shows', () => seen.text === 'login: ');
    socket.send(Buffer.from('root\r'));
    await until('it is typed', () => typed() === 'root\r');
    expect(typed()).toBe('root\r');
  });

  it('has who came last; the former is told, and does not take it back', async () => {
    const former = await visit(await open('serial'));
    const latter = await visit(await open('serial'));
    await until('the former is told', () => former.seen.closed !== undefined);
    expect(former.seen.closed?.code).toBe(consoleCloses.taken);
    expect(await codeOf(open('serial', false))).toBe('console-taken');
    expect(latter.seen.closed).toBeUndefined();
  });

  it('is taken from virsh by who asks for it, and by nobody who only comes back', async () => {
    isTaken = true;
    expect(await codeOf(open('serial', false))).toBe('console-taken');
    expect(await codeOf(open('serial', true))).toBe('opened');
  });
});

describe('a VM that begins to run elsewhere', () => {
  it('takes all its consoles along, and says so', async () => {
    const both = [await visit(await open('vnc')), await visit(await open('serial'))];
    consoles.moved('another');
    consoles.moved(vmId);
    await until('both are told', () => both.every(({ seen }) => seen.closed !== undefined));
    expect(both.map(({ seen }) => seen.closed?.code)).toEqual([consoleMoved, consoleMoved]);
    expect(await codeOf(open('serial', false))).toBe('opened');
  });
});
