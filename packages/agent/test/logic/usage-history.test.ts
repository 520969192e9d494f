/** What host and VMs used in the last day, and how the agent is asked for it. */
import { describe, expect, it } from 'vitest';
import { isUsageMinute, UsageHistory, type UsageMinute } from '../../src/logic/usage-history.ts';
import { minutesKept } from '../../src/logic/usage-ring.ts';
import { Driver, ready, reported, vmA, vmB } from './driver.ts';

const minuteMs = 60_000;
const usage = (cpuMilli: number) => ({
  cpuMilli,
  memoryMib: 1_000,
  cpuPressurePermille: 5,
  memoryPressurePermille: 0,
});
const using = (cpuMilliUsed: number, more = {}) => [reported({ cpuMilliUsed, ...more })];
const grid = (fromMinute: number, points: number) => ({
  fromMs: fromMinute * minuteMs,
  stepMs: minuteMs,
  points,
});

/** One look in each of these minutes; what was to be kept of them. */
function looks(history: UsageHistory, ...minutes: readonly number[]): readonly UsageMinute[] {
  return minutes.flatMap((minute) => {
    const ended = history.saw(minute * minuteMs, usage(minute), using(minute));
    return ended === undefined ? [] : [ended];
  });
}

describe('the usage history', () => {
  it('has mean and most of each minute, and the one that is not over as far as it was seen', () => {
    const history = new UsageHistory();
    history.saw(0, usage(100), using(1_000, { cpuWaitMilli: 8, touchedMib: 64 }));
    history.saw(30_000, usage(300), using(500));
    expect(history.saw(minuteMs, usage(700), using(40))).toMatchObject({ minute: 0 });
    expect(history.read(grid(0, 3))).toMatchObject({
      looks: [2, 1, 0],
      cpuMilli: { mean: [200, 700, null], most: [300, 700, null] },
      cpuPressurePermille: { mean: [5, 5, null] },
    });
    expect(history.read(grid(0, 3), vmA)).toEqual({
      looks: [2, 1, 0],
      cpuMilli: { mean: [750, 40, null], most: [1_000, 40, null] },
      cpuWaitMilli: { mean: [8, null, null], most: [8, null, null] },
      memoryMib: { mean: [64, null, null], most: [64, null, null] },
    });
  });

  it('has a gap while a VM does not run, and nothing of one that was never here', () => {
    const history = new UsageHistory();
    history.saw(0, usage(1), using(100));
    history.saw(minuteMs, usage(1), using(0, { state: 'paused' }));
    history.saw(2 * minuteMs, usage(1), using(50, { migrating: true }));
    expect(history.read(grid(0, 3), vmA).cpuMilli?.mean).toEqual([100, null, 50]);
    expect(history.read(grid(0, 3), vmB).cpuMilli?.mean).toEqual([null, null, null]);
  });

  it('goes on after a restart from what was kept', () => {
    const before = new UsageHistory();
    const kept = looks(before, 1, 2, 3, 4);
    const after = new UsageHistory();
    after.load(JSON.parse(JSON.stringify(kept)) as UsageMinute[]);
    looks(after, 6);
    for (const vmId of [undefined, vmA]) {
      expect(after.read(grid(1, 6), vmId).cpuMilli?.mean).toEqual([1, 2, 3, null, null, 6]);
    }
  });

  it('forgets VMs that have not been here for a day, and keeps so many others', () => {
    const history = new UsageHistory();
    looks(history, 0, 1);
    const others = Array.from({ length: 1_100 }, (_, at) => ({
      vmId: `vm-${at}`,
      row: [1, at, at, null, null, null, null],
    }));
    history.load([{ minute: 2, vms: others }]);
    expect(history.read(grid(0, 1), vmA).looks).toEqual([0]);
    expect(history.read(grid(2, 1), 'vm-99').looks).toEqual([0]);
    expect(history.read(grid(2, 1), 'vm-100').looks).toEqual([1]);
    history.load([{ minute: 2 + minutesKept, vms: [] }]);
    expect(history.read(grid(2, 1), 'vm-1099').looks).toEqual([0]);
  });

  it('does not lose a day to a clock that is wrong for some minutes after a boot', () => {
    const history = new UsageHistory();
    looks(history, 500, 501, 502);
    expect(looks(history, 3, 4, 5, 503, 504).map(({ minute }) => minute)).toEqual([502, 503]);
    expect(history.read(grid(500, 6)).cpuMilli?.mean).toEqual([500, 501, 502, 503, 504, null]);
  });

  it('believes a clock that has gone back and stays there', () => {
    const history = new UsageHistory();
    looks(history, 500, 501);
    looks(history, ...Array.from({ length: 13 }, (_, at) => 100 + at));
    expect(history.read(grid(500, 2)).looks).toEqual([0, 0]);
    expect(history.read(grid(110, 3)).cpuMilli?.mean).toEqual([110, 111, 112]);
  });

  it('knows what it has kept from what it has not', () => {
    const [kept] = looks(new UsageHistory(), 1, 2);
    expect(isUsageMinute(JSON.parse(JSON.stringify(kept)))).toBe(true);
    for (const other of [
      null,
      [],
      { minute: 1 },
      { ...kept, host: [1, 2] },
      { ...kept, vms: [{ vmId: vmA, row: [1, 1, 1, 1, 1, 1, -1] }] },
      { ...kept, minute: '1' },
    ]) {
      expect(isUsageMinute(other)).toBe(false);
    }
  });
});

