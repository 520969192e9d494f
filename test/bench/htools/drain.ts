/**
 * Emptying a host: where it is tight, whether all leave that could, and for how little memory moved, against
 * the proved optimum and hbal (P5); and how long the planning takes on large clusters (P6).
 */
import { applyMoves, planDrain } from '@drover/core';
import { makeCluster } from './clusters.ts';
import { type Goal, median, rounded, timed } from './goal.ts';
import { hbal, refereeScore } from './programs.ts';
import { leastMoved } from './optimum.ts';

const emptied = 'n00001';
/** Hosts, and how full they are: from tight to hopeless. */
const tight = [
  [10, 885],
  [10, 890],
  [10, 895],
  [20, 935],
  [20, 940],
  [20, 945],
] as const;

export async function benchDrain(
  seeds: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  const cases = [];
  for (const [hosts, fillPermille] of tight) {
    for (const seed of seeds) {
      onStep(`tight drain: ${hosts} hosts, ${fillPermille / 10} % full, seed ${seed}`);
      const cluster = makeCluster({
        hosts,
        seed: seed * 100 + fillPermille,
        fillPermille,
        skew: 1,
        cpuRatio: 8,
      });
      const optimum = leastMoved(cluster, new Set([emptied]));
      const { cpuMs, value: plan } = timed(() => planDrain(cluster, emptied, { makesRoom: true }));
      const left = (moves: readonly { readonly vmId: string; readonly target: string }[]) => {
        const ends = new Map(moves.map(({ vmId, target }) => [vmId, target]));
        return [...cluster.vms.values()].filter((vm) => (ends.get(vm.id) ?? vm.hostId) === emptied)
          .length;
      };
      const emptying = await hbal(cluster, ['-O', emptied, '--evac-mode']);
      const full = await hbal(cluster, ['-O', emptied]);
      const movedMib = plan.moves.reduce((sum, move) => sum + move.memoryMib, 0);
      cases.push({
        hosts,
        fillPermille,
        seed,
        feasible: optimum.feasible,
        proved: optimum.proved,
        left: plan.blockers.length,
        gib: movedMib / 1024,
        optimumGib: optimum.movedMib / 1024,
        ratio: optimum.feasible ? rounded(movedMib / optimum.movedMib, 3) : undefined,
        ms: Math.round(cpuMs),
        hbalEvacLeft: left(emptying.moves),
        hbalLeft: left(full.moves),
      });
    }
  }
  const feasible = cases.filter((one) => one.feasible && one.proved);
  const done = feasible.filter((one) => one.left === 0);
  const ratios = done.map(({ ratio = 1 }) => ratio);
  const speeds = [];
  for (const [hosts, aim] of [
    [200, 500],
    [1000, 10_000],
  ] as const) {
    onStep(`drain of one of ${hosts} hosts`);
    const cluster = makeCluster({ hosts, seed: 42, fillPermille: 550, skew: 8, cpuRatio: 4 });
    const host = 'n00000';
    const theirs = await hbal(cluster, ['-O', host, '--evac-mode']);
    // The first runs are the compiler's.
    for (let run = 1; run <= 8; run += 1) planDrain(cluster, `n0000${run}`);
    const runs = Array.from({ length: 5 }, () => timed(() => planDrain(cluster, host)));
    const plan = runs[0]?.value;
    const offline = (moves: readonly { readonly vmId: string; readonly target: string }[]) => {
      const after = applyMoves(cluster, moves);
      const gone = after.hosts.get(host);
      return gone === undefined
        ? after
        : { ...after, hosts: new Map(after.hosts).set(host, { ...gone, health: 'down' as const }) };
    };
    const ms = median(runs.map(({ cpuMs }) => cpuMs));
    speeds.push({
      hosts,
      aim,
      times: Math.round(theirs.userMs / ms),
      ms: rounded(ms, 1),
      hbalMs: theirs.userMs,
      moves: plan?.moves.length ?? 0,
      score: await refereeScore(offline(plan?.moves ?? [])),
      hbal: await refereeScore(offline(theirs.moves)),
    });
  }
  return [
    {
      id: 'P5',
      what: 'tight drains that are proved feasible and were planned whole, with an order; memory moved over the optimum',
      target: '100 %, ≤ 1.05 each',
      reached: `${done.length} of ${feasible.length}; worst ${Math.max(...ratios)}`,
      ok: done.length === feasible.length && Math.max(...ratios) <= 1.05,
      raw: {
        infeasible: cases.filter((one) => !one.feasible).length,
        hbalEvacDone: feasible.filter((one) => one.hbalEvacLeft === 0).length,
        hbalDone: feasible.filter((one) => one.hbalLeft === 0).length,
        cases,
      },
    },
    ...speeds.map((one): Goal => ({
      id: `P6-${one.hosts}`,
      what: `hbal’s CPU time over ours for the drain of one of ${one.hosts} hosts, score no worse`,
      target: `≥ ${one.aim}`,
      reached: one.times,
      ok: one.times >= one.aim && one.score <= one.hbal + 1e-6,
      raw: one,
    })),
  ];
}
