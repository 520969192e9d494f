/**
 * Typed parameters as records: each table reads what it writes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockIoTuneFields,
  type Field,
  identityFields,
  interfaceBandwidthFields,
  launchSecurityFields,
  migrationFields,
  paramsRecord,
  readFields,
  readGuestInfo,
  saveFields,
  schedulerFields,
  sharedMemoryFields,
  writeFields,
} from '../src/index.ts';

const count = fc.nat({ max: 2 ** 31 - 1 });
const arbitraries = {
  number: count,
  int: count,
  uint: count,
  llong: fc.integer(),
  bigint: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  boolean: fc.boolean(),
  string: fc.string(),
  // As a record the last of a repeated name wins.
  strings: fc.string().map((text) => [text]),
};

describe.each([
  ['a migration', migrationFields],
  ['a disk’s limits', blockIoTuneFields],
  ['a scheduler', schedulerFields],
  ['a network card’s limits', interfaceBandwidthFields],
  ['a save', saveFields],
  ['a host’s shared memory', sharedMemoryFields],
  ['sealed memory', launchSecurityFields],
  ['an identity', identityFields],
] as readonly (readonly [string, Readonly<Record<string, Field>>])[])(
  'the parameters of %s',
  (_, table) => {
    it('read as they were written', () => {
      const values = fc.record(
        Object.fromEntries(
          Object.entries(table).map(([name, [, kind]]) => [name, arbitraries[kind]]),
        ),
        { requiredKeys: [] },
      );
      fc.assert(
        fc.property(values, (given) => {
          const read = readFields(table, paramsRecord(writeFields(table, given)));
          expect(read).toEqual(Object.fromEntries(Object.entries(given)));
        }),
      );
    });

    it('have a key each', () => {
      const keys = Object.values(table).map(([key]) => key);
      expect(new Set(keys).size).toBe(keys.length);
    });
  },
);

describe('parameters that are written', () => {
  it('repeat the name of a list, and leave out what is not given', () => {
    const written = writeFields(migrationFields, {
      migrateDisks: ['vda', 'vdb'],
      parallelConnections: 4,
      bandwidthMibps: 100,
    });
    expect(written).toEqual([
      { field: 'bandwidth', type: 'ullong', value: 100n },
      { field: 'parallel.connections', type: 'int', value: 4 },
      { field: 'migrate_disks', type: 'string', value: 'vda' },
      { field: 'migrate_disks', type: 'string', value: 'vdb' },
    ]);
  });

  it('may be negative where libvirt says so', () => {
    expect(writeFields(schedulerFields, { vcpuQuotaUs: -1 })).toEqual([
      { field: 'vcpu_quota', type: 'llong', value: -1n },
    ]);
  });
});

it('what the agent in a VM tells is read with its lists, and lists in them', () => {
  const info = readGuestInfo({
    hostname: 'db-1',
    'os.id': 'debian',
    'timezone.offset': 3600,
    'load.1m': 0.5,
    'user.count': 1,
    'user.0.name': 'ann',
    'user.0.login-time': 1_700_000_000_000n,
    'fs.count': 1,
    'fs.0.mountpoint': '/',
    'fs.0.total-bytes': 10n,
    'fs.0.disk.count': 1,
    'fs.0.disk.0.alias': 'vda',
    'disk.count': 1,
    'disk.0.name': '/dev/vda1',
    'disk.0.partition': true,
    'disk.0.dependency.count': 1,
    'disk.0.dependency.0.name': '/dev/vda',
    'if.count': 1,
    'if.0.name': 'eth0',
    'if.0.addr.count': 2,
    'if.0.addr.0.type': 'ipv4',
    'if.0.addr.0.addr': '192.0.2.7',
    'if.0.addr.0.prefix': 24,
    'if.0.addr.1.addr': '2001:db8::7',
  });
  expect(info).toMatchObject({
    hostname: 'db-1',
    system: { id: 'debian' },
    timezone: { offsetSeconds: 3600 },
    load: { minutes1: 0.5 },
    users: [{ name: 'ann', loginTimeMs: 1_700_000_000_000 }],
    fileSystems: [{ mountpoint: '/', totalBytes: 10, disks: [{ alias: 'vda' }] }],
    disks: [{ name: '/dev/vda1', partition: true, dependencies: ['/dev/vda'] }],
    interfaces: [
      {
        name: 'eth0',
        addresses: [{ type: 'ipv4', address: '192.0.2.7', prefix: 24 }, { address: '2001:db8::7' }],
      },
    ],
  });
});

it.each(['-1', '1e30', '4294967295'])('a list that counts to %s is not followed', (text) => {
  expect(readGuestInfo({ 'user.count': Number(text) }).users.length).toBeLessThan(20_000);
});
