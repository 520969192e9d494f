/**
 * The parameters by which a domain is throttled, weighed and limited, each as libvirt takes and gives them.
 */
import type { FieldsOf } from './fields.ts';

/**
 * Limits of a disk, `Bps` in bytes per second; 0 is none (`VIR_DOMAIN_BLOCK_IOTUNE_…`). A total and its parts
 * exclude each other.
 */
export const blockIoTuneFields = {
  totalBps: ['total_bytes_sec', 'number'],
  readBps: ['read_bytes_sec', 'number'],
  writeBps: ['write_bytes_sec', 'number'],
  totalIops: ['total_iops_sec', 'number'],
  readIops: ['read_iops_sec', 'number'],
  writeIops: ['write_iops_sec', 'number'],
  /** In a burst, for so many seconds as the field with `Seconds` says. */
  totalBpsBurst: ['total_bytes_sec_max', 'number'],
  readBpsBurst: ['read_bytes_sec_max', 'number'],
  writeBpsBurst: ['write_bytes_sec_max', 'number'],
  totalIopsBurst: ['total_iops_sec_max', 'number'],
  readIopsBurst: ['read_iops_sec_max', 'number'],
  writeIopsBurst: ['write_iops_sec_max', 'number'],
  totalBpsBurstSeconds: ['total_bytes_sec_max_length', 'number'],
  readBpsBurstSeconds: ['read_bytes_sec_max_length', 'number'],
  writeBpsBurstSeconds: ['write_bytes_sec_max_length', 'number'],
  totalIopsBurstSeconds: ['total_iops_sec_max_length', 'number'],
  readIopsBurstSeconds: ['read_iops_sec_max_length', 'number'],
  writeIopsBurstSeconds: ['write_iops_sec_max_length', 'number'],
  /** A request larger than this counts as several. */
  iopsSizeBytes: ['size_iops_sec', 'number'],
  /** Disks of one group share the limits. */
  groupName: ['group_name', 'string'],
} as const;
export type BlockIoTune = FieldsOf<typeof blockIoTuneFields>;

/** (`VIR_DOMAIN_BLOCK_COPY_…`) */
export const blockCopyFields = {
  /** Bytes per second. */
  bandwidthBps: ['bandwidth', 'number'],
  /** A power of two. */
  granularityBytes: ['granularity', 'uint'],
  bufferBytes: ['buf-size', 'number'],
} as const;
export type BlockCopyParams = FieldsOf<typeof blockCopyFields>;

/**
 * Of QEMU's scheduler (`VIR_DOMAIN_SCHEDULER_…`), for `domainSetSchedulerParametersFlags`. A quota is the
 * microseconds of run time in each period; negative is none.
 */
export const schedulerFields = {
  cpuShares: ['cpu_shares', 'number'],
  vcpuPeriodUs: ['vcpu_period', 'number'],
  vcpuQuotaUs: ['vcpu_quota', 'llong'],
  emulatorPeriodUs: ['emulator_period', 'number'],
  emulatorQuotaUs: ['emulator_quota', 'llong'],
  globalPeriodUs: ['global_period', 'number'],
  globalQuotaUs: ['global_quota', 'llong'],
  iothreadPeriodUs: ['iothread_period', 'number'],
  iothreadQuotaUs: ['iothread_quota', 'llong'],
} as const;
export type SchedulerParams = FieldsOf<typeof schedulerFields>;

/** Of a network card, both ways; KiB and KiB per second (`VIR_DOMAIN_BANDWIDTH_…`). */
export const interfaceBandwidthFields = {
  inboundAverageKibps: ['inbound.average', 'uint'],
  inboundPeakKibps: ['inbound.peak', 'uint'],
  inboundBurstKib: ['inbound.burst', 'uint'],
  inboundFloorKibps: ['inbound.floor', 'uint'],
  outboundAverageKibps: ['outbound.average', 'uint'],
  outboundPeakKibps: ['outbound.peak', 'uint'],
  outboundBurstKib: ['outbound.burst', 'uint'],
} as const;
export type InterfaceBandwidth = FieldsOf<typeof interfaceBandwidthFields>;

/** For `domainSaveParams` and `domainRestoreParams` (`VIR_DOMAIN_SAVE_PARAM_…`). */
export const saveFields = {
  /** Where to, on the host. Absent: libvirt's own place. */
  file: ['file', 'string'],
  /** The domain as it shall be when it is restored. */
  xml: ['dxml', 'string'],
  /** `raw`, `sparse`, or the name of a compressor. */
  imageFormat: ['image_format', 'string'],
  parallelChannels: ['parallel.channels', 'int'],
} as const;
export type SaveParams = FieldsOf<typeof saveFields>;
