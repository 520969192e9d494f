/** The configuration file: a slip is told by file and place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/shell/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'drover-scheduler-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, 'scheduler.yaml');
const read = (text: string) => {
  writeFileSync(path, text);
  return readConfig(path);
};
const whole = `
instanceId: s1
etcd: { endpoints: ['http://127.0.0.1:2379'] }
nats: { servers: ['nats://127.0.0.1:4222'], nkeySeedFile: /etc/drover/seed }
metrics: { host: 127.0.0.1, port: 9102 }
leaseSeconds: 5
`;

describe('a configuration', () => {
  it('is read as it stands', () => {
    expect(read(whole)).toEqual({
      instanceId: 's1',
      etcd: { endpoints: ['http://127.0.0.1:2379'] },
      nats: { servers: ['nats://127.0.0.1:4222'], nkeySeedFile: '/etc/drover/seed' },
      metrics: { host: '127.0.0.1', port: 9102 },
      leaseSeconds: 5,
    });
  });

  const slips: readonly (readonly [string, (text: string) => string, string])[] = [
    ['a missing part', (text) => text.replace('instanceId: s1', ''), 'instanceId'],
    ['a word that is none', (text) => `${text}\nlease: 5`, 'lease'],
    ['a wrong type', (text) => text.replace('9102', 'many'), 'metrics/port'],
    ['a lease too short', (text) => text.replace('leaseSeconds: 5', 'leaseSeconds: 1'), 'lease'],
    ['no endpoint at all', (text) => text.replace(/endpoints: \[.*?\]/, 'endpoints: []'), 'etcd'],
    ['no YAML', () => 'a: [', ''],
  ];
  for (const [what, slip, place] of slips) {
    it(`with ${what} is refused, with file and place`, () => {
      expect(() => read(slip(whole))).toThrow(
        expect.objectContaining({
          code: 'bad-request',
          message: expect.stringMatching(new RegExp(`^${path}: .*${place}`, 's')) as string,
        }) as Error,
      );
    });
  }

  it('that is not there is refused by its name', () => {
    expect(() => readConfig(join(folder, 'none.yaml'))).toThrow(/none\.yaml: ENOENT/);
  });
});
