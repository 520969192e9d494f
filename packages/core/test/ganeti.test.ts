/** Ganeti's text format: the same cluster out and in. */
import { describe, expect, it } from 'vitest';
import { DumpError, promisedOn, readGaneti, writeGaneti } from '../src/index.ts';
import { aCluster, aHost, aVm } from './builders.ts';

const text = `default|9a5ee5f0-0000-4000-8000-000000000001|preferred||

n1|131072|4096|118784|0|0|32|M|9a5ee5f0-0000-4000-8000-000000000001|1||N|0|1|1.0
n2|131072|4096|126976|0|0|32|Y|9a5ee5f0-0000-4000-8000-000000000001|1||N|0|1|1.0

vm1|8192|0|2|running|Y|n1||ext||1|-|N
vm2|4096|0|1|stopped|Y|n1||ext||1|-|N


|128,1,0,0,0,1|128,1,0,0,0,1;1048576,256,1048576,16,8,12|ext|4.0|32.0
`;

describe('Ganeti’s text format', () => {
  it('is read: hosts, what they keep, who is offline, who runs where', () => {
    const cluster = readGaneti(text);
    expect(cluster.hosts.get('n1')).toMatchObject({
      health: 'up',
      capacity: { cpuMilli: 32_000, memoryMib: 131_072 },
      reserved: { cpuMilli: 1000, memoryMib: 4096 },
      cpuOvercommitPermille: 4000,
    });
    expect(cluster.hosts.get('n2')?.health).toBe('down');
    expect(cluster.vms.get('vm1')).toMatchObject({
      hostId: 'n1',
      request: { cpuMilli: 2000, memoryMib: 8192 },
    });
    expect(cluster.vms.get('vm2')).not.toHaveProperty('hostId');
    expect(promisedOn(cluster, 'n1')).toEqual({ cpuMilli: 2000, memoryMib: 8192 });
  });

  it('reads as it was written', () => {
    const host = aHost('h1', { capacity: { cpuMilli: 8000, memoryMib: 16_384 } });
    const cluster = aCluster([host, aHost('h2')], [aVm('a', { hostId: 'h1' })]);
    const written = writeGaneti(cluster);
    expect(writeGaneti(readGaneti(written))).toBe(written);
    expect(written).toContain('h1|16384|0|15360|0|0|8|M|');
  });

  it.each([
    ['', 'line 1'],
    [text.replace('|131072|4096|118784', '|much|4096|118784'), 'line 3: t_mem is no number: much'],
    [text.replace('Y|n1||ext', 'Y|n9||ext'), 'line 6: its host n9 is not there'],
  ])('that is wrong is refused with its line', (wrong, message) => {
    expect(() => readGaneti(wrong)).toThrow(DumpError);
    expect(() => readGaneti(wrong)).toThrow(message);
  });
});
