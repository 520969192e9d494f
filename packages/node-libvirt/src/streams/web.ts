/**
 * A libvirt stream as Web streams. The end is the daemon's confirmation; cancelling or aborting one aborts
 * it at the daemon.
 */
import type { LibvirtStream } from '../connection/stream.ts';

/** Nothing is read ahead: what is not asked for waits in the daemon. */
export function toReadableStream(stream: LibvirtStream): ReadableStream<Uint8Array> {
  const reading = stream[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await reading.next();
        if (done !== true) {
          controller.enqueue(value);
          return;
        }
        // One that is written to as well ends when its writer says so.
        if (stream.kind === 'read') await stream.finish();
        controller.close();
      },
      cancel: () => stream.abort(),
    },
    { highWaterMark: 0 },
  );
}

export function toWritableStream(stream: LibvirtStream): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    write: (bytes) => stream.write(bytes),
    close: () => stream.finish(),
    abort: () => stream.abort(),
  });
}
