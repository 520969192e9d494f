/**
 * What both ends of a transfer mean by the same words: the key that proves who may talk, and the headers that say where the
 * bytes go on.
 */
import type { ConnectionOptions } from 'node:tls';

/** Of a `PUT`: the byte that it begins with. Of every answer: the byte that is wanted next. */
export const offsetHeader = 'upload-offset';
/** How many bytes there will be in all. */
export const lengthHeader = 'upload-length';

/**
 * No certificates: who has the key is the one who was told, and each connection has a key of its own besides, so that one
 * that is found later opens nothing that was recorded. Node takes such keys in TLS 1.2 only.
 */
export const tlsOptions = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const satisfies ConnectionOptions;

export function keyOf(secret: string): Buffer {
  return Buffer.from(secret, 'hex');
}

/** A whole number that a header or a range says; anything else is nothing. */
export function countOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const count = Number(text);
  return Number.isSafeInteger(count) ? count : undefined;
}
