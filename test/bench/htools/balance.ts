/**
 * Balancing against hbal: how even the cluster is for the same memory moved, by hbal's own score (P1), how
 * near what is moved is to what has to be (P3), and how long the planning takes (P4).
 */
import { applyMoves, type BalanceOptions, type Cluster, planBalance } from '@drover/core';
import { benchHot } from './hot.ts';
import { leastForDeviation } from './bounds.ts';
import { makeCluster } from './clusters.ts';
import { type Goal, median, rounded, timed } from './goal.ts';
import { hbal, type HbalRun, refereeScore } from './programs.ts';

/** What hbal looks at: memory and promised CPU, evenly. */
const likeHbal: Partial<BalanceOptions> = {
  weights: { contention: 0, demand: 0, memory: 1, promisedCpu: 1, rules: 0 },
  movesPerHour: Number.MAX_SAFE_INTEGER,
  mibPerHour: Number.MAX_SAFE_INTEGER,
  regardless: true,
};

const shape = { fillPermille: 550, skew: 8, cpuRatio: 4 };

interface Case {
  readonly hosts: number;
  readonly seed: number;
}

async function compare(one: Case, theirs: HbalRun, cluster: Cluster, factor: number) {
  const mibPerHour = theirs.movedMib * factor;
  const { cpuMs, value: plan } = timed(() => planBalance(cluster, { ...likeHbal, mibPerHour }));
  const after = applyMoves(cluster, plan.moves);
  const score = await refereeScore(after);
  return {
    ...one,
    hbal: theirs.score,
    hbalGib: theirs.movedMib / 1024,
    ours: score,
    oursGib: plan.copiedMib / 1024,
    ratio: rounded(score / theirs.score),
    cost: rounded(plan.copiedMib / leastForDeviation(cluster, after), 3),
    ms: Math.round(cpuMs),
  };
}

/** A short search, cold and then warm; both find more than hbal does. */
async function speed(seed: number, theirs: HbalRun, cluster: Cluster) {
  const quick = () => planBalance(cluster, { ...likeHbal, steps: 4000 });
  const cold = timed(quick);
  const warm = Array.from({ length: 9 }, () => timed(quick).cpuMs);
  const score = await refereeScore(applyMoves(cluster, cold.value.moves));
  return {
    seed,
    times: Math.round(theirs.userMs / median(warm)),
    coldMs: rounded(cold.cpuMs, 1),
    warmMs: rounded(median(warm), 1),
    hbalMs: theirs.userMs,
    score,
    hbal: theirs.score,
  };
}

export async function benchBalance(
  seeds: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  const same = [];
  const tenth = [];
  const speeds = [];
  let small = 0;
  for (const hosts of [20, 40]) {
    for (const seed of seeds) {
      const cluster = makeCluster({ hosts, seed, ...shape });
      onStep(`hbal on ${hosts} hosts, seed ${seed}`);
      const theirs = await hbal(cluster);
      if (hosts === 20) small = Math.max(small, theirs.userMs);
      same.push(await compare({ hosts, seed }, theirs, cluster, 1));
      tenth.push(await compare({ hosts, seed }, theirs, cluster, 1.1));
      if (hosts === 40) {
        speeds.push(await speed(seed, theirs, cluster));
      }
    }
  }
  const hot = await benchHot(seeds, onStep);
  onStep('1000 hosts');
  const large = makeCluster({ hosts: 1000, seed: 42, ...shape });
  const { cpuMs, value } = timed(() => planBalance(large, { ...likeHbal, steps: 200_000 }));
  const largeScore = await refereeScore(applyMoves(large, value.moves));
  const ratios = (list: readonly { readonly ratio: number }[]) => list.map(({ ratio }) => ratio);
  const worst = (list: readonly { readonly ratio: number }[]) => Math.max(...ratios(list));
  return [
    {
      id: 'P1a',
      what: 'score over hbal’s, for no more memory moved: median and worst',
      target: 'median ≤ 0.40, worst ≤ 0.65',
      reached: `${median(ratios(same))}, ${worst(same)}`,
      ok: median(ratios(same)) <= 0.4 && worst(same) <= 0.65,
      raw: same,
    },
    {
      id: 'P1b',
      what: 'score over hbal’s, for at most a tenth more memory moved: median and worst',
      target: 'median ≤ 0.28, worst ≤ 0.45',
      reached: `${median(ratios(tenth))}, ${worst(tenth)}`,
      ok: median(ratios(tenth)) <= 0.28 && worst(tenth) <= 0.45,
      raw: tenth,
    },
    ...hot,
    {
      id: 'P3',
      what: 'memory moved over the least for the evenness of memory that was reached: median',
      target: '≤ 1.05',
      reached: median(same.map(({ cost }) => cost)),
      ok: median(same.map(({ cost }) => cost)) <= 1.05,
      raw: same.map(({ hosts, seed, cost }) => ({ hosts, seed, cost })),
    },
    {
      id: 'P4a',
      what: 'hbal’s CPU time over ours at 40 hosts, score no worse: median',
      target: '≥ 1500',
      reached: median(speeds.map(({ times }) => times)),
      ok:
        median(speeds.map(({ times }) => times)) >= 1500 &&
        speeds.every((one) => one.score <= one.hbal),
      raw: speeds,
    },
    {
      id: 'P4b',
      what: 'our CPU time at 1000 hosts over hbal’s at 20',
      target: '≤ 1.0',
      reached: rounded(cpuMs / small, 2),
      ok: cpuMs <= small,
      raw: {
        vms: large.vms.size,
        ms: Math.round(cpuMs),
        hbalMs: small,
        score: largeScore,
        moves: value.moves.length,
      },
    },
  ];
}
