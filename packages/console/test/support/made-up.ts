/** Hosts, VMs and operations as the API gives them, with what a test does not care about filled in. */
import { emptyState, type ClusterState } from '../../src/logic/cluster-state.ts';
import type { Host, Operation, Vm } from '../../src/logic/types.ts';

export function host(id: string, changes: Partial<Host> = {}): Host {
  return {
    id,
    state: 'ready',
    conditions: [],
    schedulable: true,
    reasons: [],
    arch: 'x86_64',
    accelerator: 'kvm',
    acceleratorReason: '',
    cpuModel: 'EPYC',
    qemuVersion: '10.0.0',
    libvirtVersion: '11.3.0',
    machineTypes: [],
    capacity: { cpuMilli: 8000, memoryMib: 16_384 },
    reserved: { cpuMilli: 0, memoryMib: 384 },
    allocatable: { cpuMilli: 8000, memoryMib: 16_000 },
    promised: { cpuMilli: 0, memoryMib: 0 },
    numaCells: [],
    labels: {},
    bridges: ['br0'],
    pools: [],
    vmCount: 0,
    foreignVmCount: 0,
    reportAgeMs: 0,
    ...changes,
  };
}

export function vm(name: string, hostId?: string, changes: Partial<Vm> = {}): Vm {
  return {
    id: `id-${name}`,
    name,
    conditions: [],
    state: hostId === undefined ? 'stopped' : 'running',
    desired: 'running',
    ...(hostId === undefined ? {} : { hostId }),
    generation: 1,
    macs: [],
    spec: { vcpus: 1, memoryMib: 1024, disks: [], networks: [] },
    createdAtMs: 0,
    by: 'anna',
    ...changes,
  };
}

export function migration(id: string, vmName: string, changes: Partial<Operation> = {}): Operation {
  return {
    id,
    type: 'migrate',
    state: 'running',
    step: 'perform',
    stepIndex: 1,
    vmId: `id-${vmName}`,
    vmName,
    source: 'h1',
    target: 'h2',
    generation: 1,
    by: 'anna',
    createdAtMs: 0,
    done: false,
    cancellable: true,
    ...changes,
  };
}

interface Parts {
  readonly hosts?: readonly Host[];
  readonly vms?: readonly Vm[];
  readonly operations?: readonly Operation[];
}

export function state({ hosts = [], vms = [], operations = [] }: Parts): ClusterState {
  return {
    ...emptyState,
    hosts: new Map(hosts.map((one) => [one.id, one])),
    vms: new Map(vms.map((one) => [one.id, one])),
    operations: new Map(operations.map((one) => [one.id, one])),
  };
}
