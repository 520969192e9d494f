/** Files that no record names: as hosts tell of them, and one of them deleted by a person's word. */
import { keys, type PoolEntry } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';
import { failed } from './scripted-host.ts';

const hour = 3_600_000;
const stranger = '99999999-0000-4000-8000-00000000000a';
const [one, two, three] = ['1', '2', '3'].map((index) => `${stranger}-${index}.qcow2`) as [
  string,
  string,
  string,
];

const entry = (file: string, more: Partial<PoolEntry> = {}): PoolEntry => ({
  file,
  bytes: 100,
  allocatedBytes: 50,
  changedMs: 7,
  inode: 8,
  ageMs: hour,
  ...more,
});

function withPool(type: 'shared' | 'local' = 'shared'): Lab {
  const lab = Lab.withHosts(2);
  lab.declarePool('p', type);
  const pool = { state: 'active', capacityMib: 1_000, freeMib: 500 } as const;
  for (const host of lab.hosts.values()) {
    host.about = { pools: [{ name: 'p', ...pool }] };
    host.report();
  }
  lab.settle();
  return lab;
}

function filesOf(lab: Lab): readonly string[] {
  const reply = lab.ask({ type: 'orphans', pool: 'p' });
  if (reply?.type !== 'orphans') throw new Error(JSON.stringify(reply));
  return reply.orphans.map(({ hostId = '', file }) => hostId + file);
}

const request = (lab: Lab, file: string, more: { hostId?: string } = {}) =>
  lab.request({ type: 'orphan-delete', pool: 'p', file, ...more });
const jobs = (lab: Lab) =>
  lab.leader.sends('storage-job').map(({ body }) => 'job' in body && body.job);

describe('orphans', () => {
  it('are what no record names and nobody has changed just now, over as many answers as it takes', () => {
    const lab = withPool();
    lab.declareVm(vmA, { disks: [{ pool: 'p', image: 'tiny.qcow2' }] });
    for (const host of lab.hosts.values()) {
      host.entries = [
        entry(`${vmA}-0.qcow2`),
        entry(`${vmA}-1.qcow2`, { ageMs: 60_000 }),
        entry(one),
        entry(two),
        entry(three),
      ];
    }
    expect(filesOf(lab)).toEqual([one, two, three]);
    const after = lab.ask({ type: 'orphans', pool: 'p', after: { file: one } });
    expect(after).toMatchObject({ orphans: [{ file: two, kind: 'vm-disk', bytes: 100 }, {}] });
    expect(new Set(lab.leader.sends('list-files').map(({ hostId }) => hostId)).size).toBe(1);
  });

  it('of a pool that each host has for itself are told with their host; who is silent is named', () => {
    const lab = withPool('local');
    lab.host('h1').entries = [entry(one)];
    lab.host('h2').entries = [entry(one), entry(two)];
    expect(filesOf(lab)).toEqual([`h1${one}`, `h2${one}`, `h2${two}`]);
    lab.pass(30_000);
    lab.host('h2').scripts.set('list-files', () => failed('unknown-command'));
    const reply = lab.ask({ type: 'orphans', pool: 'p' });
    expect(reply).toMatchObject({ orphans: [{ hostId: 'h1', file: one }], silent: ['h2'] });
  });

  it('are not known where nobody can look, and none are while etcd is being restored', () => {
    const lab = withPool();
    const asked = () => lab.ask({ type: 'orphans', pool: 'p' });
    for (const host of lab.hosts.values()) {
      host.scripts.set('list-files', () => failed('pool-unavailable'));
    }
    expect(asked()).toMatchObject({ type: 'error', code: 'host-silent' });
    const held = { v: 1, era: 0, reason: 'it went back', atMs: 1 };
    lab.etcd.write(keys.restored(), held);
    lab.settle();
    expect(asked()).toMatchObject({ type: 'error', code: 'restored' });
    lab.etcd.write(keys.restored(), undefined);
    for (const host of lab.hosts.values()) {
      host.about = { pools: [] };
      host.report();
    }
    lab.settle();
    expect(asked()).toMatchObject({ type: 'error', code: 'pool-unavailable' });
  });
});

describe('a deletion', () => {
  it('goes to a host with what the file was when all hosts had been asked', () => {
    const lab = withPool();
    for (const host of lab.hosts.values()) host.entries = [entry(one)];
    const id = request(lab, one);
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', pool: 'p', file: one });
    const facts = { storedBytes: 100, changedMs: 7, inode: 8 };
    expect(jobs(lab)).toEqual([
      { job: 'delete-orphan', pool: expect.anything() as unknown, file: one, facts },
    ]);
    const asked = lab.leader.sends('list-files').map(({ hostId }) => hostId);
    expect(asked.toSorted()).toEqual(['h1', 'h2']);
  });

  it.each([
    ['a VM has it on a host that is not asked to delete', 'volume-in-use', one],
    ['it was changed just now', 'not-an-orphan', two],
    ['it is not there', 'orphan-not-found', `${stranger}.qcow2`],
    ['a record names it', 'not-an-orphan', `${vmA}-0.qcow2`],
  ])('is refused where %s: %s', (_, code, file) => {
    const lab = withPool();
    lab.declareVm(vmA, { disks: [{ pool: 'p', image: 'tiny.qcow2' }] });
    for (const host of lab.hosts.values()) {
      host.entries = [entry(one), entry(two, { ageMs: 1 }), entry(`${vmA}-0.qcow2`)];
    }
    lab.host('h2').users.set(one, ['web']);
    expect(lab.ended(request(lab, file))).toMatchObject({ state: 'failed', error: { code } });
    expect(jobs(lab)).toEqual([]);
  });

  it('is not made while a host that is up does not say who has the file', () => {
    const lab = withPool();
    for (const host of lab.hosts.values()) host.entries = [entry(one)];
    lab.host('h2').scripts.set('list-files', () => failed('unknown-command'));
    expect(lab.ended(request(lab, one))).toMatchObject({ error: { code: 'unknown-command' } });
    expect(jobs(lab)).toEqual([]);
  });

  it('in a pool of each host’s own goes to that host', () => {
    const lab = withPool('local');
    lab.host('h2').entries = [entry(one)];
    const id = request(lab, one, { hostId: 'h2' });
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', hostId: 'h2' });
    expect(lab.leader.sends('storage-job').map(({ hostId }) => hostId)).toEqual(['h2']);
    const there = request(lab, one, { hostId: 'h1' });
    expect(lab.ended(there)).toMatchObject({ error: { code: 'orphan-not-found' } });
  });

  it('tells what its host found in the way', () => {
    const lab = withPool();
    for (const host of lab.hosts.values()) {
      host.entries = [entry(one)];
      host.scripts.set('storage-job', () => failed('volume-in-use'));
    }
    expect(lab.ended(request(lab, one))).toMatchObject({ error: { code: 'volume-in-use' } });
  });
});
