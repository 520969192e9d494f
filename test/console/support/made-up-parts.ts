/** Hosts, VMs and records of a made-up cluster. The same options give the same cluster. */
import type { AppParts } from '@drover/api';
import { type Cluster, type Host, Random, type Vm } from '@drover/core';
import { type api, keys, type RuleSpec } from '@drover/protocol';

type BalanceStatus = api.BalanceStatus;

export interface MadeUpOptions {
  readonly hosts: number;
  readonly vms: number;
  readonly seed?: number;
  /** People log in at an issuer too. */
  readonly oidcLogin?: AppParts['oidcLogin'];
}

const hostMib = 131_072;
const roles = ['web', 'api', 'db', 'cache', 'queue', 'build', 'mail', 'git', 'ci', 'metrics'];
const sizesMib = [2048, 4096, 4096, 8192, 8192, 16_384];
const gib = 1024;

export function madeUpHosts({ hosts, seed = 1 }: MadeUpOptions): readonly Host[] {
  const random = new Random(seed);
  return Array.from({ length: hosts }, (_, index): Host => ({
    id: `h${index + 1}`,
    intent: index === hosts - 1 && hosts > 3 ? 'cordoned' : 'active',
    health: 'up',
    arch: 'x86_64',
    accelerator: 'kvm',
    capacity: { cpuMilli: 32_000, memoryMib: hostMib },
    reserved: { cpuMilli: 0, memoryMib: 4 * gib },
    cpuOvercommitPermille: 4000,
    cpuModel: 'EPYC-Milan',
    machineTypes: ['pc-q35-10.0'],
    qemuVersion: 10_000_000,
    libvirtVersion: 11_003_000,
    numaCells: [],
    labels: { rack: `r${Math.floor(index / 8) + 1}` },
    pools: ['vms', 'fast'].map((name) => ({
      name,
      state: 'active',
      capacityMib: 20_480 * gib,
      freeMib: 11_300 * gib,
    })),
    bridges: ['br0'],
    usage: {
      cpuMilli: 4000 + random.below(14_000),
      memoryMib: 20 * gib + random.below(50 * gib),
      cpuPressurePermille: random.below(60),
      memoryPressurePermille: 0,
    },
  }));
}

export function madeUpVms({ hosts, vms, seed = 1 }: MadeUpOptions): readonly Vm[] {
  const random = new Random(seed + 1);
  const used = new Map<number, number>();
  return Array.from({ length: vms }, (_, index): Vm => {
    const role = roles[index % roles.length] ?? 'vm';
    // Where many are to be on a host, they are small enough to fit.
    const most = (hostMib - 4 * gib) / Math.max(1, vms / hosts) / 1.15;
    const drawn = sizesMib[random.below(sizesMib.length)] ?? 2048;
    const memoryMib = Math.max(256, Math.min(drawn, Math.floor(most / 256) * 256));
    const where = Array.from({ length: hosts }, (_host, host) => (index + host) % hosts).find(
      (host) => (used.get(host) ?? 0) + memoryMib < hostMib - 6 * gib,
    );
    const at = where ?? index % hosts;
    used.set(at, (used.get(at) ?? 0) + memoryMib);
    return {
      id: `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`,
      name: `${role}-${Math.floor(index / roles.length) + 1}`,
      state: 'running',
      hostId: `h${at + 1}`,
      generation: 1,
      migrationMode: 'live',
      request: { cpuMilli: 1000 * (1 + random.below(4)), memoryMib },
      arch: 'x86_64',
      pools: [role === 'db' ? 'fast' : 'vms'],
      bridges: ['br0'],
      labels: { role },
    };
  });
}

/** One that holds, and one that the first two VMs of a host break. */
export function madeUpRules(vms: readonly Vm[]): Readonly<Record<string, RuleSpec>> {
  const [first, ...others] = vms;
  const beside = others.find(({ hostId }) => hostId === first?.hostId);
  return {
    'db-apart': {
      type: 'apart',
      over: 'host',
      strength: 'hard',
      vms: { ids: [first?.id ?? '', beside?.id ?? ''] },
    },
    'mail-off-h2': {
      type: 'away',
      strength: 'soft',
      weight: 20,
      vms: { labels: { role: 'mail' } },
      hosts: { ids: ['h2'] },
    },
  };
}

