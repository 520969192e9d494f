/** A resize: at once where it can be, and the record says no more than what is true. */
import { describe, expect, it } from 'vitest';
import { keys, type ReportedVm, type VmIntentRecord, type VmSpec } from '@drover/protocol';
import { Lab, vmA, vmB } from './lab.ts';
import { failed } from './scripted-host.ts';

const size = { vcpus: 1, memoryMib: 1_024, maxVcpus: 4, maxMemoryMib: 3_072 };
const roomy = { vcpus: 1, maxVcpus: 4, memoryMib: 3_072, balloonMib: 1_024 };

function aLab(spec: Partial<VmSpec> = size, has: Partial<ReportedVm> = roomy): Lab {
  const lab = Lab.withHosts(2);
  lab.runningVm(vmA, 'h1', spec);
  lab.host('h1').runs(vmA, has);
  lab.host('h1').report();
  lab.settle();
  return lab;
}

const specOf = (lab: Lab, vmId = vmA): Partial<VmSpec> => {
  const entry = lab.etcd.entries().find(({ key }) => key === keys.vmIntent(vmId));
  return (JSON.parse(entry?.value ?? '{}') as VmIntentRecord).spec;
};
const promised = (lab: Lab) => lab.etcd.assignment(vmA)?.promised;
const resize = (more: object) => ({ type: 'resize', vmId: vmA, ...more }) as const;
const counted = (lab: Lab, hostId = 'h1') => {
  const reply = lab.ask({ type: 'hosts', hostId });
  return reply?.type === 'hosts' ? reply.hosts[0]?.promised : undefined;
};

describe('a VM that runs', () => {
  it('gets what it was started with room for, and then its spec says so', () => {
    const lab = aLab();
    const ended = lab.ended(lab.request(resize({ vcpus: 3, memoryMib: 2_048 })));
    expect(ended).toMatchObject({ state: 'succeeded', source: 'h1' });
    expect(lab.leader.sends('resize-vm').map(({ body, generation }) => [body, generation])).toEqual(
      [[{ kind: 'resize-vm', vcpus: 3, memoryMib: 2_048, timeoutMs: 30_000 }, 1]],
    );
    expect(specOf(lab)).toMatchObject({ ...size, vcpus: 3, memoryMib: 2_048 });
    expect(lab.etcd.assignment(vmA)).toEqual(
      expect.objectContaining({ hostId: 'h1', state: 'running', generation: 1 }),
    );
    expect(lab.etcd.assignment(vmA)?.operationId).toBeUndefined();
    expect(promised(lab)).toBeUndefined();
  });

  it('is promised the larger size while nobody knows, and its spec stays as it was', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('resize-vm', () => undefined);
    lab.request(resize({ memoryMib: 2_048 }));
    expect(promised(lab)).toEqual({ vcpus: 1, memoryMib: 2_048 });
    expect(specOf(lab)).toEqual(expect.objectContaining(size));
    expect(counted(lab)).toEqual({ cpuMilli: 1_000, memoryMib: 2_048 });
  });

  it('gives memory back, and is counted as large as it was until its host says so', () => {
    const lab = aLab({ ...size, memoryMib: 2_048 }, { ...roomy, balloonMib: 2_048 });
    lab.ended(lab.request(resize({ memoryMib: 1_024 })));
    expect(specOf(lab)).toMatchObject({ memoryMib: 1_024 });
    expect(counted(lab)).toMatchObject({ memoryMib: 2_048 });
    lab.host('h1').report();
    lab.settle();
    expect(counted(lab)).toMatchObject({ memoryMib: 1_024 });
  });

  it.each([
    [{ vcpus: 8 }, 'resize-needs-restart', /was started with 4 vCPUs at most.*--at-next-start/],
    [{ memoryMib: 4_000 }, 'resize-needs-restart', /was started with 3072 MiB at most/],
    [{ memoryMib: 512 }, 'resize-needs-restart', /768 MiB, a quarter/],
  ] as const)('is refused %j', (more, code, message) => {
    const lab = aLab();
    const ended = lab.ended(lab.request(resize(more)));
    expect(ended).toMatchObject({ state: 'failed', error: { code } });
    expect(ended.error?.message).toMatch(message);
    expect(lab.leader.sends('resize-vm')).toEqual([]);
    expect(specOf(lab)).toEqual(expect.objectContaining(size));
  });

  it('loses no vCPU while it runs', () => {
    const lab = aLab({ ...size, vcpus: 2 }, { ...roomy, vcpus: 2 });
    const ended = lab.ended(lab.request(resize({ vcpus: 1 })));
    expect(ended.error?.message).toMatch(/runs with 2 vCPUs, and none can be taken away/);
  });

  it('without room on its host is refused with the numbers, and told to move first', () => {
    const lab = aLab();
    lab.runningVm(vmB, 'h1', { memoryMib: 2_048 });
    const ended = lab.ended(lab.request(resize({ memoryMib: 3_072 })));
    expect(ended.error).toMatchObject({
      code: 'no-room-to-grow',
      rejections: [
        { hostId: 'h1', reason: 'not-enough-memory', required: 2_048, available: 1_024 },
      ],
    });
    expect(ended.error?.message).toMatch(/needs 2048 MiB, has 1024 MiB free; move it first/);
  });

  it('takes no room that the same turn gave to another', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('resize-vm', () => undefined);
    lab.cordon('h2');
    lab.declareVm(vmB, { memoryMib: 2_048 });
    lab.unheard(() => {
      const about = { v: 1, by: 'test', createdAtMs: 1 };
      lab.etcd.write(keys.request('x1'), { ...about, id: 'x1', ...resize({ memoryMib: 3_072 }) });
      lab.etcd.write(keys.request('x2'), { ...about, id: 'x2', type: 'start', vmId: vmB });
    });
    lab.load(lab.leader);
    lab.settle();
    expect(lab.operation('x1').state).toBe('running');
    expect(lab.operation('x2').error?.message).toContain('h1: needs 2048 MiB, has 1024 MiB free');
  });

  it('that is paused is not resized at once', () => {
    const lab = aLab();
    lab.ended(lab.request({ type: 'pause', vmId: vmA }));
    const ended = lab.ended(lab.request(resize({ vcpus: 2 })));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'vm-not-running' } });
  });
});

