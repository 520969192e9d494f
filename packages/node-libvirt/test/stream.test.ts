/**
 * Volume streams: the order of the protocol, errors in the middle, giving up.
 */
import { describe, expect, it } from 'vitest';
import { CallAbandonedError, LibvirtError, type StorageVolRef } from '../src/index.ts';
import { remoteError } from '../src/protocol/types.ts';
import { messageStatus, type FakeConnection } from '../src/testing/index.ts';
import { encode } from '../src/xdr/codec.ts';
import { dom, errorOf, Gate, openLab, until } from './support.ts';

const vol: StorageVolRef = { pool: 'images', name: 'a.raw', key: '/images/a.raw' };
const { ok, error: failed, continue: more } = messageStatus;

const failure = encode(remoteError, {
  code: 38,
  domain: 18,
  level: 2,
  message: 'No space left on device',
  number1: 28,
  number2: 0,
});

/** The serial of the stream's call. */
function serialOf(connection: FakeConnection | undefined): number {
  return connection?.calls.findLast((call) => call.name.startsWith('storageVol'))?.serial ?? 0;
}

const ended = (connection: FakeConnection | undefined) =>
  connection?.streamPackets.some((packet) => packet.header.status !== more);

describe('an upload', () => {
  it('sends everything in pieces, ends, and waits to be confirmed', async () => {
    await using lab = await openLab({ storageVolUpload: () => undefined });
    const [connection] = lab.daemon.connections;
    const bytes = Buffer.alloc(700_000, 5);
    const done = lab.libvirt.pools.volume(vol).upload([bytes, Buffer.from('end')]);
    await until(() => ended(connection) === true, 'the end of the stream');
    const packets = connection?.streamPackets ?? [];
    const serial = serialOf(connection);
    expect(packets.every((packet) => packet.header.serial === serial)).toBe(true);
    expect(packets.map((packet) => packet.header.status)).toEqual([more, more, more, more, ok]);
    expect(Math.max(...packets.map((packet) => packet.payload.length))).toBe(262_120);
    const sent = Buffer.concat(packets.map((packet) => packet.payload));
    expect(sent.equals(Buffer.concat([bytes, Buffer.from('end')]))).toBe(true);
    connection?.sendStream(serial, ok);
    await done;
  });

  it('fails with the error that the daemon puts into the stream', async () => {
    await using lab = await openLab({ storageVolUpload: () => undefined });
    const [connection] = lab.daemon.connections;
    const done = errorOf(lab.libvirt.pools.volume(vol).upload([Buffer.from('x')]));
    await until(() => ended(connection) === true, 'the end of the stream');
    connection?.sendStream(serialOf(connection), failed, failure);
    const error = await done;
    expect(error).toBeInstanceOf(LibvirtError);
    expect(error).toMatchObject({ code: 38, message: 'No space left on device' });
    expect(lab.connection.isUsable).toBe(true);
  });

  it('whose source fails aborts the stream', async () => {
    await using lab = await openLab({ storageVolUpload: () => undefined });
    const [connection] = lab.daemon.connections;
    async function* source() {
      yield Buffer.from('x');
      await Promise.reject(new Error('disk gone'));
    }
    const done = errorOf(lab.libvirt.pools.volume(vol).upload(source()));
    await until(() => ended(connection) === true, 'the abort');
    expect(connection?.streamPackets.at(-1)?.header.status).toBe(failed);
    connection?.sendStream(serialOf(connection), failed, failure);
    expect(await done).toMatchObject({ message: 'disk gone' });
  });

  it('never sends more than it announced: a daemon does not survive that', async () => {
    await using lab = await openLab({ storageVolUpload: () => undefined });
    const [connection] = lab.daemon.connections;
    const pieces = [Buffer.alloc(600), Buffer.alloc(600)];
    const done = errorOf(lab.libvirt.pools.volume(vol).upload(pieces, { lengthBytes: 1000 }));
    await until(() => ended(connection) === true, 'the abort');
    expect(connection?.streamPackets.map((packet) => packet.payload.length)).toEqual([600, 0]);
    connection?.sendStream(serialOf(connection), failed, failure);
    expect(await done).toBeInstanceOf(RangeError);
  });

  it('hears an error even while its socket takes no more', async () => {
    await using lab = await openLab({ storageVolUpload: () => undefined });
    const [connection] = lab.daemon.connections;
    await using stream = await lab.connection.openStream('storageVolUpload', {
      vol,
      offset: 0n,
      length: 0n,
      flags: 0,
    });
    connection?.stopReading();
    const writing = errorOf(stream.write(Buffer.alloc(4_000_000)));
    connection?.sendStream(serialOf(connection), failed, failure);
    expect(await writing).toMatchObject({ code: 38 });
  });

  it('that is never confirmed is given up in time', async () => {
    await using lab = await openLab({ storageVolUpload: () => undefined });
    const done = lab.libvirt.pools.volume(vol).upload([Buffer.from('x')], {}, { idleMs: 30 });
    expect(await errorOf(done)).toBeInstanceOf(CallAbandonedError);
  });

  it('ends with its connection', async () => {
    await using lab = await openLab({ storageVolUpload: () => undefined });
    const [connection] = lab.daemon.connections;
    const done = errorOf(lab.libvirt.pools.volume(vol).upload([Buffer.from('x')]));
    await until(() => ended(connection) === true, 'the end of the stream');
    connection?.destroy();
    expect(await done).toMatchObject({ name: 'ConnectionError', sent: true });
  });

  it('abandoned before the daemon agreed is aborted when it does', async () => {
    const gate = new Gate<undefined>();
    await using lab = await openLab({ storageVolUpload: () => gate.promise });
    const [connection] = lab.daemon.connections;
    const done = lab.libvirt.pools.volume(vol).upload([], {}, { timeoutMs: 20 });
    expect(await errorOf(done)).toMatchObject({ reason: 'deadline', sent: true });
    gate.open(undefined);
    await until(() => ended(connection) === true, 'the abort');
    expect(connection?.streamPackets.at(-1)?.header.status).toBe(failed);
  });
});

