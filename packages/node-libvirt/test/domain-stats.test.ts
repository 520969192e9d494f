/**
 * The statistics of a domain as libvirt sends them, read into fields with units.
 */
import { describe, expect, it } from 'vitest';
import { readDomainStats } from '../src/index.ts';

const params = {
  'state.state': 1,
  'state.reason': 5,
  'cpu.time': 2n ** 62n,
  'cpu.user': 1n,
  'balloon.current': 2_097_152n,
  'balloon.last-update': 1_700_000_000n,
  'vcpu.current': 2,
  'vcpu.maximum': 4,
  'vcpu.0.state': 1,
  'vcpu.0.time': 9n,
  'vcpu.0.delay': 44_264n,
  'vcpu.2.state': 0,
  'net.count': 1,
  'net.0.name': 'vnet3',
  'net.0.rx.bytes': 10n,
  'net.0.tx.drop': 3n,
  'block.count': 2,
  'block.0.name': 'vda',
  'block.0.path': '/pool/a.qcow2',
  'block.0.rd.reqs': 7n,
  'block.0.wr.times': 2n ** 60n,
  'block.0.physical': 4096n,
  'block.1.name': 'sda',
  'dirtyrate.calc_status': 2,
  'dirtyrate.megabytes_per_second': 120n,
  'dirtyrate.calc_period': 1,
  'dirtyrate.calc_mode': 'page-sampling',
  'from.the.future': 'x',
};

describe('the statistics of a domain', () => {
  it('are fields with units, nanoseconds exact', () => {
    expect(readDomainStats(params)).toEqual({
      state: { state: 'running', reason: 'unpaused', stateCode: 1, reasonCode: 5 },
      cpu: { timeNs: 2n ** 62n, userNs: 1n },
      balloon: { currentKib: 2_097_152, lastUpdateSeconds: 1_700_000_000 },
      // Processors that are not plugged in are not told.
      vcpus: [{ stateCode: 1, timeNs: 9n, delayNs: 44_264n }, { stateCode: 0 }],
      interfaces: [{ name: 'vnet3', rxBytes: 10, txDrop: 3 }],
      blocks: [
        {
          name: 'vda',
          path: '/pool/a.qcow2',
          readRequests: 7,
          writeNs: 2n ** 60n,
          physicalBytes: 4096,
        },
        { name: 'sda' },
      ],
      dirtyRate: {
        status: 'measured',
        mibPerSecond: 120,
        periodSeconds: 1,
        mode: 'page-sampling',
      },
    });
  });

  it('that were not asked for are not there', () => {
    expect(readDomainStats({})).toEqual({
      cpu: {},
      balloon: {},
      vcpus: [],
      interfaces: [],
      blocks: [],
    });
  });

  it('do not follow a daemon that counts beyond all reason', () => {
    expect(readDomainStats({ 'block.count': 4_000_000_000 }).blocks).toHaveLength(16_384);
  });
});
