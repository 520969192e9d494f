/** Which image, volume and file is meant by what a person wrote, and what stands on what. */
import { describe, expect, it } from 'vitest';
import {
  diskFiles,
  findImage,
  findVolume,
  imageSettings,
  imageState,
  keys,
  problemWithSource,
  RecordMirror,
  usersOfImage,
  usersOfVolume,
  type VmSpec,
  volumesOf,
} from '../src/index.ts';

const id = (digit: number) => `${digit}1111111-1111-4111-8111-111111111111`;
const [oldImage, newImage, vm, other, volume] = [id(1), id(2), id(3), id(4), id(5)] as const;
const gib = 1024 ** 3;
const by = { by: 'anna', createdAtMs: 1 };
const gone = { deleted: { by: 'anna', atMs: 2 } };

const stored = (file: string) => ({
  file,
  format: 'qcow2',
  virtualBytes: 2 * gib,
  storedBytes: gib,
  allocatedBytes: gib,
  changedMs: 1,
  inode: 7,
});

const image = (imageId: string, version: number, state?: string, more: object = {}) => [
  {
    key: keys.imageIntent(imageId),
    value: {
      v: 1,
      id: imageId,
      name: 'debian-13',
      version,
      pool: 'vms',
      source: { type: 'file', file: 'debian.qcow2' },
      format: 'qcow2',
      ...by,
      ...more,
    },
  },
  ...(state === undefined
    ? []
    : [
        {
          key: keys.image(imageId),
          value: {
            v: 1,
            id: imageId,
            state,
            operationId: 'op',
            ...(state === 'ready' ? { stored: stored(`image-${version}.qcow2`) } : {}),
          },
        },
      ]),
];

const machine = (vmId: string, name: string, disks: VmSpec['disks']) => [
  {
    key: keys.vmIntent(vmId),
    value: {
      v: 1,
      id: vmId,
      name,
      spec: { vcpus: 1, memoryMib: 128, disks, networks: [] },
      desired: 'stopped',
      ...by,
    },
  },
  { key: keys.vmName(name), value: { v: 1, vmId } },
];

const volumeIntent = (more: object = {}) => [
  {
    key: keys.volumeIntent(volume),
    value: {
      v: 1,
      id: volume,
      name: 'data',
      pool: 'vms',
      source: { type: 'image', imageId: newImage },
      mode: 'thin',
      format: 'qcow2',
      ...by,
      ...more,
    },
  },
  { key: keys.volumeName('data'), value: { v: 1, volumeId: volume } },
];

const volumeRecord = (volumeId: string, more: object = {}) => ({
  key: keys.volume(volumeId),
  value: {
    v: 1,
    id: volumeId,
    state: 'ready',
    pool: 'fast',
    file: `${volumeId}-b.qcow2`,
    format: 'qcow2',
    virtualBytes: 3 * gib,
    ...more,
  },
});

interface Entry {
  readonly key: string;
  readonly value: object;
}

function records(...entries: readonly Entry[]) {
  const mirror = new RecordMirror();
  const texts = entries.map(({ key, value }) => ({
    key,
    value: JSON.stringify(value),
    modRevision: 1,
  }));
  mirror.load(1, texts);
  expect([...mirror.unreadable]).toEqual([]);
  return mirror;
}

describe('an image', () => {
  const both = [...image(oldImage, 1, 'ready'), ...image(newImage, 2, 'ready')];
  const named = (mirror: RecordMirror, ref: string) => findImage(mirror, ref)?.intent.version;

  it('is found by id, by name and by name and version', () => {
    const mirror = records(...both);
    expect(named(mirror, oldImage)).toBe(1);
    expect(named(mirror, 'debian-13')).toBe(2);
    expect(named(mirror, 'debian-13@1')).toBe(1);
    for (const nobody of ['debian-13@3', 'debian', 'debian-13.qcow2', 'debian-13@', vm, '']) {
      expect(named(mirror, nobody)).toBeUndefined();
    }
  });

  it.each([
    ['is being imported', 'importing', {}],
    ['was not taken up yet', undefined, {}],
    ['has failed', 'failed', {}],
    ['was altered', 'altered', {}],
    ['is to go', 'ready', gone],
  ] as const)('is not the newest version where that %s', (_what, state, more) => {
    const mirror = records(...image(oldImage, 1, 'ready'), ...image(newImage, 2, state, more));
    expect(named(mirror, 'debian-13')).toBe(1);
    expect(named(mirror, 'debian-13@2')).toBe(2);
  });

  it('that is not ready is found all the same, so that its state can be told', () => {
    const failed = records(
      ...image(oldImage, 1, 'failed'),
      ...image(newImage, 2, 'importing', gone),
    );
    const found = findImage(failed, 'debian-13');
    expect([found?.intent.version, found && imageState(found)]).toEqual([1, 'failed']);
    const going = findImage(records(...image(newImage, 2, 'ready', gone)), 'debian-13');
    expect(going && imageState(going)).toBe('deleting');
  });
});

