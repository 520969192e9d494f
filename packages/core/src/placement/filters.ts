/**
 * The filters, cheap ones first. Each looks at one host and either lets it pass or rules it out with one
 * reason and its numbers. The first that says no is the host's reason.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host } from '../cluster/host.ts';
import { freeOn } from '../cluster/load.ts';
import { limits } from '../limits.ts';
import { listed } from '../names.ts';
import type { PlacementRequest, RefusalReason, Rejection } from './answer.ts';

export interface FilterInput {
  readonly cluster: Cluster;
  readonly request: PlacementRequest;
  readonly host: Host;
}

type No = Omit<Rejection, 'hostId' | 'reason'>;

/** `undefined`: the host passes. */
type Filter = (input: FilterInput) => No | undefined;

const filters: readonly (readonly [RefusalReason, Filter])[] = [
  ['not-asked-for', notAskedFor],
  ['host-excluded', excluded],
  ['host-not-up', notUp],
  ['host-draining', ({ host }) => (host.intent === 'draining' ? {} : undefined)],
  ['host-cordoned', ({ host }) => (host.intent === 'cordoned' ? {} : undefined)],
  ['wrong-architecture', wrongArchitecture],
  ['accelerator-differs', acceleratorDiffers],
  ['machine-type-missing', machineTypeMissing],
  ['qemu-older', qemuOlder],
  ['bridge-missing', bridgeMissing],
  ['pool-not-reachable', poolNotReachable],
  ['not-enough-memory', notEnoughMemory],
  ['not-enough-cpu', notEnoughCpu],
  ['no-migration-slot', noMigrationSlot],
];

/** The first filter that rules the host out, or nothing. */
export function reject(input: FilterInput): Rejection | undefined {
  for (const [reason, filter] of filters) {
    const no = filter(input);
    if (no !== undefined) return { hostId: input.host.id, reason, ...no };
  }
  return undefined;
}

function notAskedFor({ request, host }: FilterInput): No | undefined {
  return request.only !== undefined && request.only !== host.id
    ? { required: request.only, available: host.id }
    : undefined;
}

function excluded({ request, host }: FilterInput): No | undefined {
  return request.source === host.id || (request.exclude ?? []).includes(host.id) ? {} : undefined;
}

function notUp({ host }: FilterInput): No | undefined {
  return host.health === 'up' ? undefined : { required: 'up', available: host.health };
}

function wrongArchitecture({ request, host }: FilterInput): No | undefined {
  return host.arch === request.shape.arch
    ? undefined
    : { required: request.shape.arch, available: host.arch };
}

/** A VM that runs under one accelerator cannot move to a host with the other. */
function acceleratorDiffers({ cluster, request, host }: FilterInput): No | undefined {
  const source = request.source === undefined ? undefined : cluster.hosts.get(request.source);
  return source === undefined || source.accelerator === host.accelerator
    ? undefined
    : { required: source.accelerator, available: host.accelerator };
}

function machineTypeMissing({ request, host }: FilterInput): No | undefined {
  const machine = request.shape.machine;
  return machine === undefined || host.machineTypes.includes(machine)
    ? undefined
    : { required: machine, available: `${host.machineTypes.length} other machine types` };
}

/** QEMU migrates to an equal or newer version; the other way is not promised by anybody. */
function qemuOlder({ cluster, request, host }: FilterInput): No | undefined {
  const source = request.source === undefined ? undefined : cluster.hosts.get(request.source);
  return source === undefined || host.qemuVersion >= source.qemuVersion
    ? undefined
    : { required: source.qemuVersion, available: host.qemuVersion, unit: 'version' };
}

function bridgeMissing({ request, host }: FilterInput): No | undefined {
  const missing = request.shape.bridges.find((bridge) => !host.bridges.includes(bridge));
  return missing === undefined
    ? undefined
    : { required: missing, available: listed(host.bridges, ' ') || 'none' };
}

function poolNotReachable({ request, host }: FilterInput): No | undefined {
  for (const name of request.shape.pools) {
    const pool = host.pools.find((candidate) => candidate.name === name);
    if (pool?.state !== 'active') {
      return { required: name, available: pool === undefined ? 'not there' : pool.state };
    }
  }
  return undefined;
}

function notEnoughMemory({ cluster, request, host }: FilterInput): No | undefined {
  const required = request.shape.request.memoryMib;
  const available = freeOn(cluster, host).memoryMib;
  return available >= required ? undefined : { required, available, unit: 'MiB' };
}

function notEnoughCpu({ cluster, request, host }: FilterInput): No | undefined {
  const required = request.shape.request.cpuMilli;
  const available = freeOn(cluster, host).cpuMilli;
  return available >= required ? undefined : { required, available, unit: 'mCPU' };
}

/** Only a move needs a slot, and only where the caller wants it to begin now. */
function noMigrationSlot({ cluster, request, host }: FilterInput): No | undefined {
  if (request.source === undefined || request.needsSlot !== true) return undefined;
  const incoming = cluster.migrations.filter((one) => one.target === host.id).length;
  return incoming < limits.migrationsInPerHost
    ? undefined
    : { required: 1, available: limits.migrationsInPerHost - incoming, unit: 'migrations' };
}
