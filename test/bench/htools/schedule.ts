/**
 * In which order: hbal's own moves, with one migration out of and one into each host at a time, against what
 * the busiest host's link needs alone (P7). hbal's jobs run one set after the other.
 */
import { planOrder } from '@drover/core';
import { makeCluster } from './clusters.ts';
import { type Goal, rounded } from './goal.ts';
import { hbal, htool } from './programs.ts';

export async function benchSchedule(
  seeds: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  const cases = [];
  for (const hosts of [20, 40]) {
    for (const seed of seeds) {
      onStep(`schedule of hbal’s moves on ${hosts} hosts, seed ${seed}`);
      const cluster = makeCluster({ hosts, seed, fillPermille: 550, skew: 8, cpuRatio: 4 });
      const theirs = await hbal(cluster);
      const ends = new Map(theirs.moves.map(({ vmId, target }) => [vmId, target]));
      const wanted = [...ends]
        .map(([vmId, target]) => ({ vmId, target }))
        .filter(({ vmId, target }) => cluster.vms.get(vmId)?.hostId !== target);
      const limits = { outPerHost: 1, inPerHost: 1, perCluster: Number.MAX_SAFE_INTEGER };
      const order = planOrder(cluster, wanted, { ...limits, overheadSeconds: 0 });
      const mib = (vmId: string) => cluster.vms.get(vmId)?.request.memoryMib ?? 0;
      const out = new Map<string, number>();
      const into = new Map<string, number>();
      for (const { vmId, target } of wanted) {
        const source = cluster.vms.get(vmId)?.hostId ?? '';
        out.set(source, (out.get(source) ?? 0) + mib(vmId));
        into.set(target, (into.get(target) ?? 0) + mib(vmId));
      }
      const bound = Math.max(...out.values(), ...into.values()) / 100;
      const jobs = await htool('hbal', ['-t', '@cluster', '--ignore-dynu', '-C'], { cluster });
      cases.push({
        hosts,
        seed,
        moves: wanted.length,
        left: order.left.length,
        boundSeconds: bound,
        seconds: rounded(order.seconds, 1),
        ratio: rounded(order.seconds / bound, 3),
        hbal: rounded(jobsetSeconds(jobs.stdout, mib) / bound, 3),
      });
    }
  }
  const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
  const ours = mean(cases.map(({ ratio }) => ratio));
  return [
    {
      id: 'P7',
      what: 'time of all migrations over what the busiest link needs alone: mean',
      target: '≤ 1.10',
      reached: rounded(ours, 3),
      ok: ours <= 1.1 && cases.every(({ left }) => left === 0),
      raw: { hbal: rounded(mean(cases.map(({ hbal: theirs }) => theirs)), 3), cases },
    },
  ];
}

/** Each set lasts as long as its longest job; the VMs of a set are on different hosts. */
function jobsetSeconds(text: string, mib: (vmId: string) => number): number {
  let seconds = 0;
  for (const set of text.split(/jobset \d+/).slice(1)) {
    const vms = [...set.matchAll(/gnt-instance migrate\b.* (\S+)$/gm)].map(([, vm = '']) =>
      mib(vm),
    );
    seconds += Math.max(0, ...vms) / 100;
  }
  return seconds;
}
