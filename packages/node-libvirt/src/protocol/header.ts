/**
 * The 24-byte header of every packet, and whole packets from it. Whether a header makes sense for this
 * connection (serials, order) is left to the connection.
 */
import { ProtocolError } from '../errors.ts';

export const messageType = {
  call: 0,
  reply: 1,
  message: 2,
  stream: 3,
  callWithFds: 4,
  replyWithFds: 5,
  streamHole: 6,
} as const;

export const messageStatus = { ok: 0, error: 1, continue: 2 } as const;

export interface Header {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly type: number;
  readonly serial: number;
  readonly status: number;
}

export interface Packet {
  readonly header: Header;
  readonly payload: Buffer;
}

export const lengthBytes = 4;
export const headerBytes = 24;
/** The whole packet, its length word included. */
export const maxPacketBytes = 33_554_432 + lengthBytes;
/** The most raw bytes that libvirt itself puts into one stream packet. */
export const streamChunkBytes = 262_120;

export function encodePacket(header: Header, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(lengthBytes + headerBytes + payload.length);
  writeHeader(bytes, header, payload.length);
  bytes.set(payload, lengthBytes + headerBytes);
  return bytes;
}

/** What stands before a payload of so many bytes. */
export function encodeHeader(header: Header, payloadBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(lengthBytes + headerBytes);
  writeHeader(bytes, header, payloadBytes);
  return bytes;
}

function writeHeader(bytes: Buffer, header: Header, payloadBytes: number): void {
  const total = lengthBytes + headerBytes + payloadBytes;
  if (total > maxPacketBytes) {
    throw new ProtocolError('cannot-encode', `packet of ${total} bytes`);
  }
  bytes.writeUInt32BE(total, 0);
  bytes.writeUInt32BE(header.program, 4);
  bytes.writeUInt32BE(header.version, 8);
  bytes.writeInt32BE(header.procedure, 12);
  bytes.writeInt32BE(header.type, 16);
  bytes.writeUInt32BE(header.serial, 20);
  bytes.writeInt32BE(header.status, 24);
}

/** `bytes` is one packet without its length word, at least a header long. */
export function decodePacket(bytes: Buffer): Packet {
  const header = {
    program: bytes.readUInt32BE(0),
    version: bytes.readUInt32BE(4),
    procedure: bytes.readInt32BE(8),
    type: bytes.readInt32BE(12),
    serial: bytes.readUInt32BE(16),
    status: bytes.readInt32BE(20),
  };
  if (header.type < messageType.call || header.type > messageType.streamHole) {
    throw new ProtocolError('bad-header', `message type ${header.type}`);
  }
  if (header.status < messageStatus.ok || header.status > messageStatus.continue) {
    throw new ProtocolError('bad-header', `message status ${header.status}`);
  }
  if (header.type === messageType.callWithFds || header.type === messageType.replyWithFds) {
    // Descriptors cannot be received here, and dummy bytes would follow: nothing after would parse.
    throw new ProtocolError('bad-header', 'message with file descriptors');
  }
  return { header, payload: bytes.subarray(headerBytes) };
}