describe('an answer', () => {
  it('that says that nothing was done leaves the record as it was', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('resize-vm', () => failed('resize-timeout'));
    const ended = lab.ended(lab.request(resize({ memoryMib: 2_048 })));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'resize-timeout' } });
    expect(specOf(lab)).toEqual(expect.objectContaining(size));
    expect(promised(lab)).toBeUndefined();
  });

  it('that says that it failed, of which a part is true, records that part', () => {
    const lab = aLab();
    const h1 = lab.host('h1');
    h1.scripts.set('resize-vm', () => {
      h1.resize(vmA, { vcpus: 2 });
      return failed('resize-timeout');
    });
    const ended = lab.ended(lab.request(resize({ vcpus: 2, memoryMib: 2_048 })));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'resize-timeout' } });
    expect(specOf(lab)).toMatchObject({ vcpus: 2, memoryMib: 1_024 });
    expect(promised(lab)).toBeUndefined();
  });

  it('that is lost is what its host says', () => {
    const lab = aLab();
    const h1 = lab.host('h1');
    h1.scripts.set('resize-vm', (command) => {
      h1.obey(command);
      return { outcome: 'unknown' };
    });
    expect(lab.ended(lab.request(resize({ vcpus: 2 }))).state).toBe('succeeded');
    expect(lab.leader.sends('resize-vm')).toHaveLength(1);
    expect(specOf(lab)).toMatchObject({ vcpus: 2 });
  });

  it('that is lost before anything was done is asked for again, three times at most', () => {
    const lab = aLab();
    lab.host('h1').scripts.set('resize-vm', () => ({ outcome: 'unknown' }));
    const ended = lab.ended(lab.request(resize({ vcpus: 2 })));
    expect(ended.error?.message).toMatch(/nobody knows whether it was done; it is at 1 vCPUs/);
    expect(lab.leader.sends('resize-vm').map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(specOf(lab)).toMatchObject({ vcpus: 1 });
  });

  it('is taken up by the next leader', () => {
    const lab = aLab();
    const h1 = lab.host('h1');
    h1.scripts.set('resize-vm', () => undefined);
    const id = lab.request(resize({ memoryMib: 2_048 }));
    lab.takeOver();
    const [order] = h1.acted.filter(({ body }) => body.kind === 'resize-vm');
    if (order === undefined) throw new Error('it was not ordered');
    h1.end(order, h1.obey(order));
    expect(lab.ended(id).state).toBe('succeeded');
    expect(h1.acted.filter(({ body }) => body.kind === 'resize-vm')).toHaveLength(1);
    expect(specOf(lab)).toMatchObject({ memoryMib: 2_048 });
    expect(promised(lab)).toBeUndefined();
  });
});

