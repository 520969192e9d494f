/** What the scheduler keeps true of pools, and what it says of them. */
import type { Inventory, OperationRecord } from '@drover/protocol';
import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { PoolTrends } from '../../src/logic/pool-trend.ts';
import { examine, type Examined, fileOf } from '../../src/logic/pool-findings.ts';
import { Lab, vmA, vmB } from './lab.ts';
import { wellLook } from './pool-probes.ts';
import { failed } from './scripted-host.ts';

type Reported = Inventory['pools'][number];

const uuid = '22222222-2222-4222-8222-222222222222';
const well: Reported = {
  name: 'p',
  state: 'active',
  condition: 'reachable',
  capacityMib: 1_000,
  freeMib: 500,
  uuid,
  mark: 'missing',
};

function say(lab: Lab, hostId: string, ...pools: readonly Partial<Reported>[]): void {
  lab.host(hostId).about = { pools: pools.map((pool) => ({ ...well, ...pool })) };
  lab.host(hostId).report();
}

function aLab(hosts = 2): Lab {
  const lab = Lab.withHosts(hosts);
  lab.declarePool('p');
  for (const { id } of lab.hosts.values()) say(lab, id, {});
  lab.pass(1_000);
  return lab;
}

const status = (lab: Lab) => {
  const reply = lab.ask({ type: 'pools' });
  return reply?.type === 'pools' ? reply.pools['p'] : undefined;
};
const state = (lab: Lab) => lab.etcd.poolState('p');
const start = (lab: Lab, vmId: string) => lab.ended(lab.request({ type: 'start', vmId }));
const disk = { pool: 'p', image: 'debian.qcow2' };

describe('the mark of a pool', () => {
  it('is written by one host, and counts when every host has had its time to see it', () => {
    const lab = aLab();
    expect(new Set(lab.leader.sends('mark-pool').map(({ hostId }) => hostId))).toEqual(
      new Set(['h1']),
    );
    say(lab, 'h1', { mark: 'there' });
    lab.pass(30_000);
    expect(state(lab)?.marked).toBeUndefined();
    expect(status(lab)?.hosts.map(({ condition }) => condition)).toEqual([
      'reachable',
      'reachable',
    ]);
    lab.pass(40_000);
    expect(state(lab)).toMatchObject({ uuid, marked: { hostId: 'h1' } });
    expect(status(lab)?.hosts[1]).toMatchObject({ hostId: 'h2', condition: 'wrong-mount' });
    lab.declareVm(vmA, { disks: [disk] });
    expect(start(lab, vmA)).toMatchObject({ state: 'succeeded', target: 'h1' });
  });

  it('is not written into what is another pool’s, nor where agents say nothing of marks', () => {
    const lab = Lab.withHosts(2);
    say(lab, 'h1', { mark: 'other' });
    const { mark: _, condition: __, ...old } = well;
    lab.host('h2').about = { pools: [old] };
    lab.host('h2').report();
    lab.declarePool('p');
    lab.pass(30_000);
    expect(lab.leader.sends('mark-pool')).toEqual([]);
  });
});

describe('a pool that is declared no longer', () => {
  it('is forgotten by hosts where it is ours, when no VM names it', () => {
    const lab = aLab();
    say(lab, 'h1', { ours: true });
    lab.declareVm(vmA, { disks: [disk] });
    lab.etcd.write(keys.pool('p'), undefined);
    lab.pass(5_000);
    expect(lab.leader.sends('forget-pool')).toEqual([]);
    lab.etcd.write(keys.vmIntent(vmA), undefined);
    lab.pass(5_000);
    expect(lab.leader.sends('forget-pool').map(({ hostId, body }) => [hostId, body])).toEqual([
      ['h1', { kind: 'forget-pool', name: 'p', uuid }],
    ]);
  });
});