describe('a download', () => {
  it('gives the bytes up to the empty packet, then confirms', async () => {
    await using lab = await openLab({ storageVolDownload: () => undefined });
    const [connection] = lab.daemon.connections;
    const parts: string[] = [];
    const reading = (async () => {
      for await (const bytes of lab.libvirt.pools.volume(vol).download()) {
        parts.push(Buffer.from(bytes).toString());
      }
    })();
    await until(() => serialOf(connection) > 0, 'the call');
    const serial = serialOf(connection);
    // Any later reply comes after the one that opened the stream.
    await errorOf(lab.libvirt.host.hostname());
    connection?.sendStream(serial, more, Buffer.from('one'));
    connection?.sendStream(serial, more, Buffer.from('two'));
    connection?.sendStream(serial, more);
    await until(() => ended(connection) === true, 'the end of the stream');
    connection?.sendStream(serial, ok);
    await reading;
    expect(parts).toEqual(['one', 'two']);
  });

  it('that nobody reads stops the reading of its connection, not the filling of memory', async () => {
    await using lab = await openLab({
      storageVolDownload: () => undefined,
      domainGetState: () => ({ state: 1, reason: 0 }),
    });
    const [connection] = lab.daemon.connections;
    await using stream = await lab.connection.openStream('storageVolDownload', {
      vol,
      offset: 0n,
      length: 0n,
      flags: 0,
    });
    const serial = serialOf(connection);
    const piece = Buffer.alloc(1024 * 1024, 1);
    for (let sent = 0; sent < 20; sent++) connection?.sendStream(serial, more, piece);
    connection?.sendStream(serial, more);
    let answered = false;
    const state = lab.libvirt.domains
      .of(dom)
      .state()
      .then(() => (answered = true));
    await until(() => connection?.calls.at(-1)?.name === 'domainGetState', 'the call');
    // Without a pause all of it would be taken within a few turns.
    for (let turn = 0; turn < 100; turn++) await new Promise((next) => setImmediate(next));
    expect(connection?.unsentBytes).toBeGreaterThan(8 * piece.length);
    expect(answered).toBe(false);
    let total = 0;
    for await (const bytes of stream) total += bytes.length;
    expect(total).toBe(20 * piece.length);
    await state;
    const end = stream.finish();
    connection?.sendStream(serial, ok);
    await end;
    expect(answered).toBe(true);
  });
});

describe('a stream that has ended', () => {
  it('may still be heard of: the daemon had sent it before it knew', async () => {
    await using lab = await openLab({
      storageVolDownload: () => undefined,
      domainGetState: () => ({ state: 1, reason: 0 }),
    });
    const [connection] = lab.daemon.connections;
    const args = { vol, offset: 0n, length: 0n, flags: 0 };
    const stream = await lab.connection.openStream('storageVolDownload', args);
    const serial = serialOf(connection);
    const aborted = stream.abort();
    await until(() => ended(connection) === true, 'the abort');
    connection?.sendStream(serial, failed, failure);
    await aborted;
    connection?.sendStream(serial, more, Buffer.from('late'));
    connection?.sendStream(serial, ok);
    expect((await lab.libvirt.domains.of(dom).state()).state).toBe('running');
    expect(lab.connection.isUsable).toBe(true);
  });
});

describe('a stream that speaks before its call is answered', () => {
  const args = { vol, offset: 0n, length: 0n, flags: 0 };

  it('loses nothing: a daemon sends data and reply from different threads', async () => {
    await using lab = await openLab({
      storageVolDownload: () => {
        const [connection] = lab.daemon.connections;
        const serial = serialOf(connection);
        for (const text of ['ear', 'ly']) connection?.sendStream(serial, more, Buffer.from(text));
        return undefined;
      },
    });
    const stream = await lab.connection.openStream('storageVolDownload', args);
    const [connection] = lab.daemon.connections;
    const serial = serialOf(connection);
    connection?.sendStream(serial, more, Buffer.from(', late'));
    let text = '';
    for await (const piece of stream) {
      text += Buffer.from(piece as Uint8Array).toString();
      if (text.length >= 'early, late'.length) break;
    }
    expect(text).toBe('early, late');
    expect(lab.connection.isUsable).toBe(true);
  });

  it('is no stream where the answer is an error, and the connection goes on', async () => {
    await using lab = await openLab({
      storageVolDownload: () => {
        const [connection] = lab.daemon.connections;
        connection?.sendStream(serialOf(connection), more, Buffer.from('early'));
        throw new Error('no');
      },
      domainGetState: () => ({ state: 1, reason: 0 }),
    });
    await errorOf(lab.connection.openStream('storageVolDownload', args));
    const [connection] = lab.daemon.connections;
    connection?.sendStream(serialOf(connection), more, Buffer.from('late'));
    expect((await lab.libvirt.domains.of(dom).state()).state).toBe('running');
  });
});

describe('a procedure without a stream', () => {
  it('cannot be opened as one', async () => {
    await using lab = await openLab();
    const open = lab.connection.openStream('domainLookupByUuid', { uuid: dom.uuid });
    expect(await errorOf(open)).toBeInstanceOf(TypeError);
  });
});