describe('users of an image', () => {
  const disks = [{ pool: 'vms', image: newImage }];
  const users = (...more: readonly Entry[]) =>
    usersOfImage(records(...image(newImage, 2, 'ready'), ...more), newImage);

  it('are disks of VMs and thin volumes, by name', () => {
    const found = users(
      ...machine(vm, 'web1', disks),
      ...volumeIntent(),
      volumeRecord(volume, { imageId: newImage }),
    );
    expect(found).toEqual([
      { volumeId: volume, name: 'data' },
      { volumeId: `${vm}-0`, name: 'web1', vmId: vm },
    ]);
  });

  it('are no longer those whose file stands on nothing any more', () => {
    expect(users(...machine(vm, 'web1', disks), volumeRecord(`${vm}-0`))).toEqual([]);
    expect(users(...volumeIntent(), volumeRecord(volume))).toEqual([]);
    const failed = volumeRecord(volume, { state: 'failed' });
    expect(users(...volumeIntent(), failed)).toEqual([]);
  });

  it('are copies too while they are being made, and what is to go until it is gone', () => {
    expect(users(...volumeIntent({ mode: 'full' }))).toHaveLength(1);
    const record = volumeRecord(volume, { imageId: newImage });
    expect(users(...volumeIntent(gone), record)).toHaveLength(1);
  });

  it('are not VMs with a file of that name in the pool', () => {
    expect(users(...machine(vm, 'web1', [{ pool: 'vms', image: 'debian-13' }]))).toEqual([]);
  });
});

describe('the files of a VM', () => {
  const files = (disk: VmSpec['disks'][number], ...more: readonly Entry[]) => {
    const mirror = records(...image(newImage, 2, 'ready'), ...machine(vm, 'web1', [disk]), ...more);
    const intent = mirror.vmIntents.get(vm)?.value;
    return intent && diskFiles(mirror, intent)[0];
  };

  it('are clones of a declared image, as large as was asked for', () => {
    expect(files({ pool: 'vms', image: newImage, sizeMib: 4096 })).toEqual({
      volumeId: `${vm}-0`,
      isVolume: false,
      isOurs: true,
      pool: 'vms',
      file: `${vm}-0.qcow2`,
      format: 'qcow2',
      cloneOf: 'image-2.qcow2',
      virtualBytes: 4 * gib,
      imageId: newImage,
    });
    expect(files({ pool: 'vms', image: newImage })?.virtualBytes).toBe(2 * gib);
  });

  it('are those that somebody put into the pool, as they are named', () => {
    const cloned = files({ pool: 'vms', image: 'debian-13.qcow2' });
    expect(cloned).toMatchObject({ file: `${vm}-0.qcow2`, cloneOf: 'debian-13.qcow2' });
    expect(cloned).not.toHaveProperty('imageId');
    expect(files({ pool: 'vms', volume: 'data' })).toEqual({
      volumeId: `${vm}-0`,
      isVolume: false,
      isOurs: false,
      pool: 'vms',
      file: 'data',
      format: 'raw',
    });
  });

  it('are what the record of the disk says, and nothing is cloned then', () => {
    const moved = files({ pool: 'vms', image: newImage }, volumeRecord(`${vm}-0`));
    expect(moved).toMatchObject({ pool: 'fast', file: `${vm}-0-b.qcow2`, virtualBytes: 3 * gib });
    expect(moved).not.toHaveProperty('cloneOf');
    expect(moved).not.toHaveProperty('imageId');
    const copied = files({ pool: 'vms', volume: 'data.raw' }, volumeRecord(`${vm}-0`));
    expect(copied).toMatchObject({ isOurs: true, file: `${vm}-0-b.qcow2` });
  });

  it('are still to be cloned where the disk is only being made', () => {
    const creating = volumeRecord(`${vm}-0`, { state: 'creating' });
    const made = files({ pool: 'vms', image: newImage }, creating);
    expect(made).toMatchObject({ cloneOf: 'image-2.qcow2', file: `${vm}-0-b.qcow2` });
  });

  it('are a volume of its own, wherever that lies now', () => {
    const own = files({ pool: 'vms', volume }, ...volumeIntent(), volumeRecord(volume));
    expect(own).toMatchObject({ isVolume: true, isOurs: false, volumeId: volume, pool: 'fast' });
    expect(own?.file).toBe(`${volume}-b.qcow2`);
  });
});

