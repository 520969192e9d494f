/** Saved memory: written by whom the VM runs on, gone on with once, and never passed over by a start. */
import { type AssignmentRecord, keys, memoryFile } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';
import { done, failed } from './scripted-host.ts';

const unknown = { outcome: 'unknown' } as const;
const refused = (code: string) => ({ outcome: 'refused', error: { code, message: code } }) as const;
const save = { type: 'save', vmId: vmA } as const;
const start = { type: 'start', vmId: vmA } as const;
const disks = [{ pool: 'p', volume: 'a.raw' }];

function withVm(hosts = 2): Lab {
  const lab = Lab.withHosts(hosts);
  lab.declarePool('p');
  lab.runningVm(vmA, 'h1', { disks, memoryMib: 128 });
  return lab;
}

function withSaved(hosts = 2): Lab {
  const lab = withVm(hosts);
  expect(lab.ended(lab.request(save)).state).toBe('succeeded');
  return lab;
}

const kinds = (lab: Lab) => lab.leader.sends().map(({ body }) => body.kind);
const jobs = (lab: Lab) =>
  lab.leader.sends('storage-job').map(({ body }) => ('job' in body ? body.job : undefined));
const of = (lab: Lab, kind: 'save-vm' | 'resume-saved') => lab.leader.sends(kind);

