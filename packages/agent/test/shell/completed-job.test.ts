import type { JobStats } from 'node-libvirt';
import { describe, expect, it } from 'vitest';
import { CompletedJob } from '../../src/shell/completed-job.ts';
import type { LinkEvent } from '../../src/shell/libvirt-link.ts';

const stats = { type: 'completed', downtimeMs: 40 } as unknown as JobStats;

function listening() {
  let listener: ((event: LinkEvent) => void) | undefined;
  const link = {
    onEvent: (heard: (event: LinkEvent) => void) => {
      listener = heard;
      return { [Symbol.dispose]: () => (listener = undefined) };
    },
  };
  const tell = (uuid: string) =>
    listener?.({ name: 'jobCompleted', dom: { uuid }, stats } as unknown as LinkEvent);
  return { job: new CompletedJob(link, 'vm'), tell };
}

describe('what libvirt tells of a job that is over', () => {
  it('is there when it came before the call was answered', async () => {
    const { job, tell } = listening();
    tell('another');
    expect(job.stats).toBeUndefined();
    tell('vm');
    expect(job.stats).toBe(stats);
    expect(await job.late()).toBe(stats);
  });

  it('is waited for where the answer overtook it', async () => {
    const { job, tell } = listening();
    const late = job.late();
    tell('vm');
    expect(await late).toBe(stats);
  });

  it('is not waited for for ever', async () => {
    const { job } = listening();
    expect(await job.late()).toBeUndefined();
  });
});
