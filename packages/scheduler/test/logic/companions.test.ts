/** Moves that a person has said yes to, of VMs that a rule keeps together: all of them, or none. */
import { keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { finds, lacks } from './found-by-hosts.ts';
import { Lab, vmA, vmB } from './lab.ts';

/** Both run on h1 of two hosts. */
function pair(): Lab {
  const lab = Lab.withHosts(2);
  for (const vm of [vmA, vmB]) lab.runningVm(vm, 'h1');
  const spec = { type: 'together', over: 'host', strength: 'hard', vms: { ids: [vmA, vmB] } };
  const uuid = '44444444-4444-4444-8444-444444444444';
  lab.etcd.write(keys.rule('pair'), {
    v: 1,
    name: 'pair',
    uuid,
    spec,
    by: 'test',
    createdAtMs: 1,
    atMs: 1,
  });
  lab.settle();
  return lab;
}

/** As the API writes them, in one transaction. */
function apply(lab: Lab): readonly [string, string] {
  const request = (id: string, vmId: string, other: string) => ({
    v: 1,
    id,
    type: 'migrate',
    vmId,
    target: 'h2',
    recommendation: { id: '0123456789', source: 'h1', reason: 'it is even', along: [other] },
    by: 'anna',
    createdAtMs: 5,
  });
  lab.etcd.write(keys.request('m'), request('m', vmA, vmB));
  lab.etcd.write(keys.request('m-1'), request('m-1', vmB, vmA));
  return ['m', 'm-1'];
}

function endsOf(lab: Lab, ids: readonly string[]) {
  return ids.map((id) => lab.ended(id)).map(({ state, error }) => [state, error?.code]);
}

describe('moves of what a rule keeps together', () => {
  it('are made side by side, though each alone would break it', () => {
    const lab = pair();
    expect(endsOf(lab, apply(lab))).toEqual([
      ['succeeded', undefined],
      ['succeeded', undefined],
    ]);
    expect([lab.running(vmA), lab.running(vmB)]).toEqual([['h2'], ['h2']]);
    expect(lab.leader.sends('prepare-incoming').map(({ opId }) => opId)).toEqual(['m', 'm-1']);
  });

  it.each([
    ['the host has found in one what cannot move', 'h1'],
    ['the target does not take one', 'h2'],
  ])('are not begun where %s, and say which', (_, hostId) => {
    const lab = pair();
    const host = lab.host(hostId);
    if (hostId === 'h1') finds(host, vmB, { snapshots: 1 });
    else lacks(host, vmB, { code: 'network-missing', subject: 'bridge br1' });
    const ids = apply(lab);
    expect(endsOf(lab, ids)).toEqual([
      ['failed', 'target-changed'],
      ['failed', 'target-changed'],
    ]);
    const [why = ''] = ids.map((id) => lab.operation(id).error?.message);
    expect(why).toContain('vm-b: ');
    expect(why).not.toContain('undefined');
    expect(lab.leader.sends('prepare-incoming')).toEqual([]);
    expect([lab.running(vmA), lab.running(vmB)]).toEqual([['h1'], ['h1']]);
  });

  it('are not begun where one was taken back', () => {
    const lab = pair();
    lab.host('h1').scripts.set('inspect-vm', () => undefined);
    const ids = apply(lab);
    lab.settle();
    lab.cancel('m-1');
    lab.host('h1').scripts.clear();
    expect(endsOf(lab, ids)).toEqual([
      ['failed', 'target-changed'],
      ['cancelled', undefined],
    ]);
    expect(lab.running(vmA)).toEqual(['h1']);
  });

  it('are not begun where one is somewhere else', () => {
    const lab = pair();
    lab.etcd.write(keys.assignment(vmB), {
      v: 1,
      vmId: vmB,
      hostId: 'h2',
      generation: 2,
      state: 'running',
    });
    lab.host('h1').vms.delete(vmB);
    lab.host('h2').runs(vmB);
    const [first] = apply(lab);
    expect(lab.ended(first)).toMatchObject({
      state: 'failed',
      error: { code: 'target-changed', message: expect.stringContaining('vm-b is not on h1') },
    });
  });

  it('go on under the next leader where one had begun', () => {
    const lab = pair();
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    const ids = apply(lab);
    lab.until('both copy', () => lab.leader.sends('migrate-out').length === 2);
    const commands = lab.host('h1').acted.filter(({ body }) => body.kind === 'migrate-out');
    lab.takeOver();
    lab.host('h1').scripts.clear();
    for (const one of commands) lab.host('h1').end(one, lab.host('h1').obey(one));
    expect(endsOf(lab, ids)).toEqual([
      ['succeeded', undefined],
      ['succeeded', undefined],
    ]);
  });
});
