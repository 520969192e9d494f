/**
 * Flags and small numbers of libvirt's public API, by name. Flags are bits: combine with `|` or `flags()`.
 * Names of states and reasons are in `states.ts`, error numbers in `error-codes.ts`.
 */

export const defaultTcpPort = 16_509;
export const defaultTlsPort = 16_514;

/** For `connectSupportsFeature`. */
export const feature = {
  migrationP2p: 4,
  migrationV3: 6,
  typedParamString: 9,
  programKeepalive: 10,
  migrationOffline: 12,
  migrationParams: 13,
  eventCallbacks: 14,
  closeCallback: 15,
  networkUpdateOrder: 16,
} as const;

export const authType = { none: 0, sasl: 1, polkit: 2 } as const;

/** Besides a call's own: that strings may be among the typed parameters of its answer. */
export const typedParamFlag = { stringOkay: 4 } as const;

export const openFlag = { readOnly: 1 } as const;

export const domainListFlag = {
  active: 1,
  inactive: 2,
  persistent: 4,
  transient: 8,
  running: 16,
  paused: 32,
  shutoff: 64,
  other: 128,
  managedSave: 256,
  noManagedSave: 512,
  autostart: 1024,
  noAutostart: 2048,
} as const;

export const domainCreateFlag = {
  paused: 1,
  autoDestroy: 2,
  bypassCache: 4,
  forceBoot: 8,
  validate: 16,
  resetNvram: 32,
} as const;

/** What it is when it goes on; without one of the two as it was when it was saved. */
export const domainSaveFlag = { bypassCache: 1, running: 2, paused: 4, resetNvram: 8 } as const;

export const domainDefineFlag = { validate: 1 } as const;

export const domainUndefineFlag = {
  managedSave: 1,
  snapshotsMetadata: 2,
  nvram: 4,
  keepNvram: 8,
  checkpointsMetadata: 16,
  tpm: 32,
  keepTpm: 64,
} as const;

export const domainShutdownFlag = {
  acpiPowerButton: 1,
  guestAgent: 2,
  initctl: 4,
  signal: 8,
  paravirt: 16,
} as const;

export const domainDestroyFlag = { graceful: 1, removeLogs: 2 } as const;

/** `force` ends another's session; `safe` opens only where the console can be told to be free. */
export const consoleFlag = { force: 1, safe: 2 } as const;

export const domainXmlFlag = { secure: 1, inactive: 2, updateCpu: 4, migratable: 8 } as const;

/** Which half of a domain a change is for: the running one, the stored one, or both. */
export const domainImpact = { current: 0, live: 1, config: 2 } as const;

export const metadataType = { description: 0, title: 1, element: 2 } as const;

/** What `connectGetAllDomainStats` gathers. `block` touches image files: it hangs when storage does. */
export const domainStatsType = {
  state: 1,
  cpuTotal: 2,
  balloon: 4,
  vcpu: 8,
  interface: 16,
  block: 32,
  perf: 64,
  iothread: 128,
  memory: 256,
  dirtyRate: 512,
  vm: 1024,
} as const;

/** Besides these, the filters of `domainListFlag` apply. */
export const domainStatsFlag = {
  active: 1,
  inactive: 2,
  /** Leave out what would wait for a busy domain. */
  noWait: 2 ** 29,
  backing: 2 ** 30,
  enforce: 2 ** 31,
} as const;

export const migrateFlag = {
  live: 1,
  peer2peer: 2,
  tunnelled: 4,
  persistDest: 8,
  undefineSource: 16,
  paused: 32,
  nonSharedDisk: 64,
  nonSharedInc: 128,
  changeProtection: 256,
  unsafe: 512,
  offline: 1024,
  compressed: 2048,
  abortOnError: 4096,
  autoConverge: 8192,
  rdmaPinAll: 16_384,
  postCopy: 32_768,
  tls: 65_536,
  parallel: 131_072,
  nonSharedSynchronousWrites: 262_144,
  postCopyResume: 524_288,
  zeroCopy: 1_048_576,
} as const;

/** For `domainMigrateSetMaxSpeed` and `domainMigrateGetMaxSpeed`. */
export const migrateMaxSpeedFlag = { postCopy: 1 } as const;

export const jobStatsFlag = { completed: 1, keepCompleted: 2 } as const;
export const abortJobFlag = { postCopy: 1 } as const;

export const poolListFlag = {
  inactive: 1,
  active: 2,
  persistent: 4,
  transient: 8,
  autostart: 16,
  noAutostart: 32,
} as const;

export const poolCreateFlag = { build: 1, buildOverwrite: 2, buildNoOverwrite: 4 } as const;

