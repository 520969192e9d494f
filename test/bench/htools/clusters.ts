/**
 * Clusters to plan on, the same for the same seed: many equal hosts, eight sizes of VMs, half of the hosts
 * filled eight times as often as the others, so that there is something to even out.
 */
import { type Cluster, type Host, Random, type Vm } from '@drover/core';

export interface ClusterShape {
  readonly hosts: number;
  readonly seed: number;
  /** Of the memory that may be promised, in thousandths. */
  readonly fillPermille: number;
  /** How much likelier a VM lands on an even host than on an odd one. */
  readonly skew: number;
  readonly cpuRatio: number;
}

/** vCPUs, MiB, how often of a hundred. */
const sizes = [
  [1, 2048, 30],
  [2, 4096, 20],
  [2, 8192, 18],
  [4, 8192, 10],
  [4, 16_384, 12],
  [8, 16_384, 4],
  [8, 32_768, 5],
  [2, 16_384, 1],
] as const;

const hostCpus = 32;
const hostMib = 131_072;
const ownMib = 4096;
const ownCpus = 1;
/** Kept free on every host while it is filled. */
const spareMib = 1024;

export function makeCluster(shape: ClusterShape): Cluster {
  const random = new Random(shape.seed);
  const hosts = Array.from({ length: shape.hosts }, (_, at) => hostOf(at, shape.cpuRatio));
  const used = hosts.map(() => ({ cpus: 0, mib: 0 }));
  const wanted = (shape.hosts * (hostMib - ownMib) * shape.fillPermille) / 1000;
  const weights = hosts.map((_, at) => (at % 2 === 0 ? shape.skew : 1));
  const allWeights = weights.reduce((sum, one) => sum + one, 0);
  const vms: Vm[] = [];
  let total = 0;
  let misses = 0;
  while (total < wanted && misses < 200) {
    const [cpus, mib] = drawSize(random);
    const at = draw(random, weights, allWeights);
    const here = used[at];
    if (here === undefined) continue;
    const fits =
      here.mib + mib + ownMib + spareMib <= hostMib &&
      here.cpus + cpus + ownCpus <= hostCpus * shape.cpuRatio;
    if (!fits) {
      misses += 1;
      continue;
    }
    misses = 0;
    here.cpus += cpus;
    here.mib += mib;
    total += mib;
    vms.push(vmOf(padded('vm', vms.length, 6), hosts[at]?.id, cpus, mib));
  }
  return clusterOf(hosts, vms);
}

export function clusterOf(hosts: readonly Host[], vms: readonly Vm[]): Cluster {
  return {
    revision: 0,
    hosts: new Map(hosts.map((host) => [host.id, host])),
    vms: new Map(vms.map((vm) => [vm.id, vm])),
    reservations: [],
    migrations: [],
  };
}

/** One that is placed nowhere yet, of the same sizes. */
export function drawVm(random: Random, id: string): Vm {
  const [cpus, mib] = drawSize(random);
  return vmOf(id, undefined, cpus, mib);
}

function drawSize(random: Random): readonly [number, number] {
  let left = random.below(100);
  for (const [cpus, mib, often] of sizes) {
    if (left < often) return [cpus, mib];
    left -= often;
  }
  return [1, 2048];
}

function draw(random: Random, weights: readonly number[], all: number): number {
  let left = random.below(all);
  for (const [at, weight] of weights.entries()) {
    if (left < weight) return at;
    left -= weight;
  }
  return 0;
}

const padded = (prefix: string, at: number, length: number) =>
  `${prefix}${String(at).padStart(length, '0')}`;

export function hostOf(at: number, cpuRatio: number): Host {
  return {
    id: padded('n', at, 5),
    intent: 'active',
    health: 'up',
    arch: 'x86_64',
    accelerator: 'kvm',
    capacity: { cpuMilli: hostCpus * 1000, memoryMib: hostMib },
    reserved: { cpuMilli: ownCpus * 1000, memoryMib: ownMib },
    cpuOvercommitPermille: cpuRatio * 1000,
    cpuModel: 'any',
    machineTypes: [],
    qemuVersion: 0,
    libvirtVersion: 0,
    numaCells: [],
    labels: {},
    pools: [{ name: 'shared', state: 'active', capacityMib: 0, freeMib: 0 }],
    bridges: ['default'],
  };
}

function vmOf(id: string, hostId: string | undefined, cpus: number, memoryMib: number): Vm {
  return {
    id,
    name: id,
    state: 'running',
    ...(hostId === undefined ? {} : { hostId }),
    generation: 1,
    migrationMode: 'live',
    request: { cpuMilli: cpus * 1000, memoryMib },
    arch: 'x86_64',
    pools: ['shared'],
    bridges: ['default'],
    labels: {},
  };
}
