/**
 * All VMs of the host in one look: state, size, generation, use of CPU. Remembers between looks only what
 * makes the next one cheaper.
 */
import type { ReportedVm } from '@drover/protocol';
import {
  attributeOf,
  bigintOf,
  domainStatsFlag,
  domainStatsType,
  flags,
  isNotFound,
  numberOf,
  parseXml,
  readDomainStats,
  type Domain,
  type DomainStats,
  type Libvirt,
} from 'node-libvirt';
import { metadataNamespace } from './domain-xml.ts';
import { jobOf, vmStateOf, type VmState } from './vm-state.ts';

/** Besides what is reported: for metrics and for the host's own sums. */
export interface SeenVm extends ReportedVm {
  readonly cpuTimeSeconds: number;
  readonly rssMib: number;
}

interface Remembered {
  /** libvirt's number of this run of the VM: another one means that it was started anew. */
  readonly id: number;
  readonly generation: number | undefined;
  readonly cpuTimeNs: bigint;
  /** Of all its vCPUs; absent where the kernel does not say. */
  readonly delayNs: bigint | undefined;
  readonly atMs: number;
}

const vmsMax = 1_000;
const gathered =
  domainStatsType.state | domainStatsType.cpuTotal | domainStatsType.balloon | domainStatsType.vcpu;

export class VmLooker {
  #remembered = new Map<string, Remembered>();

  /** Rejects where libvirt could not be asked for all of them. */
  async look(libvirt: Libvirt): Promise<readonly SeenVm[]> {
    const records = await libvirt.domains.stats(gathered, { flags: flags(domainStatsFlag.noWait) });
    const remembered = new Map<string, Remembered>();
    const seen: SeenVm[] = [];
    for (const record of records.slice(0, vmsMax)) {
      const vm = await this.#lookAt(libvirt, record, remembered);
      if (vm) seen.push(vm);
    }
    this.#remembered = remembered;
    return seen;
  }

  async #lookAt(
    libvirt: Libvirt,
    record: DomainStats,
    remembered: Map<string, Remembered>,
  ): Promise<SeenVm | undefined> {
    const { domain: dom, params } = record;
    try {
      const state = await stateOf(libvirt, dom);
      const job = await jobOf(libvirt, dom, state);
      const known = this.#remembered.get(dom.uuid);
      const same = known?.id === dom.id ? known : undefined;
      const generation = same ? same.generation : await generationOf(libvirt, dom);
      const cpuTimeNs = bigintOf(params, 'cpu.time') ?? 0n;
      const atMs = performance.now();
      const delayNs = delayOf(params);
      remembered.set(dom.uuid, { id: dom.id, generation, cpuTimeNs, delayNs, atMs });
      return {
        vmId: dom.uuid,
        name: dom.name.slice(0, 255),
        state,
        migrating: job === 'migration',
        ...(job === 'save' ? { saving: true } : {}),
        ...(generation === undefined ? {} : { generation }),
        ...sizeOf(params),
        ...(same ? { cpuMilliUsed: milliBetween(same, cpuTimeNs - same.cpuTimeNs, atMs) } : {}),
        ...(same?.delayNs === undefined || delayNs === undefined
          ? {}
          : { cpuWaitMilli: milliBetween(same, delayNs - same.delayNs, atMs) }),
        cpuTimeSeconds: Number(cpuTimeNs) / 1e9,
        rssMib: Math.round((numberOf(params, 'balloon.rss') ?? 0) / 1024),
      };
    } catch (error) {
      // It went away between the list and the look.
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

/** What it has and, where that differs, the most that it can have. */
function sizeOf(
  params: DomainStats['params'],
): Pick<ReportedVm, 'memoryMib' | 'balloonMib' | 'vcpus' | 'maxVcpus'> {
  const memoryMib = Math.round((numberOf(params, 'balloon.maximum') ?? 0) / 1024);
  const currentKib = numberOf(params, 'balloon.current');
  const balloonMib = currentKib === undefined ? memoryMib : Math.ceil(currentKib / 1024);
  const maxVcpus = numberOf(params, 'vcpu.maximum') ?? 0;
  const vcpus = numberOf(params, 'vcpu.current') ?? maxVcpus;
  return {
    memoryMib,
    ...(balloonMib < memoryMib ? { balloonMib } : {}),
    vcpus,
    ...(maxVcpus > vcpus ? { maxVcpus } : {}),
  };
}

async function stateOf(libvirt: Libvirt, dom: Domain): Promise<VmState> {
  return vmStateOf(await dom.state());
}

/** The generation that the copy was started with; later ones are in the journals only. */
async function generationOf(libvirt: Libvirt, dom: Domain): Promise<number | undefined> {
  const xml = await dom.metadata.get(metadataNamespace);
  if (xml === undefined) return undefined;
  const text = attributeOf(parseXml(xml), 'generation') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** `ns` of CPU since then, in thousandths of a core. */
function milliBetween(before: Remembered, ns: bigint, atMs: number): number {
  const elapsedMs = atMs - before.atMs;
  if (elapsedMs <= 0) return 0;
  return Math.max(0, Math.round((Number(ns) / 1e6 / elapsedMs) * 1000));
}

/** How long its vCPUs were ready to run, and others ran. */
function delayOf(params: DomainStats['params']): bigint | undefined {
  const delays = readDomainStats(params).vcpus.flatMap(({ delayNs }) => delayNs ?? []);
  return delays.length === 0 ? undefined : delays.reduce((sum, one) => sum + one, 0n);
}

/** Only what the wire has a place for. */
export function reportedVm(seen: SeenVm): ReportedVm {
  const { cpuTimeSeconds: _, rssMib: __, ...reported } = seen;
  return reported;
}