export const blockResizeFlag = { bytes: 1, capacity: 2 } as const;
export const blockJobAbortFlag = { async: 1, pivot: 2 } as const;
export const blockCommitFlag = {
  shallow: 1,
  delete: 2,
  active: 4,
  relative: 8,
  bandwidthBytes: 16,
} as const;
export const blockCopyFlag = {
  shallow: 1,
  reuseExternal: 2,
  transientJob: 4,
  synchronousWrites: 8,
} as const;

/** The order to see them in is their hierarchy: `roots` and `descendants` are one bit. */
export const snapshotListFlag = {
  roots: 1,
  metadata: 2,
  leaves: 4,
  noLeaves: 8,
  noMetadata: 16,
  inactive: 32,
  active: 64,
  diskOnly: 128,
  internal: 256,
  external: 512,
  topological: 1024,
} as const;
export const snapshotCreateFlag = {
  redefine: 1,
  current: 2,
  noMetadata: 4,
  halt: 8,
  diskOnly: 16,
  reuseExternal: 32,
  quiesce: 64,
  atomic: 128,
  live: 256,
  validate: 512,
} as const;
export const snapshotRevertFlag = { running: 1, paused: 2, force: 4, resetNvram: 8 } as const;
export const snapshotDeleteFlag = { children: 1, metadataOnly: 2, childrenOnly: 4 } as const;
export const checkpointCreateFlag = { redefine: 1, quiesce: 2, redefineValidate: 4 } as const;

/** What the guest agent is asked for; 0 for all that it knows. */
export const guestInfoType = {
  users: 1,
  os: 2,
  timezone: 4,
  hostname: 8,
  fileSystems: 16,
  disks: 32,
  interfaces: 64,
  load: 128,
} as const;
/** Instead of seconds. */
export const agentTimeout = { block: -2, default: -1, noWait: 0 } as const;

export const domainMemoryFlag = { live: 1, config: 2, maximum: 4 } as const;
export const domainVcpuFlag = {
  live: 1,
  config: 2,
  maximum: 4,
  guest: 8,
  hotpluggable: 16,
} as const;

/** Who tells the addresses of a domain's network cards. */
export const addressSource = { lease: 0, agent: 1, arp: 2 } as const;
/** What the numbers of keys mean. */
export const keyCodeSet = {
  linux: 0,
  xt: 1,
  atset1: 2,
  atset2: 3,
  atset3: 4,
  osx: 5,
  xtKbd: 6,
  usb: 7,
  win32: 8,
  qnum: 9,
} as const;

export const networkListFlag = {
  inactive: 1,
  active: 2,
  persistent: 4,
  transient: 8,
  autostart: 16,
  noAutostart: 32,
} as const;
export const networkXmlFlag = { inactive: 1 } as const;
export const networkUpdateCommand = {
  modify: 1,
  delete: 2,
  addLast: 3,
  addFirst: 4,
} as const;
export const networkSection = {
  bridge: 1,
  domain: 2,
  ip: 3,
  ipDhcpHost: 4,
  ipDhcpRange: 5,
  forward: 6,
  forwardInterface: 7,
  forwardPf: 8,
  portGroup: 9,
  dnsHost: 10,
  dnsTxt: 11,
  dnsSrv: 12,
} as const;

export const secretUsage = { none: 0, volume: 1, ceph: 2, iscsi: 3, tls: 4, vtpm: 5 } as const;

export const volCreateFlag = { preallocateMetadata: 1, reflink: 2, validate: 4 } as const;
export const volResizeFlag = { allocate: 1, delta: 2, shrink: 4 } as const;
/** `trim` gives the space back instead of writing. */
export const volWipePattern = {
  zero: 0,
  nnsa: 1,
  dod: 2,
  bsi: 3,
  gutmann: 4,
  schneier: 5,
  pfitzner7: 6,
  pfitzner33: 7,
  random: 8,
  trim: 9,
} as const;
export const volStreamFlag = { sparse: 1 } as const;

export const baselineCpuFlag = { expandFeatures: 1, migratable: 2 } as const;
export const compareCpuFlag = { failIncompatible: 1, validateXml: 2 } as const;

/** Result of a CPU comparison: what the host can give against what was asked. */
export const cpuCompareResult = { error: -1, incompatible: 0, identical: 1, superset: 2 } as const;

export const monitorCommandFlag = { default: 0, human: 1 } as const;

/** Ors flags together as an unsigned number, also when bit 31 is among them. */
export function flags(...bits: readonly number[]): number {
  return bits.reduce((sum, bit) => (sum | bit) >>> 0, 0);
}
