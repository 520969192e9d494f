/**
 * Placing VMs against hail, one after the other: how long each takes without a look at restart room and with it
 * (P8a, P8b), how even the cluster is afterwards, and what it is next to a mere scan of the hosts (P8c).
 */
import { type Cluster, PlacementIndex, Random, type Vm } from '@drover/core';
import { clusterOf, drawVm, makeCluster } from './clusters.ts';
import { type Goal, median, rounded, timed } from './goal.ts';
import { htool, refereeScore } from './programs.ts';

const hail = '/usr/lib/ganeti/iallocators/hail';
const shape = { fillPermille: 550, skew: 8, cpuRatio: 4 };

function newcomers(count: number, seed: number): readonly Vm[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, at) => drawVm(random, `new${at}`));
}

async function hailPlaces(cluster: Cluster, vms: readonly Vm[], checksCapacity: boolean) {
  const instance = ({ id, request }: Vm) => ({
    type: 'allocate',
    name: id,
    memory: request.memoryMib,
    vcpus: request.cpuMilli / 1000,
    disk_template: 'ext',
    disks: [{ size: 1024 }],
    disk_space_total: 0,
    required_nodes: 1,
    spindle_use: 1,
    tags: [],
    nics: [],
    os: 'x',
    hypervisor: 'kvm',
  });
  const request = JSON.stringify({
    cluster_tags: [],
    instances: {},
    nodegroups: {},
    nodes: {},
    enabled_hypervisors: ['kvm'],
    request: { type: 'multi-allocate', instances: vms.map(instance) },
  });
  const more = checksCapacity ? [] : ['--no-capacity-checks'];
  const { stdout, userMs } = await htool(
    hail,
    ['-t', '@cluster', '--ignore-dynu', ...more, '@request'],
    { cluster, request },
  );
  const answer = JSON.parse(stdout) as { success: boolean; info: string; result: unknown };
  const hosts = [...JSON.stringify(answer.result).matchAll(/"(new\d+)",\["(\w+)"\]/g)];
  const placed = new Map(hosts.map(([, vm = '', host = '']) => [vm, host]));
  return { userMs, placed, success: answer.success };
}

/** Microseconds for each VM; the first rounds are the compiler's. */
function ourTime(cluster: Cluster, vms: readonly Vm[], keepsHeadroom: boolean) {
  const run = () => {
    const index = new PlacementIndex(cluster, { keepsHeadroom });
    // One of each kind makes the index what it is in a cluster at work.
    for (const vm of vms) index.choose(vm);
    const { cpuMs, value } = timed(() => vms.map((vm) => index.admit(vm)));
    return { micros: (cpuMs * 1000) / vms.length, placed: value, index };
  };
  for (let round = 0; round < 5; round += 1) run();
  const runs = Array.from({ length: 9 }, run);
  const last = runs.at(-1);
  return {
    micros: median(runs.map(({ micros }) => micros)),
    refused: last?.placed.filter((host) => host === undefined).length ?? 0,
    cluster: last?.index.cluster ?? cluster,
  };
}

function withPlaced(
  cluster: Cluster,
  vms: readonly Vm[],
  placed: ReadonlyMap<string, string>,
): Cluster {
  const added = vms.flatMap((vm) => {
    const hostId = placed.get(vm.id);
    return hostId === undefined ? [] : [{ ...vm, hostId }];
  });
  return clusterOf([...cluster.hosts.values()], [...cluster.vms.values(), ...added]);
}

async function against(hosts: number, seed: number, counts: readonly [number, number]) {
  const cluster = makeCluster({ hosts, seed, ...shape });
  const [few, many] = counts;
  const vms = newcomers(many, seed);
  const short = await hailPlaces(cluster, vms.slice(0, few), false);
  const long = await hailPlaces(cluster, vms, false);
  const hailMicros = ((long.userMs - short.userMs) * 1000) / (many - few);
  const ours = ourTime(cluster, newcomers(2000, seed), false);
  const same = ourTime(cluster, vms, false);
  return {
    hosts,
    seed,
    times: Math.round(hailMicros / ours.micros),
    hailMicros: Math.round(hailMicros),
    micros: rounded(ours.micros, 2),
    hailScore: await refereeScore(withPlaced(cluster, vms, long.placed)),
    score: await refereeScore(same.cluster),
  };
}

