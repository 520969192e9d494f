/**
 * Streams as Node's and the Web's own, sparse streams, files with holes, and giving up in the middle.
 */
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CallAbandonedError,
  LibvirtError,
  type LibvirtStream,
  toDuplex,
  toReadable,
  toReadableStream,
  toWritable,
  toWritableStream,
} from '../src/index.ts';
import { remoteError, streamHole } from '../src/protocol/types.ts';
import { holeBlockBytes, splitHoles } from '../src/streams/holes.ts';
import { messageStatus, messageType, type FakeConnection } from '../src/testing/index.ts';
import { decode, encode } from '../src/xdr/codec.ts';
import { dom, errorOf, openLab, until, type Lab } from './support.ts';

const vol = { pool: 'images', name: 'a.raw', key: '/images/a.raw' };
const { ok, error: failed, continue: more } = messageStatus;
const failure = encode(remoteError, {
  code: 38,
  domain: 18,
  level: 2,
  message: 'No space left on device',
  number1: 28,
  number2: 0,
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-libvirt-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Opened extends AsyncDisposable {
  readonly lab: Lab;
  readonly connection: FakeConnection;
  readonly serial: number;
  readonly stream: LibvirtStream;
}

async function opened(
  name: 'storageVolUpload' | 'storageVolDownload' | 'domainOpenConsole',
  sparse = false,
  signal?: AbortSignal,
): Promise<Opened> {
  const lab = await openLab({ [name]: () => undefined });
  const options = signal === undefined ? { sparse } : { sparse, signal };
  const stream = await (name === 'domainOpenConsole'
    ? lab.connection.openStream(name, { dom, flags: 0 }, options)
    : lab.connection.openStream(name, { vol, offset: 0n, length: 0n, flags: 0 }, options));
  const connection = lab.daemon.connections[0] as FakeConnection;
  const serial = connection.calls.at(-1)?.serial ?? 0;
  return {
    lab,
    connection,
    serial,
    stream,
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
}

const last = (connection: FakeConnection) => connection.streamPackets.at(-1)?.header.status;

/** Confirms the end, or the abort, as a daemon does. */
async function confirm({ connection, serial }: Opened): Promise<void> {
  await until(() => last(connection) === ok || last(connection) === failed, 'the end');
  connection.sendStream(
    serial,
    last(connection) ?? ok,
    last(connection) === ok ? undefined : failure,
  );
}

const sentBytes = (connection: FakeConnection) =>
  Buffer.concat(
    connection.streamPackets
      .filter(({ header }) => header.type === messageType.stream)
      .map(({ payload }) => payload),
  );

describe('as Node streams', () => {
  it('an upload takes a pipeline, which ends when the daemon has confirmed', async () => {
    await using one = await opened('storageVolUpload');
    const bytes = Buffer.alloc(3_000_000, 7);
    const done = pipeline(Readable.from([bytes, Buffer.from('end')]), toWritable(one.stream));
    await confirm(one);
    await done;
    expect(sentBytes(one.connection).equals(Buffer.concat([bytes, Buffer.from('end')]))).toBe(true);
  });

  it('an upload that the daemon fails destroys the pipeline with its error', async () => {
    await using one = await opened('storageVolUpload');
    async function* endless() {
      for (;;) {
        yield Buffer.alloc(100_000);
        await new Promise((next) => setImmediate(next));
      }
    }
    const done = errorOf(pipeline(endless, toWritable(one.stream)));
    await until(() => one.connection.streamPackets.length > 2, 'some of it');
    one.connection.sendStream(one.serial, failed, failure);
    expect(await done).toBeInstanceOf(LibvirtError);
  });

  it('an upload whose source fails is aborted at the daemon', async () => {
    await using one = await opened('storageVolUpload');
    async function* source() {
      yield Buffer.from('x');
      await Promise.reject(new Error('disk gone'));
    }
    const done = errorOf(pipeline(source, toWritable(one.stream)));
    await confirm(one);
    expect(await done).toMatchObject({ message: 'disk gone' });
    expect(last(one.connection)).toBe(failed);
  });

  it('a download ends when the daemon has confirmed, and is aborted when it is destroyed', async () => {
    await using one = await opened('storageVolDownload');
    const readable = toReadable(one.stream);
    one.connection.sendStream(one.serial, more, Buffer.from('abc'));
    one.connection.sendStream(one.serial, more);
    const text = readable.toArray();
    await confirm(one);
    expect(Buffer.concat((await text) as Buffer[]).toString()).toBe('abc');

    await using two = await opened('storageVolDownload');
    const dropped = toReadable(two.stream);
    two.connection.sendStream(two.serial, more, Buffer.from('abc'));
    for await (const _ of dropped) break;
    await confirm(two);
    expect(last(two.connection)).toBe(failed);
  });

  it('a console is read and written at once', async () => {
    await using one = await opened('domainOpenConsole');
    const console_ = toDuplex(one.stream);
    one.connection.sendStream(one.serial, more, Buffer.from('login: '));
    const [prompt] = (await console_.iterator({ destroyOnReturn: false }).next()).value
      ? ['login: ']
      : [];
    expect(prompt).toBe('login: ');
    console_.write('root\n');
    await until(() => sentBytes(one.connection).toString() === 'root\n', 'the answer');
    console_.end();
    await confirm(one);
    await new Promise((resolve) => console_.once('finish', resolve));
    expect(last(one.connection)).toBe(ok);
  });
});

describe('as Web streams', () => {
  it('an upload is closed by the daemon’s confirmation', async () => {
    await using one = await opened('storageVolUpload');
    const source = ReadableStream.from([Buffer.from('one'), Buffer.from('two')]);
    const done = source.pipeTo(toWritableStream(one.stream));
    await confirm(one);
    await done;
    expect(sentBytes(one.connection).toString()).toBe('onetwo');
  });

  it('a download is closed by it too, and cancelling aborts', async () => {
    await using one = await opened('storageVolDownload');
    one.connection.sendStream(one.serial, more, Buffer.from('abc'));
    one.connection.sendStream(one.serial, more);
    const text = new Response(toReadableStream(one.stream)).text();
    await confirm(one);
    expect(await text).toBe('abc');

    await using two = await opened('storageVolDownload');
    const cancelled = toReadableStream(two.stream).cancel();
    await confirm(two);
    await cancelled;
    expect(last(two.connection)).toBe(failed);
  });
});

describe('a sparse stream', () => {
  it('sends holes as such', async () => {
    await using one = await opened('storageVolUpload', true);
    await one.stream.write(Buffer.from('a'));
    await one.stream.skip(5_000_000_000);
    const done = one.stream.finish();
    await confirm(one);
    await done;
    const [, hole] = one.connection.streamPackets;
    expect(hole?.header).toMatchObject({ type: messageType.streamHole, status: more });
    expect(decode(streamHole, hole?.payload ?? Buffer.alloc(0))).toEqual({
      length: 5_000_000_000n,
      flags: 0,
    });
  });

  it('gives holes as such, or as zeroes to who wants bytes', async () => {
    for (const asPieces of [true, false]) {
      await using one = await opened('storageVolDownload', true);
      one.connection.sendStream(one.serial, more, Buffer.from('ab'));
      one.connection.sendHole(one.serial, 300_000);
      one.connection.sendStream(one.serial, more);
      const seen: unknown[] = [];
      if (asPieces) for await (const piece of one.stream.pieces()) seen.push(piece);
      else for await (const bytes of one.stream) seen.push(bytes.length);
      expect(seen).toEqual(
        asPieces ? [Buffer.from('ab'), { hole: 300_000 }] : [2, 262_120, 37_880],
      );
    }
  });

  it('has to be asked for: without, no hole is sent, and one that comes breaks the protocol', async () => {
    await using one = await opened('storageVolUpload');
    expect(await errorOf(one.stream.skip(1))).toBeInstanceOf(TypeError);
    await using two = await opened('storageVolDownload');
    two.connection.sendHole(two.serial, 1);
    expect(await two.lab.connection.closed).toMatchObject({ reason: 'protocol-error' });
  });

  it.each([-1, 2 ** 60])('refuses a hole of %d bytes', async (bytes) => {
    await using one = await opened('storageVolDownload', true);
    one.connection.sendHole(one.serial, bytes);
    expect(await one.lab.connection.closed).toMatchObject({ reason: 'protocol-error' });
  });
});

describe('runs of zeroes', () => {
  it('are holes in whole blocks, and all bytes stay what and where they were', () => {
    const block = fc
      .constantFrom(0, 1)
      .chain((value) =>
        fc
          .constantFrom(holeBlockBytes, holeBlockBytes, 1, 1000)
          .map((size) => Buffer.alloc(size, value)),
      );
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), (blocks) => {
        const bytes = Buffer.concat(blocks);
        const pieces = [...splitHoles(bytes)];
        const back = pieces.map((piece) =>
          piece instanceof Uint8Array ? piece : Buffer.alloc(piece.hole),
        );
        expect(Buffer.concat(back).equals(bytes)).toBe(true);
        for (let at = 1; at < pieces.length; at += 1) {
          expect(pieces[at] instanceof Uint8Array).not.toBe(pieces[at - 1] instanceof Uint8Array);
        }
      }),
    );
    expect([...splitHoles(Buffer.alloc(3 * holeBlockBytes))]).toEqual([
      { hole: 3 * holeBlockBytes },
    ]);
  });
});

