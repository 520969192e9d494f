import type { AgentCommand, StorageProgress } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { ready, startBody, vmA } from './driver.ts';

const pool = { name: 'p', spec: { type: 'shared' as const, path: '/srv/p' } };
const storageJob = {
  kind: 'storage-job' as const,
  job: { job: 'delete' as const, files: [{ pool, file: 'v.qcow2' }] },
};
const diskJob = {
  kind: 'disk-job' as const,
  job: { job: 'resize' as const, disk: { pool, file: 'v.qcow2' }, virtualBytes: 4096 },
};
const aboutNoVm = { vmId: undefined, generation: undefined } as unknown as Partial<AgentCommand>;
const settings = { parallelActions: 1, parallelJobs: 1 };

describe('jobs with files', () => {
  it('wait for each other, and nothing else waits for them', () => {
    const driver = ready({ settings });
    const first = driver.begin({ opId: 'a', body: storageJob, ...aboutNoVm });
    driver.command({ opId: 'b', body: storageJob, ...aboutNoVm });
    driver.flush();
    expect(driver.acts()).toHaveLength(1);
    driver.begin({ opId: 'c', body: startBody });
    expect(driver.acts().map(({ action }) => action.type)).toEqual(['storage-job', 'start-vm']);
    driver.end(first, { outcome: 'done' });
    expect(driver.acts()).toHaveLength(3);
  });

  it('are ended though no hand is free', () => {
    const driver = ready({ settings });
    driver.begin({ opId: 'a', body: storageJob, ...aboutNoVm });
    driver.begin({ opId: 'b', body: startBody });
    const abort = { kind: 'abort-job' as const, ofOpId: 'a', ofStep: 1 };
    driver.begin({ opId: 'c', body: abort, ...aboutNoVm });
    expect(driver.acts().at(-1)?.action).toEqual({ type: 'abort-job', opId: 'a', ofStep: 1 });
  });

  it.each([
    ['storage-job', storageJob],
    ['disk-job', diskJob],
  ] as const)('tell how far they are, until they end: %s', (_, body) => {
    const driver = ready({ vms: [] });
    const job = driver.begin({ opId: 'a', vmId: vmA, body });
    const progress: StorageProgress = {
      v: 1,
      opId: 'a',
      phase: 'copy',
      doneBytes: 1,
      elapsedMs: 1,
    };
    driver.send({ type: 'storage-progress', progress });
    driver.end(job, { outcome: 'done' });
    driver.send({ type: 'storage-progress', progress: { ...progress, doneBytes: 2 } });
    expect(driver.messages('storage-progress').map(({ doneBytes }) => doneBytes)).toEqual([1]);
  });
});