describe('a save', () => {
  it('leaves the VM off with a record of its memory, in a file whose name is made of ids', () => {
    const lab = withVm();
    const id = lab.request(save);
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', source: 'h1', pool: 'p' });
    expect(of(lab, 'save-vm')).toMatchObject([
      { hostId: 'h1', generation: 1, body: { pool: { name: 'p' }, roomBytes: 192 * 1024 ** 2 } },
    ]);
    const file = memoryFile(vmA, id);
    expect(jobs(lab)).toMatchObject([{ job: 'publish-memory', into: { file } }]);
    const assignment = lab.etcd.assignment(vmA);
    expect(assignment).toMatchObject({
      state: 'saved',
      saved: { pool: 'p', file, hostId: 'h1', operationId: id, accelerator: 'kvm' },
    });
    expect(assignment).not.toHaveProperty('hostId');
  });

  it('that its host could not make leaves the VM running there, and clears up', () => {
    const lab = withVm();
    lab.host('h1').scripts.set('save-vm', () => failed('save-failed', 'its disk is full'));
    const id = lab.request(save);
    expect(lab.ended(id)).toMatchObject({ state: 'failed', error: { code: 'save-failed' } });
    expect(lab.running(vmA)).toEqual(['h1']);
    const assignment = lab.etcd.assignment(vmA);
    expect(assignment).toMatchObject({ state: 'running', hostId: 'h1', generation: 1 });
    expect(assignment).not.toHaveProperty('operationId');
    expect(jobs(lab)).toMatchObject([{ job: 'delete', files: [{ file: memoryFile(vmA, id) }] }]);
  });

  it('is cancelled by its host, and the VM runs on', () => {
    const lab = withVm();
    lab.host('h1').scripts.set('save-vm', () => undefined);
    const id = lab.request(save);
    lab.cancel(id);
    lab.pass(1_000);
    const [order] = of(lab, 'save-vm');
    const [abort] = lab.leader.sends('abort-job');
    expect(abort).toMatchObject({ hostId: 'h1', body: { ofOpId: id, ofStep: order?.step } });
    expect(lab.operation(id).state).toBe('running');
    if (order) lab.host('h1').end(order, failed('job-cancelled'));
    expect(lab.ended(id).state).toBe('cancelled');
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'running', hostId: 'h1' });
    expect(jobs(lab)).toMatchObject([{ job: 'delete' }]);
  });

  it('that was done when it was cancelled is done: its memory is not thrown away', () => {
    const lab = withVm();
    lab.host('h1').scripts.set('save-vm', () => undefined);
    const id = lab.request(save);
    lab.cancel(id);
    lab.pass(1_000);
    lab.host('h1').vms.delete(vmA);
    const [order] = of(lab, 'save-vm');
    if (order) lab.host('h1').end(order, done);
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.etcd.assignment(vmA)?.state).toBe('saved');
  });

  it('is refused where the pool has no room for all of the memory, also what others are writing', () => {
    const lab = withVm();
    lab.host('h1').scripts.set('save-vm', () => undefined);
    lab.runningVm(vmB, 'h1', { disks, memoryMib: 300 });
    lab.request(save);
    lab.pass(3_000);
    const second = lab.ended(lab.request({ type: 'save', vmId: vmB }));
    expect(second).toMatchObject({ state: 'failed', error: { code: 'pool-full' } });
    expect(second.error?.message).toContain('364 MiB, and 308 MiB are free');
    expect(lab.running(vmB)).toEqual(['h1']);
  });

  it('goes into a pool in which hosts make files', () => {
    const lab = withVm();
    lab.declarePool('d', 'nfs-direct');
    const both = [{ pool: 'd', volume: 'b.raw' }, ...disks];
    lab.runningVm(vmB, 'h1', { disks: both, memoryMib: 128 });
    const named = lab.ended(lab.request({ ...save, vmId: vmB, pool: 'd' }));
    expect(named).toMatchObject({ state: 'failed', error: { code: 'pool-unsuited' } });
    expect(lab.ended(lab.request({ ...save, vmId: vmB }))).toMatchObject({ pool: 'p' });
  });

  it('whose agent was restarted is what its libvirt says: it goes on, until it is over', () => {
    const lab = withVm();
    const host = lab.host('h1');
    host.scripts.set('save-vm', () => {
      host.runs(vmA, { state: 'paused', saving: true });
      return unknown;
    });
    const id = lab.request(save);
    lab.pass(20_000);
    expect(lab.operation(id)).toMatchObject({ state: 'running', step: 'save' });
    host.vms.delete(vmA);
    host.report();
    expect(lab.ended(id).state).toBe('succeeded');
    expect(of(lab, 'save-vm')).toHaveLength(1);
  });

  it('that nobody knows the end of lets a VM that stands still run on', () => {
    const lab = withVm();
    const host = lab.host('h1');
    host.scripts.set('save-vm', () => {
      host.runs(vmA, { state: 'paused' });
      return unknown;
    });
    expect(lab.ended(lab.request(save)).state).toBe('failed');
    expect(kinds(lab)).toContain('resume-vm');
    expect(lab.running(vmA)).toEqual(['h1']);
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'running', hostId: 'h1' });
  });

  it('does not resume a VM that a person has paused', () => {
    const lab = withVm();
    const host = lab.host('h1');
    host.scripts.set('save-vm', () => {
      host.runs(vmA, { state: 'paused' });
      return failed('vm-not-running');
    });
    expect(lab.ended(lab.request(save)).state).toBe('failed');
    expect(kinds(lab)).not.toContain('resume-vm');
  });

  it('gives the file its name in the end, however often that fails, and by any host', () => {
    const lab = withVm();
    let tries = 0;
    for (const host of lab.hosts.values()) {
      host.scripts.set('storage-job', (command) => {
        tries += 1;
        return tries < 4 ? failed('pool-unavailable') : host.obey(command);
      });
    }
    const id = lab.request(save);
    lab.cancel(id);
    expect(lab.ended(id).state).toBe('succeeded');
    expect(new Set(lab.leader.sends('storage-job').map(({ hostId }) => hostId)).size).toBe(2);
    expect(lab.etcd.assignment(vmA)?.state).toBe('saved');
  });

  it('after which neither VM nor whole file is there says that it crashed', () => {
    const lab = withVm();
    const host = lab.host('h1');
    host.scripts.set('save-vm', () => {
      host.vms.delete(vmA);
      return failed('save-failed', 'QEMU went away');
    });
    for (const one of lab.hosts.values()) {
      one.scripts.set('storage-job', () => failed('memory-gone'));
    }
    const ended = lab.ended(lab.request(save));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'save-failed' } });
    expect(lab.etcd.assignment(vmA)).toEqual(
      expect.objectContaining({ state: 'crashed' }) as AssignmentRecord,
    );
    expect(lab.etcd.assignment(vmA)).not.toHaveProperty('saved');
  });

  it('of a host that is off by a person’s word is finished by another, from what lies there', () => {
    const lab = withVm(3);
    lab.host('h1').scripts.set('save-vm', () => undefined);
    const id = lab.request(save);
    lab.host('h1').silent = true;
    lab.pass(31_000);
    const recovery = lab.request({ type: 'recover', hostId: 'h1' });
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.etcd.assignment(vmA)?.state).toBe('saved');
    expect(lab.ended(recovery).items).toMatchObject([{ state: 'gone' }]);
  });

  it('of a host that is off, that came to nothing, leaves the VM to the recovery', () => {
    const lab = withVm(3);
    lab.host('h1').scripts.set('save-vm', () => undefined);
    for (const host of lab.hosts.values()) {
      host.scripts.set('storage-job', () => failed('memory-gone'));
    }
    const id = lab.request(save);
    lab.host('h1').silent = true;
    lab.pass(31_000);
    const recovery = lab.request({ type: 'recover', hostId: 'h1' });
    expect(lab.ended(id).state).toBe('failed');
    expect(lab.ended(recovery).state).toBe('succeeded');
    expect(lab.running(vmA).filter((hostId) => hostId !== 'h1')).toHaveLength(1);
  });
});

