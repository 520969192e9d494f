import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';
import { failed } from './scripted-host.ts';

const imageA = '11111111-0000-4000-8000-00000000000a';
const volumeA = '22222222-0000-4000-8000-00000000000a';
const gib = 1024 ** 3;

function withPools(): Lab {
  const lab = Lab.withHosts(2);
  lab.declarePool('p');
  lab.declarePool('q');
  const pool = { state: 'active', capacityMib: 1_000, freeMib: 500 } as const;
  for (const host of lab.hosts.values()) {
    host.about = { pools: ['p', 'q'].map((name) => ({ name, ...pool })) };
    host.report();
  }
  return lab;
}

/** A VM whose disk was made from an image, and which runs. */
function withRunningVm(): Lab {
  const lab = withPools();
  lab.readyImage(imageA);
  lab.declareVm(vmA, { disks: [{ pool: 'p', image: imageA }] });
  lab.ended(lab.request({ type: 'start', vmId: vmA }));
  return lab;
}

function jobs(lab: Lab): readonly unknown[] {
  return lab.leader.sends('storage-job').map(({ body }) => 'job' in body && body.job);
}

describe('a volume', () => {
  it('is made as a thin clone of its image, which it then stands on', () => {
    const lab = withPools();
    lab.readyImage(imageA);
    const source = { type: 'image', imageId: imageA } as const;
    lab.declareVolume(volumeA, { source, mode: 'thin' });
    const id = lab.request({ type: 'volume-create', volumeId: volumeA });
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', volumeId: volumeA, pool: 'p' });
    expect(jobs(lab)).toMatchObject([
      { job: 'clone', mode: 'thin', from: { file: `${imageA}.qcow2` }, facts: { inode: 7 } },
    ]);
    expect(lab.etcd.volume(volumeA)).toMatchObject({ state: 'ready', imageId: imageA });
  });

  it('that could not be made leaves nothing', () => {
    const lab = withPools();
    for (const host of lab.hosts.values()) {
      host.scripts.set('storage-job', () => failed('pool-full'));
    }
    lab.declareVolume(volumeA);
    const id = lab.request({ type: 'volume-create', volumeId: volumeA });
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'pool-full' } });
    const left = [keys.volume(volumeA), keys.volumeIntent(volumeA), keys.volumeName('volume-a')];
    expect(left.filter((key) => lab.etcd.has(key))).toEqual([]);
  });

  it('is deleted with the files of its snapshots', () => {
    const lab = withPools();
    lab.readyVolume(volumeA);
    lab.ended(lab.request({ type: 'volume-snapshot', volumeId: volumeA, snapshot: 'before' }));
    const id = lab.request({ type: 'volume-delete', volumeId: volumeA });
    // Its name is kept: people read it where the volume is gone.
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', subject: 'volume-a' });
    expect(jobs(lab).at(-1)).toMatchObject({
      job: 'delete',
      files: [{ file: `${volumeA}-r1.qcow2` }, { file: `${volumeA}.qcow2` }],
    });
    expect(lab.etcd.has(keys.volumeIntent(volumeA))).toBe(false);
  });

  it('that a VM has is not deleted', () => {
    const lab = withPools();
    lab.readyVolume(volumeA);
    lab.declareVm(vmA, { disks: [{ pool: 'p', volume: volumeA }] });
    const id = lab.request({ type: 'volume-delete', volumeId: volumeA });
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'volume-in-use' } });
    expect(jobs(lab)).toEqual([]);
  });

  it('has one operation at a time', () => {
    const lab = withPools();
    lab.readyVolume(volumeA);
    for (const host of lab.hosts.values()) host.scripts.set('storage-job', () => undefined);
    const resize = { type: 'volume-resize', volumeId: volumeA } as const;
    lab.request({ ...resize, virtualBytes: 2 * gib });
    const second = lab.request({ ...resize, virtualBytes: 3 * gib });
    lab.pass(10_000);
    const reason = 'waits for operation r1';
    expect(lab.operation(second)).toMatchObject({ state: 'pending', reason });
    expect(jobs(lab)).toHaveLength(1);
  });
});

