/**
 * What `node-libvirt` offers: `connect` and the face it returns, the errors, the names of libvirt's numbers,
 * a safe XML builder and readers of libvirt's XML.
 */
export { connect } from './connect.ts';
export { Libvirt } from './libvirt.ts';
export { Connection } from './connection/connection.ts';
export type { CallArguments, Caller, Listening, Resync } from './connection/caller.ts';
export { openConnection } from './connection/open.ts';
export type { EventStream } from './connection/event-stream.ts';
export {
  parseUri,
  type ConnectionUri,
  type DaemonMode,
  type Target,
  type TcpTarget,
  type TlsTarget,
  type UnixTarget,
} from './uri.ts';
export type { Certificates } from './transport/certificates.ts';
export { startTls, type TlsOptions } from './transport/tls.ts';
export { LibvirtStream, type Hole, type StreamPiece } from './connection/stream.ts';
export { toDuplex, toReadable, toWritable } from './streams/node.ts';
export { toReadableStream, toWritableStream } from './streams/web.ts';
export type { KeepaliveOptions } from './connection/link.ts';
export type {
  CallOptions,
  Closed,
  ConnectOptions,
  EventStreamOptions,
  FlagOptions,
  Lane,
  StreamOptions,
} from './connection/options.ts';
export { ConnectionPool } from './pool/connection-pool.ts';
export type { PoolOptions, PoolStatus } from './pool/options.ts';

export type { CpuComparison, Host, HostInfo, HypervisorChoice, Version } from './face/host.ts';
export type {
  BackupOptions,
  ConsoleOptions,
  ControlInfo,
  Domain,
  DomainInfo,
} from './face/domain.ts';
export type {
  BlockInfo,
  BlockJobInfo,
  BlockStats,
  CommitArguments,
  CopyArguments,
  PullArguments,
  DomainBlock,
} from './face/domain-block.ts';
export type {
  DomainDevices,
  InterfaceAddresses,
  InterfaceStats,
  SendKeyOptions,
} from './face/domain-devices.ts';
export type { AgentCommandOptions, DomainGuest } from './face/domain-guest.ts';
export type { DomainMemory, MemoryStats } from './face/domain-memory.ts';
export type {
  Checkpoint,
  DomainCheckpoints,
  DomainSnapshots,
  Snapshot,
} from './face/domain-snapshots.ts';
export type { DhcpLease, Network, NetworkUpdate } from './face/network.ts';
export type { Networks } from './face/networks.ts';
export type { Secret } from './face/secret.ts';
export type { Secrets } from './face/secrets.ts';
export type { DomainJob } from './face/domain-job.ts';
export type { DomainMetadata, MetadataElement } from './face/domain-metadata.ts';
export type { DomainMigration, MigrateArguments } from './face/domain-migration.ts';
export type { DomainMonitor } from './face/domain-monitor.ts';
export type { DomainStats } from './face/domain-stats.ts';
export type { Domains, StatsOptions } from './face/domains.ts';
export type { PoolInfo, StoragePool } from './face/storage-pool.ts';
export type { StoragePools } from './face/storage-pools.ts';
export type { FileOptions, StorageVol, VolInfo, VolRange } from './face/storage-vol.ts';
export { readDomainStats, type DirtyRate, type DomainFigures } from './params/domain-stats.ts';
export {
  readFields,
  writeFields,
  type Field,
  type FieldKind,
  type FieldsOf,
  type FieldTable,
} from './params/fields.ts';
export {
  readGuestInfo,
  type GuestDisk,
  type GuestFileSystem,
  type GuestInfo,
  type GuestInterface,
} from './params/guest-info.ts';
export {
  domainCpuFields,
  identityFields,
  launchSecurityFields,
  sevFields,
  sharedMemoryFields,
  type DomainCpuStats,
  type Identity,
  type LaunchSecurity,
  type SevInfo,
  type SharedMemoryParams,
} from './params/host.ts';
export { jobFields, type JobStats } from './params/job-stats.ts';
export { migrationFields, type MigrationParams } from './params/migration.ts';
export {
  blockCopyFields,
  blockIoTuneFields,
  interfaceBandwidthFields,
  saveFields,
  schedulerFields,
  type BlockCopyParams,
  type BlockIoTune,
  type InterfaceBandwidth,
  type SaveParams,
  type SchedulerParams,
} from './params/tuning.ts';

export type { Credentials, CredentialSource } from './auth/sasl.ts';
export {
  AuthError,
  CallAbandonedError,
  ConnectionError,
  isAccessDenied,
  isAgentUnresponsive,
  isAlreadyExists,
  isCpuIncompatible,
  isLockTimeout,
  isMigrationUnsafe,
  isNotFound,
  isOperationAborted,
  isOperationInvalid,
  isOutcomeUnknown,
  isPermanent,
  isResourceBusy,
  isUnsupported,
  LibvirtError,
  ProtocolError,
  QueueFullError,
  UriError,
  type ObjectRef,
  type CloseReason,
  type ProtocolErrorReason,
} from './errors.ts';

