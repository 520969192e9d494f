import { type CommandKind, keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';

type Request = Parameters<Lab['request']>[0];

/** Each type of operation, on a cluster where it succeeds, and what must be true at its end. */
const operations: readonly {
  readonly name: string;
  readonly prepare: (lab: Lab) => void;
  readonly request: Request;
  readonly acts: readonly CommandKind[];
  readonly check: (lab: Lab) => void;
}[] = [
  {
    name: 'start',
    prepare: (lab) => lab.declareVm(vmA),
    request: { type: 'start', vmId: vmA },
    acts: ['start-vm'],
    check: (lab) => expect(lab.running(vmA)).toEqual([lab.etcd.assignment(vmA)?.hostId]),
  },
  {
    name: 'stop',
    prepare: (lab) => lab.runningVm(vmA, 'h1'),
    request: { type: 'stop', vmId: vmA, mode: 'graceful' },
    acts: ['stop-vm'],
    check: (lab) => {
      expect(lab.running(vmA)).toEqual([]);
      expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'stopped' });
    },
  },
  {
    name: 'save',
    prepare: (lab) => {
      lab.declarePool('p');
      lab.runningVm(vmA, 'h1', { disks: [{ pool: 'p', volume: 'a.raw' }], memoryMib: 128 });
    },
    request: { type: 'save', vmId: vmA },
    acts: ['save-vm', 'storage-job'],
    check: (lab) => {
      expect(lab.running(vmA)).toEqual([]);
      expect(lab.etcd.assignment(vmA)).toMatchObject({ state: 'saved', saved: { pool: 'p' } });
    },
  },
  {
    name: 'resume',
    prepare: (lab) => {
      lab.declarePool('p');
      lab.runningVm(vmA, 'h1', { disks: [{ pool: 'p', volume: 'a.raw' }], memoryMib: 128 });
      lab.ended(lab.request({ type: 'save', vmId: vmA }));
    },
    request: { type: 'start', vmId: vmA },
    acts: ['resume-saved', 'storage-job'],
    check: (lab) => {
      expect(lab.running(vmA)).toEqual([lab.etcd.assignment(vmA)?.hostId]);
      expect(lab.etcd.assignment(vmA)).not.toHaveProperty('saved');
    },
  },
  {
    name: 'delete',
    prepare: (lab) => {
      lab.declarePool('p');
      lab.declareVm(vmA, { disks: [{ pool: 'p', image: 'base.qcow2' }] });
      lab.ended(lab.request({ type: 'start', vmId: vmA }));
      lab.ended(lab.request({ type: 'stop', vmId: vmA, mode: 'force' }));
    },
    request: { type: 'delete', vmId: vmA },
    acts: ['storage-job'],
    check: (lab) => expect(lab.etcd.assignment(vmA)).toBeUndefined(),
  },
  {
    name: 'migrate',
    prepare: (lab) => lab.runningVm(vmA, 'h1'),
    request: { type: 'migrate', vmId: vmA, target: 'h2' },
    acts: ['prepare-incoming', 'migrate-out'],
    check: (lab) => expect(lab.running(vmA)).toEqual(['h2']),
  },
  {
    name: 'paused migrate',
    prepare: (lab) => {
      lab.declarePool('d', 'nfs-direct');
      lab.runningVm(vmA, 'h1', { disks: [{ pool: 'd', volume: 'a.raw' }] });
    },
    request: { type: 'migrate', vmId: vmA, target: 'h2' },
    acts: ['prepare-incoming', 'migrate-out', 'resume-vm'],
    check: (lab) => expect(lab.running(vmA)).toEqual(['h2']),
  },
  {
    name: 'drain',
    prepare: (lab) => {
      lab.runningVm(vmA, 'h1');
      lab.runningVm(vmB, 'h1');
    },
    request: { type: 'drain', hostId: 'h1' },
    acts: ['prepare-incoming', 'migrate-out'],
    check: (lab) => expect(lab.host('h1').vms.size).toBe(0),
  },
  {
    name: 'recovery',
    prepare: (lab) => {
      lab.runningVm(vmA, 'h1');
      lab.runningVm(vmB, 'h1');
      lab.host('h1').silent = true;
      lab.pass(31_000);
    },
    request: { type: 'recover', hostId: 'h1' },
    acts: ['start-vm'],
    check: (lab) => expect(lab.host('h2').vms.size).toBe(2),
  },
];

