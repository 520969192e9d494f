import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/shell/config.ts';

const least = {
  hostId: 'h1',
  nats: { servers: ['nats://127.0.0.1:4222'] },
  addresses: { migration: '10.0.0.1' },
};

const reading = (value: unknown) => () => checkConfig(value, 'agent.yaml');

describe('the configuration', () => {
  it('of the least is filled up', () => {
    expect(checkConfig(least, 'agent.yaml')).toEqual({
      ...least,
      libvirt: { socket: '/run/libvirt/libvirt-sock', qemuConf: '/etc/libvirt/qemu.conf' },
      stateDir: '/var/lib/drover',
      addresses: {
        migration: '10.0.0.1',
        tunnelPort: 16_520,
        transferPort: 16_540,
        consolePort: 16_560,
      },
      accelerator: 'auto',
      reserved: { memoryMib: 512, cpuMilli: 0 },
      labels: {},
    });
  });

  it('of the most is taken as it is', () => {
    const most = {
      hostId: 'h1',
      nats: { servers: ['nats://a:4222', 'nats://b:4222'], nkeySeedFile: '/etc/drover/h1.seed' },
      libvirt: { socket: '/run/other', qemuConf: '/etc/other/qemu.conf' },
      stateDir: '/srv/drover',
      addresses: {
        migration: 'h1.example',
        tunnelPort: 7000,
        transferPort: 7100,
        consolePort: 7200,
      },
      accelerator: 'tcg',
      capacity: { memoryMib: 2048, cpuMilli: 4000 },
      reserved: { memoryMib: 0, cpuMilli: 0 },
      labels: { rack: 'r1' },
      metrics: { host: '0.0.0.0', port: 9177 },
    };
    expect(checkConfig(most, 'agent.yaml')).toEqual(most);
  });

  it('says where it is wrong and what is wanted', () => {
    expect(reading([])).toThrow(/the file must be a mapping/);
    expect(reading({ ...least, hostId: 'H_1' })).toThrow('agent.yaml: hostId: a DNS label');
    expect(reading({ ...least, nats: {} })).toThrow('agent.yaml: nats.servers: a list of texts');
    expect(reading({ ...least, stateDir: 'here' })).toThrow('stateDir: an absolute path');
    expect(reading({ ...least, stateDir: `/${'x'.repeat(90)}` })).toThrow('at most 70 bytes');
    expect(reading({ ...least, accelerator: 'xen' })).toThrow('one of auto, kvm, tcg');
    expect(reading({ ...least, capacity: { memoryMib: 1 } })).toThrow('capacity.cpuMilli: a whole');
    expect(reading({ ...least, labels: { a: 1 } })).toThrow('labels: short texts');
    expect(reading({ ...least, metrics: { port: 'x' } })).toThrow('metrics.port: a whole number');
  });

  it('refuses what it does not know', () => {
    expect(reading({ ...least, hostid: 'h2' })).toThrow('hostid: is not a setting');
    expect(reading({ ...least, nats: { ...least.nats, nkeySeed: 'x' } })).toThrow('nats.nkeySeed');
  });
});
