/**
 * Fewest hosts against hsqueeze (P11a), and rounds of maintenance against hroller (P11b), which lets every VM
 * move away and back.
 */
import { applyMoves, planConsolidation, planRolling } from '@drover/core';
import { makeCluster } from './clusters.ts';
import { type Goal, median, rounded, timed } from './goal.ts';
import { htool } from './programs.ts';

async function squeeze(seed: number) {
  const cluster = makeCluster({ hosts: 20, seed, fillPermille: 350, skew: 1, cpuRatio: 4 });
  const { stdout, userMs } = await htool(
    'hsqueeze',
    ['-t', '@cluster', '--target-resources=4', '-v', '-C'],
    { cluster },
  );
  const named = /'Nodes to offline'\n((?:\w+\n)*)/.exec(stdout)?.[1] ?? '';
  const freed = named.split('\n').filter((name) => name !== '').length;
  const memory = (vmId: string) => cluster.vms.get(vmId)?.request.memoryMib ?? 0;
  const theirMib = [...stdout.matchAll(/gnt-instance migrate .* (\S+)$/gm)].reduce(
    (sum, [, vmId = '']) => sum + memory(vmId),
    0,
  );
  const spareHosts = (count: number) => planConsolidation(cluster, { spareHosts: count });
  const most = spareHosts(0);
  // For the same number of hosts freed, what is moved can be compared.
  const spare = Math.max(0, most.emptyHostIds.length - freed);
  for (let run = 0; run < 5; run += 1) spareHosts(spare);
  const runs = Array.from({ length: 9 }, () => timed(() => spareHosts(spare)));
  const ms = median(runs.map(({ cpuMs }) => cpuMs));
  const same = spareHosts(spare);
  const after = applyMoves(cluster, same.moves);
  const stillUsed = [...after.vms.values()].filter((vm) =>
    same.emptyHostIds.includes(vm.hostId ?? ''),
  );
  return {
    seed,
    hsqueeze: freed,
    most: most.emptyHostIds.length,
    same: same.emptyHostIds.length,
    leftOnThem: stillUsed.length,
    hsqueezeGib: theirMib / 1024,
    gib: same.copiedMib / 1024,
    ratio: rounded(same.copiedMib / theirMib, 3),
    times: Math.round(userMs / ms),
    ms: rounded(ms, 1),
    hsqueezeMs: userMs,
  };
}

async function roll(hosts: number, seed: number, skew: number) {
  const cluster = makeCluster({ hosts, seed, fillPermille: 600, skew, cpuRatio: 4 });
  const { stdout } = await htool('hroller', ['-t', '@cluster', '--no-headers'], { cluster });
  const theirs = stdout.trim().split('\n').length;
  const plan = planRolling(cluster, { keepsHeadroom: false });
  const all = [...cluster.vms.values()].reduce((sum, vm) => sum + vm.request.memoryMib, 0);
  const done = plan.rounds.flatMap(({ hostIds }) => hostIds);
  return {
    hosts,
    seed,
    skew,
    hroller: theirs,
    rounds: plan.rounds.length,
    notDone: hosts - new Set(done).size,
    gib: plan.copiedMib / 1024,
    thereAndBackGib: (2 * all) / 1024,
    ratio: rounded(plan.copiedMib / (2 * all), 3),
  };
}

export async function benchConsolidate(
  seeds: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  const squeezed: Awaited<ReturnType<typeof squeeze>>[] = [];
  const rolled: Awaited<ReturnType<typeof roll>>[] = [];
  for (const seed of seeds) {
    onStep(`hsqueeze on 20 hosts, seed ${seed}`);
    squeezed.push(await squeeze(seed));
    for (const hosts of [20, 80]) {
      onStep(`hroller on ${hosts} hosts, seed ${seed}`);
      for (const skew of [8, 1]) rolled.push(await roll(hosts, seed, skew));
    }
  }
  const cost = Math.max(...squeezed.map(({ ratio }) => ratio));
  const times = median(squeezed.map((one) => one.times));
  const share = Math.max(...rolled.map(({ ratio }) => ratio));
  return [
    {
      id: 'P11a',
      what: 'memory moved over hsqueeze’s for as many hosts freed: worst; and its time over ours: median',
      target: 'as many hosts or more, ≤ 0.95, ≥ 500',
      reached: `${cost}, ${times}`,
      ok:
        cost <= 0.95 &&
        times >= 500 &&
        squeezed.every((one) => one.most >= one.hsqueeze && one.leftOnThem === 0),
      raw: squeezed,
    },
    {
      id: 'P11b',
      what: 'memory moved in all rounds over that of moving every VM away and back: worst',
      target: 'as many rounds as hroller or fewer, ≤ 0.60',
      reached: share,
      ok: share <= 0.6 && rolled.every((one) => one.rounds <= one.hroller && one.notDone === 0),
      raw: rolled,
    },
  ];
}
