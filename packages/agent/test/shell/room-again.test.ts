/** Which VMs that stand still since a disk failed go on by themselves, and when. */
import type { Libvirt } from 'node-libvirt';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PoolFiles } from '../../src/logic/index.ts';
import { RoomAgain } from '../../src/shell/room-again.ts';

const vmId = '11111111-1111-4111-8111-111111111111';
const paused = {
  vmId,
  name: 'web',
  state: 'paused-io-error',
  migrating: false,
  generation: 3,
} as const;
const room: PoolFiles = {
  type: 'answered',
  capacityMib: 100,
  freeMib: 16,
  isReadOnly: false,
  mark: 'missing',
};
const disk = (source: string, target: string) =>
  `<disk type='file' device='disk'>${source}<target dev='${target}' bus='virtio'/></disk>`;

let failures: Record<string, 'no-space' | 'error'>;
let reason: string;
let resumed: number;
let asked: string[];
let told: string[];
beforeEach(() => {
  failures = { vda: 'no-space' };
  reason = 'io-error';
  resumed = 0;
  asked = [];
  told = [];
});

const domain = {
  devices: { diskErrors: async () => failures },
  xml: async () =>
    `<domain type='kvm'><name>web</name><uuid>${vmId}</uuid><memory>1</memory><vcpu>1</vcpu>
    <devices>${disk("<source file='/pools/one/a.qcow2'/>", 'vda')}${disk("<source file='/pools/two/b.raw'/>", 'vdb')}
    <disk type='network' device='disk'><source protocol='nfs' name='/x/c.raw'><host name='nas'/></source>
    <target dev='vdc' bus='virtio'/></disk></devices></domain>`,
  state: async () => ({ state: 'paused', reason }),
  job: { stats: async () => ({ type: 'none' }) },
  resume: async () => {
    resumed += 1;
  },
};
const libvirt = { domains: { byUuid: async () => domain } } as unknown as Libvirt;

async function saw(vm: object = {}, files: PoolFiles = room): Promise<number> {
  const look = async (path: string) => {
    asked.push(path);
    return files;
  };
  const roomAgain = new RoomAgain({ look, tell: (text) => told.push(text) });
  await roomAgain.saw(libvirt, [{ ...paused, ...vm }]);
  return resumed;
}

describe('a VM that was paused for want of room', () => {
  it('goes on once the folder of its disk has some, and that is told', async () => {
    expect(await saw()).toBe(1);
    expect(asked).toEqual(['/pools/one']);
    expect(told).toEqual(['web stood still since its pool was full, and goes on: there is room']);
  });

  it('needs it for each of the disks that failed', async () => {
    failures = { vda: 'no-space', vdb: 'no-space' };
    expect(await saw()).toBe(1);
    expect(asked).toEqual(['/pools/one', '/pools/two']);
  });

  it.each<[string, PoolFiles]>([
    ['too little', { ...room, freeMib: 15 }],
    ['only what can be read', { ...room, isReadOnly: true }],
    ['a server that does not answer', { type: 'silent' }],
    ['nothing', { type: 'failed', message: 'gone' }],
  ])('stays so where there is %s', async (_what, files) => {
    expect(await saw({}, files)).toBe(0);
  });
});

describe('a VM stands still as long as people do not look after it', () => {
  it.each<[string, object]>([
    ['that somebody paused', { state: 'paused' }],
    ['that is coming in', { state: 'paused-migrating' }],
    ['that moves', { migrating: true }],
    ['that is not Drover’s', { generation: undefined }],
  ])('%s', async (_what, vm) => {
    expect(await saw(vm)).toBe(0);
  });

  it.each<[string, Record<string, 'no-space' | 'error'>]>([
    ['whose disk failed', { vda: 'error' }],
    ['of whose disks one failed otherwise', { vda: 'no-space', vdb: 'error' }],
    ['whose disk is on no file system of the host', { vdc: 'no-space' }],
    ['of which no disk says why', {}],
  ])('%s', async (_what, found) => {
    failures = found;
    expect(await saw()).toBe(0);
  });

  it('that somebody has paused meanwhile', async () => {
    reason = 'user';
    expect(await saw()).toBe(0);
  });
});