describe('room', () => {
  const image = { id: vmB, pool: 'p', name: 'debian', version: 1 };

  /** An image of 400 MiB, as VMs see it. */
  function withImage(lab: Lab): void {
    const about = { source: { type: 'file', file: 'x' }, format: 'qcow2', by: 'a', createdAtMs: 1 };
    lab.etcd.write(keys.imageIntent(vmB), { v: 1, ...image, ...about });
    const stored = { file: 'debian.qcow2', format: 'qcow2', virtualBytes: 400 * 1024 ** 2 };
    const sizes = { storedBytes: 1, allocatedBytes: 1, changedMs: 1, inode: 1 };
    const record = {
      v: 1,
      id: vmB,
      state: 'ready',
      operationId: 'r0',
      stored: { ...stored, ...sizes },
    };
    lab.etcd.write(keys.image(vmB), record);
    lab.settle();
  }

  it('is promised to thin disks up to the limit, and not beyond it', () => {
    const lab = aLab();
    lab.etcd.write(keys.pool('p'), { ...lab.etcd.pool('p'), thinLimitPercent: 100 });
    withImage(lab);
    const vms = [1, 2, 3].map((n) => `00000000-0000-4000-8000-0000000000a${n}`);
    for (const vmId of vms) lab.declareVm(vmId, { memoryMib: 256, disks: [disk] });
    const ends = vms.map((vmId) => start(lab, vmId));
    expect(ends.map((end) => end.state)).toEqual(['succeeded', 'succeeded', 'failed']);
    expect(ends[2]?.error?.message).toContain(
      'its disks may grow to 400 MiB, 200 MiB of the pool may still be promised',
    );
    expect(status(lab)).toMatchObject({ promisedMib: 800, promisableMib: 200 });
  });

  it('is kept for what is being made', () => {
    const lab = aLab();
    const volume = { v: 1, id: vmB, name: 'data', pool: 'p', source: { type: 'empty' } };
    const bytes = 300 * 1024 ** 2;
    const shape = { mode: 'full', format: 'raw', virtualBytes: bytes, by: 'a', createdAtMs: 1 };
    lab.etcd.write(keys.volumeIntent(vmB), { ...volume, ...shape });
    const making = { type: 'volume-create', state: 'running', step: 'make', stepIndex: 1 };
    const about = { v: 1, id: 'r0', volumeId: vmB, generation: 0, epoch: '1' };
    lab.etcd.write(keys.operation('r0'), { ...about, ...making, by: 'a', createdAtMs: 1 });
    lab.settle();
    expect(status(lab)).toMatchObject({ reservedMib: 300 });
  });

  it('of a full pool is for no new disk, also after a start that failed; VMs that have run start', () => {
    const lab = aLab();
    lab.declareVm(vmA, { disks: [disk] });
    lab.host('h1').scripts.set('start-vm', () => failed('stop-timeout'));
    lab.host('h2').scripts.set('start-vm', () => failed('stop-timeout'));
    start(lab, vmA);
    for (const id of ['h1', 'h2']) say(lab, id, { condition: 'full', freeMib: 3 });
    lab.pass(1_000);
    const end = start(lab, vmA);
    expect(end.error?.message).toContain('its disks need 1 MiB in the pool, 0 MiB are free');
    lab.runningVm(vmB, 'h1', { memoryMib: 256, disks: [disk] });
    lab.ended(lab.request({ type: 'stop', vmId: vmB, mode: 'force' }));
    lab.host('h1').scripts.delete('start-vm');
    lab.host('h2').scripts.delete('start-vm');
    expect(start(lab, vmB)).toMatchObject({ state: 'succeeded' });
  });

  it('that runs out is an alarm, written once, and taken back when it is clearly over', () => {
    const lab = aLab();
    for (const id of ['h1', 'h2']) say(lab, id, { freeMib: 120 });
    lab.pass(15_000);
    expect(state(lab)).toMatchObject({ alarms: [{ code: 'nearly-full' }] });
    expect(status(lab)?.alarms[0]?.message).toBe('88 % are in use, 120 MiB are free');
    for (const id of ['h1', 'h2']) say(lab, id, { freeMib: 160 });
    lab.pass(15_000);
    expect(state(lab)).toMatchObject({ alarms: [{ code: 'nearly-full' }] });
    for (const id of ['h1', 'h2']) say(lab, id, { freeMib: 200 });
    lab.pass(15_000);
    expect(state(lab)).toMatchObject({ alarms: [] });
  });
});