describe('the disk of a VM that runs', () => {
  it('is enlarged by the VM’s own host, while nothing else is done with the VM', () => {
    const lab = withRunningVm();
    const [host = ''] = lab.running(vmA);
    lab.host(host).scripts.set('disk-job', () => undefined);
    const volumeId = `${vmA}-0`;
    const id = lab.request({ type: 'volume-resize', volumeId, virtualBytes: 3 * gib });
    lab.pass(1_000);
    const stop = lab.request({ type: 'stop', vmId: vmA, mode: 'force' });
    lab.pass(10_000);
    expect(lab.operation(stop).state).toBe('pending');
    const [job] = lab.leader.sends('disk-job');
    expect(job).toMatchObject({
      hostId: host,
      vmId: vmA,
      body: { job: { job: 'resize', disk: { file: `${vmA}-0.qcow2` }, virtualBytes: 3 * gib } },
    });
    if (job) lab.host(host).end(job, { outcome: 'done' });
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.etcd.volume(volumeId)).toMatchObject({ virtualBytes: 3 * gib, imageId: imageA });
    expect(lab.ended(stop).state).toBe('succeeded');
  });

  it('goes on in a new file after a snapshot, which its next start takes', () => {
    const lab = withRunningVm();
    const volumeId = `${vmA}-0`;
    lab.ended(lab.request({ type: 'volume-snapshot', volumeId, snapshot: 'before' }));
    const now = `${vmA}-0-r2.qcow2`;
    expect(lab.etcd.volume(volumeId)).toMatchObject({
      file: now,
      snapshots: [{ name: 'before', file: `${vmA}-0.qcow2` }],
    });
    lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'force' }));
    lab.ended(lab.request({ type: 'start', vmId: vmA }));
    const start = lab.leader.sends('start-vm').at(-1);
    expect(start?.body).toMatchObject({ vm: { disks: [{ file: now }] } });
  });

  it('is not reverted under it', () => {
    const lab = withRunningVm();
    const volumeId = `${vmA}-0`;
    lab.ended(lab.request({ type: 'volume-snapshot', volumeId, snapshot: 'before' }));
    const revert = { type: 'volume-revert', volumeId, snapshot: 'before' } as const;
    expect(lab.ended(lab.request(revert))).toMatchObject({ error: { code: 'volume-in-use' } });
    lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'force' }));
    expect(lab.ended(lab.request(revert))).toMatchObject({ state: 'succeeded' });
    expect(lab.etcd.volume(volumeId)?.file).toBe(`${vmA}-0-r5.qcow2`);
    expect(jobs(lab).at(-1)).toMatchObject({
      job: 'delete',
      files: [{ file: `${vmA}-0-r2.qcow2` }],
    });
  });

  it('goes to another pool under it, and what it leaves behind goes last', () => {
    const lab = withRunningVm();
    const volumeId = `${vmA}-0`;
    const id = lab.request({ type: 'volume-move', volumeId, pool: 'q' });
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.leader.sends('disk-job')[0]?.body).toMatchObject({
      job: { job: 'copy', into: { pool: { name: 'q' } } },
    });
    const moved = lab.etcd.volume(volumeId);
    expect(moved).toMatchObject({ pool: 'q', file: `${vmA}-0-r2.qcow2` });
    expect(moved?.imageId).toBeUndefined();
    expect(jobs(lab)).toMatchObject([{ job: 'delete', files: [{ file: `${vmA}-0.qcow2` }] }]);
    expect(lab.leader.sends('storage-job')).toHaveLength(1);
  });

  it('does not go where nobody knows how far it came on a host that is off', () => {
    const lab = withRunningVm();
    const [host = ''] = lab.running(vmA);
    lab.host(host).scripts.set('disk-job', () => undefined);
    const volumeId = `${vmA}-0`;
    const id = lab.request({ type: 'volume-snapshot', volumeId, snapshot: 'before' });
    lab.pass(1_000);
    lab.host(host).silent = true;
    lab.pass(40_000);
    lab.request({ type: 'recover', hostId: host });
    lab.pass(30_000);
    expect(lab.operation(id).state).toBe('running');
    expect(lab.operation(id).reason).toContain('nobody knows how far it came');
    expect(lab.leader.sends('start-vm')).toHaveLength(1);
  });
});

describe('the deletion of a snapshot', () => {
  it('puts what it has into the file above, and then lets its own go', () => {
    const lab = withPools();
    lab.readyVolume(volumeA);
    for (const snapshot of ['one', 'two']) {
      lab.ended(lab.request({ type: 'volume-snapshot', volumeId: volumeA, snapshot }));
    }
    const gone = { type: 'volume-snapshot-delete', volumeId: volumeA, snapshot: 'one' } as const;
    expect(lab.ended(lab.request(gone)).state).toBe('succeeded');
    expect(jobs(lab).slice(-2)).toMatchObject([
      { job: 'merge', from: { file: `${volumeA}.qcow2` }, into: { file: `${volumeA}-r1.qcow2` } },
      { job: 'delete', files: [{ file: `${volumeA}.qcow2` }] },
    ]);
    expect(lab.etcd.volume(volumeA)?.snapshots).toMatchObject([
      { name: 'two', file: `${volumeA}-r1.qcow2` },
    ]);
  });

  it('of one that is not there says so', () => {
    const lab = withPools();
    lab.readyVolume(volumeA);
    const gone = { type: 'volume-snapshot-delete', volumeId: volumeA, snapshot: 'x' } as const;
    const ended = lab.ended(lab.request(gone));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'snapshot-not-found' } });
  });
});

describe('a download', () => {
  it('holds the volume until all of it has gone, under every leader', () => {
    const lab = withPools();
    lab.readyVolume(volumeA);
    for (const host of lab.hosts.values()) host.scripts.set('storage-job', () => undefined);
    const id = lab.request({ type: 'volume-download', volumeId: volumeA });
    lab.pass(2_000);
    expect(lab.operation(id)).toMatchObject({ step: 'give', transfer: { port: 7_001 } });
    lab.takeOver();
    const resize = { type: 'volume-resize', volumeId: volumeA, virtualBytes: 2 * gib } as const;
    const waiting = lab.request(resize);
    lab.pass(10_000);
    expect(lab.operation(waiting).state).toBe('pending');
    const host = lab.host(lab.operation(id).hostId ?? '');
    const [give] = host.acted.filter(({ body }) => body.kind === 'storage-job');
    host.scripts.delete('storage-job');
    if (give) host.end(give, { outcome: 'done' });
    const ended = lab.ended(id);
    expect(ended.state).toBe('succeeded');
    expect(ended.transfer).toBeUndefined();
    expect(lab.ended(waiting).state).toBe('succeeded');
  });

  it('is opened again where its agent was restarted', () => {
    const lab = withPools();
    lab.readyVolume(volumeA);
    let times = 0;
    for (const host of lab.hosts.values()) {
      host.scripts.set('storage-job', () => {
        times += 1;
        return { outcome: times === 1 ? 'unknown' : 'done' };
      });
    }
    const id = lab.request({ type: 'volume-download', volumeId: volumeA });
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.leader.sends('open-transfer')).toHaveLength(2);
  });
});