export function madeUpRecords(
  _options: MadeUpOptions,
  hosts: readonly Host[],
  vms: readonly Vm[],
): Readonly<Record<string, object>> {
  const now = Date.now();
  const uuid = (kind: number, index: number) =>
    `0000000${kind}-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const records: Record<string, object> = {};
  hosts.forEach(({ id, intent }, index) => {
    records[keys.host(id)] = { v: 1, id, hostUuid: uuid(1, index), firstSeenMs: now - 86_400_000 };
    if (intent === 'active') return;
    records[keys.hostIntent(id)] = { v: 1, id, cordoned: true, by: 'anna', atMs: now };
  });
  vms.forEach((vm, index) => {
    const { id, name, hostId, request, pools, labels } = vm;
    const spec = {
      vcpus: request.cpuMilli / 1000,
      memoryMib: request.memoryMib,
      disks: [{ pool: pools[0], image: 'debian-13.qcow2', sizeMib: 20 * gib }],
      networks: [{ bridge: 'br0' }],
      labels,
    };
    const createdAtMs = now - 3_600_000 * (1 + (index % 900));
    records[keys.vmIntent(id)] = {
      v: 1,
      id,
      name,
      spec,
      desired: 'running',
      by: 'anna',
      createdAtMs,
    };
    records[keys.vmName(name)] = { v: 1, vmId: id };
    records[keys.assignment(id)] = { v: 1, vmId: id, hostId, generation: 1, state: 'running' };
  });
  ['vms', 'fast'].forEach((name, index) => {
    const spec = {
      type: 'nfs',
      server: 'nfs1',
      export: `/${name}`,
      version: '4.2',
      path: `/srv/${name}`,
    };
    records[keys.pool(name)] = {
      v: 1,
      name,
      uuid: uuid(2, index),
      spec,
      by: 'anna',
      createdAtMs: now - 86_400_000,
    };
  });
  for (const [name, spec] of Object.entries(madeUpRules(vms))) {
    const createdAtMs = now - 86_400_000;
    const uuid = '00000004-0000-4000-8000-000000000001';
    const of = { by: 'anna', createdAtMs, atMs: createdAtMs };
    records[keys.rule(name)] = { v: 1, name, uuid, spec, ...of };
  }
  ['debian-13', 'ubuntu-24-04', 'appliance'].forEach((name, index) => {
    const id = uuid(3, index);
    const createdAtMs = now - 7_200_000 * (index + 1);
    records[keys.imageIntent(id)] = {
      v: 1,
      id,
      name,
      version: 1,
      pool: 'vms',
      format: 'qcow2',
      by: 'anna',
      createdAtMs,
      source: { type: 'upload', bytes: 350_000_000 },
    };
    records[keys.imageName(name)] = { v: 1, newest: 1 };
    const stored = {
      file: `${id}.qcow2`,
      format: 'qcow2',
      virtualBytes: 3_221_225_472,
      storedBytes: 346_000_000,
      allocatedBytes: 346_000_000,
      changedMs: createdAtMs,
      inode: 100 + index,
    };
    records[keys.image(id)] = {
      v: 1,
      id,
      state: 'ready',
      operationId: pastId(900 + index),
      stored,
    };
  });
  vms.slice(0, 14).forEach((vm, index) => {
    const startedAtMs = now - 3_000_000 + index * 190_000;
    records[keys.operation(pastId(index))] = pastMove(vm, hosts, { index, startedAtMs });
  });
  return records;
}

function pastMove(
  vm: Vm,
  hosts: readonly Host[],
  { index, startedAtMs }: { readonly index: number; readonly startedAtMs: number },
): object {
  const hasFailed = index === 9;
  const source = hosts[(index >> 1) % hosts.length]?.id;
  return {
    v: 1,
    id: pastId(index),
    type: 'migrate',
    state: hasFailed ? 'failed' : 'succeeded',
    step: 'ended',
    stepIndex: 3,
    vmId: vm.id,
    vmName: vm.name,
    source,
    target: vm.hostId,
    mode: 'live',
    memoryPath: 'tls',
    generation: 1,
    epoch: '5',
    by: index === 12 ? 'balance' : index % 3 === 0 ? 'anna' : 'ben',
    createdAtMs: startedAtMs - 500,
    startedAtMs,
    endedAtMs: startedAtMs + 90_000 + index * 17_000,
    ...becauseOf(index, source),
    ...(hasFailed
      ? {
          error: {
            code: 'migration-failed',
            message: 'the connection to the target broke; it runs on where it was',
          },
        }
      : { downtimeMs: 40 + index * 9, transferredBytes: 2_000_000_000 }),
  };
}

/** Some were recommended, some were of a drain, and some a person wanted. */
function becauseOf(index: number, source = ''): object {
  if (index % 3 !== 0) return { reason: `drain of ${source}` };
  if (index < 6) return {};
  const reason = 'balance: contention is less uneven, 0.811 to 0.204';
  return { reason, recommendationId: `00000000c${index % 10}` };
}

const pastId = (index: number): string =>
  `01K00000000000000000000${String(index).padStart(3, '0')}`;

export function poolStatuses(hostIds: readonly string[]) {
  const status = (name: string) => ({
    capacityMib: 20_480 * gib,
    freeMib: 11_300 * gib,
    promisedMib: 16_000 * gib,
    reservedMib: 0,
    trends: [],
    protection: 'image-lock' as const,
    protectedBy: 'image locks on the server: a second copy of a VM cannot write',
    alarms: [],
    hosts: hostIds.map((hostId, index) => ({
      hostId,
      condition: name === 'fast' && index === 2 ? ('stalled' as const) : ('reachable' as const),
      ...(name === 'fast' && index === 2 ? { reason: 'the server has not answered for 42 s' } : {}),
      capacityMib: 20_480 * gib,
      freeMib: 11_300 * gib,
      reportAgeMs: 900,
    })),
  });
  return { vms: status('vms'), fast: status('fast') };
}

/** One move is recommended: the first VM of the first host goes to the last but one. */
export function balanceOf({ vms, hosts }: Pick<Cluster, 'vms' | 'hosts'>): BalanceStatus {
  const [source = 'h1', , , , target = 'h2'] = hosts.keys();
  const vm = [...vms.values()].find(({ hostId }) => hostId === source);
  const terms = [
    { name: 'contention', before: 1_600_000, after: 0 },
    { name: 'CPU in use', before: 853_000, after: 268_000 },
    { name: 'memory', before: 257_000, after: 59_000 },
    { name: 'soft rules', before: 0, after: 0 },
  ];
  const now = Date.now();
  return {
    ranAtMs: now - 21_000,
    unevenBefore: 2_710_000,
    unevenAfter: 327_000,
    terms: terms.map(({ name, before }) => ({ name, millionths: before })),
    movesLeft: 12,
    withdrawn:
      vm === undefined
        ? []
        : [
            {
              id: '00000000a0',
              vmId: vm.id,
              vmName: vm.name,
              source,
              target,
              reason: 'promised CPU is less uneven, 0.157 to 0.079',
              sinceMs: now - 940_000,
              atMs: now - 620_000,
              why: `${target} is cordoned`,
            },
          ],
    recommendations:
      vm === undefined
        ? []
        : [
            {
              id: '00000000a1',
              priority: 2,
              vmId: vm.id,
              vmName: vm.name,
              source,
              target,
              mode: 'live',
              reason: 'contention is less uneven, 1.600 to 0.000',
              unevenBefore: 2_710_000,
              unevenAfter: 327_000,
              terms,
              cost: { bytes: 9_300_000_000, elapsedMs: 14_000, downtimeMs: 70 },
              after: [],
              along: [],
              others: [{ hostId: 'h3', text: 'its CPU is busier: 0.371 would be gained' }],
              checked: true,
              sinceMs: now - 240_000,
            },
          ],
  };
}
