/** Balance: what is recommended, by whose word it is done, and when nothing is. */
import { type api, keys } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB, vmC, vmD } from './lab.ts';
import { failed } from './scripted-host.ts';

const all = [vmA, vmB, vmC, vmD];
const busy = Object.fromEntries(all.map((id) => [id, [1_000, 900]] as const));

/** Four VMs that would use all of the four cores of h1 and as much again; the other hosts have nothing to do. */
function crowded(hosts = 3): Lab {
  const lab = Lab.withHosts(hosts);
  for (const vm of all) lab.runningVm(vm, 'h1', { memoryMib: 256, vcpus: 2 });
  lab.use(busy);
  return lab;
}

function status(lab: Lab): api.BalanceStatus {
  const reply = lab.ask({ type: 'balance' });
  if (reply?.type !== 'balance') throw new Error('no answer');
  return reply.balance;
}

const recommended = (lab: Lab) => status(lab).recommendations;
const moves = (lab: Lab) =>
  lab.etcd.operations().filter(({ recommendationId }) => recommendationId !== undefined);
const firstOf = (lab: Lab) => {
  const [first] = recommended(lab);
  if (first === undefined) throw new Error('nothing is recommended');
  return first;
};

function dismiss(lab: Lab, { id, vmId, source, target }: api.RecommendationBody, ms: number) {
  const untilMs = 1_700_000_000_000 + Math.floor(lab.monoMs) + ms;
  const record = { v: 1, id, vmId, source, target, untilMs, by: 'anna', atMs: 1 };
  lab.etcd.write(keys.dismissal(id), record);
  lab.settle();
}

