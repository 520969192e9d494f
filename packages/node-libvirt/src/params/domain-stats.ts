/**
 * The statistics of one domain, from libvirt's typed parameters into named fields with units
 * (`virConnectGetAllDomainStats`). Only what was asked for, and what the daemon and the VM know, is there.
 */
import { domainStateInfo, nameOf, type DomainStateInfo } from '../protocol/states.ts';
import { numberOf, stringOf, type ParamsRecord } from '../xdr/typed-params.ts';
import { readFields, readList, type FieldsOf } from './fields.ts';

const cpuFields = {
  timeNs: ['cpu.time', 'bigint'],
  userNs: ['cpu.user', 'bigint'],
  systemNs: ['cpu.system', 'bigint'],
} as const;

const balloonFields = {
  currentKib: ['balloon.current', 'number'],
  maximumKib: ['balloon.maximum', 'number'],
  /** What QEMU's process has of the host's memory. */
  rssKib: ['balloon.rss', 'number'],
  /** These the VM's own system tells. */
  swapInKib: ['balloon.swap_in', 'number'],
  swapOutKib: ['balloon.swap_out', 'number'],
  majorFaults: ['balloon.major_fault', 'number'],
  minorFaults: ['balloon.minor_fault', 'number'],
  unusedKib: ['balloon.unused', 'number'],
  availableKib: ['balloon.available', 'number'],
  usableKib: ['balloon.usable', 'number'],
  diskCachesKib: ['balloon.disk_caches', 'number'],
  /** Since 1970; 0 when it never has. */
  lastUpdateSeconds: ['balloon.last-update', 'number'],
} as const;

const vcpuFields = {
  /** 0 offline, 1 running, 2 blocked. */
  stateCode: ['state', 'number'],
  timeNs: ['time', 'bigint'],
  /** Waiting for I/O. */
  waitNs: ['wait', 'bigint'],
  /** Ready to run, and not let: what it loses to others on the host. */
  delayNs: ['delay', 'bigint'],
} as const;

const interfaceFields = {
  /** The device on the host, such as `vnet3`. */
  name: ['name', 'string'],
  rxBytes: ['rx.bytes', 'number'],
  rxPackets: ['rx.pkts', 'number'],
  rxErrors: ['rx.errs', 'number'],
  rxDrop: ['rx.drop', 'number'],
  txBytes: ['tx.bytes', 'number'],
  txPackets: ['tx.pkts', 'number'],
  txErrors: ['tx.errs', 'number'],
  txDrop: ['tx.drop', 'number'],
} as const;

const blockFields = {
  /** The target, such as `vda`. */
  name: ['name', 'string'],
  path: ['path', 'string'],
  /** Of an image of the chain, with `domainStatsFlag.backing`. */
  backingIndex: ['backingIndex', 'number'],
  readRequests: ['rd.reqs', 'number'],
  readBytes: ['rd.bytes', 'number'],
  readNs: ['rd.times', 'bigint'],
  writeRequests: ['wr.reqs', 'number'],
  writeBytes: ['wr.bytes', 'number'],
  writeNs: ['wr.times', 'bigint'],
  flushRequests: ['fl.reqs', 'number'],
  flushNs: ['fl.times', 'bigint'],
  allocationBytes: ['allocation', 'number'],
  capacityBytes: ['capacity', 'number'],
  physicalBytes: ['physical', 'number'],
  thresholdBytes: ['threshold', 'number'],
} as const;

const dirtyRateStatuses = ['not-started', 'measuring', 'measured'] as const;

export interface DirtyRate {
  readonly status: (typeof dirtyRateStatuses)[number] | 'other';
  /** Once it is measured. */
  readonly mibPerSecond?: number;
  readonly startedSeconds?: number;
  readonly periodSeconds?: number;
  /** `page-sampling`, `dirty-bitmap` or `dirty-ring`. */
  readonly mode?: string;
}

export interface DomainFigures {
  readonly state?: DomainStateInfo | undefined;
  readonly cpu: FieldsOf<typeof cpuFields>;
  readonly balloon: FieldsOf<typeof balloonFields>;
  readonly vcpus: readonly FieldsOf<typeof vcpuFields>[];
  readonly interfaces: readonly FieldsOf<typeof interfaceFields>[];
  readonly blocks: readonly FieldsOf<typeof blockFields>[];
  readonly dirtyRate?: DirtyRate | undefined;
}

export function readDomainStats(params: ParamsRecord): DomainFigures {
  const state = numberOf(params, 'state.state');
  const dirtyRate = readDirtyRate(params);
  return {
    ...(state === undefined
      ? {}
      : { state: domainStateInfo(state, numberOf(params, 'state.reason') ?? 0) }),
    cpu: readFields(cpuFields, params),
    balloon: readFields(balloonFields, params),
    vcpus: readList(vcpuFields, params, 'vcpu.', 'vcpu.maximum').filter(
      (vcpu) => vcpu.stateCode !== undefined,
    ),
    interfaces: readList(interfaceFields, params, 'net.'),
    blocks: readList(blockFields, params, 'block.'),
    ...(dirtyRate === undefined ? {} : { dirtyRate }),
  };
}

function readDirtyRate(params: ParamsRecord): DirtyRate | undefined {
  const status = numberOf(params, 'dirtyrate.calc_status');
  if (status === undefined) return undefined;
  const mibPerSecond = numberOf(params, 'dirtyrate.megabytes_per_second');
  const startedSeconds = numberOf(params, 'dirtyrate.calc_start_time');
  const periodSeconds = numberOf(params, 'dirtyrate.calc_period');
  const mode = stringOf(params, 'dirtyrate.calc_mode');
  return {
    status: nameOf(dirtyRateStatuses, status),
    ...(mibPerSecond === undefined ? {} : { mibPerSecond }),
    ...(startedSeconds === undefined ? {} : { startedSeconds }),
    ...(periodSeconds === undefined ? {} : { periodSeconds }),
    ...(mode === undefined ? {} : { mode }),
  };
}