describe('a start of a saved VM', () => {
  it('goes on from its memory, and the commit that says that it runs forgets it', () => {
    const lab = withSaved();
    const { saved } = lab.etcd.assignment(vmA) ?? {};
    const id = lab.request(start);
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(kinds(lab)).not.toContain('start-vm');
    expect(of(lab, 'resume-saved')).toMatchObject([
      { generation: 2, body: { memory: { file: saved?.file }, facts: saved?.facts } },
    ]);
    const runs = lab.leader
      .commits()
      .flatMap(({ puts }) => puts)
      .filter(({ key }) => key === keys.assignment(vmA))
      .map(({ value = '{}' }) => JSON.parse(value) as AssignmentRecord);
    const [first] = runs.filter(({ state, generation }) => state === 'running' && generation === 2);
    expect(first).not.toHaveProperty('saved');
    // Until then it was kept.
    expect(runs.find(({ state }) => state === 'starting')).toHaveProperty('saved');
    expect(jobs(lab).at(-1)).toMatchObject({ job: 'delete', files: [{ file: saved?.file }] });
  });

  it('takes a host with the like of what wrote it, that reaches its pool', () => {
    const lab = withSaved(4);
    lab.host('h2').about = { accelerator: 'tcg' };
    lab.host('h3').about = { qemuVersion: 9_000_000 };
    lab.host('h4').about = { pools: [] };
    for (const host of lab.hosts.values()) host.report();
    lab.cordon('h1');
    lab.pass(3_000);
    const { error } = lab.ended(lab.request(start));
    expect(error?.code).toBe('no-host-fits');
    expect(error?.rejections?.map(({ hostId, reason }) => [hostId, reason])).toEqual([
      ['h1', 'host-cordoned'],
      ['h2', 'accelerator-differs'],
      ['h3', 'qemu-older'],
      ['h4', 'pool-not-reachable'],
    ]);
    expect(lab.etcd.assignment(vmA)?.state).toBe('saved');
  });

  it('that a host could not make is tried on another, from the same memory', () => {
    const lab = withSaved(3);
    let tries = 0;
    for (const host of lab.hosts.values()) {
      host.scripts.set('resume-saved', (command) => {
        tries += 1;
        return tries === 1 ? failed('hypervisor-error', 'its CPU differs') : host.obey(command);
      });
    }
    expect(lab.ended(lab.request(start)).state).toBe('succeeded');
    expect(of(lab, 'resume-saved').map(({ generation }) => generation)).toEqual([2, 3]);
    expect(kinds(lab)).not.toContain('start-vm');
  });

  it('that failed everywhere leaves it saved', () => {
    const lab = withSaved();
    for (const host of lab.hosts.values()) {
      host.scripts.set('resume-saved', () => failed('hypervisor-error'));
    }
    const { saved } = lab.etcd.assignment(vmA) ?? {};
    expect(lab.ended(lab.request(start)).state).toBe('failed');
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'saved', saved });
  });

  it('of which nobody knows the end is over where the VM runs: the memory is not used again', () => {
    const lab = withSaved();
    for (const host of lab.hosts.values()) {
      host.scripts.set('resume-saved', (command) => {
        host.obey(command);
        return unknown;
      });
    }
    expect(lab.ended(lab.request(start)).state).toBe('succeeded');
    expect(of(lab, 'resume-saved')).toHaveLength(1);
    expect(lab.etcd.assignment(vmA)).not.toHaveProperty('saved');
  });

  it('of which nobody knows the end is asked of the same host again, under a new generation', () => {
    const lab = withSaved(3);
    let tries = 0;
    for (const host of lab.hosts.values()) {
      host.scripts.set('resume-saved', (command) => {
        tries += 1;
        if (tries > 1) return host.obey(command);
        host.runs(vmA, { state: 'paused' });
        return unknown;
      });
    }
    expect(lab.ended(lab.request(start)).state).toBe('succeeded');
    const [first, second, ...more] = of(lab, 'resume-saved');
    expect(more).toEqual([]);
    expect(second).toMatchObject({ hostId: first?.hostId, generation: 3, body: { again: true } });
    expect(first?.body).not.toHaveProperty('again');
  });

  it('that a new generation is needed for gets one: what stands still there is not left behind', () => {
    const lab = withSaved(2);
    let tries = 0;
    for (const host of lab.hosts.values()) {
      host.scripts.set('resume-saved', (command) => {
        tries += 1;
        if (tries > 2) return host.obey(command);
        host.runs(vmA, { state: 'paused' });
        return tries === 1 ? unknown : refused('stale-generation');
      });
    }
    expect(lab.ended(lab.request(start)).state).toBe('succeeded');
    expect(of(lab, 'resume-saved').map(({ generation }) => generation)).toEqual([2, 3, 4]);
  });

  it('that is refused after one of which nobody knows the end waits for that host: it may have left a copy', () => {
    const lab = withSaved(3);
    let tries = 0;
    for (const host of lab.hosts.values()) {
      host.scripts.set('resume-saved', (command) => {
        tries += 1;
        if (tries > 2) return host.obey(command);
        host.runs(vmA, { state: 'paused' });
        return tries === 1 ? unknown : refused('journal-unwritable');
      });
    }
    expect(lab.ended(lab.request(start)).state).toBe('succeeded');
    const asked = of(lab, 'resume-saved');
    expect(new Set(asked.map(({ hostId }) => hostId)).size).toBe(1);
    expect(asked.map(({ generation }) => generation)).toEqual([2, 3, 4]);
  });

  it('does not touch a copy that stands there for another reason', () => {
    const lab = withSaved();
    for (const host of lab.hosts.values()) {
      host.scripts.set('resume-saved', () => {
        host.runs(vmA, { state: 'paused' });
        return failed('vm-busy');
      });
    }
    expect(lab.ended(lab.request(start)).state).toBe('failed');
    expect(of(lab, 'resume-saved')).toHaveLength(1);
    expect(lab.etcd.assignment(vmA)).toHaveProperty('saved');
  });

  it('whose memory was used, by a run that is gone, says that it crashed; only then it boots', () => {
    const lab = withSaved();
    for (const host of lab.hosts.values()) {
      host.scripts.set('resume-saved', () => failed('memory-used'));
    }
    const ended = lab.ended(lab.request(start));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'memory-used' } });
    expect(lab.etcd.assignment(vmA)?.state).toBe('crashed');
    expect(lab.etcd.assignment(vmA)).not.toHaveProperty('saved');
    expect(kinds(lab)).not.toContain('start-vm');
    expect(lab.ended(lab.request(start)).state).toBe('succeeded');
    expect(kinds(lab)).toContain('start-vm');
  });

  it('whose file is gone stays saved, says why, and can do without by a person’s word', () => {
    const lab = withSaved();
    for (const host of lab.hosts.values()) {
      host.scripts.set('resume-saved', () => failed('memory-gone', 'the file is gone'));
    }
    expect(lab.ended(lab.request(start)).error?.code).toBe('memory-gone');
    expect(lab.etcd.assignment(vmA)).toMatchObject({
      state: 'saved',
      saved: { problem: 'the file is gone' },
    });
    expect(lab.ended(lab.request({ ...start, discardSaved: true })).state).toBe('succeeded');
    expect(lab.etcd.assignment(vmA)).not.toHaveProperty('saved');
  });

  it('boots only by a person’s word, after the file has gone', () => {
    const lab = withSaved();
    const { saved } = lab.etcd.assignment(vmA) ?? {};
    expect(lab.ended(lab.request({ ...start, discardSaved: true })).state).toBe('succeeded');
    expect(kinds(lab)).not.toContain('resume-saved');
    expect(
      kinds(lab)
        .filter((kind) => kind !== 'save-vm')
        .slice(-2),
    ).toEqual(['storage-job', 'start-vm']);
    expect(jobs(lab).at(-1)).toMatchObject({ job: 'delete', files: [{ file: saved?.file }] });
    expect(lab.etcd.assignment(vmA)).not.toHaveProperty('saved');
  });

  it('boots by a person’s word also where the file cannot be deleted', () => {
    const lab = withSaved();
    for (const host of lab.hosts.values()) {
      host.scripts.set('storage-job', () => failed('pool-unavailable', 'the server is gone'));
    }
    const ended = lab.ended(lab.request({ ...start, discardSaved: true }));
    expect(ended.state).toBe('succeeded');
    expect(ended.reason).toContain('the file of its saved memory stays: the server is gone');
  });

  it('on a host that is off by a person’s word is made elsewhere', () => {
    const lab = withSaved(3);
    for (const host of lab.hosts.values()) host.scripts.set('resume-saved', () => undefined);
    const id = lab.request(start);
    const [first] = of(lab, 'resume-saved');
    const target = first?.hostId ?? '';
    lab.host(target).silent = true;
    for (const host of lab.hosts.values()) host.scripts.delete('resume-saved');
    lab.pass(31_000);
    lab.request({ type: 'recover', hostId: target });
    expect(lab.ended(id).state).toBe('succeeded');
    expect(lab.etcd.assignment(vmA)?.hostId).not.toBe(target);
    expect(kinds(lab)).not.toContain('start-vm');
  });
});

