/** How planning grows with the cluster, each size against the one before in the same run, and what a VM weighs. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type Cluster,
  dumpCluster,
  loadCluster,
  place,
  PlacementIndex,
  planBalance,
  planDrain,
  promisedOn,
  Random,
} from '@drover/core';
import { drawVm, makeCluster } from '../htools/clusters.ts';
import { type Goal, median, rounded, timed } from '../htools/goal.ts';

const sizes = [100, 1000, 10_000];

/** Nearly full, and uneven. */
function clusterOf(hosts: number, seed: number): Cluster {
  return makeCluster({ hosts, seed, fillPermille: 900, skew: 2, cpuRatio: 8 });
}

function perRun(rounds: number, work: () => void): number {
  work();
  return median(Array.from({ length: rounds }, () => timed(work).cpuMs));
}

function placements(seed: number, hostCounts: readonly number[]) {
  const random = new Random(seed);
  const vms = Array.from({ length: 200 }, (_, at) => drawVm(random, `new${at}`));
  return hostCounts.map((hosts) => {
    const cluster = makeCluster({ hosts, seed, fillPermille: 550, skew: 8, cpuRatio: 4 });
    const [vm] = vms;
    if (vm === undefined) throw new Error('no VM');
    const whole = perRun(9, () => place(cluster, { shape: vm }));
    const index = new PlacementIndex(cluster);
    for (const one of vms) index.choose(one);
    const each = perRun(9, () => {
      for (const one of vms) index.release({ ...one, hostId: index.admit(one) ?? '' });
    });
    return {
      hosts,
      placeMs: rounded(whole, 3),
      indexMicros: rounded((each * 1000) / vms.length, 2),
    };
  });
}

/** Bytes that a VM takes in a snapshot that was read from text, as one that comes over the wire is. */
function bytesPerVm(cluster: Cluster): number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const text = dumpCluster(cluster);
  const without = dumpCluster({ ...cluster, vms: new Map() });
  const heapWith = (dump: string) => {
    gc();
    const before = process.memoryUsage().heapUsed;
    const kept = loadCluster(dump);
    gc();
    return { bytes: process.memoryUsage().heapUsed - before, vms: kept.vms.size };
  };
  heapWith(text);
  const full = heapWith(text);
  const empty = heapWith(without);
  return (full.bytes - empty.bytes) / full.vms;
}

export async function benchScale(
  seeds: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  const [seed = 1] = seeds;
  onStep('placements on 100, 1000 and 10000 hosts');
  // The first are the compiler's.
  for (let run = 0; run < 3; run += 1) placements(seed, [100, 300]);
  const placed = placements(seed, sizes);
  const growth = (of: (one: (typeof placed)[number]) => number) =>
    placed.slice(1).map((one, at) => {
      const before = placed[at];
      return before === undefined
        ? 0
        : rounded(of(one) / of(before) / (one.hosts / before.hosts), 2);
    });
  const [least, , most] = placed;
  const place_ = rounded((most?.placeMs ?? 0) / (least?.placeMs ?? 1) / 100, 2);
  const index = growth(({ indexMicros }) => indexMicros);
  const planned: {
    hosts: number;
    vms: number;
    balanceMs: number;
    moves: number;
    drainMs: number;
  }[] = [];
  const unbounded = {
    regardless: true,
    movesPerHour: Number.MAX_SAFE_INTEGER,
    mibPerHour: Number.MAX_SAFE_INTEGER,
  };
  for (const hosts of [100, 1000]) {
    onStep(`balance and drain of ${hosts} hosts`);
    const cluster = clusterOf(hosts, seed);
    const fullest = [...cluster.hosts.keys()].toSorted(
      (a, b) => promisedOn(cluster, b).memoryMib - promisedOn(cluster, a).memoryMib,
    )[0];
    const balance = timed(() =>
      planBalance(cluster, { ...unbounded, steps: 100 * cluster.vms.size }),
    );
    const drain = perRun(5, () => planDrain(cluster, fullest ?? ''));
    planned.push({
      hosts,
      vms: cluster.vms.size,
      balanceMs: Math.round(balance.cpuMs),
      moves: balance.value.moves.length,
      drainMs: rounded(drain, 1),
    });
  }
  const [small, large] = planned;
  const times = (of: (one: (typeof planned)[number]) => number) =>
    small === undefined || large === undefined
      ? Number.NaN
      : rounded(of(large) / of(small) / (large.vms / small.vms), 2);
  const bytes = Math.round(bytesPerVm(clusterOf(1000, seed)));
  return [
    {
      id: 'S-place',
      what: 'time of one placement with its whole explanation, over the growth of the hosts: 100 to 10000',
      target: '≤ 2',
      reached: place_,
      ok: place_ <= 2,
      raw: placed,
    },
    {
      id: 'S-index',
      what: 'time of one placement by the index, over the growth of the hosts',
      target: '≤ 0.5 each',
      reached: index.join(', '),
      ok: index.every((one) => one <= 0.5),
      raw: placed,
    },
    {
      id: 'S-plans',
      what: 'time of balance and of the fullest host’s drain, over the growth of the VMs: 100 to 1000 hosts',
      target: '≤ 2 each',
      reached: `${times(({ balanceMs }) => balanceMs)}, ${times(({ drainMs }) => drainMs)}`,
      ok: times(({ balanceMs }) => balanceMs) <= 2 && times(({ drainMs }) => drainMs) <= 2,
      raw: planned,
    },
    {
      id: 'S-memory',
      what: 'bytes of one VM in a snapshot that was read from text',
      target: '< 1024',
      reached: bytes,
      ok: bytes < 1024,
      raw: { bytes },
    },
  ];
}
