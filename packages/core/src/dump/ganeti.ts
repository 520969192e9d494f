/**
 * Ganeti's text format, both ways, so that its tools and Drover work on the same cluster: hosts, VMs and
 * their memory and vCPUs. Sections end with an empty line, fields stand between bars, sizes are MiB; the
 * layout is that of Ganeti 3.0's `-t FILE` (hbal(1), htools(1)). What Ganeti has no word for is lost on the
 * way out, and takes its default on the way in.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host } from '../cluster/host.ts';
import { holdsResources, promisedOn } from '../cluster/load.ts';
import type { Vm } from '../cluster/vm.ts';
import { byId } from '../order.ts';
import { DumpError } from './error.ts';

const group = 'default';
const groupUuid = '9a5ee5f0-0000-4000-8000-000000000001';
const pool = 'shared';
const network = 'default';
/** Of VMs whose disks every host reaches. */
const template = 'ext';

/** Throws `DumpError`, with the line, where the text is not of that format. */
export function readGaneti(text: string): Cluster {
  const sections = sectionsOf(text);
  const [groups = [], hostLines = [], vmLines = [], , policies = []] = sections;
  if (groups.length === 0 || hostLines.length === 0) {
    throw new DumpError('line 1', 'no groups or no hosts: is this the text format of htools?');
  }
  const ratio = vcpuRatio(policies[0]?.fields ?? []);
  const hosts = hostLines.map((line) => hostOf(line, ratio));
  const names = new Set(hosts.map(({ id }) => id));
  const vms = vmLines.map((line) => vmOf(line, names));
  return {
    revision: 0,
    hosts: new Map(hosts.map((host) => [host.id, host])),
    vms: new Map(vms.map((vm) => [vm.id, vm])),
    reservations: [],
    migrations: [],
  };
}

export function writeGaneti(cluster: Cluster): string {
  const hosts = [...cluster.hosts.values()].toSorted(byId);
  const vms = [...cluster.vms.values()].filter(holdsResources).toSorted(byId);
  const ratio = hosts[0] === undefined ? 1 : hosts[0].cpuOvercommitPermille / 1000;
  const most = '1048576,4096,1048576,16,8,12';
  const policy = `128,1,0,0,0,1|128,1,0,0,0,1;${most}|${template}|${ratio.toFixed(3)}|32.0`;
  const sections = [
    [`${group}|${groupUuid}|preferred||`],
    hosts.map((host, at) => {
      const { memoryMib, cpuMilli } = host.capacity;
      const kept = host.reserved.memoryMib;
      const free = memoryMib - kept - promisedOn(cluster, host.id).memoryMib;
      const role = host.health !== 'up' || host.intent !== 'active' ? 'Y' : at === 0 ? 'M' : 'N';
      const cpus = `${Math.floor(cpuMilli / 1000)}|${role}|${groupUuid}|1||N|0`;
      const own = Math.floor(host.reserved.cpuMilli / 1000);
      return `${host.id}|${memoryMib}|${kept}|${free}|0|0|${cpus}|${own}|1.0`;
    }),
    vms.map((vm) => {
      const { memoryMib, cpuMilli } = vm.request;
      const size = `${memoryMib}|0|${Math.ceil(cpuMilli / 1000)}|running|Y`;
      return `${vm.id}|${size}|${vm.hostId ?? ''}||${template}||1|-|N`;
    }),
    [],
    [`|${policy}`, `${group}|${policy}`],
  ];
  return `${sections.map((lines) => lines.map((line) => `${line}\n`).join('')).join('\n')}\n`;
}

interface Line {
  readonly at: string;
  readonly fields: readonly string[];
}

function sectionsOf(text: string): readonly (readonly Line[])[] {
  const sections: Line[][] = [[]];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') sections.push([]);
    else sections.at(-1)?.push({ at: `line ${index + 1}`, fields: line.split('|') });
  }
  return sections;
}

function hostOf({ at, fields }: Line, ratio: number): Host {
  const [name = '', total, kept, , , , cpus, role = '', , , , , , ownCpus] = fields;
  if (fields.length < 8 || name === '') throw new DumpError(at, 'not a host');
  const offline = role === 'Y' || [total, kept, cpus].includes('?');
  return {
    id: name,
    intent: 'active',
    health: offline ? 'down' : 'up',
    arch: 'x86_64',
    accelerator: 'kvm',
    capacity: {
      cpuMilli: number(at, 'pcpus', offline && cpus === '?' ? '0' : cpus) * 1000,
      memoryMib: number(at, 't_mem', offline && total === '?' ? '0' : total),
    },
    reserved: {
      cpuMilli: ownCpus === undefined ? 0 : number(at, 'node_os_vcpus', ownCpus) * 1000,
      memoryMib: number(at, 'n_mem', offline && kept === '?' ? '0' : kept),
    },
    cpuOvercommitPermille: Math.round(ratio * 1000),
    cpuModel: 'any',
    machineTypes: [],
    qemuVersion: 0,
    libvirtVersion: 0,
    numaCells: [],
    labels: {},
    pools: [{ name: pool, state: 'active', capacityMib: 0, freeMib: 0 }],
    bridges: [network],
  };
}

function vmOf({ at, fields }: Line, hosts: ReadonlySet<string>): Vm {
  const [name = '', memory, , cpus, status = '', , primary = ''] = fields;
  if (fields.length < 10 || name === '') throw new DumpError(at, 'not a VM');
  if (!hosts.has(primary)) throw new DumpError(at, `its host ${primary} is not there`);
  const runs = status.startsWith('running');
  return {
    id: name,
    name,
    state: runs ? 'running' : 'stopped',
    ...(runs ? { hostId: primary } : {}),
    generation: 1,
    migrationMode: 'live',
    request: { cpuMilli: number(at, 'vcpus', cpus) * 1000, memoryMib: number(at, 'mem', memory) },
    arch: 'x86_64',
    pools: [pool],
    bridges: [network],
    labels: {},
  };
}

/** Of the cluster's own policy, which stands first. */
function vcpuRatio(policy: readonly string[]): number {
  const ratio = Number(policy[4]);
  return Number.isFinite(ratio) && ratio > 0 ? ratio : 4;
}

function number(at: string, what: string, text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || text === '' || !Number.isFinite(value) || value < 0) {
    throw new DumpError(at, `${what} is no number: ${text ?? 'nothing'}`);
  }
  return value;
}