describe('a saved VM', () => {
  it.each([
    { type: 'volume-resize', virtualBytes: 2 ** 31 },
    { type: 'volume-snapshot', snapshot: 'one' },
    { type: 'volume-revert', snapshot: 'one' },
    { type: 'volume-move', pool: 'q' },
    { type: 'volume-download' },
    { type: 'volume-upload', bytes: 1 },
  ] as const)('has disks that do not change: $type', (request) => {
    const lab = withSaved();
    lab.declarePool('q');
    const before = jobs(lab).length;
    const ended = lab.ended(lab.request({ ...request, volumeId: `${vmA}-0` }));
    expect(ended.error?.code).toBe('vm-saved');
    expect(jobs(lab)).toHaveLength(before);
    expect(lab.etcd.assignment(vmA)?.state).toBe('saved');
  });

  it('has disks of which no copy is made', () => {
    const lab = withSaved();
    const volume = '22222222-0000-4000-8000-00000000000a';
    lab.readyVolume(volume);
    lab.runningVm(vmB, 'h2', { disks: [{ pool: 'p', volume }], memoryMib: 128 });
    lab.ended(lab.request({ ...save, vmId: vmB }));
    const copy = '22222222-0000-4000-8000-00000000000b';
    lab.declareVolume(copy, { source: { type: 'volume', volumeId: volume } });
    const ended = lab.ended(lab.request({ type: 'volume-create', volumeId: copy }));
    expect(ended.error?.code).toBe('vm-saved');
  });

  it('is deleted with the file', () => {
    const lab = withSaved();
    const { saved } = lab.etcd.assignment(vmA) ?? {};
    expect(lab.ended(lab.request({ type: 'delete', vmId: vmA })).state).toBe('succeeded');
    expect(jobs(lab).at(-1)).toMatchObject({ job: 'delete', files: [{ file: saved?.file }] });
    expect(lab.etcd.assignment(vmA)).toBeUndefined();
  });

  it('that could not be deleted is saved still', () => {
    const lab = withSaved();
    for (const host of lab.hosts.values()) {
      host.scripts.set('storage-job', () => failed('job-failed'));
    }
    expect(lab.ended(lab.request({ type: 'delete', vmId: vmA })).state).toBe('failed');
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'saved', saved: { pool: 'p' } });
  });

  it('goes on where a cold move says', () => {
    const lab = withSaved();
    const move = { type: 'migrate', vmId: vmA, target: 'h2', cold: true } as const;
    expect(lab.ended(lab.request(move)).state).toBe('succeeded');
    expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'saved', nextHostId: 'h2' });
    lab.ended(lab.request(start));
    expect(lab.running(vmA)).toEqual(['h2']);
    expect(kinds(lab)).toContain('resume-saved');
  });

  it('that a person resumed by hand is not gone on with a second time', () => {
    const lab = withSaved();
    lab.host('h2').runs(vmA);
    lab.host('h2').report();
    lab.settle();
    const ended = lab.ended(lab.request(start));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'vm-running' } });
    expect(of(lab, 'resume-saved')).toEqual([]);
  });
});