async function withHeadroom(seed: number) {
  const cluster = makeCluster({ hosts: 200, seed, ...shape });
  const vms = newcomers(100, seed);
  const { userMs, success } = await hailPlaces(cluster, vms.slice(0, 1), true);
  const ours = ourTime(cluster, vms, true);
  return {
    seed,
    times: Math.round((userMs * 1000) / ours.micros),
    hailMs: userMs,
    hailPlaced: success,
    micros: rounded(ours.micros, 1),
    refused: ours.refused,
  };
}

/** Next to the least of a list of numbers, one for each host: what any look at all hosts takes. */
function againstScan(seed: number) {
  const cluster = makeCluster({ hosts: 10_000, seed, ...shape });
  const vms = newcomers(2000, seed);
  const numbers = Float64Array.from({ length: 10_000 }, (_, at) => (at * 7919 + 5003) % 10_007);
  let sink = 0;
  const scan = () => {
    let best = 0;
    for (let at = 1; at < numbers.length; at += 1) {
      if ((numbers[at] as number) < (numbers[best] as number)) best = at;
    }
    sink += best;
  };
  const scanMicros = () => (timed(() => vms.forEach(scan)).cpuMs * 1000) / vms.length;
  for (let round = 0; round < 3; round += 1) scanMicros();
  const pairs = Array.from({ length: 5 }, () => {
    const ours = ourTime(cluster, vms, false).micros;
    return { ours, scan: scanMicros() };
  });
  return {
    seed,
    ratio: rounded(median(pairs.map(({ ours, scan: theirs }) => ours / theirs)), 3),
    micros: rounded(median(pairs.map(({ ours }) => ours)), 2),
    scanMicros: rounded(median(pairs.map(({ scan: theirs }) => theirs)), 2),
    checksum: sink,
  };
}

export async function benchPlace(
  seeds: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  const [first = 1] = seeds;
  const cases: (Awaited<ReturnType<typeof against>> & { readonly aim: number })[] = [];
  for (const [hosts, aim, counts] of [
    [200, 1000, [1, 100]],
    [1000, 100_000, [1, 6]],
  ] as const) {
    for (const seed of hosts === 200 ? seeds : [first]) {
      onStep(`hail on ${hosts} hosts, seed ${seed}`);
      cases.push({ aim, ...(await against(hosts, seed, counts)) });
    }
  }
  onStep('hail on 200 hosts, with restart room');
  const room = await withHeadroom(first);
  onStep('10000 hosts');
  const scans = againstScan(first);
  const small = cases.filter(({ hosts }) => hosts === 200);
  const large = cases.filter(({ hosts }) => hosts === 1000);
  const goalOf = (size: number, list: typeof cases, aim: number): Goal => ({
    id: `P8a-${size}`,
    what: `hail’s time for one VM over ours on ${size} hosts: median; and hail’s score after over ours`,
    target: `≥ ${aim}`,
    reached: median(list.map(({ times }) => times)),
    ok: median(list.map(({ times }) => times)) >= aim,
    raw: list,
  });
  return [
    goalOf(200, small, 1000),
    goalOf(1000, large, 100_000),
    {
      id: 'P8b',
      what: 'hail’s time for one VM over ours on 200 hosts, where the loss of any host stays borne',
      target: '≥ 500000, ours ≤ 120 µs',
      reached: room.times,
      ok: room.times >= 500_000 && room.micros <= 120 && room.refused === 0,
      raw: room,
    },
    {
      id: 'P8c',
      what: 'our time for one VM on 10000 hosts over that of a scan of one number for each host',
      target: '≤ 2',
      reached: scans.ratio,
      ok: scans.ratio <= 2,
      raw: scans,
    },
  ];
}
