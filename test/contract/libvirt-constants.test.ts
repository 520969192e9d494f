/**
 * Every named number of node-libvirt against the description of its API that libvirt itself ships.
 */
import * as libvirt from 'node-libvirt';
import { beforeAll, describe, expect, it } from 'vitest';
import { docker, requireImage } from './support/docker.ts';
import { libvirtImages } from './support/libvirt-daemon.ts';

type Numbers = Readonly<Record<string, number>>;

/** Ours, and what libvirt's names of it begin with. */
const groups: readonly (readonly [string, Numbers, string])[] = [
  ['abortJobFlag', libvirt.abortJobFlag, 'VIR_DOMAIN_ABORT_JOB_'],
  ['addressSource', libvirt.addressSource, 'VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_'],
  ['agentTimeout', libvirt.agentTimeout, 'VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_'],
  ['baselineCpuFlag', libvirt.baselineCpuFlag, 'VIR_CONNECT_BASELINE_CPU_'],
  ['blockCommitFlag', libvirt.blockCommitFlag, 'VIR_DOMAIN_BLOCK_COMMIT_'],
  ['blockCopyFlag', libvirt.blockCopyFlag, 'VIR_DOMAIN_BLOCK_COPY_'],
  ['blockJobAbortFlag', libvirt.blockJobAbortFlag, 'VIR_DOMAIN_BLOCK_JOB_ABORT_'],
  ['blockResizeFlag', libvirt.blockResizeFlag, 'VIR_DOMAIN_BLOCK_RESIZE_'],
  ['checkpointCreateFlag', libvirt.checkpointCreateFlag, 'VIR_DOMAIN_CHECKPOINT_CREATE_'],
  ['compareCpuFlag', libvirt.compareCpuFlag, 'VIR_CONNECT_COMPARE_CPU_'],
  ['consoleFlag', libvirt.consoleFlag, 'VIR_DOMAIN_CONSOLE_'],
  ['cpuCompareResult', libvirt.cpuCompareResult, 'VIR_CPU_COMPARE_'],
  ['domainCreateFlag', libvirt.domainCreateFlag, 'VIR_DOMAIN_START_'],
  ['domainDefineFlag', libvirt.domainDefineFlag, 'VIR_DOMAIN_DEFINE_'],
  ['domainDestroyFlag', libvirt.domainDestroyFlag, 'VIR_DOMAIN_DESTROY_'],
  ['domainImpact', libvirt.domainImpact, 'VIR_DOMAIN_AFFECT_'],
  ['domainListFlag', libvirt.domainListFlag, 'VIR_CONNECT_LIST_DOMAINS_'],
  ['domainMemoryFlag', libvirt.domainMemoryFlag, 'VIR_DOMAIN_MEM_'],
  ['domainSaveFlag', libvirt.domainSaveFlag, 'VIR_DOMAIN_SAVE_'],
  ['domainShutdownFlag', libvirt.domainShutdownFlag, 'VIR_DOMAIN_SHUTDOWN_'],
  ['domainStatsFlag', libvirt.domainStatsFlag, 'VIR_CONNECT_GET_ALL_DOMAINS_STATS_'],
  ['domainStatsType', libvirt.domainStatsType, 'VIR_DOMAIN_STATS_'],
  ['domainUndefineFlag', libvirt.domainUndefineFlag, 'VIR_DOMAIN_UNDEFINE_'],
  ['domainVcpuFlag', libvirt.domainVcpuFlag, 'VIR_DOMAIN_VCPU_'],
  ['domainXmlFlag', libvirt.domainXmlFlag, 'VIR_DOMAIN_XML_'],
  ['errorCode', libvirt.errorCode, 'VIR_ERR_'],
  ['errorDomain', libvirt.errorDomain, 'VIR_FROM_'],
  ['guestInfoType', libvirt.guestInfoType, 'VIR_DOMAIN_GUEST_INFO_'],
  ['jobStatsFlag', libvirt.jobStatsFlag, 'VIR_DOMAIN_JOB_STATS_'],
  ['keyCodeSet', libvirt.keyCodeSet, 'VIR_KEYCODE_SET_'],
  ['metadataType', libvirt.metadataType, 'VIR_DOMAIN_METADATA_'],
  ['migrateFlag', libvirt.migrateFlag, 'VIR_MIGRATE_'],
  ['migrateMaxSpeedFlag', libvirt.migrateMaxSpeedFlag, 'VIR_DOMAIN_MIGRATE_MAX_SPEED_'],
  ['monitorCommandFlag', libvirt.monitorCommandFlag, 'VIR_DOMAIN_QEMU_MONITOR_COMMAND_'],
  ['networkListFlag', libvirt.networkListFlag, 'VIR_CONNECT_LIST_NETWORKS_'],
  ['networkSection', libvirt.networkSection, 'VIR_NETWORK_SECTION_'],
  ['networkUpdateCommand', libvirt.networkUpdateCommand, 'VIR_NETWORK_UPDATE_COMMAND_'],
  ['networkXmlFlag', libvirt.networkXmlFlag, 'VIR_NETWORK_XML_'],
  ['poolCreateFlag', libvirt.poolCreateFlag, 'VIR_STORAGE_POOL_CREATE_'],
  ['poolListFlag', libvirt.poolListFlag, 'VIR_CONNECT_LIST_STORAGE_POOLS_'],
  ['secretUsage', libvirt.secretUsage, 'VIR_SECRET_USAGE_TYPE_'],
  ['snapshotCreateFlag', libvirt.snapshotCreateFlag, 'VIR_DOMAIN_SNAPSHOT_CREATE_'],
  ['snapshotDeleteFlag', libvirt.snapshotDeleteFlag, 'VIR_DOMAIN_SNAPSHOT_DELETE_'],
  ['snapshotListFlag', libvirt.snapshotListFlag, 'VIR_DOMAIN_SNAPSHOT_LIST_'],
  ['snapshotRevertFlag', libvirt.snapshotRevertFlag, 'VIR_DOMAIN_SNAPSHOT_REVERT_'],
  ['volCreateFlag', libvirt.volCreateFlag, 'VIR_STORAGE_VOL_CREATE_'],
  ['volResizeFlag', libvirt.volResizeFlag, 'VIR_STORAGE_VOL_RESIZE_'],
  ['volStreamFlag', libvirt.volStreamFlag, 'VIR_STORAGE_VOL_UPLOAD_'],
  ['volWipePattern', libvirt.volWipePattern, 'VIR_STORAGE_VOL_WIPE_ALG_'],
];

