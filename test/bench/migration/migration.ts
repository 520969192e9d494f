/**
 * Emptying a host by Drover's drain, by a shell loop of virsh, and by all at once, in turn; one VM by Drover against
 * the best of a grid of settings over the same libvirt, and against plain virsh; forecasts against what was measured.
 */
import type { api } from '@drover/protocol';
import { type Goal, median, rounded } from '../htools/goal.ts';
import { BenchLab, type BenchVm, source, target } from './bench-lab.ts';

const sizes = [96, 128, 160, 192, 128, 96] as const;
const rounds = 3;
const singleMib = 384;

interface Emptied {
  readonly ms: number;
  readonly downtimeMs: number;
  readonly longestGapMs: number;
}

/** What `virsh migrate` is told besides, in the search for the best setting. */
const grid: readonly (readonly string[])[] = [
  [],
  ['--auto-converge'],
  ['--parallel', '--parallel-connections', '2'],
  ['--parallel', '--parallel-connections', '4'],
  ['--parallel', '--parallel-connections', '2', '--compressed', '--comp-methods', 'zstd'],
  ['--compressed', '--comp-methods', 'xbzrle'],
  ['--bandwidth', '500'],
];

export async function benchMigration(
  _: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  await using lab = await BenchLab.up(onStep);
  const vms: BenchVm[] = [];
  for (const [at, size] of sizes.entries())
    vms.push(await lab.create(`bench-${at + 1}`, size, at + 1));
  const goals = await emptying(lab, vms, onStep);
  for (const { id } of vms) await stop(lab, id);
  return [...goals, ...(await single(lab, onStep))];
}

async function stop(lab: BenchLab, id: string): Promise<void> {
  const path = `/v1/vms/${id}/stop`;
  await lab.ended((await lab.api<api.OperationBody>('POST', path, { mode: 'force' })).id);
}

