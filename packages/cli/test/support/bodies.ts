/** Bodies as the API would answer them, with the changes that a test is about. */
import type { api } from '@drover/protocol';

export function idOf(index: number): string {
  return `00000000-0000-4000-8000-${`${index}`.padStart(12, '0')}`;
}

export function host(id: string, changes: Partial<api.HostBody> = {}): api.HostBody {
  const resources = { cpuMilli: 4000, memoryMib: 8192 };
  return {
    id,
    state: 'ready',
    schedulable: true,
    reasons: [],
    conditions: [],
    arch: 'x86_64',
    accelerator: 'kvm',
    acceleratorReason: 'a probe VM ran under it',
    cpuModel: 'EPYC',
    qemuVersion: '8.2.0',
    libvirtVersion: '10.0.0',
    machineTypes: ['q35'],
    capacity: resources,
    reserved: { cpuMilli: 500, memoryMib: 512 },
    allocatable: { cpuMilli: 3500, memoryMib: 7680 },
    promised: { cpuMilli: 1000, memoryMib: 1536 },
    numaCells: [],
    labels: {},
    bridges: ['br-guest'],
    pools: [{ name: 'vms', state: 'active', capacityMib: 10_240, freeMib: 5120 }],
    vmCount: 2,
    foreignVmCount: 0,
    reportAgeMs: 900,
    ...changes,
  };
}

export function vm(index: number, name: string, changes: Partial<api.VmBody> = {}): api.VmBody {
  return {
    id: idOf(index),
    name,
    state: 'running',
    desired: 'running',
    conditions: [],
    hostId: 'h2',
    generation: 3,
    macs: ['52:54:00:00:00:01'],
    spec: {
      vcpus: 1,
      memoryMib: 128,
      disks: [{ pool: 'vms', image: 'tiny.qcow2' }],
      networks: [{ bridge: 'br-guest' }],
    },
    createdAtMs: 1_700_000_000_000,
    by: 'lab',
    ...changes,
  };
}

export function operation(
  type: api.OperationBody['type'],
  changes: Partial<api.OperationBody> = {},
): api.OperationBody {
  const state = changes.state ?? 'pending';
  return {
    id: 'op-1',
    type,
    state,
    step: state === 'pending' ? 'place' : 'perform',
    stepIndex: 0,
    generation: 3,
    createdAtMs: 1_700_000_000_000,
    by: 'lab',
    done: state !== 'pending' && state !== 'running',
    cancellable: state === 'pending' || state === 'running',
    ...changes,
  };
}

type Item = NonNullable<api.OperationBody['items']>[number];

export function item(index: number, vmName: string, changes: Partial<Item> = {}): Item {
  return { vmId: idOf(index), vmName, target: 'h1', state: 'waiting', attempts: 0, ...changes };
}

export function drain(
  state: api.OperationBody['state'],
  items?: readonly Item[],
  changes: Partial<api.OperationBody> = {},
): api.OperationBody {
  return operation('drain', {
    state,
    step: 'move',
    hostId: 'h2',
    ...(items === undefined ? {} : { items: [...items] }),
    ...changes,
  });
}

/** Two VMs go, one stays. */
export function plan(changes: Partial<api.DrainPlanBody> = {}): api.DrainPlanBody {
  const move = (index: number, vmName: string, target: string) => ({
    vmId: idOf(index),
    vmName,
    source: 'h2',
    target,
    mode: 'live',
    memoryMib: 128 * index,
    reason: `best of 2 with ${index}00 points`,
    checked: true,
  });
  return {
    hostId: 'h2',
    revision: 77,
    moves: [move(1, 'web', 'h1'), move(2, 'db', 'h3')],
    waves: [[0], [1]],
    blockers: [],
    estimatedSeconds: 6,
    ...changes,
  };
}

export function migration(
  operationId: string,
  percent: number,
  changes: Partial<api.MigrationBody> = {},
): api.MigrationBody {
  return {
    operationId,
    vmId: idOf(1),
    vmName: 'web',
    source: 'h2',
    target: 'h1',
    step: 'perform',
    progress: {
      percent,
      elapsedMs: 1200,
      totalBytes: 134_217_728,
      remainingBytes: 67_108_864,
      transferredBytes: 67_108_864,
      iteration: 1,
    },
    ...changes,
  };
}

export function cluster(changes: Partial<api.ClusterBody> = {}): api.ClusterBody {
  return { era: 0, nextEra: 1, held: false, leader: 's1', unreadable: [], ...changes };
}

export function placement(hostId: string): api.PlacementBody {
  return {
    type: 'placed',
    hostId,
    candidates: [
      { hostId, score: 740, terms: [{ name: 'memory', weight: 4, value: 185, points: 740 }] },
    ],
    rejections: [tooSmall('h3')],
    sentences: [`${hostId} is best with 740 points: memory 4×185`, 'h3: needs 128 MiB, has 64'],
  };
}

export function tooSmall(hostId: string): api.PlacementBody['rejections'][number] {
  return { hostId, reason: 'not-enough-memory', required: 4096, available: 1228, unit: 'MiB' };
}

/** One that two hosts have, of which one has another directory. */
export function pool(name: string): api.PoolBody {
  const room = { capacityMib: 1_000, freeMib: 100 };
  const mount = {
    at: '/srv/vms',
    source: 'nas:/vms',
    type: 'nfs4',
    readOnly: false,
    guard: 'image-lock',
    version: '4.2',
    hard: true,
    localLock: 'none',
  } as const;
  return {
    name,
    spec: { type: 'shared', path: '/srv/vms' },
    uuid: idOf(77),
    createdAtMs: 1_700_000_000_000,
    thinLimitPercent: 400,
    alarmPercent: 85,
    conditions: [],
    status: {
      ...room,
      promisedMib: 2_000,
      promisableMib: 2_000,
      reservedMib: 0,
      trends: [{ mibPerHour: -10, fullInHours: 10.5, overMinutes: 60 }],
      protection: 'image-lock',
      protectedBy: 'image locks on the server (NFS 4.2)',
      alarms: [{ code: 'nearly-full', message: '90 % are in use, 100 MiB are free' }],
      hosts: [
        { hostId: 'h1', condition: 'reachable', ...room, mount, mark: 'there', reportAgeMs: 1 },
        {
          hostId: 'h2',
          condition: 'wrong-mount',
          reason: 'it is not the directory that other hosts have',
          ...room,
          reportAgeMs: 1,
        },
      ],
    },
  };
}

const gib = 1024 ** 3;

export function image(name: string, changes: Partial<api.ImageBody> = {}): api.ImageBody {
  return {
    id: idOf(40),
    name,
    version: 1,
    state: 'ready',
    pool: 'vms',
    source: { type: 'file', file: `${name}.qcow2` },
    format: 'qcow2',
    stored: {
      file: `${idOf(40)}.qcow2`,
      format: 'qcow2',
      virtualBytes: 2 * gib,
      storedBytes: gib / 2,
      allocatedBytes: gib / 2,
      changedMs: 1,
      inode: 1,
    },
    userCount: 0,
    by: 'lab',
    createdAtMs: 1_700_000_000_000,
    ...changes,
  };
}

export function volume(name: string, changes: Partial<api.VolumeBody> = {}): api.VolumeBody {
  return {
    id: idOf(50),
    name,
    state: 'ready',
    pool: 'vms',
    file: `${idOf(50)}.qcow2`,
    format: 'qcow2',
    virtualBytes: 20 * gib,
    snapshots: [],
    users: [],
    createdAtMs: 1_700_000_000_000,
    by: 'lab',
    ...changes,
  };
}
