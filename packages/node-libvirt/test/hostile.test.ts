/**
 * A daemon that means harm, or is broken: the process neither crashes nor hangs, and every call ends with
 * an error that says what happened.
 */
import { duplexPair, type Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ConnectionError, Libvirt, openConnection, type Connection } from '../src/index.ts';
import {
  encodePacket,
  headerBytes,
  lengthBytes,
  maxPacketBytes,
  messageStatus,
  messageType,
  type Header,
} from '../src/protocol/header.ts';
import { procedureOf } from '../src/protocol/procedures.ts';
import { keepaliveProcedure, program, programVersion } from '../src/protocol/programs.ts';
import { FakeDaemon, type FakeConnection } from '../src/testing/index.ts';
import { encode } from '../src/xdr/codec.ts';
import { dom, errorOf, Gate, openLab, until } from './support.ts';

const { ok, continue: more } = messageStatus;

/** Both ends of a stream whose other end does what the test says. */
function rogue(): { readonly client: Duplex; readonly server: Duplex } {
  const [client, server] = duplexPair();
  server.on('error', () => undefined);
  server.resume();
  return { client, server };
}

const header = (fields: Partial<Header>): Header => ({
  program: program.remote,
  version: programVersion,
  procedure: 66,
  type: messageType.reply,
  serial: 1,
  status: ok,
  ...fields,
});

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((next) => setImmediate(next));
};

describe('while connecting', () => {
  const whole = encodePacket(header({}), Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));

  it.each<[string, (server: Duplex) => void]>([
    ['closes at once', (server) => server.destroy()],
    ['closes in the middle of a packet', (server) => server.end(whole.subarray(0, 17))],
    ['says nothing at all', () => undefined],
    ['sends text', (server) => server.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['sends zeroes', (server) => server.write(Buffer.alloc(4096))],
    ['announces a packet of 4 GiB', (server) => server.write(Buffer.alloc(64, 0xff))],
    ['answers another call', (server) => server.write(encodePacket(header({ serial: 9 }), whole))],
    [
      'asks instead of answering',
      (server) => server.write(encodePacket(header({ type: 0 }), whole)),
    ],
    ['lists a million ways in', (server) => server.write(manyAuthTypes())],
  ])('a peer that %s is given up, with a reason', async (_, act) => {
    const { client, server } = rogue();
    act(server);
    const error = await errorOf(openConnection({ transport: client, connectTimeoutMs: 100 }));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ reason: 'connect-failed', sent: false });
    expect(client.destroyed).toBe(true);
  });

  it('a peer that trickles byte by byte does not outlast the deadline', async () => {
    const { client, server } = rogue();
    const trickle = setInterval(() => server.write(Buffer.from([0])), 1);
    server.write(Buffer.from([0x01, 0xff, 0xff, 0xff]));
    const begun = performance.now();
    await errorOf(openConnection({ transport: client, connectTimeoutMs: 100 }));
    clearInterval(trickle);
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(client.destroyed).toBe(true);
  });

  function manyAuthTypes(): Buffer {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(1_000_000, 0);
    return encodePacket(header({}), payload);
  }
});

