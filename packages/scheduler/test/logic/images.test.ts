import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';
import { failed } from './scripted-host.ts';

const imageA = '11111111-0000-4000-8000-00000000000a';
const importA = { type: 'image-import', imageId: imageA } as const;

function withPool(): Lab {
  const lab = Lab.withHosts(2);
  lab.declarePool('p');
  return lab;
}

describe('an import', () => {
  it('is done by one host that reaches the pool, and makes the image ready', () => {
    const lab = withPool();
    lab.declareImage(imageA);
    const id = lab.request(importA);
    const ended = lab.ended(id);
    expect(ended).toMatchObject({ state: 'succeeded', pool: 'p', imageId: imageA });
    expect(lab.leader.sends('storage-job').map(({ body }) => body)).toMatchObject([
      {
        job: {
          job: 'import',
          source: { type: 'file', at: { file: 'debian.qcow2' } },
          format: 'qcow2',
          into: { pool: { name: 'p' }, file: `${imageA}.qcow2` },
        },
      },
    ]);
    expect(lab.etcd.image(imageA)).toMatchObject({
      state: 'ready',
      stored: { file: `${imageA}.qcow2` },
    });
  });

  it('that fails leaves nothing, and the name is free again', () => {
    const lab = withPool();
    for (const host of lab.hosts.values()) {
      host.scripts.set('storage-job', () => failed('image-refused'));
    }
    lab.declareImage(imageA);
    const id = lab.request(importA);
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'image-refused' } });
    for (const key of [keys.image(imageA), keys.imageIntent(imageA), keys.imageName('debian')]) {
      expect([key, lab.etcd.has(key)]).toEqual([key, false]);
    }
  });

  it('of another version leaves the name to the first one where it fails', () => {
    const lab = withPool();
    lab.readyImage(imageA);
    const second = '11111111-0000-4000-8000-00000000000b';
    for (const host of lab.hosts.values()) {
      host.scripts.set('storage-job', () => failed('checksum-differs'));
    }
    lab.declareImage(second, { version: 2 });
    expect(lab.ended(lab.request({ ...importA, imageId: second })).state).toBe('failed');
    expect(lab.etcd.has(keys.imageName('debian'))).toBe(true);
    expect(lab.etcd.image(imageA)?.state).toBe('ready');
  });

  it('is tried on another host where one does not reach the pool after all', () => {
    const lab = withPool();
    lab.host('h1').scripts.set('storage-job', () => failed('pool-unavailable'));
    lab.declareImage(imageA);
    expect(lab.ended(lab.request(importA))).toMatchObject({ state: 'succeeded', hostId: 'h2' });
  });

  it('is ordered again where its host forgot what came of it', () => {
    const lab = withPool();
    let times = 0;
    lab.host('h1').scripts.set('storage-job', (command) => {
      times += 1;
      return times === 1 ? { outcome: 'unknown' } : lab.host('h1').obey(command);
    });
    lab.declareImage(imageA);
    expect(lab.ended(lab.request(importA))).toMatchObject({ state: 'succeeded', hostId: 'h1' });
    const steps = lab.leader.sends('storage-job').map(({ step, hostId }) => [hostId, step]);
    expect(steps).toEqual([
      ['h1', 1],
      ['h1', 2],
    ]);
  });

  it('waits for a host that reaches the pool, and says so', () => {
    const lab = withPool();
    for (const host of lab.hosts.values()) {
      host.about = { pools: [] };
      host.report();
    }
    lab.declareImage(imageA);
    const id = lab.request(importA);
    lab.pass(30_000);
    const reason = 'waits for a host that is up and reaches pool p';
    expect(lab.operation(id)).toMatchObject({ state: 'pending', reason });
  });

  it('goes on under another leader, and is not begun twice', () => {
    const lab = withPool();
    lab.host('h1').scripts.set('storage-job', () => undefined);
    lab.declareImage(imageA);
    const id = lab.request(importA);
    const [begun] = lab.leader.sends('storage-job');
    lab.takeOver();
    lab.pass(3_000);
    if (begun) lab.host('h1').end(begun, lab.host('h1').obey(begun) ?? { outcome: 'unknown' });
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.host('h1').acted.filter(({ body }) => body.kind === 'storage-job')).toHaveLength(1);
  });

  it('that is cancelled tells its host, and leaves nothing', () => {
    const lab = withPool();
    const h1 = lab.host('h1');
    h1.scripts.set('storage-job', () => undefined);
    lab.declareImage(imageA);
    const id = lab.request(importA);
    lab.cancel(id);
    lab.pass(1_000);
    const [job] = lab.leader.sends('storage-job');
    const [abort] = lab.leader.sends('abort-job');
    expect(abort?.body).toEqual({ kind: 'abort-job', ofOpId: id, ofStep: job?.step });
    if (job) h1.end(job, failed('job-cancelled'));
    expect(lab.ended(id).state).toBe('cancelled');
    expect(lab.etcd.has(keys.imageIntent(imageA))).toBe(false);
  });

  it('of which the host is down is cancelled without it', () => {
    const lab = withPool();
    lab.host('h1').scripts.set('storage-job', () => undefined);
    lab.declareImage(imageA);
    const id = lab.request(importA);
    lab.host('h1').silent = true;
    lab.pass(60_000);
    expect(lab.operation(id)).toMatchObject({
      state: 'running',
      reason: 'waits for h1, it is down',
    });
    lab.cancel(id);
    expect(lab.ended(id)).toMatchObject({ state: 'cancelled' });
  });
});

