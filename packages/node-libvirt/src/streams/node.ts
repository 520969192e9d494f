/**
 * A libvirt stream as Node's own streams, for `pipeline()`. The end is the daemon's confirmation, and a
 * stream that is destroyed before it is aborted at the daemon.
 */
import { Duplex, Readable, Writable } from 'node:stream';
import { callbackify } from 'node:util';
import type { LibvirtStream } from '../connection/stream.ts';

/** Ends when the daemon has confirmed the end of its data. */
export function toReadable(stream: LibvirtStream): Readable {
  return new Readable({ read: reading(stream, () => stream.finish()), destroy: disposing(stream) });
}

/** Finishes when the daemon has confirmed that it has everything. */
export function toWritable(stream: LibvirtStream): Writable {
  return new Writable(writing(stream));
}

/** Both at once, such as a console. It ends when the daemon ends its data; `end()` closes it. */
export function toDuplex(stream: LibvirtStream): Duplex {
  return new Duplex({ ...writing(stream), read: reading(stream, () => Promise.resolve()) });
}

function reading(stream: LibvirtStream, atEnd: () => Promise<void>) {
  const pieces = stream[Symbol.asyncIterator]();
  const read = async (): Promise<Uint8Array | null> => {
    const { value, done } = await pieces.next();
    if (done !== true) return value;
    await atEnd();
    return null;
  };
  return function readNext(this: Readable): void {
    read().then(
      (bytes) => this.push(bytes),
      (error: Error) => this.destroy(error),
    );
  };
}

type Done = (error?: Error | null) => void;

function writing(stream: LibvirtStream) {
  const write = callbackify((bytes: Uint8Array) => stream.write(bytes));
  return {
    write: (bytes: Uint8Array, _encoding: string, done: Done) => write(bytes, done),
    final: (done: Done) => callbackify(() => stream.finish())(done),
    destroy: disposing(stream),
  };
}

/** Aborts at the daemon what has not ended. */
function disposing(stream: LibvirtStream) {
  const dispose = callbackify(() => stream[Symbol.asyncDispose]());
  return (error: Error | null, done: Done) => dispose((failure) => done(error ?? failure));
}