describe('balance', () => {
  it('says nothing before load has been heard for a while, and was uneven for a minute', () => {
    const lab = crowded();
    lab.pass(50_000);
    expect(status(lab).calm?.code).toBe('not-run-yet');
    lab.pass(30_000);
    expect(status(lab)).toMatchObject({ calm: { code: 'not-for-long' }, recommendations: [] });
    lab.pass(60_000);
    expect(recommended(lab).length).toBeGreaterThan(0);
  });

  it('recommends moves off the host where VMs wait, with reason, numbers and cost, and moves nothing', () => {
    const lab = crowded();
    lab.pass(150_000);
    const [first] = recommended(lab);
    expect(first).toMatchObject({ source: 'h1', checked: true, priority: 1 });
    expect(first?.reason).toMatch(/^h1 has 190 % of its CPU asked for, h[23] 0 %: contention is/);
    expect(first?.unevenAfter).toBeLessThan(first?.unevenBefore ?? 0);
    expect(first?.cost.bytes).toBeGreaterThan(100 * 1024 * 1024);
    expect(first?.others).toHaveLength(1);
    lab.pass(600_000);
    expect(moves(lab)).toEqual([]);
    expect(all.flatMap((vm) => lab.running(vm))).toEqual(['h1', 'h1', 'h1', 'h1']);
  });

  it('keeps what it recommended as it is while load only wavers', () => {
    const lab = crowded();
    lab.pass(150_000);
    const before = recommended(lab);
    for (let minute = 0; minute < 10; minute += 1) {
      const share = minute % 2 === 0 ? 1_030 : 970;
      lab.use(Object.fromEntries(all.map((id, at) => [id, [share, 900 + at * 3]] as const)));
      lab.pass(60_000);
    }
    expect(recommended(lab).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(recommended(lab).map(({ sinceMs }) => sinceMs)).toEqual(
      before.map(({ sinceMs }) => sinceMs),
    );
  });

  it('has the same names for the same moves under the next leader', () => {
    const lab = crowded();
    lab.pass(150_000);
    const before = recommended(lab).map(({ id }) => id);
    lab.takeOver();
    lab.pass(150_000);
    expect(recommended(lab).map(({ id }) => id)).toEqual(before);
  });

  it('takes back what it recommended when load has gone', () => {
    const lab = Lab.withHosts(2);
    for (const vm of [vmA, vmB]) lab.runningVm(vm, 'h1', { memoryMib: 256 });
    for (const vm of [vmC, vmD]) lab.runningVm(vm, 'h2', { memoryMib: 256 });
    lab.use({ [vmA]: [1_000, 900], [vmB]: [1_000, 900], [vmC]: [100, 0], [vmD]: [100, 0] });
    lab.pass(150_000);
    expect(recommended(lab).length).toBeGreaterThan(0);
    lab.use(Object.fromEntries(all.map((id) => [id, [100, 0]] as const)));
    lab.pass(600_000);
    expect(recommended(lab)).toEqual([]);
    expect(status(lab).calm?.code).toBe('even-enough');
  });

  it('remembers what it took back, and why, and nothing that somebody answered', () => {
    const lab = crowded();
    lab.pass(150_000);
    const [one, other, third] = recommended(lab);
    if (one === undefined || other === undefined) throw new Error('too little is recommended');
    expect(status(lab).withdrawn).toEqual([]);
    dismiss(lab, one, 6_000_000);
    lab.etcd.write(keys.hostIntent(other.target), {
      v: 1,
      id: other.target,
      cordoned: true,
      by: 'anna',
      atMs: 2,
    });
    lab.pass(130_000);
    const withdrawn = status(lab).withdrawn ?? [];
    expect(withdrawn.map(({ id }) => id)).not.toContain(one.id);
    expect(withdrawn.find(({ id }) => id === other.id)).toMatchObject({
      vmName: other.vmName,
      reason: other.reason,
      sinceMs: other.sinceMs,
      why: `${other.target} is cordoned`,
    });
    expect(third === undefined || withdrawn.length > 0).toBe(true);
  });

  it('remembers no more than fifty that it took back, and each move once', () => {
    const lab = crowded();
    lab.pass(150_000);
    const ids = new Set(recommended(lab).map(({ id }) => id));
    for (let round = 0; round < 3; round += 1) {
      lab.setBalance({ mode: 'observe' });
      lab.pass(70_000);
      expect(status(lab).withdrawn?.every(({ why }) => why === 'the mode is “observe” now')).toBe(
        true,
      );
      lab.setBalance({ mode: 'recommend' });
      lab.pass(130_000);
    }
    const withdrawn = status(lab).withdrawn ?? [];
    expect(new Set(withdrawn.map(({ id }) => id)).size).toBe(withdrawn.length);
    expect(withdrawn.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids]));
    expect(withdrawn.length).toBeLessThanOrEqual(50);
  });

  it('does not show what was dismissed, and leaves that VM alone until then', () => {
    const lab = crowded();
    lab.pass(150_000);
    const one = firstOf(lab);
    dismiss(lab, one, 600_000);
    expect(recommended(lab).map(({ vmId }) => vmId)).not.toContain(one.vmId);
    lab.pass(500_000);
    expect(recommended(lab).map(({ vmId }) => vmId)).not.toContain(one.vmId);
  });

  it('takes back what it recommended of a VM that was moved away and back since', () => {
    const lab = crowded();
    lab.pass(150_000);
    const { vmId, target, source } = firstOf(lab);
    for (const to of [target, source]) {
      const request = lab.request({ type: 'migrate', vmId, target: to });
      expect(lab.ended(request).state).toBe('succeeded');
    }
    expect(lab.running(vmId)).toEqual([source]);
    expect(recommended(lab).map((one) => one.vmId)).not.toContain(vmId);
  });

  it('goes to an empty host, though something there that is no VM waits', () => {
    const lab = crowded();
    for (const id of ['h2', 'h3']) lab.host(id).cpuPressurePermille = 950;
    lab.pass(150_000);
    expect(new Set(recommended(lab).map(({ source }) => source))).toEqual(new Set(['h1']));
  });

  it('recommends nothing while it only observes, and measures all the same', () => {
    const lab = crowded();
    lab.setBalance({ mode: 'observe' });
    lab.pass(200_000);
    const seen = status(lab);
    expect(seen).toMatchObject({ recommendations: [], calm: { code: 'only-observed' } });
    expect(seen.unevenBefore).toBeGreaterThan(seen.unevenAfter ?? 0);
  });

  it('recommends nowhere that a host would refuse', () => {
    const lab = crowded();
    lab.host('h2').scripts.set('check-incoming', () => ({
      outcome: 'done',
      answer: {
        kind: 'check-incoming',
        incoming: {
          findings: [{ code: 'network-missing', subject: 'bridge br0' }],
          kernel: 'k',
          guards: [],
        },
      },
    }));
    lab.pass(150_000);
    expect(new Set(recommended(lab).map(({ target }) => target))).toEqual(new Set(['h3']));
  });

  it('plans at once for a person who asks', () => {
    const lab = crowded();
    lab.pass(15_000);
    const reply = lab.ask({ type: 'plan-balance' });
    expect(reply?.type).toBe('plan-balance');
    if (reply?.type !== 'plan-balance') return;
    expect(reply.plan.moves.length).toBeGreaterThan(0);
    expect(moves(lab)).toEqual([]);
  });
});

