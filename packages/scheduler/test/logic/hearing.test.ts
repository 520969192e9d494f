import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';

/** All hosts fall silent for the leader, as behind a connection that hangs half open. */
function deafLab(hosts: number): Lab {
  const lab = Lab.withHosts(hosts, { startupGraceMs: 6_000 });
  lab.runningVm(vmA, 'h1');
  silence(lab, true);
  return lab;
}

function silence(lab: Lab, silent: boolean): void {
  for (const host of lab.hosts.values()) host.silent = silent;
}

const move = { type: 'migrate', vmId: vmA, target: 'h2' } as const;

describe('a leader that hears no host at all', () => {
  it('gives no host up for it: what is asked for waits, and is done once they are heard', () => {
    const lab = deafLab(3);
    lab.pass(10_000);
    const id = lab.request(move);
    lab.pass(2_000);
    expect(lab.operation(id).state).toBe('pending');
    expect(lab.ask({ type: 'leader' })).toMatchObject({ leader: { settled: false } });
    // The source is heard first: that the others are not is no news of them.
    lab.host('h1').silent = false;
    lab.pass(3_000);
    expect(lab.operation(id).state).toBe('pending');
    silence(lab, false);
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', target: 'h2' });
  });

  it('takes those that stay silent for silent, once they have had their time', () => {
    const lab = deafLab(3);
    lab.pass(10_000);
    lab.host('h1').silent = false;
    lab.host('h3').silent = false;
    const id = lab.request(move);
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'no-host-fits' } });
  });

  it('does not wait for ever: what finds no host is told so', () => {
    const lab = deafLab(3);
    lab.pass(10_000);
    lab.declareVm('00000000-0000-4000-8000-00000000000b');
    const id = lab.request({ type: 'start', vmId: '00000000-0000-4000-8000-00000000000b' });
    lab.pass(10_000);
    expect(lab.operation(id).state).toBe('pending');
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'no-host-fits' } });
  });

  it('goes on as soon as all are heard, without waiting for the time that they have', () => {
    const lab = deafLab(2);
    lab.pass(10_000);
    silence(lab, false);
    const id = lab.request(move);
    lab.pass(2_100);
    expect(lab.operation(id).state).toBe('succeeded');
  });
});

describe('one host of several that falls silent', () => {
  it('says nothing of the leader: nothing waits for it', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h1');
    lab.host('h2').silent = true;
    lab.pass(10_000);
    expect(lab.ended(lab.request(move))).toMatchObject({
      state: 'failed',
      error: { code: 'no-host-fits' },
    });
  });
});
