/** Hosts and VMs as a dump has them. */
import type { Host, Vm } from '@drover/core';

export function hostOf(id: string, more: Partial<Host> = {}): Host {
  return {
    id,
    intent: 'active',
    health: 'up',
    arch: 'x86_64',
    accelerator: 'kvm',
    capacity: { cpuMilli: 8_000, memoryMib: 8_192 },
    reserved: { cpuMilli: 0, memoryMib: 512 },
    cpuOvercommitPermille: 4_000,
    cpuModel: 'EPYC',
    machineTypes: ['pc-q35-10.0'],
    qemuVersion: 10_000_000,
    libvirtVersion: 11_003_000,
    numaCells: [],
    labels: {},
    pools: [{ name: 'nas', state: 'active', capacityMib: 1_000, freeMib: 500 }],
    bridges: ['br0', 'br1'],
    ...more,
  };
}

export function vmOf(index: number, hostId: string | undefined, more: Partial<Vm> = {}): Vm {
  return {
    id: `0e000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    name: `vm-${index}`,
    state: hostId === undefined ? 'stopped' : 'running',
    ...(hostId === undefined ? {} : { hostId }),
    generation: 7,
    request: { cpuMilli: 1_500, memoryMib: 1_024 },
    arch: 'x86_64',
    pools: ['nas'],
    bridges: ['br1'],
    labels: {},
    migrationMode: 'live',
    ...more,
  };
}