/** Where libvirt says it in other words. */
const otherWords: Readonly<Record<string, string>> = {
  'blockCopyFlag.reuseExternal': 'VIR_DOMAIN_BLOCK_COPY_REUSE_EXT',
  'domainMemoryFlag.live': 'VIR_DOMAIN_AFFECT_LIVE',
  'domainMemoryFlag.config': 'VIR_DOMAIN_AFFECT_CONFIG',
  'domainVcpuFlag.live': 'VIR_DOMAIN_AFFECT_LIVE',
  'domainVcpuFlag.config': 'VIR_DOMAIN_AFFECT_CONFIG',
  'domainShutdownFlag.acpiPowerButton': 'VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN',
  'domainStatsFlag.active': 'VIR_CONNECT_LIST_DOMAINS_ACTIVE',
  'domainStatsFlag.inactive': 'VIR_CONNECT_LIST_DOMAINS_INACTIVE',
  'domainStatsFlag.enforce': 'VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS',
  'errorCode.internal': 'VIR_ERR_INTERNAL_ERROR',
  'errorCode.invalidConnection': 'VIR_ERR_INVALID_CONN',
  'errorCode.invalidArgument': 'VIR_ERR_INVALID_ARG',
  'errorCode.domainExists': 'VIR_ERR_DOM_EXIST',
  'errorCode.storageVolExists': 'VIR_ERR_STORAGE_VOL_EXIST',
  'guestInfoType.fileSystems': 'VIR_DOMAIN_GUEST_INFO_FILESYSTEM',
  'monitorCommandFlag.human': 'VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP',
  'poolCreateFlag.build': 'VIR_STORAGE_POOL_CREATE_WITH_BUILD',
  'poolCreateFlag.buildOverwrite': 'VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE',
  'poolCreateFlag.buildNoOverwrite': 'VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE',
  'snapshotCreateFlag.reuseExternal': 'VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT',
  'volCreateFlag.preallocateMetadata': 'VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA',
  'volStreamFlag.sparse': 'VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM',
};

