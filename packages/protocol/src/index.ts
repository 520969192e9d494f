export { protocolVersion } from './version.ts';
export { wireLimits } from './limits.ts';
export {
  namePattern,
  Name,
  FileName,
  Uuid,
  OperationId,
  Mac,
  Epoch,
  Label,
  Labels,
} from './names.ts';
export {
  BalanceMode,
  balanceSettings,
  BalanceSettings,
  balanceSettingsDefaults,
  BalanceSettingsRecord,
  DismissalRecord,
  RecommendationId,
} from './balance.ts';
export type { BalanceInForce } from './balance.ts';
export { CloudInit, cloudInitLimits, CloudInitSummary, SshKey } from './cloud-init.ts';
export { DiskJob } from './disk-job.ts';
export { mountOptionProblem, mountOptionsProblem } from './mount-options.ts';
export {
  Pool,
  PoolCondition,
  poolDefaults,
  PoolMark,
  PoolMount,
  PoolProtection,
  PoolSpec,
} from './pool-spec.ts';
export {
  PoolEntry,
  PoolFileKind,
  PoolPlace,
  quarantineFolder,
  readPoolPlace,
} from './pool-place.ts';
export { deletionOf, FileOwners } from './file-owners.ts';
export { PoolLook, PoolProbe, PoolProbeAnswer } from './pool-probe.ts';
export { PoolAlarm, PoolDoctor, PoolFinding, PoolStateRecord } from './pool-state.ts';
export { DiskSpec, NetworkSpec, VmBalance, VmSize, VmSpec } from './vm-spec.ts';
export {
  FileFacts,
  ImportSource,
  Packing,
  Sha256,
  SourceFormat,
  StorageJob,
  StorageProgress,
  StoredFacts,
  StoredFile,
  TransferEnd,
  VolumeFormat,
} from './storage-job.ts';
export { ConsoleNews, ConsoleTaken, ConsoleType, TicketRecord } from './console.ts';
export {
  bearerProtocol,
  consoleCloses,
  consoleMoved,
  consoleProtocol,
  ticketProtocol,
} from './console-words.ts';
export {
  HostKeyRecord,
  JoinAddresses,
  joinAnswerText,
  joinRequestText,
  JoinServers,
  JoinToken,
  JoinTokenRecord,
} from './join.ts';
export { RepeatRecord, TokenRecord, TokenScope } from './access-records.ts';
export { ruleLimits, RuleRecord, RuleSpec, ruleTypes } from './rule-spec.ts';
export { PlannedMoveRecord, RequestRecord } from './requests.ts';
export {
  ImageIntentRecord,
  ImageNameRecord,
  ImageRecord,
  ImageSource,
  SnapshotRecord,
  VolumeId,
  VolumeIntentRecord,
  VolumeNameRecord,
  VolumeRecord,
  VolumeSource,
} from './storage-records.ts';
export {
  imageSettings,
  ImageSettings,
  imageSettingsDefaults,
  ImageSettingsRecord,
  problemWithSource,
  SourceHost,
} from './image-settings.ts';
export { coldHelps } from './cold-helps.ts';
export {
  findImage,
  imageLabel,
  ImageRef,
  imagesOf,
  imageState,
  isReady,
  nameOfFile,
  usersByImage,
  usersOfImage,
} from './image-names.ts';
export type { FoundImage, ImageState, ImageUser } from './image-names.ts';
export { findVolume, usersOfVolume, VolumeRef, volumesOf } from './volume-names.ts';
export type { FoundVolume } from './volume-names.ts';
export { memoryFile, memoryRoomMib, SavedMemory } from './saved-memory.ts';
export { diskFiles, diskVolumeId, imageFile } from './disk-files.ts';
export type { DiskFile } from './disk-files.ts';
export { keyPrefix, keys, parseKey } from './keys.ts';
export { macsOf } from './macs.ts';
export type { ParsedKey } from './keys.ts';
export {
  agentName,
  inboxPrefix,
  natsPermissions,
  parseAgentName,
  parseAgentSubject,
  parseCertificateSubject,
  subjects,
} from './subjects.ts';
export type { AgentMessageKind, BusIdentity, BusPermissions } from './subjects.ts';
export {
  AssignmentRecord,
  CpuBaselineRecord,
  DrainItem,
  EraRecord,
  HostIntentRecord,
  HostRecord,
  LastCommitRecord,
  MigrationSettings,
  MigrationSettingsRecord,
  OperationError,
  OperationRecord,
  OperationState,
  OperationType,
  operationStates,
  operationTypes,
  PoolRecord,
  ReasonRecord,
  RejectionRecord,
  VmIntentRecord,
  VmNameRecord,
} from './records.ts';
export {
  AgentCommand,
  CommandBody,
  DiskToAttach,
  generationRule,
  readCommand,
  MemoryPath,
  SeedToAttach,
  TunnelEnd,
  VmToStart,
} from './agent-command.ts';
export type { CommandAddress, CommandKind, ReadCommand } from './agent-command.ts';
export {
  CertificateAnswer,
  CertificateRequest,
  Heartbeat,
  Inventory,
  MigrationProgress,
  readAgentMessage,
  ReportedVm,
  ResultMessage,
  StepOutcome,
  StepResult,
  VmUse,
} from './agent-message.ts';
export type { AgentMessage } from './agent-message.ts';
export {
  MigrationForecast,
  MigrationIntervention,
  MigrationOrder,
  MigrationPolicy,
  MigrationRound,
  MigrationTimeline,
  MigrationWish,
  timelineLimits,
  wasGivenUp,
} from './migration.ts';
export { Answer, filesAtOnce, isQuestion, VmFacts, VirtType } from './question.ts';
export type { IncomingAnswer, QuestionKind } from './question.ts';
export { preflightError, reasonRecord, reasonRecords, rejectionRecord } from './reason-record.ts';
export { RecordMirror } from './record-mirror.ts';
export type { Stored } from './record-mirror.ts';
export {
  UsageColumns,
  UsageGrid,
  usageKeptMs,
  usagePointsMost,
  usageSeries,
  usageStepMs,
  usageSteps,
} from './usage.ts';
export type { UsageSeries } from './usage.ts';
export { Query, usageHostsMost } from './query.ts';
export type { HostView, LeaderView, ObservedVms, QueryReply } from './query.ts';
export * as api from './api/index.ts';
export { DroverError, errorCatalogue, isErrorCode } from './errors.ts';
export type { ErrorCode, Retry } from './errors.ts';
export { parseJson, parseValue } from './parse.ts';
export type { Parsed } from './parse.ts';