describe('once connected', () => {
  async function withPending(): Promise<{
    readonly connection: Connection;
    readonly daemon: FakeConnection;
    readonly pending: Promise<unknown>;
    readonly lab: AsyncDisposable;
    readonly serial: number;
  }> {
    const hang = new Gate<never>();
    const lab = await openLab({ domainSuspend: () => hang.promise });
    const daemon = lab.daemon.connections[0] as FakeConnection;
    const pending = errorOf(lab.libvirt.domains.of(dom).suspend());
    await until(() => daemon.calls.at(-1)?.name === 'domainSuspend', 'the call');
    const serial = daemon.calls.at(-1)?.serial ?? 0;
    return { connection: lab.connection, daemon, pending, lab, serial };
  }

  it.each<[string, (daemon: FakeConnection, serial: number) => void]>([
    ['replies to a call that was never made', (daemon) => daemon.send(header({ serial: 77 }))],
    [
      'replies twice',
      (daemon, serial) => {
        daemon.send(header({ procedure: 34, serial: serial + 1 }));
      },
    ],
    [
      'replies for another procedure',
      (daemon, serial) => daemon.send(header({ procedure: 59, serial })),
    ],
    [
      'replies of another version',
      (daemon, serial) => daemon.send(header({ procedure: 34, serial, version: 2 })),
    ],
    [
      'sends stream data for no stream',
      (daemon) => daemon.send(header({ type: messageType.stream, status: more }), Buffer.alloc(8)),
    ],
    [
      'replies with bytes behind the value',
      (daemon, serial) => daemon.send(header({ procedure: 34, serial }), Buffer.alloc(4)),
    ],
    [
      'sends an error that is none',
      (daemon, serial) =>
        daemon.send(
          header({ procedure: 34, serial, status: messageStatus.error }),
          Buffer.alloc(3),
        ),
    ],
    ['sends an event that is cut', (daemon) => daemon.send(header({ type: 2, procedure: 318 }))],
  ])('a daemon that %s loses the connection, and the call says so', async (what, act) => {
    const { connection, daemon, pending, lab, serial } = await withPending();
    await using _ = lab;
    if (what.includes('event')) await connection.listen(['lifecycle'], () => undefined);
    act(daemon, serial);
    expect(await connection.closed).toMatchObject({ reason: 'protocol-error' });
    const error = (await pending) as Error;
    expect(['ConnectionError', 'ProtocolError']).toContain(error.name);
  });

  it('events of kinds that nobody asked for, by the thousand, are dropped', async () => {
    await using lab = await openLab({ connectGetHostname: () => ({ hostname: 'h1' }) });
    const [daemon] = lab.daemon.connections;
    const event = encodePacket(header({ type: 2, procedure: 318, serial: 0 }), Buffer.alloc(400));
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 50_000; count += 1) daemon?.sendRaw(event);
    expect(await lab.libvirt.host.hostname()).toBe('h1');
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('pings by the thousand are answered only as fast as the answers are taken', async () => {
    const daemon = new FakeDaemon({});
    const transport = daemon.open();
    const connection = await openConnection({ transport, keepalive: false });
    const [peer] = daemon.connections;
    peer?.stopReading();
    const ping = encodePacket(
      header({
        program: program.keepalive,
        type: 2,
        serial: 0,
        procedure: keepaliveProcedure.ping,
      }),
      Buffer.alloc(0),
    );
    for (let count = 0; count < 100_000; count += 1) peer?.sendRaw(ping);
    await turns(50);
    expect(transport.writableLength).toBeLessThan(200_000);
    connection.destroy('closed');
    await daemon[Symbol.asyncDispose]();
  });

  it('a stream that never ends is read no further than its reader goes', async () => {
    await using lab = await openLab({ storageVolDownload: () => undefined });
    const vol = { pool: 'p', name: 'v', key: 'k' };
    const args = { vol, offset: 0n, length: 0n, flags: 0 };
    await using stream = await lab.connection.openStream('storageVolDownload', args);
    const [daemon] = lab.daemon.connections;
    const serial = daemon?.calls.at(-1)?.serial ?? 0;
    const before = process.memoryUsage().arrayBuffers;
    const piece = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < 200; sent += 1) daemon?.sendStream(serial, more, piece);
    await turns(200);
    expect(daemon?.unsentBytes).toBeGreaterThan(150 * piece.length);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(400 * piece.length);
    daemon?.destroy();
    await errorOf(stream.finish());
  });

  it('the biggest reply that there may be holds the process up for a bounded time', async () => {
    const row = procedureOf('connectGetAllDomainStats');
    const params = Array.from({ length: 100 }, (_, number) => ({
      field: `k${number}`,
      type: 'int' as const,
      value: number,
    }));
    const record = encode(row.ret, { records: [{ dom, params }] }).subarray(4);
    const count = Math.min(
      16_384,
      Math.floor((maxPacketBytes - lengthBytes - headerBytes - 4) / record.length),
    );
    const payload = Buffer.concat([
      Buffer.alloc(4),
      ...Array.from({ length: count }, () => record),
    ]);
    payload.writeUInt32BE(count, 0);
    const gate = new Gate<never>();
    await using lab = await openLab({ connectGetAllDomainStats: () => gate.promise });
    const [daemon] = lab.daemon.connections;
    const asking = lab.libvirt.domains.stats(0);
    await until(() => daemon?.calls.at(-1)?.name === 'connectGetAllDomainStats', 'the call');
    const serial = daemon?.calls.at(-1)?.serial ?? 0;
    const begun = performance.now();
    daemon?.send(header({ procedure: row.number, serial }), payload);
    expect((await asking).length).toBe(count);
    // A connection outlives 30 s of silence; nothing may come near that.
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});

describe('a control connection', () => {
  it('is not kept waiting by a stream on another that nobody reads', async () => {
    await using daemon = new FakeDaemon({
      storageVolDownload: () => undefined,
      connectGetHostname: () => ({ hostname: 'h1' }),
    });
    const open = () => openConnection({ transport: daemon.open(), keepalive: false });
    await using streaming = await open();
    await using control = await open();
    const vol = { pool: 'p', name: 'v', key: 'k' };
    const args = { vol, offset: 0n, length: 0n, flags: 0 };
    await using _stream = await streaming.openStream('storageVolDownload', args);
    const [peer] = daemon.connections;
    const serial = peer?.calls.at(-1)?.serial ?? 0;
    for (let sent = 0; sent < 30; sent += 1) {
      peer?.sendStream(serial, more, Buffer.alloc(1024 * 1024));
    }
    await turns(20);
    expect(peer?.unsentBytes).toBeGreaterThan(0);
    expect(await new Libvirt(control).host.hostname()).toBe('h1');
    peer?.destroy();
  });
});
