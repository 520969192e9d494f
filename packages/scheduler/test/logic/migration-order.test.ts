/** How each move is to be made: whose word holds, how long it may take, what it is expected to take, and what follows. */
import { keys, type MigrationSettings, type OperationRecord } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { effectivePolicy } from '@drover/core';
import { paceOf } from '../../src/logic/migration-history.ts';
import { Lab, vmA, vmB } from './lab.ts';
import { failed } from './scripted-host.ts';

const mib = 1024 * 1024;

function set(lab: Lab, settings: MigrationSettings): void {
  lab.etcd.write(keys.settings('migration'), { v: 1, settings, by: 'anna', atMs: 1 });
}

describe('the policy of a move', () => {
  it('is the cluster’s, its labels’, the VM’s and the request’s, and goes to the source as it is kept', () => {
    const lab = Lab.withHosts(2);
    set(lab, {
      cluster: { preset: 'gentle', bandwidthMibps: 111 },
      byLabel: [{ label: 'tier=db', wish: { stallSeconds: 7 } }],
    });
    lab.runningVm(vmA, 'h1', { labels: { tier: 'db' }, migration: { restMinutes: 3 } });
    const id = lab.request({ type: 'migrate', vmId: vmA, migration: { timeoutFactor: 2 } });
    const { migration } = lab.ended(id);
    expect(migration?.policy).toMatchObject({
      bandwidthMibps: 111,
      stallSeconds: 7,
      restMinutes: 3,
      timeoutFactor: 2,
      downtimeLadderMs: [100, 200, 300],
    });
    expect(migration?.from).toMatchObject({
      streams: 'preset gentle of the cluster',
      stallSeconds: 'label tier=db',
      timeoutFactor: 'the request',
    });
    const [order] = lab.leader.sends('migrate-out');
    expect(order?.body).toMatchObject({
      policy: migration?.policy,
      timeoutMs: migration?.timeoutMs,
    });
  });

  it('of a drain’s moves is what was asked of the drain', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    const migration = { preset: 'must-finish' } as const;
    lab.ended(lab.request({ type: 'drain', hostId: 'h1', migration }));
    const [move] = lab.etcd.operations().filter(({ type }) => type === 'migrate');
    expect(move?.migration?.from['whenStuck']).toBe('preset must-finish of the request');
  });

  it('gives it as long as its memory needs at the speed that moves have here', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1', { memoryMib: 3_000 });
    const id = lab.request({
      type: 'migrate',
      vmId: vmA,
      migration: { timeoutFactor: 20, timeoutAtLeastSeconds: 10 },
    });
    // At 100 MiB/s where nobody knows better.
    expect(lab.ended(id).migration?.timeoutMs).toBe(600_000);
  });
});

describe('a move that was given up', () => {
  const stuck = () => {
    const lab = Lab.withHosts(3);
    for (const vm of [vmA, vmB]) lab.runningVm(vm, 'h1', { memoryMib: 256 });
    const h1 = lab.host('h1');
    h1.scripts.set('migrate-out', (command) =>
      command.vmId === vmA ? failed('migration-stuck', '900 MiB are left') : h1.obey(command),
    );
    return lab;
  };

  it('leaves its VM where it runs, with the reason and until when it is left alone', () => {
    const lab = stuck();
    const id = lab.request({ type: 'migrate', vmId: vmA, migration: { restMinutes: 10 } });
    const { state, error, endedAtMs = 0 } = lab.ended(id);
    expect({ state, code: error?.code }).toEqual({ state: 'failed', code: 'migration-stuck' });
    const { rest } = lab.etcd.assignment(vmA) ?? {};
    expect(rest).toMatchObject({ reason: '900 MiB are left', operationId: id });
    expect((rest?.untilMs ?? 0) - endedAtMs).toBeLessThanOrEqual(600_000);
    expect((rest?.untilMs ?? 0) - endedAtMs).toBeGreaterThan(590_000);
  });

  it('is not tried to other hosts by a drain: the VM is blocked with a remedy, the others move', () => {
    const lab = stuck();
    const ended = lab.ended(lab.request({ type: 'drain', hostId: 'h1' }));
    expect(ended.state).toBe('blocked');
    const item = ended.items?.find(({ vmId }) => vmId === vmA);
    expect(item).toMatchObject({ state: 'blocked', attempts: 1, reason: '900 MiB are left' });
    expect(item?.remedy).toContain('--migration must-finish');
    expect(ended.items?.find(({ vmId }) => vmId === vmB)?.state).toBe('moved');
  });

  it('rests no longer once something else is done with it', () => {
    const lab = stuck();
    lab.ended(lab.request({ type: 'migrate', vmId: vmA }));
    lab.host('h1').scripts.clear();
    lab.ended(lab.request({ type: 'migrate', vmId: vmA }));
    expect(lab.etcd.assignment(vmA)?.rest).toBeUndefined();
  });
});