describe('a recommendation that a person applies', () => {
  it('is a migration with the reason that was given', () => {
    const lab = crowded();
    lab.pass(150_000);
    const { id, vmId, source, target, reason } = firstOf(lab);
    const recommendation = { id, source, reason };
    const request = lab.request({ type: 'migrate', vmId, target, recommendation });
    expect(recommended(lab).map((one) => one.id)).not.toContain(id);
    expect(lab.ended(request)).toMatchObject({
      state: 'succeeded',
      recommendationId: id,
      reason: `balance: ${reason}`,
    });
    expect(lab.running(vmId)).toEqual([target]);
  });

  it('is off the host that it was recommended for, and off no other', () => {
    const lab = crowded();
    lab.pass(150_000);
    const { id, vmId, target, reason } = firstOf(lab);
    const recommendation = { id, source: target === 'h2' ? 'h3' : 'h2', reason };
    const request = lab.request({ type: 'migrate', vmId, target, recommendation });
    expect(lab.ended(request)).toMatchObject({
      state: 'failed',
      error: { code: 'target-changed' },
    });
  });
});

describe('balance that moves by itself', () => {
  function automatic(more = {}): Lab {
    const lab = crowded();
    lab.setBalance({ mode: 'automatic', ...more });
    return lab;
  }

  it('levels, and then does nothing more', () => {
    const lab = automatic();
    lab.pass(300_000);
    const made = moves(lab);
    expect(made.length).toBeGreaterThan(0);
    expect(made.every(({ state, by }) => state === 'succeeded' && by === 'balance')).toBe(true);
    const where = all.flatMap((vm) => lab.running(vm));
    expect(new Set(where).size).toBeGreaterThan(1);
    lab.pass(3_600_000);
    expect(moves(lab)).toHaveLength(made.length);
    expect(recommended(lab)).toEqual([]);
  });

  describe('of VMs that a hard rule keeps together', () => {
    /** Two and two. */
    function pairs(more = {}): Lab {
      const lab = automatic(more);
      const pair = { type: 'together', over: 'host', strength: 'hard' } as const;
      for (const [name, ids] of [
        ['ab', [vmA, vmB]],
        ['cd', [vmC, vmD]],
      ] as const) {
        const spec = { ...pair, vms: { ids: [...ids] } };
        const uuid = '44444444-4444-4444-8444-444444444444';
        lab.etcd.write(keys.rule(name), {
          v: 1,
          name,
          uuid,
          spec,
          by: 'test',
          createdAtMs: 1,
          atMs: 1,
        });
      }
      lab.settle();
      return lab;
    }
    const isWhole = (lab: Lab) =>
      String(lab.running(vmA)) === String(lab.running(vmB)) &&
      String(lab.running(vmC)) === String(lab.running(vmD));

    it('moves them as one, which counts as one move at once and as two of the hour', () => {
      const lab = pairs({ movesAtOnce: 1, movesPerHour: 10 });
      lab.pass(300_000);
      expect(moves(lab).map(({ state, along }) => [state, along?.length])).toEqual([
        ['succeeded', 1],
        ['succeeded', 1],
      ]);
      expect(isWhole(lab)).toBe(true);
      expect(new Set(all.flatMap((vm) => lab.running(vm))).size).toBe(2);
      expect(status(lab).movesLeft).toBe(8);
    });

    it('moves none where the hour has no room for all', () => {
      const lab = pairs({ movesPerHour: 1 });
      lab.pass(600_000);
      expect(moves(lab)).toEqual([]);
    });
  });

  it('makes no more moves in an hour than was set', () => {
    const lab = automatic({ movesPerHour: 1 });
    lab.pass(3_000_000);
    expect(moves(lab)).toHaveLength(1);
    expect(status(lab)).toMatchObject({ movesLeft: 0, calm: { code: 'budget-spent' } });
    lab.pass(1_200_000);
    expect(moves(lab)).toHaveLength(2);
  });

  it('makes no more moves at once than was set', () => {
    const lab = automatic({ movesAtOnce: 1 });
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    lab.pass(300_000);
    expect(moves(lab)).toHaveLength(1);
  });

  it('moves no VM twice within its cooldown, whatever the load does', () => {
    const lab = automatic();
    lab.pass(300_000);
    const first = new Set(moves(lab).map(({ vmId }) => vmId));
    // Those that have moved are now the ones that would go back.
    const uses = all.map((id) => [id, first.has(id) ? [1_900, 1_900] : [10, 0]] as const);
    lab.use(Object.fromEntries(uses) as Record<string, [number, number]>);
    lab.pass(3_000_000);
    const counts = Map.groupBy(moves(lab), ({ vmId = '' }) => vmId);
    for (const ofOne of counts.values()) expect(ofOne).toHaveLength(1);
  });

  it('remembers under the next leader which VMs it has moved, though their operations are gone', () => {
    const lab = automatic();
    lab.pass(300_000);
    const made = moves(lab);
    for (const { id } of made) lab.etcd.write(keys.operation(id), undefined);
    const first = new Set(made.map(({ vmId }) => vmId));
    const uses = all.map((id) => [id, first.has(id) ? [1_900, 1_900] : [10, 0]] as const);
    lab.use(Object.fromEntries(uses) as Record<string, [number, number]>);
    lab.takeOver();
    lab.pass(1_000_000);
    expect(moves(lab).filter(({ vmId }) => first.has(vmId))).toEqual([]);
  });

  it('leaves hosts alone that a drain is under way on', () => {
    const lab = automatic();
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    lab.pass(100_000);
    lab.request({ type: 'drain', hostId: 'h1' });
    lab.pass(300_000);
    expect(moves(lab)).toEqual([]);
  });

  it('pauses after a move that failed, for longer each time', () => {
    const lab = automatic();
    const h1 = lab.host('h1');
    h1.scripts.set('migrate-out', () => failed('migration-failed'));
    lab.pass(120_000);
    lab.until('a move failed', () => moves(lab).some(({ state }) => state === 'failed'));
    const tried = moves(lab).length;
    expect(status(lab).paused).toMatch(/failed, the newest is operation .*; it goes on in \d+ min/);
    lab.pass(240_000);
    expect(moves(lab)).toHaveLength(tried);
    lab.pass(1_200_000);
    expect(moves(lab).length).toBeGreaterThan(tried);
  });

  it('acts within the hours that were set, and not outside', () => {
    // The lab’s clock begins at 22:13 UTC.
    const lab = automatic({ hours: { from: '22:30', to: '05:00' } });
    lab.pass(600_000);
    expect(moves(lab)).toEqual([]);
    expect(status(lab).paused).toContain('22:30 to 05:00 UTC');
    lab.pass(600_000);
    expect(moves(lab).length).toBeGreaterThan(0);
  });

  it('lets a person take back a move that it has begun, and leaves that VM alone then', () => {
    const lab = automatic({ movesAtOnce: 1 });
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    lab.pass(200_000);
    const [move] = moves(lab);
    const { id = '', vmId = '' } = move ?? {};
    const cancelled = { by: 'anna', atMs: 2 };
    const record = { v: 1, id, type: 'migrate', vmId, by: 'anna', createdAtMs: 1, cancelled };
    lab.etcd.write(keys.request(id), record);
    lab.host('h1').scripts.clear();
    lab.pass(30_000);
    expect(lab.host('h1').heard.some(({ body }) => body.kind === 'abort-migration')).toBe(true);
  });
});
