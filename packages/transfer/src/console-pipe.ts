/**
 * Bytes from a WebSocket to a stream and back, as fast as the slower one takes them; the words beside them are others'.
 * Its pings find out whether anybody is there at all.
 */
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

/** Of every WebSocket of a console: what one frame may be, and no compression of what is compressed already. */
export const consoleLimits = { maxPayload: 1024 * 1024, perMessageDeflate: false } as const;

/** So much may be on its way to a slow end before the fast one has to wait. */
const waitingBytes = 256 * 1024;
const pingMs = 15_000;

/** The bytes of a message that has some; nothing of one that is text. */
export function bytesOf(data: RawData, isBinary: boolean): Buffer | undefined {
  if (!isBinary) return undefined;
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** Of a message that is text. */
export function textOf(data: RawData): string {
  return (bytesOf(data, true) ?? Buffer.alloc(0)).toString('utf8');
}

/** Sends them, and calls back once there is room for more; `false`: there is none now. */
export function sendBytes(socket: WebSocket, bytes: Buffer, onRoom: () => void): boolean {
  if (socket.readyState !== socket.OPEN) return true;
  let isFull = false;
  socket.send(bytes, { binary: true }, () => {
    if (isFull && socket.bufferedAmount < waitingBytes) onRoom();
  });
  isFull = socket.bufferedAmount >= waitingBytes;
  return !isFull;
}

/** Until either ends; what that is to mean for the other is the caller's. */
export function pipeConsole(socket: WebSocket, stream: Duplex): void {
  stream.on('data', (bytes: Buffer) => {
    if (!sendBytes(socket, bytes, () => stream.resume())) stream.pause();
  });
  socket.on('message', (data, isBinary) => {
    const bytes = bytesOf(data, isBinary);
    if (bytes === undefined || stream.writable === false) return;
    if (!stream.write(bytes)) socket.pause();
  });
  stream.on('drain', () => socket.resume());
}

/** Ends it where nothing comes back. */
export function keepAwake(socket: WebSocket, everyMs = pingMs): void {
  let isHeard = true;
  const hear = () => {
    isHeard = true;
  };
  socket.on('pong', hear);
  socket.on('message', hear);
  const timer = setInterval(() => {
    // While it is to stand still its pongs are not read either.
    if (!isHeard && !socket.isPaused) return socket.terminate();
    isHeard = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, everyMs);
  socket.once('close', () => clearInterval(timer));
}