/** Of a libvirt after 9.0, which is the one that is asked. */
const newer: ReadonlySet<string> = new Set([
  'blockResizeFlag.capacity',
  'guestInfoType.load',
  'errorCode.noNetworkMetadata',
  'errorCode.agentCommandTimeout',
  'errorCode.agentCommandFailed',
]);

/** libvirt does not agree with itself on where words end. */
const bare = (name: string) => name.replaceAll('_', '').toUpperCase();

/** Ours, and what libvirt's names of its keys begin with. */
const tables: readonly (readonly [string, libvirt.FieldTable, string])[] = [
  ['migrationFields', libvirt.migrationFields, 'VIR_MIGRATE_PARAM_'],
  ['jobFields', libvirt.jobFields, 'VIR_DOMAIN_JOB_'],
  ['blockIoTuneFields', libvirt.blockIoTuneFields, 'VIR_DOMAIN_BLOCK_IOTUNE_'],
  ['blockCopyFields', libvirt.blockCopyFields, 'VIR_DOMAIN_BLOCK_COPY_'],
  ['schedulerFields', libvirt.schedulerFields, 'VIR_DOMAIN_SCHEDULER_'],
  ['interfaceBandwidthFields', libvirt.interfaceBandwidthFields, 'VIR_DOMAIN_BANDWIDTH_'],
  ['saveFields', libvirt.saveFields, 'VIR_DOMAIN_SAVE_PARAM_'],
  ['domainCpuFields', libvirt.domainCpuFields, 'VIR_DOMAIN_CPU_STATS_'],
  ['sharedMemoryFields', libvirt.sharedMemoryFields, 'VIR_NODE_MEMORY_SHARED_'],
  ['sevFields', libvirt.sevFields, 'VIR_NODE_SEV_'],
  ['launchSecurityFields', libvirt.launchSecurityFields, 'VIR_DOMAIN_LAUNCH_SECURITY_SEV_'],
  ['identityFields', libvirt.identityFields, 'VIR_CONNECT_IDENTITY_'],
];

/** Keys of a libvirt after 9.0. */
const newerKeys: ReadonlySet<string> = new Set([
  'migrate_disks_detect_zeroes',
  'bandwidth.avail.switchover',
  'compression.zlib.level',
  'compression.zstd.level',
  'image_format',
  'parallel.channels',
  'vfio_data_transferred',
  'sev-snp-policy',
]);

/** Other hypervisors' keys, and what is read in another place. */
const notOurs: ReadonlySet<string> = new Set([
  'weight',
  'cap',
  'reservation',
  'limit',
  'shares',
  'operation',
]);

describe('libvirt’s own description of its API', () => {
  let theirs: ReadonlyMap<string, number>;
  let keys: readonly (readonly [name: string, key: string])[];

  beforeAll(async () => {
    const image = libvirtImages['Debian 12'];
    await requireImage(image);
    const folder = '/usr/share/libvirt/api';
    const files = [`${folder}/libvirt-api.xml`, `${folder}/libvirt-qemu-api.xml`];
    const run = ['run', '--rm', '--network=none', '--entrypoint=cat', image, ...files];
    const xml = await docker(...run);
    theirs = new Map(
      [...xml.matchAll(/<enum name='(\w+)'[^>]*? value='(-?\d+)'/g)].map(([, name = '', value]) => [
        bare(name),
        Number(value),
      ]),
    );
    keys = [...xml.matchAll(/<macro name='(\w+)'[^>]*? string='([^']+)'/g)].map(
      ([, name = '', key = '']) => [name, key],
    );
  });

  it('was found', () => {
    expect(theirs.size).toBeGreaterThan(900);
    expect(keys.length).toBeGreaterThan(200);
  });

  it.each(groups)('has the numbers of %s', (group, ours, prefix) => {
    const found = Object.keys(ours).map((key) => {
      const word = `${group}.${key}`;
      const number = theirs.get(bare(otherWords[word] ?? prefix + key));
      return [key, number ?? (newer.has(word) ? ours[key] : undefined)];
    });
    expect(ours).toEqual(Object.fromEntries(found));
  });

  it.each(tables)('has each key of %s, and no other', (_, table, prefix) => {
    const found = keys.filter(([name]) => name.startsWith(prefix)).map(([, key]) => key);
    const ours = Object.values(table).map(([key]) => key);
    expect(ours.filter((key) => !newerKeys.has(key)).toSorted()).toEqual(
      found.filter((key) => !notOurs.has(key)).toSorted(),
    );
  });
});
