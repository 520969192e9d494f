/** What is decided in one turn goes to etcd together; each decision counts what was decided before it. */
import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/logic/batch.ts';
import { slots } from '../../src/logic/settings.ts';
import { Lab, vmA, vmB } from './lab.ts';

const vmIds = (count: number) =>
  Array.from(
    { length: count },
    (_, at) => `0e000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
  );

/** All are asked for while a commit is under way, so that one turn finds them all. */
function startAll(lab: Lab, ids: readonly string[], memoryMib: number): readonly string[] {
  for (const id of ids) lab.declareVm(id, { memoryMib });
  lab.commitMode = 'hold';
  const requests = ids.map((vmId) => lab.request({ type: 'start', vmId }));
  lab.until('something is decided', () => lab.leader.inFlight !== undefined);
  lab.release();
  return requests;
}

describe('the decisions of a turn', () => {
  it('are committed together, and no more at once than etcd takes', () => {
    const lab = Lab.withHosts(30);
    const before = lab.leader.commits().length;
    const requests = startAll(lab, vmIds(100), 512);
    for (const id of requests) expect(lab.ended(id).state).toBe('succeeded');
    const commits = lab.leader.commits().slice(before);
    expect(Math.max(...commits.map(({ puts }) => puts.length))).toBeGreaterThan(90);
    expect(Math.max(...commits.map(({ puts }) => puts.length))).toBeLessThanOrEqual(100);
    const placing = commits.filter(({ puts }) =>
      puts.some(({ value }) => value?.includes('"starting"') === true),
    );
    expect(placing.length).toBeLessThanOrEqual(6);
  });

  it('count each other: no host is promised more than it has, and who finds no room hears it', () => {
    const lab = Lab.withHosts(2);
    const requests = startAll(lab, vmIds(7), 1_500);
    const ended = requests.map((id) => lab.ended(id));
    const hosts = ended.flatMap(({ state, target }) => (state === 'succeeded' ? [target] : []));
    expect(hosts.filter((id) => id === 'h1')).toHaveLength(2);
    expect(hosts.filter((id) => id === 'h2')).toHaveLength(2);
    const failed = ended.filter(({ state }) => state === 'failed');
    expect(failed.map(({ error }) => error?.code)).toEqual(Array(3).fill('no-host-fits'));
  });

  it('share the slots of migrations: one move more than a host takes waits', () => {
    const sources = slots.inPerHost + 1;
    const lab = Lab.withHosts(sources + 1);
    const ids = vmIds(sources);
    ids.forEach((vmId, at) => lab.runningVm(vmId, `h${at + 2}`));
    lab.commitMode = 'hold';
    const requests = ids.map((vmId) => lab.request({ type: 'migrate', vmId, target: 'h1' }));
    lab.host('h1').scripts.set('prepare-incoming', () => undefined);
    lab.release();
    const states = requests.map((id) => lab.operation(id).state);
    const running = Array.from({ length: slots.inPerHost }, () => 'running');
    expect(states).toEqual([...running, 'pending']);
  });

  it('about one VM are one: the second waits for what becomes of the first', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.commitMode = 'hold';
    lab.declareVm(vmB);
    lab.request({ type: 'start', vmId: vmB });
    const stop = lab.request({ type: 'stop', vmId: vmA, mode: 'force' });
    const start = lab.request({ type: 'start', vmId: vmA });
    lab.release();
    expect(lab.ended(stop).state).toBe('succeeded');
    expect(lab.ended(start)).toMatchObject({ state: 'succeeded', generation: 2 });
  });

  it('that conflict are made one by one: what is contended holds up nobody else', () => {
    const lab = Lab.withHosts(2);
    const [first = '', second = '', third = ''] = vmIds(3);
    for (const vmId of [first, second, third]) lab.declareVm(vmId, { memoryMib: 512 });
    lab.commitMode = 'hold';
    const requests = [first, second, third].map((vmId) => lab.request({ type: 'start', vmId }));
    const puts = () => lab.leader.inFlight?.puts ?? [];
    lab.until('two are placed at once', () => {
      const keysOf = puts().map(({ key }) => key);
      const isBoth = [second, third].every((vmId) => keysOf.includes(keys.assignment(vmId)));
      if (!isBoth && keysOf.length > 0) lab.release('hold');
      return isBoth;
    });
    const owner = { v: 1, vmId: second, generation: 3, state: 'stopped' };
    lab.etcd.write(keys.assignment(second), owner);
    lab.release('hold');
    lab.until('it is decided anew', () => puts().length > 0);
    expect(puts()).toHaveLength(2);
    lab.release();
    expect(requests.map((id) => lab.ended(id).generation)).toEqual([1, 4, 1]);
  });
});

describe('a batch', () => {
  const put = (key: string) => ({ key, value: '{}', expectedModRevision: 0 });

  it('takes the first decision whatever its size, and is full then', () => {
    const batch = new Batch(1);
    expect(batch.isFull).toBe(false);
    expect(batch.add([put('a'), put('b')])).toBe(true);
    expect(batch.isFull).toBe(true);
    expect(batch.add([put('c')])).toBe(false);
    expect(batch.puts.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('writes no record twice: nothing of a decision goes in where part of it cannot', () => {
    const batch = new Batch(100);
    batch.add([put('a'), put('b')]);
    expect(batch.add([put('c'), put('b')])).toBe(false);
    expect(batch.puts.map(({ key }) => key)).toEqual(['a', 'b']);
  });
});