describe('at its next start', () => {
  it('one that is off has the new size', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA, size);
    const ended = lab.ended(lab.request(resize({ vcpus: 2, memoryMib: 2_048 })));
    expect(ended).toMatchObject({
      state: 'succeeded',
      reason: 'it starts with 2 vCPUs and 2048 MiB',
    });
    expect(lab.etcd.assignment(vmA)).toBeUndefined();
    lab.ended(lab.request({ type: 'start', vmId: vmA }));
    expect(lab.leader.sends('start-vm')[0]?.body).toMatchObject({
      vm: { vcpus: 2, maxVcpus: 4, memoryMib: 2_048, maxMemoryMib: 3_072 },
    });
  });

  it('one that runs has it then, and is counted as it runs until then', () => {
    const lab = aLab();
    const ask = resize({ vcpus: 8, memoryMib: 4_000, atNextStart: true });
    const ended = lab.ended(lab.request(ask));
    expect(ended.reason).toBe(
      'it runs on with 1 vCPU and 1024 MiB, and starts with 8 vCPUs and 4000 MiB next',
    );
    expect(specOf(lab)).toMatchObject({
      vcpus: 8,
      maxVcpus: 8,
      memoryMib: 4_000,
      maxMemoryMib: 4_000,
    });
    expect(promised(lab)).toEqual({ vcpus: 1, memoryMib: 1_024 });
    expect(counted(lab)).toEqual({ cpuMilli: 1_000, memoryMib: 1_024 });
    expect(lab.leader.sends('resize-vm')).toEqual([]);
    lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'graceful' }));
    lab.host('h1').report();
    lab.ended(lab.request({ type: 'start', vmId: vmA }));
    expect(promised(lab)).toBeUndefined();
    expect(lab.leader.sends('start-vm')[0]?.body).toMatchObject({ vm: { memoryMib: 4_000 } });
  });

  it('goes along when the VM moves: the move holds what it runs with', () => {
    const lab = aLab();
    lab.ended(lab.request(resize({ memoryMib: 4_000, atNextStart: true })));
    lab.runningVm(vmB, 'h2', { memoryMib: 2_048 });
    const move = lab.ended(lab.request({ type: 'migrate', vmId: vmA, target: 'h2' }));
    expect(move.state).toBe('succeeded');
    expect(promised(lab)).toEqual({ vcpus: 1, memoryMib: 1_024 });
  });

  it('is taken back while it runs', () => {
    const lab = aLab();
    lab.ended(lab.request(resize({ memoryMib: 4_000, atNextStart: true })));
    expect(lab.ended(lab.request(resize({ memoryMib: 1_024 }))).state).toBe('succeeded');
    expect(specOf(lab)).toMatchObject({ memoryMib: 1_024 });
    expect(promised(lab)).toBeUndefined();
  });
});

describe('what it has', () => {
  it('is what it is counted with, where that is more than its record says', () => {
    const lab = aLab(size, { vcpus: 2, memoryMib: 3_072 });
    expect(counted(lab)).toEqual({ cpuMilli: 2_000, memoryMib: 3_072 });
  });

  it('of one whose memory is saved is what it goes on with', () => {
    const lab = aLab();
    lab.etcd.write(keys.assignment(vmA), {
      v: 1,
      vmId: vmA,
      generation: 1,
      state: 'saved',
      saved: {
        pool: 'p',
        file: `memory-${vmA}`,
        facts: { storedBytes: 1, changedMs: 1, inode: 1 },
        allocatedBytes: 1,
        accelerator: 'kvm',
        qemuVersion: 1,
        hostId: 'h1',
        operationId: 'r0',
        atMs: 1,
      },
    });
    const ended = lab.ended(lab.request(resize({ vcpus: 2, atNextStart: true })));
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'vm-saved' } });
  });
});

it('who only asks hears what would be done, and changes nothing', () => {
  const lab = aLab();
  const plan = (more: object) => lab.ask({ type: 'resize-plan', vmId: vmA, ...more });
  expect(plan({ vcpus: 2 })).toEqual({
    type: 'resize-plan',
    when: 'now',
    what: 'it gets 2 vCPUs and 1024 MiB while it runs',
  });
  expect(plan({ vcpus: 8, atNextStart: true })).toMatchObject({ when: 'next-start' });
  expect(plan({ vcpus: 1 })).toMatchObject({ what: 'it has that size already' });
  expect(plan({ vcpus: 8 })).toMatchObject({ type: 'error', code: 'resize-needs-restart' });
  expect(lab.leader.sends('resize-vm')).toEqual([]);
  expect(specOf(lab)).toEqual(expect.objectContaining(size));
});
