/**
 * Which connection a procedure belongs on. A daemon with five calls of one client in progress reads no
 * more of that connection, so what may hang or take long must not share one with what has to get through.
 */
import type { Lane } from '../connection/options.ts';
import { procedureOf, type ProcedureName } from '../protocol/procedures.ts';

const statistics: ReadonlySet<ProcedureName> = new Set<ProcedureName>([
  'connectGetAllDomainStats',
  // These probe the hypervisor's binaries when they are asked first.
  'connectGetCapabilities',
  'connectGetDomainCapabilities',
  'connectBaselineCpu',
  'connectBaselineHypervisorCpu',
  'connectCompareCpu',
  'connectCompareHypervisorCpu',
  'connectGetCpuModelNames',
  'domainBlockStats',
  'domainBlockStatsFlags',
  'domainGetBlockInfo',
  'domainGetBlockJobInfo',
  'domainGetCpuStats',
  'domainGetDiskErrors',
  'domainGetJobInfo',
  'domainGetJobStats',
  'domainInterfaceStats',
  'domainMemoryStats',
  'nodeGetCpuStats',
  'nodeGetMemoryStats',
  // These look at the files of volumes.
  'storagePoolGetInfo',
  'storageVolGetInfo',
  'storageVolGetInfoFlags',
  'storageVolGetXmlDesc',
]);

const long: ReadonlySet<ProcedureName> = new Set<ProcedureName>([
  'domainMigrateBegin3Params',
  'domainMigratePrepare3Params',
  'domainMigratePerform3Params',
  'domainMigrateFinish3Params',
  'domainMigrateConfirm3Params',
  // Starting opens images, and QEMU may be slow to come up.
  'domainCreate',
  'domainCreateWithFlags',
  'domainCreateXml',
  'domainManagedSave',
  'domainSaveParams',
  'domainRestoreParams',
  'domainCoreDumpWithFormat',
  'domainBackupBegin',
  'domainBlockCommit',
  'domainBlockCopy',
  'domainBlockJobAbort',
  'domainBlockPull',
  'domainBlockRebase',
  'domainBlockResize',
  'domainCheckpointCreateXml',
  'domainCheckpointDelete',
  'domainRevertToSnapshot',
  'domainSnapshotCreateXml',
  'domainSnapshotDelete',
  'domainAttachDeviceFlags',
  'domainDetachDeviceAlias',
  'domainDetachDeviceFlags',
  'domainUpdateDeviceFlags',
  // The guest agent answers when the VM's own system does.
  'domainFsfreeze',
  'domainFsthaw',
  'domainFstrim',
  'domainAuthorizedSshKeysGet',
  'domainAuthorizedSshKeysSet',
  'domainGetFsinfo',
  'domainGetHostname',
  'domainGetTime',
  'domainSetTime',
  'domainSetUserPassword',
  'domainGetGuestInfo',
  'domainInterfaceAddresses',
  'qemuDomainAgentCommand',
  'networkCreate',
  'networkCreateXml',
  'networkCreateXmlFlags',
  'networkDestroy',
  // The kernel takes its time with devices and huge pages.
  'nodeAllocPages',
  'nodeDeviceCreate',
  'nodeDeviceCreateXml',
  'nodeDeviceDestroy',
  'nodeDeviceDetachFlags',
  'nodeDeviceDettach',
  'nodeDeviceReAttach',
  'nodeDeviceReset',
  'connectFindStoragePoolSources',
  'storagePoolBuild',
  'storagePoolCreate',
  'storagePoolCreateXml',
  'storagePoolDelete',
  'storagePoolDestroy',
  'storagePoolRefresh',
  'storageVolCreateXml',
  'storageVolCreateXmlFrom',
  'storageVolDelete',
  'storageVolResize',
  'storageVolWipe',
  'storageVolWipePattern',
]);

export function laneOf(name: ProcedureName): Lane {
  if (long.has(name) || procedureOf(name).stream !== undefined) return 'long';
  return statistics.has(name) ? 'statistics' : 'control';
}