describe('the pace of moves', () => {
  const move = (
    source: string,
    target: string,
    mibPerSecond: number,
    at: number,
    throttlePercent = 0,
  ) => {
    const operation: OperationRecord = {
      v: 1,
      id: `m${at}`,
      type: 'migrate',
      state: 'succeeded',
      step: 'resolve',
      stepIndex: 3,
      source,
      target,
      generation: 1,
      epoch: '1',
      by: 'anna',
      createdAtMs: at,
      startedAtMs: at,
      endedAtMs: at + 13_000,
      timeline: {
        setupMs: 500,
        elapsedMs: 10_500,
        totalBytes: 1_000 * mib,
        transferredBytes: 1_000 * mib,
        bytesPerSecond: mibPerSecond * mib,
        throttlePercent,
        roundCount: 1,
        rounds: [],
        interventions: [],
      },
    };
    return operation;
  };

  it('is that of these two hosts, else of either, else of any, else what is assumed', () => {
    const moves = [
      ...[1, 2, 3].map((at) => move('h1', 'h2', 50, at)),
      ...[4, 5, 6].map((at) => move('h1', 'h3', 70, at)),
      ...[7, 8, 9].map((at) => move('h8', 'h9', 90, at)),
    ];
    const pace = (source: string, target: string) => paceOf(moves, source, target).mibPerSecond;
    expect([pace('h1', 'h2'), pace('h3', 'h1'), pace('h8', 'h7'), pace('h5', 'h6')]).toEqual([
      50, 70, 90, 70,
    ]);
  });

  it('of two hosts that have moved a VM or two is not taken from those alone', () => {
    const others = [50, 51, 52].map((speed, at) => move('h1', 'h3', speed, at));
    const bad = [move('h1', 'h2', 1, 8), move('h1', 'h2', 2, 9)];
    expect(paceOf([...others, ...bad], 'h1', 'h2').mibPerSecond).toBe(50);
    expect(paceOf(bad, 'h1', 'h2').moves).toBe(2);
  });

  it('leaves out moves that went by their cap, and VMs that were slowed down', () => {
    const capped = (cap: number, at: number): OperationRecord => {
      const { policy, from } = effectivePolicy({}, { request: { bandwidthMibps: cap } });
      const forecast = {
        elapsedMs: 1,
        downtimeMs: 1,
        transferredMib: 1,
        rounds: 1,
        converges: true,
        throttlePercent: 0,
      };
      const migration = {
        policy: { ...policy, downtimeLadderMs: [...policy.downtimeLadderMs] },
        from: { ...from },
        timeoutMs: 1,
        forecast,
      };
      return { ...move('h1', 'h2', 20, at), migration };
    };
    const slowed = move('h1', 'h2', 10, 9, 40);
    const free = [50, 51, 52].map((speed, at) => move('h1', 'h2', speed, at));
    const all = [...free, ...[20, 21, 22, 23].map(capped), slowed];
    expect(paceOf(all, 'h1', 'h2')).toMatchObject({ mibPerSecond: 51, moves: 3 });
    // A cap that was never reached says nothing against the speed.
    expect(
      paceOf(
        [1, 2, 3].map((at) => capped(500, at)),
        'h1',
        'h2',
      ).moves,
    ).toBe(3);
  });

  it('is a median: one bad move changes nothing', () => {
    const moves = [50, 51, 1, 52, 53].map((speed, at) => move('h1', 'h2', speed, at));
    expect(paceOf(moves, 'h1', 'h2')).toEqual({ mibPerSecond: 51, overheadSeconds: 3, moves: 5 });
  });

  it('leaves out what failed, and what sent too little to say anything', () => {
    const failedOne = { ...move('h1', 'h2', 1, 1), state: 'failed' as const };
    const small = move('h1', 'h2', 1, 2);
    const tiny = { ...small, timeline: { ...small.timeline, transferredBytes: 1_000 } };
    expect(paceOf([failedOne, tiny as OperationRecord], 'h1', 'h2').moves).toBe(0);
  });
});