describe('a file', () => {
  const content = Buffer.concat([
    Buffer.from('head'.repeat(16_384)),
    Buffer.alloc(1_000_000),
    Buffer.from('tail'),
    Buffer.alloc(100_000),
  ]);

  it('is sent without its runs of zeroes', async () => {
    const path = join(folder, 'source');
    await writeFile(path, content);
    await using lab = await openLab({ storageVolUpload: () => undefined });
    const [connection] = lab.daemon.connections;
    const progress: number[] = [];
    const done = lab.libvirt.pools
      .volume(vol)
      .uploadFile(path, { sparse: true, onProgress: (bytes) => progress.push(bytes) });
    await until(() => connection?.streamPackets.at(-1)?.header.status === ok, 'the end');
    connection?.sendStream(connection.calls.at(-1)?.serial ?? 0, ok);
    expect(await done).toBe(content.length);
    expect(progress.at(-1)).toBe(content.length);
    expect(connection?.calls.at(-1)).toMatchObject({
      args: { flags: 1, length: BigInt(content.length) },
    });
    expect(sentBytes(connection as FakeConnection).length).toBeLessThan(200_000);
  });

  it('is received with its holes, whatever was in it before', async () => {
    const path = join(folder, 'target');
    await writeFile(path, Buffer.alloc(3_000_000, 9));
    await using lab = await openLab({ storageVolDownload: () => undefined });
    const [connection] = lab.daemon.connections;
    const done = lab.libvirt.pools.volume(vol).downloadFile(path);
    await until(() => connection?.calls.at(-1)?.name === 'storageVolDownload', 'the call');
    const serial = connection?.calls.at(-1)?.serial ?? 0;
    await errorOf(lab.libvirt.host.hostname());
    connection?.sendStream(serial, more, Buffer.from('head'));
    connection?.sendHole(serial, 2_000_000);
    connection?.sendStream(serial, more, Buffer.from('tail'));
    connection?.sendHole(serial, 500_000);
    connection?.sendStream(serial, more);
    await until(() => connection?.streamPackets.at(-1)?.header.status === ok, 'the end');
    connection?.sendStream(serial, ok);
    expect(await done).toBe(2_500_008);
    const read = await readFile(path);
    const wanted = Buffer.concat([
      Buffer.from('head'),
      Buffer.alloc(2_000_000),
      Buffer.from('tail'),
      Buffer.alloc(500_000),
    ]);
    expect(read.equals(wanted)).toBe(true);
    expect((await stat(path)).blocks * 512).toBeLessThan(100_000);
    await using file = await open(path);
    expect((await file.stat()).size).toBe(2_500_008);
  });
});