describe('a VM in a pool of each host’s own', () => {
  it('starts again only where its files are', () => {
    const lab = aLab();
    const record = { ...lab.etcd.pool('p'), spec: { type: 'local', path: '/srv/p' } };
    lab.etcd.write(keys.pool('p'), record);
    lab.declareVm(vmA, { disks: [disk] });
    const { target = '' } = start(lab, vmA);
    lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'force' }));
    lab.cordon(target);
    lab.settle();
    const end = start(lab, vmA);
    expect(end.error?.message).toContain(`its disks are in pool p of ${target}`);
  });
});

describe('a slope', () => {
  const slopeOf = (frees: readonly number[]) => {
    const trends = new PoolTrends();
    for (const [minute, freeMib] of frees.entries()) trends.sample('p', minute * 60_000, freeMib);
    return trends.slope('p');
  };

  it('is told from enough samples only', () => {
    expect(slopeOf([1_000, 999, 998])).toBeUndefined();
    expect(slopeOf(Array.from({ length: 9 }, () => 5))).toBeUndefined();
  });

  it('says how fast a pool fills up, and when it is full', () => {
    const frees = Array.from({ length: 31 }, (_, minute) => 1_000 - 10 * minute);
    expect(slopeOf(frees)).toEqual({ mibPerHour: -600, fullInHours: 1.2, overMinutes: 30 });
  });

  it('is not upset by one that lies', () => {
    const frees = Array.from({ length: 61 }, (_, minute) => (minute === 30 ? 0 : 9_000 - minute));
    expect(slopeOf(frees)?.mibPerHour).toBe(-60);
  });

  it('of one that does not fill up says so', () => {
    expect(slopeOf(Array.from({ length: 20 }, () => 7))).toEqual({
      mibPerHour: 0,
      overMinutes: 19,
    });
  });
});

describe('a pool’s doctor', () => {
  const ask = (lab: Lab): OperationRecord =>
    lab.ended(lab.request({ type: 'pool-doctor', pool: 'p' }));

  it('tries the locks of all hosts in a ring, leaves nothing, and keeps what it found', () => {
    const lab = aLab(3);
    expect(ask(lab)).toMatchObject({ state: 'succeeded', pool: 'p' });
    expect(state(lab)?.doctor).toMatchObject({
      hosts: ['h1', 'h2', 'h3'],
      protection: 'image-lock',
      findings: ['h1', 'h2', 'h3'].map((hostId) => ({ code: 'lock-seen', level: 'good', hostId })),
    });
    expect([...lab.hosts.values()].map(({ locks }) => locks.size)).toEqual([0, 0, 0]);
    const acts = lab.leader
      .sends('probe-pool')
      .map(({ body }) => (body.kind === 'probe-pool' ? body.probe.act : ''));
    expect(acts.slice(-3)).toEqual(['clean', 'clean', 'clean']);
  });

  it('says so of a host that does not answer, or is older', () => {
    const lab = aLab(3);
    lab.host('h2').scripts.set('probe-pool', () => failed('unknown-command'));
    ask(lab);
    expect(state(lab)?.doctor).toMatchObject({
      findings: expect.arrayContaining([
        expect.objectContaining({ code: 'not-asked', hostId: 'h2', remedy: 'upgrade its agent' }),
      ]) as unknown,
    });
  });

  it('fails where no such pool is declared', () => {
    const lab = aLab();
    const id = lab.request({ type: 'pool-doctor', pool: 'none' });
    expect(lab.ended(id).error?.code).toBe('pool-not-found');
  });
});