describe('an upload', () => {
  const upload = { source: { type: 'upload', bytes: 1_000 } } as const;

  it('is opened on one host, which waits for the bytes and then makes the image', () => {
    const lab = withPool();
    lab.declareImage(imageA, upload);
    const h1 = lab.host('h1');
    h1.scripts.set('storage-job', ({ body }) =>
      body.kind === 'storage-job' && body.job.job === 'receive' ? undefined : { outcome: 'done' },
    );
    const id = lab.request(importA);
    lab.pass(1_000);
    expect(lab.operation(id)).toMatchObject({ step: 'receive', transfer: { port: 7_001 } });
    h1.scripts.delete('storage-job');
    const [receive] = lab.leader.sends('storage-job');
    if (receive) h1.end(receive, { outcome: 'done' });
    const ended = lab.ended(id);
    expect(ended).toMatchObject({ state: 'succeeded' });
    expect(ended.transfer).toBeUndefined();
    const kinds = h1.acted.map(({ body }) =>
      body.kind === 'storage-job' ? body.job.job : body.kind,
    );
    expect(kinds.filter((kind) => kind !== 'ensure-pool')).toEqual([
      'open-transfer',
      'receive',
      'import',
    ]);
  });

  it('is opened again where its agent was restarted meanwhile', () => {
    const lab = withPool();
    lab.declareImage(imageA, upload);
    let received = 0;
    for (const host of lab.hosts.values()) {
      host.scripts.set('storage-job', (command) => {
        const isReceive = command.body.kind === 'storage-job' && command.body.job.job === 'receive';
        if (isReceive) received += 1;
        return isReceive && received === 1 ? { outcome: 'unknown' } : host.obey(command);
      });
    }
    expect(lab.ended(lab.request(importA)).state).toBe('succeeded');
    expect(lab.leader.sends('open-transfer')).toHaveLength(2);
  });
});

describe('a deletion', () => {
  it('of an image waits for the last volume that stands on it', () => {
    const lab = withPool();
    lab.readyImage(imageA);
    lab.declareVm(vmA, { disks: [{ pool: 'p', image: imageA }] });
    lab.ended(lab.request({ type: 'start', vmId: vmA }));
    const id = lab.request({ type: 'image-delete', imageId: imageA });
    lab.pass(30_000);
    const reason = 'waits for what stands on it: 1';
    expect(lab.operation(id)).toMatchObject({ state: 'pending', reason });
    lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'force' }));
    lab.ended(lab.request({ type: 'delete', vmId: vmA }));
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.etcd.has(keys.imageIntent(imageA))).toBe(false);
    expect(lab.leader.sends('storage-job').at(-1)?.body).toMatchObject({
      job: { job: 'delete', files: [{ file: `${imageA}.qcow2` }] },
    });
  });
});

describe('a verification', () => {
  it('of a file that was changed by hand keeps it from being cloned', () => {
    const lab = withPool();
    lab.readyImage(imageA);
    const sha256 = 'b'.repeat(64);
    for (const host of lab.hosts.values()) {
      const sizes = {
        virtualBytes: 1,
        storedBytes: 1,
        allocatedBytes: 1,
        changedMs: 1,
        inode: 1,
      };
      const stored = { file: `${imageA}.qcow2`, format: 'qcow2' as const, ...sizes, sha256 };
      host.scripts.set('storage-job', () => ({ outcome: 'done', stored }));
    }
    const id = lab.request({ type: 'image-verify', imageId: imageA });
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'image-altered' } });
    expect(lab.etcd.image(imageA)?.state).toBe('altered');
    const volumeId = '11111111-0000-4000-8000-0000000000aa';
    const source = { type: 'image', imageId: imageA } as const;
    lab.declareVolume(volumeId, { source, mode: 'thin' });
    const clone = lab.ended(lab.request({ type: 'volume-create', volumeId }));
    expect(clone).toMatchObject({ state: 'failed', error: { code: 'image-not-ready' } });
  });
});