export {
  abortJobFlag,
  addressSource,
  agentTimeout,
  blockCommitFlag,
  blockCopyFlag,
  blockJobAbortFlag,
  blockResizeFlag,
  checkpointCreateFlag,
  domainMemoryFlag,
  domainVcpuFlag,
  guestInfoType,
  keyCodeSet,
  networkListFlag,
  networkSection,
  networkUpdateCommand,
  networkXmlFlag,
  secretUsage,
  snapshotCreateFlag,
  snapshotDeleteFlag,
  snapshotListFlag,
  snapshotRevertFlag,
  baselineCpuFlag,
  compareCpuFlag,
  consoleFlag,
  cpuCompareResult,
  domainCreateFlag,
  domainDefineFlag,
  domainDestroyFlag,
  domainImpact,
  domainListFlag,
  domainShutdownFlag,
  domainStatsFlag,
  domainStatsType,
  domainSaveFlag,
  domainUndefineFlag,
  domainXmlFlag,
  feature,
  flags,
  jobStatsFlag,
  metadataType,
  migrateFlag,
  migrateMaxSpeedFlag,
  monitorCommandFlag,
  poolCreateFlag,
  poolListFlag,
  typedParamFlag,
  volCreateFlag,
  volResizeFlag,
  volStreamFlag,
  volWipePattern,
} from './protocol/constants.ts';
export { errorCode, errorDomain } from './protocol/error-codes.ts';
export type { EventName, EventOf } from './protocol/events.ts';
export type { EventFilter } from './connection/event-registrar.ts';
export type { ArgsOf, ProcedureName, RetOf } from './protocol/procedures.ts';
export type {
  DomainState,
  DomainStateInfo,
  DomainStateReason,
  IoErrorAction,
  JobOperation,
  JobType,
  LifecycleDetail,
  LifecycleType,
  PoolLifecycleType,
  PoolState,
  VolType,
} from './protocol/states.ts';
export type {
  CheckpointRef,
  DomainRef,
  HostInterfaceRef,
  NetworkRef,
  SecretRef,
  SnapshotRef,
  StoragePoolRef,
  StorageVolRef,
} from './protocol/types.ts';
export {
  bigintOf,
  booleanOf,
  numberOf,
  paramsRecord,
  stringOf,
  type ParamsRecord,
  type TypedParam,
  type TypedParamValue,
} from './xdr/typed-params.ts';

export {
  buildXml,
  element,
  XmlError,
  type XmlAttributes,
  type XmlChild,
  type XmlElement,
} from './xml/element.ts';
export { XmlEditor, type PathStep, type XmlPath } from './xml/edit.ts';
export { DomainEditor } from './xml/edit-domain.ts';
export { attributeOf, childOf, childrenOf, parseXml, textOf } from './xml/parse.ts';
export { emulatorsOf, hostReach } from './xml/host-reach.ts';
export { metadataElement, readDomain, type DomainDescription } from './xml/domain.ts';
export type { DomainInterface } from './xml/domain-interface.ts';
export type { HostDevice } from './xml/domain-host-device.ts';
export type { CpuFeature, CpuTopology, DomainNumaCell } from './xml/domain-cpu.ts';
export type { BackingImage, DiskHost, DiskSource, DomainDisk } from './xml/domain-disk.ts';
export type { CharacterDevice, Graphics, SharedFileSystem } from './xml/domain-io.ts';
export type { MemoryBacking } from './xml/domain-memory.ts';
export {
  readDomainCapabilities,
  readHostCapabilities,
  type DomainCapabilities,
  type VmKind,
  type HostCapabilities,
  type Machine,
  type NumaCell,
} from './xml/capabilities.ts';
export {
  readPool,
  readVolume,
  type PoolDescription,
  type VolumeDescription,
} from './xml/storage.ts';
export { readBackup, type BackupDescription, type BackupDisk } from './xml/backup.ts';
export {
  readCheckpoint,
  type CheckpointDescription,
  type CheckpointDisk,
} from './xml/checkpoint.ts';
export { readHostInterface, type HostInterfaceDescription } from './xml/host-interface.ts';
export { readNetwork, type NetworkAddress, type NetworkDescription } from './xml/network.ts';
export { readNodeDevice, type NodeDeviceDescription, type PciDevice } from './xml/node-device.ts';
export { readSecret, type SecretDescription } from './xml/secret.ts';
export { readSnapshot, type SnapshotDescription, type SnapshotDisk } from './xml/snapshot.ts';