describe('a stream that is given up', () => {
  it('by its signal is aborted at the daemon, and whoever waits is told', async () => {
    const aborter = new AbortController();
    await using one = await opened('storageVolDownload', false, aborter.signal);
    const reading = errorOf(one.stream[Symbol.asyncIterator]().next());
    aborter.abort(new Error('enough'));
    expect(await reading).toBeInstanceOf(CallAbandonedError);
    await until(() => last(one.connection) === failed, 'the abort');
  });

  it('because nothing moves still counts at the daemon until that has answered', async () => {
    await using lab = await openLab({ storageVolDownload: () => undefined });
    const options = { idleMs: 20 };
    const args = { vol, offset: 0n, length: 0n, flags: 0 };
    const stream = await lab.connection.openStream('storageVolDownload', args, options);
    const error = await errorOf(stream[Symbol.asyncIterator]().next());
    expect(error).toMatchObject({ name: 'CallAbandonedError', reason: 'deadline' });
    let idle = false;
    void lab.connection.whenIdle().then(() => (idle = true));
    await errorOf(lab.libvirt.host.hostname());
    expect(idle).toBe(false);
    const [connection] = lab.daemon.connections;
    connection?.sendStream(connection.calls[3]?.serial ?? 0, failed, failure);
    await until(() => idle, 'the daemon’s last word');
  });
});

describe('a reader that is slow', () => {
  it('has its connection kept alive while nothing is read from it', async () => {
    await using lab = await openLab(
      { storageVolDownload: () => undefined },
      { keepalive: { intervalMs: 10, count: 2 } },
    );
    const args = { vol, offset: 0n, length: 0n, flags: 0 };
    await using stream = await lab.connection.openStream('storageVolDownload', args);
    const [connection] = lab.daemon.connections;
    const serial = connection?.calls.at(-1)?.serial ?? 0;
    const piece = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < 20; sent += 1) connection?.sendStream(serial, more, piece);
    const before = connection?.pingsSeen ?? 0;
    await until(() => (connection?.pingsSeen ?? 0) > before + 5, 'pings of a paused client');
    expect(lab.connection.isUsable).toBe(true);
    connection?.destroy();
    await errorOf(stream.finish());
  });
});