async function emptying(
  lab: BenchLab,
  vms: readonly BenchVm[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  const ways = { drain: byDrain, loop: byLoop, atOnce: byAllAtOnce } as const;
  const names = Object.keys(ways) as (keyof typeof ways)[];
  const raw: Record<keyof typeof ways, Emptied>[] = [];
  const forecasts: { readonly expectedMs: number; readonly tookMs: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const measured: Partial<Record<keyof typeof ways, Emptied>> = {};
    for (let at = 0; at < names.length; at += 1) {
      const name = names[(at + round) % names.length] ?? 'drain';
      await lab.home(vms);
      const held = await lab.holdAll(vms);
      const { ms, downtimeMs } = await ways[name](lab, vms, forecasts);
      const seen = await Promise.all(held.map((one) => one.end()));
      if (seen.some(({ broken }) => broken)) throw new Error(`${name} broke a connection`);
      const longestGapMs = Math.max(...seen.map((one) => one.longestGapMs));
      measured[name] = { ms, downtimeMs, longestGapMs };
      onStep(`round ${round + 1}: ${name} ${Math.round(ms)} ms, ${downtimeMs} ms standing still`);
    }
    raw.push(measured as Record<keyof typeof ways, Emptied>);
  }
  // A pause that was not told makes no median: then the figure is none, and the goal is missed.
  const ratio = (of: keyof Emptied) => {
    const ratios = raw.map(({ drain, loop, atOnce }) => drain[of] / Math.min(loop[of], atOnce[of]));
    return ratios.every(Number.isFinite) ? rounded(median(ratios), 3) : Number.NaN;
  };
  const [time, pause] = [ratio('ms'), ratio('downtimeMs')];
  const errors = forecasts.map(({ expectedMs, tookMs }) => Math.abs(tookMs / expectedMs - 1));
  const error = rounded(median(errors.slice(sizes.length)), 3);
  return [
    {
      id: 'M1',
      what: `${sizes.length} VMs off a host by Drover's drain over the better of a loop of virsh and all at once: wall time, and time that VMs stood still; medians of ${rounds}`,
      target: '≤ 1.05, ≤ 1',
      reached: `${time}, ${pause}`,
      ok: time <= 1.05 && pause <= 1,
      raw,
    },
    {
      id: 'M4',
      what: `forecast of each of the drains' moves against what it took, the first drain left out: median error`,
      target: '≤ 0.25',
      reached: error,
      ok: error <= 0.25,
      raw: forecasts,
    },
  ];
}

async function byDrain(
  lab: BenchLab,
  vms: readonly BenchVm[],
  forecasts: { readonly expectedMs: number; readonly tookMs: number }[],
) {
  const begunMs = performance.now();
  const path = `/v1/hosts/${source}/drain`;
  const { state, items = [] } = await lab.ended(
    (await lab.api<api.OperationBody>('POST', path, {})).id,
  );
  const ms = performance.now() - begunMs;
  if (state !== 'succeeded' || items.length !== vms.length)
    throw new Error(`the drain ended ${state}`);
  let downtimeMs = 0;
  for (const { operationId = '' } of items) {
    const move = await lab.ended(operationId);
    downtimeMs += move.downtimeMs ?? Number.NaN;
    const { startedAtMs = 0, endedAtMs = 0, migration } = move;
    forecasts.push({
      expectedMs: migration?.forecast.elapsedMs ?? Number.NaN,
      tookMs: endedAtMs - startedAtMs,
    });
  }
  return { ms, downtimeMs };
}

/** Where a person would send them: to the other hosts in turn. */
const targets = [target, 'h3'] as const;

async function byLoop(lab: BenchLab, vms: readonly BenchVm[]) {
  const begunMs = performance.now();
  let downtimeMs = 0;
  for (const [at, vm] of vms.entries()) {
    downtimeMs += (await lab.virsh(vm, targets[at % 2] ?? target)).downtimeMs;
  }
  return { ms: performance.now() - begunMs, downtimeMs };
}

async function byAllAtOnce(lab: BenchLab, vms: readonly BenchVm[]) {
  const begunMs = performance.now();
  const all = await Promise.all(vms.map((vm, at) => lab.virsh(vm, targets[at % 2] ?? target)));
  const downtimeMs = all.reduce((sum, one) => sum + one.downtimeMs, 0);
  return { ms: performance.now() - begunMs, downtimeMs };
}

/** Half of its memory is never touched. */
async function single(lab: BenchLab, onStep: (text: string) => void): Promise<readonly Goal[]> {
  const vm = await lab.create('bench-single', singleMib, 50);
  const raw: {
    readonly drover: number;
    readonly byGrid: readonly number[];
    readonly parts: Parts;
  }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await lab.home([vm]);
    const begunMs = performance.now();
    const body = { target };
    const asked = await lab.api<api.OperationBody>('POST', `/v1/vms/${vm.id}/migrate`, body);
    const ended = await lab.ended(asked.id);
    const drover = performance.now() - begunMs;
    if (ended.state !== 'succeeded') throw new Error(`the move ended ${ended.state}`);
    const byGrid: number[] = [];
    for (const settings of grid) {
      await lab.home([vm]);
      byGrid.push((await lab.virsh(vm, target, settings)).ms);
    }
    const parts = partsOf(ended);
    raw.push({ drover, byGrid, parts });
    const said = Object.entries(parts).map(([name, ms]) => `${name} ${ms}`);
    onStep(
      `round ${round + 1}: ${Math.round(drover)} ms (${said.join(', ')}); grid ${byGrid.map(Math.round).join(', ')}`,
    );
  }
  const best = rounded(median(raw.map(({ drover, byGrid }) => drover / Math.min(...byGrid))), 3);
  const plain = rounded(
    median(raw.map(({ drover, byGrid }) => drover / (byGrid[0] ?? Number.NaN))),
    3,
  );
  return [
    {
      id: 'M2',
      what: `one VM of ${singleMib} MiB by Drover over the best of ${grid.length} settings by hand, and over plain virsh; medians of ${rounds}`,
      target: '≤ 1.08, ≤ 0.85',
      reached: `${best}, ${plain}`,
      ok: best <= 1.08 && plain <= 0.85,
      raw: { grid, raw },
    },
  ];
}

/** Where the time of one move went, in milliseconds. */
interface Parts {
  /** From the request to the decision: both hosts are asked. */
  readonly asking: number;
  /** QEMU's own: setting up and copying. */
  readonly copying: number;
  /** The tunnel, libvirt's phases, and finding out what became of it. */
  readonly around: number;
}

function partsOf({ createdAtMs, startedAtMs, endedAtMs, timeline }: api.OperationBody): Parts {
  const [started = Number.NaN, ended = Number.NaN] = [startedAtMs, endedAtMs];
  const copying = timeline?.elapsedMs ?? Number.NaN;
  return { asking: started - createdAtMs, copying, around: ended - started - copying };
}
