/** What the leader answers when it is asked, and that asking changes nothing. */
import type { Query } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Driver } from './driver.ts';
import { uuidOf } from './fake-agent.ts';

const vm = uuidOf(1);
const spec = { vcpus: 1, memoryMib: 1024, disks: [], networks: [] };

function cluster(): Driver {
  const driver = Driver.settled();
  driver.vm(vm, { on: 'h1' });
  driver.vm(uuidOf(2));
  driver.advance(3_000);
  driver.out = [];
  return driver;
}

describe('a question', () => {
  const all: readonly Query[] = [
    { type: 'snapshot' },
    { type: 'place', spec, count: 3 },
    { type: 'explain', vmId: vm },
    { type: 'plan-drain', hostId: 'h1' },
    { type: 'plan-drain', hostId: 'h9' },
  ];
  for (const query of all) {
    it(`of ${JSON.stringify(query).slice(0, 40)} is answered with nothing but a reply`, () => {
      const driver = cluster();
      const before = JSON.stringify([...driver.store]);
      driver.query(query);
      driver.query(query);
      expect(driver.out.map(({ type }) => type)).toEqual(['reply', 'reply']);
      const [first, second] = driver.out;
      expect(first).toEqual(second);
      expect(JSON.stringify([...driver.store])).toBe(before);
    });
  }

  it('is not answered before the leader has loaded', () => {
    const driver = new Driver();
    expect(driver.query({ type: 'snapshot' })).toBeUndefined();
  });
});

describe('a place for several', () => {
  it('counts the ones before', () => {
    const reply = cluster().query({ type: 'place', spec: { ...spec, memoryMib: 3000 }, count: 4 });
    if (reply?.type !== 'place') throw new Error('no answer');
    const hosts = reply.answers.map((one) => (one.type === 'placed' ? one.hostId : 'refused'));
    expect(hosts).toEqual(['h2', 'h3', 'h1', 'refused']);
  });

  it('keeps to the host that was named', () => {
    const reply = cluster().query({ type: 'place', spec, count: 1, only: 'h3' });
    expect(reply).toMatchObject({ answers: [{ type: 'placed', hostId: 'h3' }] });
  });
});

describe('an explanation', () => {
  it('of a VM that runs says where it could move, and why not elsewhere', () => {
    const driver = cluster();
    driver.cordon('h3');
    const reply = driver.query({ type: 'explain', vmId: vm });
    if (reply?.type !== 'explain') throw new Error('no answer');
    expect(reply.sentences[0]).toBe('vm-01 is running on h1; if it moved now:');
    expect(reply.sentences.slice(2)).toEqual([
      'h1: the VM is there already, or the host was tried before',
      'h3: it is cordoned',
    ]);
  });

  it('of one that does not says where it would start', () => {
    const reply = cluster().query({ type: 'explain', vmId: uuidOf(2) });
    expect(reply).toMatchObject({
      sentences: [
        'vm-02 is pending; if it were started now:',
        expect.anything(),
        expect.anything(),
        expect.anything(),
      ],
    });
  });

  it('of one that is not there is an error', () => {
    const reply = cluster().query({ type: 'explain', vmId: uuidOf(9) });
    expect(reply).toMatchObject({ type: 'error', code: 'vm-not-found' });
  });
});

describe('a snapshot', () => {
  it('has what only the leader knows', () => {
    const driver = cluster();
    expect(driver.query({ type: 'snapshot' })).toMatchObject({
      snapshot: {
        leader: 's1',
        epoch: driver.epoch,
        settled: true,
        hosts: [
          {
            id: 'h1',
            health: 'up',
            intent: 'active',
            vmCount: 1,
            foreignVmCount: 0,
            allocatable: { cpuMilli: 32_000, memoryMib: 4096 },
            promised: { cpuMilli: 1000, memoryMib: 512 },
          },
          { id: 'h2', vmCount: 0 },
          { id: 'h3', vmCount: 0 },
        ],
        vms: [
          { id: vm, name: 'vm-01', state: 'running', hostId: 'h1', observed: 'running' },
          { id: uuidOf(2), state: 'pending', generation: 0 },
        ],
        migrations: [],
      },
    });
  });

  it('has the migrations with their progress', () => {
    const driver = cluster();
    driver.agent('h1').script('migrate-out', () => 'no-answer');
    const id = driver.ask({ type: 'migrate', vmId: vm });
    driver.reaches(id, 'perform');
    const bytes = { totalBytes: 9, remainingBytes: 3, transferredBytes: 6 };
    const about = { v: 1 as const, opId: id, vmId: vm, elapsedMs: 5, iteration: 1, percent: 66 };
    driver.hear('h1', { kind: 'progress', body: { ...about, ...bytes } });
    expect(driver.query({ type: 'snapshot' })).toMatchObject({
      snapshot: {
        migrations: [
          {
            operationId: id,
            source: 'h1',
            target: 'h2',
            step: 'perform',
            progress: { percent: 66 },
          },
        ],
      },
    });
    const news = driver.out.find(({ type }) => type === 'announce');
    expect(news).toMatchObject({ json: expect.stringContaining('"percent":66') as string });
  });
});
