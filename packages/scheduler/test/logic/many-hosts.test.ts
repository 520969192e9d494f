/** What many hosts say at once is looked at together: a look at everything for each would hold up the lease. */
import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';

const count = 200;

describe('many hosts', () => {
  it('that report for the first time are written many at a time', () => {
    const lab = Lab.withHosts(count);
    const hosts = lab.etcd.entries().filter(({ key }) => key.startsWith(keys.host('')));
    expect(hosts).toHaveLength(count);
    const commits = lab.leader.commits().filter(({ puts }) => puts.length > 0);
    expect(commits.length).toBeLessThanOrEqual(4);
  });

  it('are looked at together, and soon: not for each that speaks, and without waiting for the next tick', () => {
    const lab = Lab.withHosts(count);
    lab.pass(5_000);
    const before = lab.leader.said.length;
    for (const host of lab.hosts.values()) host.report();
    lab.settle();
    const wakes = lab.leader.said.slice(before).filter((one) => one.type === 'wake');
    expect(wakes.length).toBeLessThanOrEqual(1);
    const soonMs = lab.leader.wakes.get('soon') ?? Number.POSITIVE_INFINITY;
    expect(soonMs - lab.monoMs).toBeLessThanOrEqual(count / 10);
  });

  it('do not make each write of people a look at everything: several are looked at together', () => {
    const lab = Lab.withHosts(count);
    lab.pass(5_000);
    const before = lab.leader.commits().length;
    const ids = Array.from({ length: 50 }, (_, at) => vmA.slice(0, -2) + String(at + 10));
    for (const vmId of ids) lab.declareVm(vmId, { memoryMib: 64 });
    const requests = ids.map((vmId) => lab.request({ type: 'start', vmId }));
    lab.until('all are taken up', () => requests.every((id) => lab.etcd.has(keys.operation(id))));
    expect(lab.leader.commits().length - before).toBeLessThanOrEqual(4);
  });

  it('are looked at once for questions that come together, but never from before a change of the records', () => {
    const lab = Lab.withHosts(count);
    lab.pass(5_000);
    const h1 = () => {
      const reply = lab.ask({ type: 'hosts', hostId: 'h1' });
      return reply?.type === 'hosts' ? reply.hosts[0] : undefined;
    };
    expect(h1()?.health).toBe('up');
    lab.host('h1').state = 'degraded';
    lab.host('h1').beat();
    lab.settle();
    expect(h1()?.health).toBe('up');
    lab.cordon('h2');
    lab.settle();
    expect(h1()?.health).toBe('suspect');
    lab.host('h1').state = 'ready';
    lab.host('h1').beat();
    lab.pass(count / 10);
    expect(h1()?.health).toBe('up');
  });

  it('have their work done all the same', () => {
    const lab = Lab.withHosts(count);
    lab.declareVm(vmA);
    expect(lab.ended(lab.request({ type: 'start', vmId: vmA })).state).toBe('succeeded');
    const move = lab.ended(lab.request({ type: 'migrate', vmId: vmA }));
    expect(move.state).toBe('succeeded');
    expect(lab.running(vmA)).toEqual([move.target]);
  });
});
