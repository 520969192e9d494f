/**
 * A cluster as it stands, from a dump: hosts with what they are, pools, VMs where they run. What the simulator does not
 * imitate (usage, NUMA, what moves in that moment) is left out; the real logic decides from what is there.
 */
import { type Host, loadCluster, type Vm } from '@drover/core';
import type { VmSpec } from '@drover/protocol';
import type { HostShape } from './host.ts';
import { uuidOf } from './names.ts';

export interface StandingVm {
  readonly id: string;
  readonly name: string;
  readonly spec: VmSpec;
  /** Absent: it is stopped. */
  readonly hostId?: string;
  readonly generation: number;
}

export interface Standing {
  readonly hosts: readonly HostShape[];
  readonly pools: readonly string[];
  readonly cordoned: readonly string[];
  readonly vms: readonly StandingVm[];
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const alive: ReadonlySet<Vm['state']> = new Set([
  'starting',
  'running',
  'migrating',
  'stopping',
  'saving',
]);
const noRequest = { cpuMilli: 0, memoryMib: 0 };

/** Throws `DumpError` with the place that is wrong. */
export function readStanding(dump: string): Standing {
  const cluster = loadCluster(dump);
  const hostNames = new Names();
  const vmNames = new Names();
  const hosts = [...cluster.hosts.values()].map((host) => ({ ...host, id: hostNames.of(host.id) }));
  const vms = [...cluster.vms.values()].map((vm) => ({
    ...vm,
    name: vmNames.of(vm.name),
    ...(vm.hostId === undefined ? {} : { hostId: hostNames.of(vm.hostId) }),
  }));
  return {
    hosts: hosts.map(shapeOf),
    pools: [...new Set(vms.flatMap((vm) => vm.pools))],
    cordoned: hosts.flatMap(({ id, intent }) => (intent === 'active' ? [] : [id])),
    vms: vms.map(standingVm),
  };
}

/** Another manager's names as Drover would have them: small letters, digits and dashes. */
class Names {
  readonly #known = new Map<string, string>();
  readonly #taken = new Set<string>();

  of(theirs: string): string {
    const known = this.#known.get(theirs);
    if (known !== undefined) return known;
    const plain = theirs.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    const cut = plain.replace(/^-+/, '').slice(0, 56).replace(/-+$/, '') || 'unnamed';
    let ours = cut;
    for (let at = 2; this.#taken.has(ours); at += 1) ours = `${cut}-${at}`;
    this.#known.set(theirs, ours);
    this.#taken.add(ours);
    return ours;
  }
}

/** What strangers take of it counts as kept back: nothing of that moves. */
function shapeOf(host: Host): HostShape {
  const { id, capacity, reserved, foreign = noRequest } = host;
  const { arch, accelerator, cpuModel, machineTypes, qemuVersion, labels, bridges, pools } = host;
  return {
    id,
    capacity,
    reserved: {
      cpuMilli: reserved.cpuMilli + foreign.cpuMilli,
      memoryMib: reserved.memoryMib + foreign.memoryMib,
    },
    pools: pools.filter(({ state }) => state === 'active').map(({ name }) => name),
    facts: {
      arch,
      accelerator,
      cpuModel,
      machineTypes: [...machineTypes],
      qemuVersion,
      labels,
      bridges: [...bridges],
    },
  };
}

/** One that was on its way is where it began. */
function standingVm(vm: Vm, index: number): StandingVm {
  const { name, state, hostId, request, arch, machine, pools, bridges, labels, balance } = vm;
  return {
    id: uuid.test(vm.id) ? vm.id : uuidOf('vm', 1_000_000 + index),
    name,
    generation: Math.max(1, vm.generation),
    ...(hostId !== undefined && alive.has(state) ? { hostId } : {}),
    spec: {
      vcpus: Math.max(1, Math.ceil(request.cpuMilli / 1_000)),
      memoryMib: request.memoryMib,
      arch,
      ...(machine === undefined ? {} : { machine }),
      disks: pools.map((pool, at) => ({ pool, volume: `${name}-${at}.raw` })),
      networks: bridges.map((bridge) => ({ bridge })),
      labels,
      ...(balance === undefined ? {} : { balance }),
    },
  };
}
