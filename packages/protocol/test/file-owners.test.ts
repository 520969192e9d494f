/** Which file of a pool is somebody's, and what its name alone says of it. */
import { describe, expect, it } from 'vitest';
import { deletionOf, FileOwners, keys, readPoolPlace, RecordMirror } from '../src/index.ts';

const id = (digit: number) => `${digit}1111111-1111-4111-8111-111111111111`;
const [image, vm, volume, stranger] = [id(1), id(2), id(3), id(9)] as const;
const by = { by: 'anna', createdAtMs: 1 };
const memory = `${vm}-op5.memory`;

const intent = {
  v: 1,
  id: vm,
  name: 'web',
  spec: {
    vcpus: 1,
    memoryMib: 128,
    disks: [
      { pool: 'vms', image },
      { pool: 'vms', volume },
      { pool: 'vms', volume: `${stranger}-7.qcow2` },
    ],
    networks: [],
  },
  desired: 'stopped',
  ...by,
};
const saved = {
  pool: 'vms',
  file: memory,
  facts: { storedBytes: 1, changedMs: 2, inode: 3 },
  allocatedBytes: 4,
  operationId: 'op5',
  hostId: 'h1',
  accelerator: 'kvm',
  qemuVersion: 10_000_000,
  atMs: 1,
};
const operation = (more: object) => ({
  v: 1,
  id: 'op7',
  type: 'volume-move',
  state: 'running',
  step: 'off',
  stepIndex: 1,
  generation: 0,
  epoch: '5',
  ...by,
  ...more,
});
const source = { type: 'file', file: `${stranger}.raw` };
const imageIntent = {
  v: 1,
  id: image,
  name: 'deb',
  version: 1,
  pool: 'vms',
  source,
  format: 'raw',
};
const volumeIntent = {
  v: 1,
  id: volume,
  name: 'data',
  pool: 'vms',
  source: { type: 'empty' },
  mode: 'full',
  format: 'qcow2',
  virtualBytes: 1,
  ...by,
};
const snapshot = { name: 'before', file: `${volume}.qcow2`, format: 'qcow2', virtualBytes: 1 };
const volumeRecord = {
  v: 1,
  id: volume,
  state: 'ready',
  pool: 'fast',
  file: `${volume}-op3.qcow2`,
  format: 'qcow2',
  virtualBytes: 1,
  snapshots: [{ ...snapshot, atMs: 1 }],
};

const everything: Readonly<Record<string, object>> = {
  [keys.imageIntent(image)]: { ...imageIntent, ...by },
  [keys.vmIntent(vm)]: intent,
  [keys.volumeIntent(volume)]: volumeIntent,
  [keys.volume(volume)]: volumeRecord,
  [keys.assignment(vm)]: { v: 1, vmId: vm, generation: 1, state: 'saved', saved },
};

function mirrorOf(records: Readonly<Record<string, object>>): RecordMirror {
  const mirror = new RecordMirror();
  const entries = Object.entries(records);
  mirror.load(
    1,
    entries.map(([key, value]) => ({ key, value: JSON.stringify(value), modRevision: 1 })),
  );
  return mirror;
}

describe('a name', () => {
  it.each([
    [`${image}.qcow2`, 'disk', [image]],
    [`${vm}-0.qcow2`, 'vm-disk', [vm, `${vm}-0`]],
    [`${vm}-0-01JD.raw`, 'layer', [vm, `${vm}-0`, '01JD']],
    [`${volume}-01JD.qcow2`, 'layer', [volume, '01JD']],
    [memory, 'memory', [vm, 'op5']],
    [`${vm}-seed-0123456789ab.iso`, 'seed', [vm]],
    [`.${vm}-seed-0123456789ab.iso.part`, 'seed', [vm]],
    ['.drover/quarantine/op7', 'unfinished', ['op7']],
    ['.drover/quarantine/op7~new~h1~0a', 'unfinished', ['op7']],
  ])('%s seems to be a %s', (place, kind, ids) => {
    expect(readPoolPlace(place)).toEqual({ kind, ids });
  });

  it.each([
    'debian-13.qcow2',
    `${vm}.iso`,
    `${vm}-0.qcow2.bak`,
    '.drover/pool.json',
    '.drover/quarantine/',
    '.drover/quarantine/op7/memory',
    `../${vm}.qcow2`,
  ])('%s is none of Drover’s', (place) => {
    expect(readPoolPlace(place)).toBeUndefined();
  });
});