/** How many commits the operation takes when nobody dies, each held up as in `dieAt`. */
function commitsOf(operation: (typeof operations)[number]): number {
  const lab = Lab.withHosts(2);
  operation.prepare(lab);
  lab.settle();
  lab.commitMode = 'hold';
  const id = lab.request(operation.request);
  const hasEnded = () =>
    lab.etcd.has(keys.operation(id)) && lab.operation(id).state === 'succeeded';
  for (let count = 0; ; count += 1) {
    lab.until('a commit, or the end', () => hasEnded() || lab.leader.inFlight !== undefined);
    if (hasEnded()) return count;
    lab.release('hold');
  }
}

/** The leader dies at its nth commit from here on: before it reaches etcd, or after, unacknowledged. */
function dieAt(
  lab: Lab,
  request: Request,
  nth: number,
  when: 'before' | 'after',
  successor: 'new' | 'follower',
): string {
  lab.settle();
  const follower = successor === 'follower' ? lab.follow() : undefined;
  lab.commitMode = 'hold';
  const id = lab.request(request);
  for (let count = 1; count < nth; count += 1) {
    lab.until(`commit ${count} is held`, () => lab.leader.inFlight !== undefined);
    lab.release('hold');
  }
  lab.until(`commit ${nth} is held`, () => lab.leader.inFlight !== undefined);
  if (when === 'after') lab.applyUnheard();
  lab.takeOver(follower);
  return id;
}

const deaths = [
  ['before', 'new'],
  ['after', 'new'],
  ['before', 'follower'],
  ['after', 'follower'],
] as const;

describe('a leader that takes over', () => {
  for (const operation of operations) {
    it(`finishes a ${operation.name} wherever the last one died, and no agent acts twice`, () => {
      const steps = commitsOf(operation);
      expect(steps).toBeGreaterThan(1);
      for (let nth = 1; nth <= steps; nth += 1) {
        for (const [when, successor] of deaths) {
          const lab = Lab.withHosts(2);
          operation.prepare(lab);
          const acted = () => [...lab.hosts.values()].flatMap((host) => host.acted);
          const before = acted().length;
          const id = dieAt(lab, operation.request, nth, when, successor);
          const where = [nth, when, successor];
          expect([...where, lab.ended(id).state]).toEqual([...where, 'succeeded']);
          operation.check(lab);
          const news = acted()
            .slice(before)
            .filter((one) => one.body.kind !== 'ensure-pool');
          const once = new Set(news.map((one) => `${one.opId}/${one.step}`));
          expect([...where, news.length]).toEqual([...where, once.size]);
          expect(new Set(news.map((one) => one.body.kind))).toEqual(new Set(operation.acts));
        }
      }
    });
  }

  it('acts on a VM only when its host obeys no older leader any more', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmA);
    const host = lab.host('h1');
    host.silent = true;
    const id = lab.request({ type: 'start', vmId: vmA });
    const next = lab.takeOver();
    // It is heard, and its inventories still say the epoch of the former leader.
    host.silent = false;
    host.about = { maxEpoch: '1' };
    lab.pass(20_000);
    expect(next.sends('sync').length).toBeGreaterThan(5);
    expect(next.sends('start-vm')).toEqual([]);
    host.about = {};
    expect(lab.ended(id).state).toBe('succeeded');
    expect(next.sends('start-vm')[0]?.epoch).toBe(next.epoch);
  });

  it('decides nothing new until every known host was heard, or has had its time', () => {
    const lab = Lab.withHosts(2, { startupGraceMs: 6_000 });
    lab.host('h2').silent = true;
    const next = lab.takeOver();
    lab.declareVm(vmA);
    const id = lab.request({ type: 'start', vmId: vmA });
    lab.pass(5_000);
    expect(lab.operation(id).state).toBe('pending');
    const reply = lab.ask({ type: 'leader' }, next);
    expect(reply).toMatchObject({ type: 'leader', leader: { settled: false } });
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', target: 'h1' });
  });

  it('need not wait when every known host has been heard', () => {
    const lab = Lab.withHosts(2, { startupGraceMs: 600_000 });
    lab.takeOver();
    lab.declareVm(vmA);
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA })).state).toBe('succeeded');
  });
});

