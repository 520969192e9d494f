/** Records of images and volumes as the API and the scheduler would write them, with the changes that a test is about. */
import { keys } from '@drover/protocol';

export const imageId = '44444444-4444-4444-8444-444444444444';
export const otherImageId = '55555555-5555-4555-8555-555555555555';
export const volumeId = '66666666-6666-4666-8666-666666666666';
export const gib = 1024 ** 3;

type Records = Readonly<Record<string, object>>;

const by = { by: 'x', createdAtMs: 1 };

export const pools: Records = {
  [keys.pool('vms')]: {
    v: 1,
    name: 'vms',
    uuid: imageId,
    spec: { type: 'shared', path: '/srv/vms' },
    ...by,
  },
  [keys.pool('fast')]: {
    v: 1,
    name: 'fast',
    uuid: volumeId,
    spec: { type: 'shared', path: '/srv/fast' },
    ...by,
  },
  [keys.pool('iso')]: {
    v: 1,
    name: 'iso',
    uuid: otherImageId,
    spec: { type: 'nfs-direct', server: 'nfs', export: '/iso' },
    ...by,
  },
  [keys.pool('own')]: {
    v: 1,
    name: 'own',
    uuid: '99999999-0000-4000-8000-000000000009',
    spec: { type: 'local', path: '/srv/own' },
    ...by,
  },
};

export function image(changes: object = {}, record: object | 'none' = {}, id = imageId): Records {
  const stored = {
    file: `${id}.qcow2`,
    format: 'qcow2',
    virtualBytes: 2 * gib,
    storedBytes: gib,
    allocatedBytes: gib,
    changedMs: 1,
    inode: 7,
  };
  const intent = {
    v: 1,
    id,
    name: 'debian-13',
    version: 1,
    pool: 'vms',
    source: { type: 'file', file: 'debian.qcow2' },
    format: 'qcow2',
    ...by,
    ...changes,
  };
  return {
    [keys.imageIntent(id)]: intent,
    [keys.imageName(intent.name)]: { v: 1, newest: intent.version },
    ...(record === 'none'
      ? {}
      : { [keys.image(id)]: { v: 1, id, state: 'ready', operationId: 'op-0', stored, ...record } }),
  };
}

export function volume(changes: object = {}, record: object | 'none' = {}, id = volumeId): Records {
  const intent = {
    v: 1,
    id,
    name: 'data',
    pool: 'vms',
    source: { type: 'empty' },
    mode: 'full',
    format: 'qcow2',
    virtualBytes: 4 * gib,
    ...by,
    ...changes,
  };
  return {
    [keys.volumeIntent(id)]: intent,
    [keys.volumeName(intent.name)]: { v: 1, volumeId: id },
    ...(record === 'none' ? {} : volumeRecord(id, record)),
  };
}

export function volumeRecord(id: string, changes: object = {}): Records {
  const record = {
    v: 1,
    id,
    state: 'ready',
    pool: 'vms',
    file: `${id}.qcow2`,
    format: 'qcow2',
    virtualBytes: 4 * gib,
    ...changes,
  };
  return { [keys.volume(id)]: record };
}

/** A VM with these disks; `hostId` where it runs. */
export function machine(
  id: string,
  name: string,
  disks: readonly object[],
  hostId?: string,
): Records {
  const spec = { vcpus: 1, memoryMib: 128, disks, networks: [] };
  return {
    [keys.vmIntent(id)]: { v: 1, id, name, spec, desired: 'stopped', ...by },
    [keys.vmName(name)]: { v: 1, vmId: id },
    [keys.assignment(id)]: {
      v: 1,
      vmId: id,
      generation: 1,
      state: hostId === undefined ? 'stopped' : 'running',
      ...(hostId === undefined ? {} : { hostId }),
    },
  };
}
