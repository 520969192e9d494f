/**
 * What nobody who means well sends: values at which programs break, JSON that is none or too much of it, headers and
 * addresses that mean something else. Each is a fair request to be refused, and nothing more.
 */
import type { Random } from '@drover/core';
import type { Source } from './values.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const long = 'a'.repeat(70_000);

export const texts: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '../../etc/passwd',
  '..',
  '.',
  '/',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  '\u{1f4a5}',
  'ß',
  'İ',
  '\u202e',
  'e\u0301',
  '\r\nX-Evil: 1',
  '%00',
  '%',
  '*',
  '"',
  '\\',
  "';--",
  '{{7*7}}',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e3',
  '9'.repeat(400),
  '00000000-0000-0000-0000-000000000000',
  'x'.repeat(5_000),
];

const numbers: readonly number[] = [
  -1,
  -0,
  0,
  0.5,
  1e21,
  1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 63),
  2 ** 53 + 2,
  Number.MIN_VALUE,
];

const others: readonly Json[] = [null, true, false, [], {}, [[[[]]]], { $ref: '#' }, { length: 1 }];

export function anyValue(random: Random): Json {
  const kind = random.below(3);
  if (kind === 0) return random.pick(texts) ?? '';
  return random.pick<Json>(kind === 1 ? numbers : others) ?? null;
}

/** One thing in it is changed: taken away, another value, one too many. */
export function bent(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random.chance(700)) {
    const at = random.below(value.length);
    return random.chance(100)
      ? Array.from({ length: 1_100 }, () => value[at] as unknown)
      : value.with(at, bent(value[at], random));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return anyValue(random);
  const entries = Object.entries(value);
  const at = random.below(entries.length);
  const [name = ''] = entries[at] ?? [];
  switch (entries.length === 0 ? 0 : random.below(5)) {
    case 0:
      return { ...value, [random.pick(['unknown', 'id', 'owner', 'v', 'by']) ?? '']: 1 };
    case 1:
      return Object.fromEntries(entries.filter(([one]) => one !== name));
    case 2:
      return { ...value, [name]: anyValue(random) };
    default:
      return { ...value, [name]: bent((value as Readonly<Record<string, unknown>>)[name], random) };
  }
}

/** Instead of the body that it was. */
export function brokenBody(text: string, random: Random): string | Buffer {
  const inside = text.startsWith('{') && text.length > 2 ? `,${text.slice(1)}` : '}';
  const kinds: readonly (() => string | Buffer)[] = [
    () => text.slice(0, random.below(Math.max(1, text.length))),
    () => `${text}${text}`,
    () => `\ufeff${text}`,
    () => '['.repeat(20_000),
    () => `${'['.repeat(9_000)}${']'.repeat(9_000)}`,
    () => `{"name":${'{"a":'.repeat(6_000)}1${'}'.repeat(6_000)}}`,
    () => `{"__proto__":{"role":"admin"}${inside}`,
    () => `{"constructor":{"prototype":{"x":1}}${inside}`,
    () => `{"name":1,"name":2${inside}`,
    () => `{"${long}":1${inside}`,
    () => `{"vcpus":1e400${inside}`,
    () => `{"n":-0${inside}`,
    () => '\u0000',
    () => 'null',
    () => '"text"',
    () => '[]',
    () => '0',
    () => '',
    () => `${' '.repeat(200_000)}${text}`,
    () => JSON.stringify({ name: 'x'.repeat(300_000) }),
    () => Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    () => Buffer.from(text, 'utf16le'),
  ];
  return (random.pick(kinds) ?? (() => ''))();
}

/** As part of an address, whatever has to be escaped. */
export function escaped(text: string): string {
  return encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, '\ufffd'));
}

export function oddSegment(random: Random): string {
  const raw = ['%', '%zz', '%c0%af', '..%2f..', '%2e%2e', '%00', '', ';a=b', 'a%0d%0ab', '%u0041'];
  return random.chance(500)
    ? (random.pick(raw) ?? '')
    : escaped((random.pick(texts) ?? '').slice(0, 600));
}

export function oddQuery(random: Random): string {
  const name = random.pick(['limit', 'continue', 'label', 'state', 'wait', 'dryRun', 'since', 'q']);
  const value = escaped((random.pick(texts) ?? '').slice(0, 1_000));
  return (
    random.pick([
      `${name}=${value}`,
      `${name}=1&${name}=2`,
      `${name}[]=1`,
      `${name}[__proto__]=1`,
      `__proto__=1&constructor=2`,
      `${name}=%zz`,
      `${name}=${'x'.repeat(9_000)}`,
      `${name}=${'x'.repeat(20_000)}`,
      '&'.repeat(2_000),
      `${name}`,
      '=',
    ]) ?? ''
  );
}

/** Headers as they are not meant; some of them are fine. */
export function oddHeaders({ random, learnt }: Source): Readonly<Record<string, string>> {
  const etag = learnt.pick('etag', random) ?? '"1"';
  const latin = 'caf\u00e9';
  const kinds: readonly Readonly<Record<string, string>>[] = [
    ...['*', '', '"', 'W/"1"', `${etag}, "0"`, `"${'9'.repeat(300)}"`, latin].map((text) => ({
      'if-match': text,
    })),
    ...['', ' ', 'x'.repeat(128), 'x'.repeat(129), latin, 'a b'].map((text) => ({
      'idempotency-key': text,
    })),
    ...['', '0', '-1', '1e9', '9'.repeat(15), '9'.repeat(16), latin].map((text) => ({
      'last-event-id': text,
    })),
    ...[
      '',
      'text/plain',
      'application/json; charset=utf-16',
      'application/json;',
      'application/jsonx',
      'multipart/form-data; boundary=x',
      'application/octet-stream',
      latin,
    ].map((text) => ({ 'content-type': text })),
    ...['', 'bytes=0-', 'bytes=9-1', 'bytes=-1', 'bytes=99999999999999999999-', 'lines=1'].map(
      (text) => ({ range: text }),
    ),
    ...['', '-1', '0', '1e3', '99999999999999999999'].map((text) => ({ 'upload-offset': text })),
    { accept: 'text/html' },
    { 'accept-encoding': 'gzip;q=x' },
    { 'content-encoding': 'gzip' },
    { 'x-forwarded-proto': 'https', 'x-forwarded-for': '10.0.0.1' },
    { origin: 'http://evil.example', 'x-drover-csrf': 'x' },
    { 'x-http-method-override': 'DELETE' },
    { expect: '100-continue' },
  ];
  return random.pick(kinds) ?? {};
}

/** Who is nobody. */
export function oddIdentity(random: Random): Readonly<Record<string, string>> {
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  const claims = Buffer.from('{"sub":"admin","role":"admin"}').toString('base64url');
  return (
    random.pick<Readonly<Record<string, string>>>([
      {},
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer x' },
      { authorization: 'Basic YWRtaW46YWRtaW4=' },
      { authorization: `Bearer ${'x'.repeat(8_193)}` },
      { authorization: `Bearer ${none}.${claims}.` },
      { authorization: 'Bearer caf\u00e9' },
      { cookie: 'drover_session=x' },
      { cookie: `drover_session=${'x'.repeat(4_000)}; drover_session=${'y'.repeat(43)}` },
      { cookie: '=;;;=%zz' },
    ]) ?? {}
  );
}