describe('a volume', () => {
  const mirror = records(
    ...image(newImage, 2, 'ready'),
    ...volumeIntent(),
    volumeRecord(volume, { operationId: 'op-2' }),
    ...machine(vm, 'web1', [
      { pool: 'vms', image: newImage },
      { pool: 'vms', volume },
    ]),
    ...machine(other, 'db1', [{ pool: 'vms', volume: 'data.raw' }]),
  );

  it('is one of its own, or a disk that belongs to a VM', () => {
    const listed = volumesOf(mirror).map((one) => [one.id, one.name ?? one.vm?.name, one.pool]);
    expect(listed).toEqual([
      [volume, 'data', 'fast'],
      [`${other}-0`, 'db1', 'vms'],
      [`${vm}-0`, 'web1', 'vms'],
    ]);
  });

  it('is found by id, by name, and by VM and index', () => {
    const found = (ref: string) => findVolume(mirror, ref)?.id;
    expect([found(volume), found('data')]).toEqual([volume, volume]);
    expect([found(`${vm}-0`), found('web1:0')]).toEqual([`${vm}-0`, `${vm}-0`]);
    // The VM's second disk is the volume `data`, and is called so.
    const nobodys = ['web1:1', `${vm}-1`, 'web1-0', 'web2:0', vm, 'nobody', ''];
    for (const nobody of nobodys) expect(found(nobody)).toBeUndefined();
    expect(findVolume(mirror, 'data')).toMatchObject({ state: 'ready', operationId: 'op-2' });
  });

  it('is used by the VMs that have it among their disks', () => {
    expect(usersOfVolume(mirror, volume)).toEqual([{ id: vm, name: 'web1' }]);
    expect(usersOfVolume(mirror, `${other}-0`)).toEqual([{ id: other, name: 'db1' }]);
  });
});

describe('settings of images', () => {
  const set = (settings: object) =>
    records({ key: keys.settings('images'), value: { v: 1, settings, by: 'anna', atMs: 1 } });
  const problem = (settings: object, url: string) =>
    problemWithSource(imageSettings(set(settings)), url);

  it('let nothing be fetched as long as nobody has set anything', () => {
    const told = problemWithSource(imageSettings(records()), 'https://cloud.debian.org/a.qcow2');
    expect(told).toContain('no host is allowed yet');
    expect(told).toContain('drover image sources add cloud.debian.org');
    expect(imageSettings(records())).toMatchObject({ maxBytes: 64 * gib, schemes: ['https'] });
  });

  it.each([
    ['https://cloud.debian.org/a.qcow2', undefined],
    ['https://CLOUD.debian.org:443/a', undefined],
    ['https://cloud.debian.org', undefined],
    ['https://cloud.debian.org:8443/a', undefined],
    ['https://[fd00::9]:8443/a', undefined],
    ['https://[fd00::8]/a', 'not fetched from fd00::8'],
    ['https://cloud.debian.org:8443:1/a', 'not fetched from cloud.debian.org:8443'],
    ['https://cloud.debian.org.evil.example/a', 'not fetched from cloud.debian.org.evil.example'],
    ['https://evil.example/cloud.debian.org', 'not fetched from evil.example'],
    ['https://cloud.debian.org@evil.example/a', 'a user or a password'],
    ['https://evil.example\\@cloud.debian.org/a', 'a user or a password'],
    ['http://cloud.debian.org/a', 'by https only'],
    ['https://', 'not fetched from nowhere'],
  ])('%s: %s', (url, refused) => {
    const told = problem({ hosts: ['cloud.debian.org', 'fd00::9'] }, url);
    expect(told?.includes(refused ?? '')).toBe(refused === undefined ? undefined : true);
  });

  it('allow http where somebody says so', () => {
    const settings = { hosts: ['mirror.lan'], schemes: ['http'] };
    expect(problem(settings, 'http://mirror.lan:8080/a')).toBeUndefined();
    expect(problem(settings, 'https://mirror.lan:8080/a')).toContain('by http only');
  });
});