describe('a file', () => {
  const owners = new FileOwners(mirrorOf(everything));

  it.each([
    [`${image}.qcow2`, 'it is image deb@1'],
    [`${stranger}.raw`, 'image deb@1 is made of it'],
    [`${vm}-0.qcow2`, 'it is volume web:0'],
    [`${volume}-op3.qcow2`, 'it is volume data'],
    [`${volume}.qcow2`, 'it is snapshot before of volume data'],
    [`${stranger}-7.qcow2`, 'it is volume web:2'],
    [memory, 'it is the saved memory of VM web'],
    [`${vm}-seed-0123456789ab.iso`, 'it is a cloud-init seed of VM web'],
    ['holiday.qcow2', 'its name is none that Drover gives to files'],
  ])('%s is somebody’s: %s', (file, why) => {
    expect(owners.of(file)).toBe(why);
  });

  it.each([
    `${stranger}.qcow2`,
    `${vm}-3.qcow2`,
    `${vm}-op9.memory`,
    `${volume}-op2.qcow2`,
    `${stranger}-seed-0123456789ab.iso`,
    '.drover/quarantine/op9',
  ])('%s is nobody’s', (file) => {
    expect(owners.of(file)).toBeUndefined();
  });

  it('is somebody’s as long as an operation about it has not ended', () => {
    const about = (more: object) =>
      new FileOwners(mirrorOf({ ...everything, [keys.operation('op7')]: operation(more) }));
    const busy = about({ volumeId: volume, obsolete: [] });
    for (const file of [`${volume}-op2.qcow2`, `${stranger}-op7.qcow2`, '.drover/quarantine/op7']) {
      expect(busy.of(file)).toBe('operation op7 has not ended');
    }
    const ended = about({ volumeId: volume, state: 'failed' });
    expect(ended.of('.drover/quarantine/op7')).toBeUndefined();
    const pool = { name: 'vms', spec: { type: 'shared', path: '/vms' } };
    const tidy = about({ obsolete: [{ pool, file: `${stranger}.qcow2` }] });
    expect(tidy.of(`${stranger}.qcow2`)).toBe('operation op7 has it');
  });

  it('is somebody’s as soon as that is asked for', () => {
    const request = { v: 1, id: 'op8', type: 'volume-delete', volumeId: volume, ...by };
    const waiting = new FileOwners(mirrorOf({ ...everything, [keys.request('op8')]: request }));
    expect(waiting.of(`${volume}-op2.qcow2`)).toBe('operation op8 has not ended');
  });

  it('is nobody’s to judge where a record cannot be read', () => {
    const broken = new FileOwners(mirrorOf({ [keys.volume(volume)]: { v: 9 } }));
    expect(broken.of(`${stranger}.qcow2`)).toMatch(/decision\/volumes\/.* cannot be read/);
  });
});

describe('a deletion', () => {
  const request = { v: 1, id: 'op8', type: 'orphan-delete', pool: 'vms', file: 'a.raw', ...by };

  it('is known by its file until it has ended', () => {
    const asked = { [keys.request('op8')]: request };
    expect(deletionOf(mirrorOf(asked), 'a.raw')).toBe('op8');
    expect(deletionOf(mirrorOf(asked), 'b.raw')).toBeUndefined();
    const ended = operation({ id: 'op8', type: 'orphan-delete', state: 'succeeded' });
    const all = mirrorOf({ ...asked, [keys.operation('op8')]: ended });
    expect(deletionOf(all, 'a.raw')).toBeUndefined();
  });
});