describe('a scheduler that follows', () => {
  it('says and does nothing, whatever it hears', () => {
    const lab = Lab.withHosts(2);
    const follower = lab.follow();
    lab.declareVm(vmA);
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA })).state).toBe('succeeded');
    lab.pass(30_000);
    expect(follower.said).toEqual([]);
  });

  it('goes on at once when it is elected, without reading everything again', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    const follower = lab.follow();
    lab.pass(3_000);
    const next = lab.takeOver(follower);
    expect(next.sends('sync').map(({ hostId }) => hostId)).toEqual(['h1', 'h2']);
    const id = lab.request({ type: 'start', vmId: vmA });
    expect(lab.operation(id).state).toBe('succeeded');
    expect(next.said.filter((one) => one.type === 'reload')).toEqual([]);
    expect(next.commits()[0]?.puts).toEqual([]);
  });

  it('decides nothing before it knows all that the leaders before it wrote', () => {
    const lab = Lab.withHosts(2);
    lab.declareVm(vmA);
    lab.settle();
    const follower = lab.follow();
    follower.late = [];
    const first = lab.ended(lab.request({ type: 'start', vmId: vmA }));
    const next = lab.takeOver(follower);
    lab.host('h1').report();
    lab.host('h2').report();
    lab.settle();
    expect(next.commits().map(({ puts }) => puts)).toEqual([[]]);
    expect(lab.ask({ type: 'leader' }, next)).toBeUndefined();
    lab.catchUp(next);
    expect(next.sends('sync').map(({ hostId }) => hostId)).toEqual(['h1', 'h2']);
    expect(lab.ask({ type: 'leader' }, next)).toMatchObject({ leader: { epoch: next.epoch } });
    expect(lab.etcd.assignment(vmA)).toMatchObject({ hostId: first.target, state: 'running' });
    expect(next.sends('start-vm')).toEqual([]);
  });

  it('answers nobody before its first commit is through: another may lead', () => {
    const lab = Lab.withHosts(1);
    const follower = lab.follow();
    lab.leader.dead = true;
    lab.commitMode = 'hold';
    const next = lab.elect(follower);
    expect(lab.ask({ type: 'leader' }, next)).toBeUndefined();
    lab.release();
    expect(lab.ask({ type: 'leader' }, next)).toMatchObject({ leader: { epoch: next.epoch } });
  });

  it('reads everything where the watch does not catch up', () => {
    const lab = Lab.withHosts(2);
    const follower = lab.follow();
    follower.late = [];
    const next = lab.takeOver(follower);
    lab.declareVm(vmA);
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA })).state).toBe('succeeded');
    expect(next.said.some((one) => one.type === 'reload')).toBe(true);
  });
});

describe('a leader that was deposed', () => {
  it('exits, and says nothing any more', () => {
    const lab = Lab.withHosts(2);
    const { leader } = lab;
    leader.feed({ type: 'deposed', reason: 'its lease ran out' });
    expect(leader.exited).toBe('its lease ran out');
    const said = leader.said.length;
    lab.declareVm(vmA);
    lab.request({ type: 'start', vmId: vmA });
    lab.ask({ type: 'leader' });
    lab.pass(60_000);
    expect(leader.said).toHaveLength(said);
  });

  it('and does not know it yet changes nothing, and is obeyed by nobody', () => {
    const lab = Lab.withHosts(2);
    const former = lab.leader;
    const next = lab.elect();
    lab.declareVm(vmA);
    const id = lab.request({ type: 'start', vmId: vmA });
    lab.ended(id);
    lab.pass(10_000);
    expect(lab.operation(id).epoch).toBe(next.epoch);
    expect(former.sends('start-vm').filter((one) => one.opId === id)).toEqual([]);
    expect(lab.running(vmA)).toHaveLength(1);
  });
});
