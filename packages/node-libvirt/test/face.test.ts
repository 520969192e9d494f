/**
 * The friendly face says what is on the wire in words and units.
 */
import { describe, expect, it } from 'vitest';
import { flags, migrateFlag } from '../src/index.ts';
import { dom, openLab } from './support.ts';

describe('the face', () => {
  it('sends a migration as one call on the source, with only what was given', async () => {
    await using lab = await openLab({
      domainMigratePerform3Params: () => ({ cookieOut: new Uint8Array() }),
    });
    await lab.libvirt.domains.of(dom).migrate({
      destinationUri: 'qemu+unix:///system?socket=/run/drover/h2',
      flags: flags(migrateFlag.live, migrateFlag.peer2peer),
      migrateUri: 'tcp://10.0.0.2',
      bandwidthMibps: 50,
      parallelConnections: 2,
    });
    expect(lab.daemon.connections[0]?.calls.at(-1)).toMatchObject({
      name: 'domainMigratePerform3Params',
      args: {
        dom,
        dconnuri: 'qemu+unix:///system?socket=/run/drover/h2',
        flags: 3,
        params: [
          { field: 'migrate_uri', type: 'string', value: 'tcp://10.0.0.2' },
          { field: 'bandwidth', type: 'ullong', value: 50n },
          { field: 'parallel.connections', type: 'int', value: 2 },
        ],
      },
    });
  });

  it('reads job statistics, and leaves absent what libvirt did not send', async () => {
    await using lab = await openLab({
      domainGetJobStats: () => ({
        type: 2,
        params: [
          { field: 'operation', type: 'int', value: 5 },
          { field: 'memory_remaining', type: 'ullong', value: 4096n },
          { field: 'auto_converge_throttle', type: 'int', value: 20 },
        ],
      }),
    });
    const stats = await lab.libvirt.domains.of(dom).job.stats();
    expect(stats).toMatchObject({
      type: 'unbounded',
      operation: 'migration-out',
      memoryRemainingBytes: 4096,
      autoConvergeThrottlePercent: 20,
    });
    expect('downtimeMs' in stats).toBe(false);
  });

  it('names states and their reasons', async () => {
    const replies = [
      { state: 3, reason: 2 },
      { state: 1, reason: 6 },
      { state: 5, reason: 4 },
      { state: 3, reason: 99 },
      { state: 42, reason: 0 },
    ];
    await using lab = await openLab({ domainGetState: () => replies.shift()! });
    const seen = [];
    for (let left = replies.length; left > 0; left--) {
      const { state, reason } = await lab.libvirt.domains.of(dom).state();
      seen.push(`${state}/${reason}`);
    }
    expect(seen).toEqual([
      'paused/migration',
      'running/migration-canceled',
      'shutoff/migrated',
      'paused/other',
      'other/other',
    ]);
  });

  it('asks twice where libvirt wants to be told how many there are', async () => {
    const params = [
      { field: 'total', value: 1000n },
      { field: 'free', value: 600n },
    ];
    await using lab = await openLab({
      nodeGetMemoryStats: ({ nparams }) =>
        nparams === 0 ? { params: [], nparams: 2 } : { params, nparams },
    });
    expect(await lab.libvirt.host.memoryStatsKib()).toEqual({ total: 1000, free: 600 });
  });

  it('keeps flags unsigned', () => {
    expect(flags(2 ** 31, 1)).toBe(2_147_483_649);
  });

  it('reports what the monitor answered to an announcement', async () => {
    const answers = ['{"return":{}}', '{"error":{"class":"GenericError"}}'];
    await using lab = await openLab({
      qemuDomainMonitorCommand: () => ({ result: answers.shift()! }),
    });
    await lab.libvirt.domains.of(dom).monitor.announceSelf();
    await expect(lab.libvirt.domains.of(dom).monitor.announceSelf()).rejects.toThrow(
      /GenericError/,
    );
    expect(lab.daemon.connections[0]?.calls.at(-1)).toMatchObject({
      args: { dom, command: expect.stringContaining('announce-self') },
    });
  });
});