describe('what hosts found together', () => {
  const kind = 'probe-pool';
  const hosts = ['h1', 'h2'];
  const shared = { spec: { type: 'shared', path: '/srv/p' } } as const;
  const host = (hostId: string, more: Partial<Examined> = {}): Examined => {
    const before = hostId === 'h1' ? 'h2' : 'h1';
    const seen = hosts.map((one) => fileOf('op', one, 'txt'));
    return {
      hostId,
      look: wellLook,
      before,
      see: { kind, act: 'see', seen, unreadable: [] },
      hold: { kind, act: 'hold' },
      locked: { kind, act: 'try', found: 'locked' },
      release: { kind, act: 'release', wasHeld: true },
      freed: { kind, act: 'try', found: 'free' },
      ...more,
    };
  };
  const codes = (...all: readonly Examined[]) => {
    const { protection, findings } = examine(shared, 'op', all);
    return [
      protection,
      ...findings.filter(({ level }) => level !== 'good').map(({ code }) => code),
    ];
  };

  it.each<[string, Partial<Examined>, readonly string[]]>([
    ['nothing in the way', {}, ['image-lock']],
    [
      'another directory',
      {
        see: { kind, act: 'see', seen: [], unreadable: [] },
        locked: { kind, act: 'try', found: 'unseen' },
      },
      ['none', 'not-shared'],
    ],
    [
      'files that cannot be read',
      { see: { kind, act: 'see', seen: [], unreadable: [fileOf('op', 'h1', 'txt')] } },
      ['image-lock', 'not-readable'],
    ],
    [
      'a lock that it does not see',
      { locked: { kind, act: 'try', found: 'free' } },
      ['none', 'lock-not-seen'],
    ],
    [
      'a lock that stays',
      { freed: { kind, act: 'try', found: 'locked' } },
      ['image-lock', 'lock-stays'],
    ],
    [
      'another user',
      { look: { ...wellLook, user: { uid: 107, gid: 107 } } },
      ['image-lock', 'owner-differs', 'users-differ'],
    ],
    [
      'another group',
      { look: { ...wellLook, user: { uid: 64055, gid: 1 } } },
      ['image-lock', 'groups-differ'],
    ],
    [
      'locks that are taken anew',
      { look: { ...wellLook, recoversLostLocks: true } },
      ['image-lock', 'recovers-lost-locks'],
    ],
    [
      'no lock that can be relied on',
      { look: { ...wellLook, guard: 'none', guardedBy: 'NFS 3' } },
      ['none'],
    ],
  ])('%s', (_what, more, found) => {
    expect(codes(host('h1'), host('h2', more))).toEqual(found);
  });

  it('of one kernel are its locks, and of two kernels none', () => {
    const look = (kernel: string) => ({ ...wellLook, guard: 'kernel-lock', kernel }) as const;
    expect(codes(host('h1', { look: look('a') }), host('h2', { look: look('a') }))).toEqual([
      'kernel-lock',
    ]);
    expect(codes(host('h1', { look: look('a') }), host('h2', { look: look('b') }))).toEqual([
      'none',
    ]);
  });

  it('says nothing of a lock that was not kept for long enough', () => {
    const free = host('h2', { locked: { kind, act: 'try', found: 'free' } });
    const expired = host('h1', { release: { kind, act: 'release', wasHeld: false } });
    expect(codes(expired, free)).toEqual(['image-lock', 'lock-expired']);
  });

  it('is nothing where QEMU reaches the pool by itself', () => {
    const direct = { spec: { type: 'nfs-direct', server: 'nas', export: '/x' } } as const;
    expect(examine(direct, 'op', [])).toMatchObject({ protection: 'none' });
  });
});
