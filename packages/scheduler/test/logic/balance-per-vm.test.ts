/** Balance of single VMs: those that are never moved for it, and those whose moves are only recommended. */
import type { api, VmBalance } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB, vmC, vmD } from './lab.ts';

const all = [vmA, vmB, vmC, vmD];
const busy = Object.fromEntries(all.map((id) => [id, [1_000, 900]] as const));
type Sets = Readonly<Record<string, VmBalance>>;

/** Four VMs that would use all of the four cores of h1 and as much again; the other hosts have nothing to do. */
function crowded(sets: Sets): Lab {
  const lab = Lab.withHosts(3);
  for (const vm of all) {
    const balance = sets[vm];
    const spec = { memoryMib: 256, vcpus: 2, ...(balance === undefined ? {} : { balance }) };
    lab.runningVm(vm, 'h1', spec);
  }
  lab.use(busy);
  return lab;
}

function automatic(sets: Sets): Lab {
  const lab = crowded(sets);
  lab.setBalance({ mode: 'automatic' });
  return lab;
}

function status(lab: Lab): api.BalanceStatus {
  const reply = lab.ask({ type: 'balance' });
  if (reply?.type !== 'balance') throw new Error('no answer');
  return reply.balance;
}

const recommended = (lab: Lab) => status(lab).recommendations.map(({ vmId }) => vmId);
const moved = (lab: Lab) =>
  lab.etcd
    .operations()
    .filter(({ recommendationId }) => recommendationId !== undefined)
    .map(({ vmId = '' }) => vmId);

/** As the API writes it when somebody changes it. */
function set(lab: Lab, vmId: string, balance: VmBalance): void {
  lab.declareVm(vmId, { memoryMib: 256, vcpus: 2, balance });
  lab.settle();
}

describe('a VM that is set never to be moved for balance', () => {
  it('is not recommended, and the others are', () => {
    const lab = crowded({ [vmA]: 'never', [vmB]: 'never' });
    lab.pass(600_000);
    expect(recommended(lab).length).toBeGreaterThan(0);
    expect([vmC, vmD]).toEqual(expect.arrayContaining(recommended(lab)));
  });

  it('is not moved by itself, and where all are set so that is why nothing is', () => {
    const lab = automatic(Object.fromEntries(all.map((id) => [id, 'never' as const])));
    lab.pass(600_000);
    expect(moved(lab)).toEqual([]);
    expect(status(lab)).toMatchObject({ calm: { code: 'nothing-movable' }, recommendations: [] });
  });

  it('is recommended no more from the moment on that it is set so, and again when it is not', () => {
    const lab = crowded({});
    lab.pass(150_000);
    const [first = ''] = recommended(lab);
    set(lab, first, 'never');
    expect(recommended(lab)).not.toContain(first);
    lab.pass(120_000);
    expect(recommended(lab)).not.toContain(first);
    for (const other of all.filter((id) => id !== first)) set(lab, other, 'never');
    set(lab, first, 'cluster');
    lab.pass(180_000);
    expect(recommended(lab)).toEqual([first]);
  });

  it('is moved by a drain and by a person', () => {
    const lab = crowded({ [vmA]: 'never', [vmB]: 'never' });
    const byHand = lab.request({ type: 'migrate', vmId: vmA, target: 'h2' });
    expect(lab.ended(byHand).state).toBe('succeeded');
    const drain = lab.request({ type: 'drain', hostId: 'h1' });
    lab.pass(120_000);
    expect(lab.operation(drain).state).toBe('succeeded');
    expect(lab.running(vmB)).not.toContain('h1');
  });
});

describe('a VM whose moves are only recommended', () => {
  it('is left where it is by balance that moves by itself, which moves others', () => {
    const lab = automatic({ [vmA]: 'recommend', [vmB]: 'recommend' });
    lab.pass(900_000);
    expect(moved(lab).length).toBeGreaterThan(0);
    expect([vmC, vmD]).toEqual(expect.arrayContaining(moved(lab)));
    expect([...lab.running(vmA), ...lab.running(vmB)]).toEqual(['h1', 'h1']);
  });

  it('is recommended where nothing else helps, and moved by a person’s word', () => {
    const lab = automatic({ [vmA]: 'recommend', [vmB]: 'never', [vmC]: 'never', [vmD]: 'never' });
    lab.pass(900_000);
    expect(moved(lab)).toEqual([]);
    const { recommendations, paused } = status(lab);
    expect(recommendations.map(({ vmId }) => vmId)).toEqual([vmA]);
    expect(paused).toBe(
      'what is recommended moves vm-a, which is only moved for balance by a person’s word',
    );
    const [one] = recommendations;
    if (one === undefined) return;
    const { id, source, target, reason } = one;
    const recommendation = { id, source, reason };
    const request = lab.request({ type: 'migrate', vmId: vmA, target, recommendation });
    expect(lab.ended(request)).toMatchObject({ state: 'succeeded', recommendationId: id });
  });

  it('is left where it is also if it was set so after the plan was made', () => {
    const lab = crowded({});
    lab.pass(150_000);
    const planned = recommended(lab);
    expect(planned.length).toBeGreaterThan(1);
    const [first = ''] = planned;
    set(lab, first, 'recommend');
    lab.setBalance({ mode: 'automatic' });
    expect(status(lab).paused).toContain(`vm-${first.slice(-1)}`);
    // The plan that is there is not made in part; the next one is made without that VM.
    lab.pass(1_000);
    expect(moved(lab)).toEqual([]);
    lab.pass(300_000);
    expect(moved(lab).length).toBeGreaterThan(0);
    expect(moved(lab)).not.toContain(first);
  });

  it('is planned like any other while nothing moves by itself', () => {
    const plain = crowded({});
    const lab = crowded(Object.fromEntries(all.map((id) => [id, 'recommend' as const])));
    for (const one of [plain, lab]) one.pass(150_000);
    expect(recommended(lab)).toEqual(recommended(plain));
    expect(status(lab).paused).toBeUndefined();
  });
});

describe('an exchange of which one half is only recommended', () => {
  /** h1 is asked for too much CPU, h2 has promised its memory: there is room for both only in exchange. */
  function uneven(balance: VmBalance): Lab {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1', { memoryMib: 128, vcpus: 1, balance });
    lab.runningVm(vmB, 'h1', { memoryMib: 128, vcpus: 1, balance: 'never' });
    lab.runningVm(vmC, 'h2', { memoryMib: 1_500, vcpus: 1 });
    lab.runningVm(vmD, 'h2', { memoryMib: 1_500, vcpus: 1, balance: 'never' });
    lab.use({ [vmA]: [2_000, 0], [vmB]: [2_000, 0], [vmC]: [10, 0], [vmD]: [10, 0] });
    lab.setBalance({ mode: 'automatic', aggressiveness: 5 });
    return lab;
  }

  it('is made as a whole where both may, and else only recommended', () => {
    const free = uneven('cluster');
    free.pass(600_000);
    expect(moved(free).toSorted()).toEqual([vmA, vmC]);
    const lab = uneven('recommend');
    lab.pass(600_000);
    expect(moved(lab)).toEqual([]);
    expect(recommended(lab).toSorted()).toEqual([vmA, vmC]);
  });
});