describe('the agent', () => {
  const minute = Math.floor(1_700_000_000_000 / minuteMs);
  const body = { kind: 'read-usage', grid: grid(minute, 1) } as const;
  const answers = (driver: Driver) =>
    driver
      .results()
      .map(({ answer }) => (answer?.kind === 'read-usage' ? answer.usage : undefined));

  it('answers at once, of the VM that is named or else of the host, and journals nothing', () => {
    const driver = ready({ vms: using(250) });
    driver.look({}, usage(900));
    driver.out = [];
    driver.command({ body });
    const { vmId: _, ...ofHost } = driver.command({ opId: 'op2', body, vmId: vmB });
    driver.send({ type: 'commanded', command: { ...ofHost, opId: 'op3' } });
    expect(answers(driver).map((one) => one?.cpuMilli?.most)).toEqual([[250], [null], [900]]);
    expect(driver.pending.filter(({ record }) => record.type !== 'epoch')).toEqual([]);
    expect(driver.acts()).toEqual([]);
  });

  it('answers while libvirt is away: what was measured is its own', () => {
    const driver = ready({ vms: using(250) });
    driver.send({ type: 'hypervisor', state: 'disconnected' });
    driver.out = [];
    driver.command({ body });
    expect(answers(driver)).toMatchObject([{ cpuMilli: { mean: [250] } }]);
  });

  it('has what an earlier process kept, and gives its own to be kept', () => {
    const row = [1, 70, 70, null, null, null, null];
    const driver = new Driver();
    driver.send({ type: 'hypervisor', state: 'connected' });
    const kept = [{ minute, vms: [{ vmId: vmA, row }] }];
    driver.send({ type: 'started', incarnation: 'i1', records: [], usage: kept });
    driver.observe(using(10));
    driver.wallMs += minuteMs;
    driver.observe(using(20));
    expect(driver.out.filter(({ type }) => type === 'keep-usage')).toMatchObject([
      { minute: { minute, vms: [{ vmId: vmA, row: [1, 10, 10, null, null, null, null] }] } },
    ]);
    driver.beat();
    driver.command({ body: { ...body, grid: grid(minute, 2) } });
    expect(answers(driver)).toMatchObject([{ cpuMilli: { mean: [40, 20], most: [70, 20] } }]);
  });
});
