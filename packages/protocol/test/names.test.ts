/** What may be called how: nothing that a path, a subject, a key, a shell or XML could stumble over. */
import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import {
  Epoch,
  FileName,
  Label,
  Labels,
  Mac,
  Name,
  OperationId,
  parseValue,
  Pool,
  Uuid,
} from '../src/index.ts';

/** Never a name of anything. */
const hostile = [
  '../etc/passwd',
  '..',
  'a/../b',
  '/',
  "a'b",
  'a"b',
  '<name/>',
  ']]>',
  '&amp;',
  'a b',
  ' a',
  'a\n',
  '\na',
  'a\r',
  'a\t',
  'a\0',
  'a\u0007',
  'a\u001b[31m',
  'a\u007f',
  'a\u200b',
  'a\u2028',
  'é',
  'а', // Cyrillic
  'a*',
  'a>',
  '$(id)',
  '`id`',
  'a;b',
  'a|b',
  '%2e%2e',
  'a\\b',
];

const path = (text: string) => ({ name: 'vms', spec: { type: 'shared', path: text } });
const server = (text: string) => ({
  name: 'vms',
  spec: { type: 'nfs-direct', server: text, export: '/srv' },
});

interface Kind {
  readonly kind: string;
  readonly schema: TSchema;
  readonly wrap?: (text: string) => unknown;
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

const kinds: readonly Kind[] = [
  {
    kind: 'Name',
    schema: Name,
    good: ['a', 'h1', 'web-1', '1a', 'a'.repeat(63)],
    bad: ['', '-a', 'a-', 'A', 'a.b', 'a_b', 'a'.repeat(64)],
  },
  {
    kind: 'FileName',
    schema: FileName,
    good: ['a', 'debian-13.qcow2', 'A_b.raw', 'a..b', 'a'.repeat(127)],
    bad: ['', '.hidden', '-rf', '_a', 'a/b', 'a'.repeat(128)],
  },
  {
    kind: 'Uuid',
    schema: Uuid,
    good: ['6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01'],
    bad: [
      '',
      '6F1C2A52-7D6E-4A8F-9D63-0D3F1F2A9B01',
      '{6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01}',
      '6f1c2a527d6e4a8f9d630d3f1f2a9b01',
      '6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01\n',
    ],
  },
  {
    kind: 'OperationId',
    schema: OperationId,
    good: ['a', '01JDXYZ', 'drain-1', 'a'.repeat(64)],
    bad: ['', 'a.b', 'a_b', 'a'.repeat(65)],
  },
  {
    kind: 'Mac',
    schema: Mac,
    good: ['52:54:00:12:34:56'],
    bad: ['', '01:00:5e:00:00:01', '52-54-00-12-34-56', '52:54:00:12:34', '52:54:00:AB:CD:EF'],
  },
  {
    kind: 'Epoch',
    schema: Epoch,
    good: ['0', '17', '9223372036854775807'],
    bad: ['', '-1', '1.5', '1e3', '0x10', '12345678901234567890'],
  },
  {
    kind: 'AbsolutePath',
    schema: Pool,
    wrap: path,
    good: ['/srv', '/srv/vms', '/var/lib/drover_1/a.b'],
    bad: ['', 'srv', '/srv/', '//srv', '/srv/../etc', '/srv/.hidden', '/.', `/${'a'.repeat(255)}`],
  },
  {
    kind: 'NetworkHost',
    schema: Pool,
    wrap: server,
    good: ['nfs1', '10.0.0.1', 'nfs.example.org', 'fd00::1'],
    bad: ['', '-o', '.a', 'a/b', 'a@b', '[::1]', 'a'.repeat(254)],
  },
];

describe.each(kinds)('$kind', ({ schema, wrap = (text) => text, good, bad }) => {
  it.each(good)('may be %j', (text) => {
    expect(parseValue(schema, wrap(text)).ok).toBe(true);
  });

  it.each([...bad, ...hostile])('may not be %j', (text) => {
    expect(parseValue(schema, wrap(text)).ok).toBe(false);
  });
});

describe('labels', () => {
  it.each(['zone', 'example.org/rack-1', 'A_b'])('may be called %j', (key) => {
    expect(parseValue(Labels, { [key]: 'r1' }).ok).toBe(true);
  });

  // A path may be a label: it is only ever compared.
  const harmless = new Set(['../etc/passwd', '..', 'a/../b', '/']);
  const notLabels = hostile.filter((text) => !harmless.has(text));

  it.each(['', 'a'.repeat(64), '__proto__', ...notLabels])('may not be called %j', (key) => {
    const labels: unknown = JSON.parse(`{${JSON.stringify(key)}:"x"}`);
    expect(parseValue(Labels, labels).ok).toBe(false);
  });

  it.each(['a'.repeat(64), ...notLabels])('may not have the value %j', (text) => {
    expect(parseValue(Label, text).ok).toBe(false);
    expect(parseValue(Labels, { zone: text }).ok).toBe(false);
  });

  it('are at most 32', () => {
    const labels = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
    expect(parseValue(Labels, labels(32)).ok).toBe(true);
    expect(parseValue(Labels, labels(33)).ok).toBe(false);
  });
});
