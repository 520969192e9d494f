import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/shell/config.ts';

const whole = `
instanceId: s1
etcd: { endpoints: ['http://127.0.0.1:2379'] }
nats: { servers: ['nats://127.0.0.1:4222'], nkeySeedFile: /etc/drover/seed }
metrics: { host: 127.0.0.1, port: 9300 }
leaseSeconds: 5
`;

describe('the configuration', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drover-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (text: string) => {
    const path = join(folder, 'scheduler.yaml');
    writeFileSync(path, text);
    return readConfig(path);
  };

  it('is read as it is written', () => {
    expect(read(whole)).toEqual({
      instanceId: 's1',
      etcd: { endpoints: ['http://127.0.0.1:2379'] },
      nats: { servers: ['nats://127.0.0.1:4222'], nkeySeedFile: '/etc/drover/seed' },
      metrics: { host: '127.0.0.1', port: 9_300 },
      leaseSeconds: 5,
    });
  });

  it.each([
    [
      'a slip in a name',
      whole.replace('leaseSeconds', 'leaseSecond'),
      /scheduler\.yaml: .*leaseSecond/,
    ],
    [
      'no endpoint',
      whole.replace("['http://127.0.0.1:2379']", '[]'),
      /scheduler\.yaml: .*endpoints/,
    ],
    ['a port that is none', whole.replace('9300', '93000'), /scheduler\.yaml: .*port/],
    ['a lease too short', whole.replace('leaseSeconds: 5', 'leaseSeconds: 1'), /leaseSeconds/],
    ['no instance id', whole.replace('instanceId: s1', ''), /instanceId/],
    ['what is no YAML', 'instanceId: [', /scheduler\.yaml: /],
    ['an empty file', '', /scheduler\.yaml: /],
  ])('with %s is refused by file and place', (_what, text, says) => {
    expect(() => read(text)).toThrow(says);
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it('that is not there is told by its path', () => {
    expect(() => readConfig(join(folder, 'none.yaml'))).toThrow(/none\.yaml: ENOENT/);
  });
});
