/** What a VM's spec means to placement and to an agent: request, disks, cards, mode of migration. */
import {
  diskFiles,
  type DiskSpec,
  diskVolumeId,
  type DiskToAttach,
  type FileFacts,
  macsOf,
  type OperationRecord,
  type Pool,
  type RecordMirror,
  type StoredFacts,
  type VmIntentRecord,
  type VmSpec,
  type VmToStart,
} from '@drover/protocol';
import { type MigrationMode, modeOfGuards, type VmShape } from '@drover/core';
import { resourcesOf } from './vm-size.ts';

export function isOpen(operation: OperationRecord): boolean {
  return operation.state === 'pending' || operation.state === 'running';
}

function poolsOf(spec: VmSpec): readonly string[] {
  return [...new Set(spec.disks.map((disk) => disk.pool))];
}

export function shapeOf(spec: VmSpec): VmShape {
  return {
    request: resourcesOf(spec),
    arch: spec.arch ?? 'x86_64',
    ...(spec.machine === undefined ? {} : { machine: spec.machine }),
    pools: poolsOf(spec),
    bridges: spec.networks.map((network) => network.bridge),
    labels: spec.labels ?? {},
  };
}

/** Where the disk lies now. */
export function poolOf(mirror: RecordMirror, vmId: string, disk: DiskSpec, index: number): string {
  const volumeId = disk.volume ?? diskVolumeId(vmId, index);
  const record = mirror.volumes.get(volumeId) ?? mirror.volumes.get(diskVolumeId(vmId, index));
  return record?.value.pool ?? disk.pool;
}

/** What its pools let expect; what both hosts find (preflight.ts) decides, by the same rule. */
export function migrationModeOf(mirror: RecordMirror, pools: readonly string[]): MigrationMode {
  const guards = pools.map((pool) =>
    // QEMU's own NFS client takes no locks, so two running copies could both write.
    mirror.pools.get(pool)?.value.spec.type === 'nfs-direct' ? 'none' : 'image-lock',
  );
  return modeOfGuards(guards, false);
}

/** `missing`: a pool that is not declared. */
export function disksOf(
  mirror: RecordMirror,
  intent: VmIntentRecord,
): { readonly disks: DiskToAttach[]; readonly missing?: string } {
  const disks: DiskToAttach[] = [];
  for (const { pool: name, file, format, cloneOf, imageId, virtualBytes } of diskFiles(
    mirror,
    intent,
  )) {
    const pool = mirror.pools.get(name)?.value;
    if (pool === undefined) return { disks, missing: name };
    disks.push({
      pool: { name: pool.name, spec: pool.spec },
      file,
      format,
      ...(cloneOf === undefined ? {} : { cloneOf, ...cloned(mirror, imageId, virtualBytes) }),
    });
  }
  return { disks };
}

function cloned(
  mirror: RecordMirror,
  imageId: string | undefined,
  virtualBytes: number | undefined,
): Pick<DiskToAttach, 'cloneFacts' | 'virtualBytes'> {
  const stored = mirror.images.get(imageId ?? '')?.value.stored;
  return {
    ...(stored === undefined ? {} : { cloneFacts: factsOf(stored) }),
    ...(virtualBytes === undefined ? {} : { virtualBytes }),
  };
}

export function factsOf({ storedBytes, changedMs, inode }: StoredFacts): FileFacts {
  return { storedBytes, changedMs, inode };
}

/** Where QEMU opens a disk: a path, or the URL of one that it reaches by itself. */
export function placeOf({ pool: { spec }, file }: DiskToAttach): string {
  return spec.type === 'nfs-direct'
    ? `nfs://${spec.server}${spec.export}/${file}`
    : `${spec.path}/${file}`;
}

export function vmToStart(intent: VmIntentRecord, disks: readonly DiskToAttach[]): VmToStart {
  const { spec } = intent;
  const macs = macsOf(intent);
  return {
    name: intent.name,
    vcpus: spec.vcpus,
    memoryMib: spec.memoryMib,
    ...mostOf(spec),
    arch: spec.arch ?? 'x86_64',
    ...(spec.machine === undefined ? {} : { machine: spec.machine }),
    disks: [...disks],
    networks: spec.networks.map((network, index) => ({
      bridge: network.bridge,
      mac: macs[index] ?? '',
    })),
    ...toldAtBoot(intent, disks[0]?.pool),
  };
}

function mostOf({ vcpus, maxVcpus, memoryMib, maxMemoryMib }: VmSpec) {
  return {
    ...(maxVcpus !== undefined && maxVcpus > vcpus ? { maxVcpus } : {}),
    ...(maxMemoryMib !== undefined && maxMemoryMib > memoryMib ? { maxMemoryMib } : {}),
  };
}

/** Its cloud-init, by the way that was asked for; a seed lies with its first disk. */
function toldAtBoot(
  { name, spec: { cloudInit }, seedHash, hasSeedFile }: VmIntentRecord,
  pool: Pool | undefined,
): Pick<VmToStart, 'seed' | 'formerSeeds' | 'credentials'> {
  const former = hasSeedFile && pool !== undefined ? { formerSeeds: pool } : {};
  if (cloudInit === undefined) return former;
  const { by, hostname = name, sshKeys = [], userData, networkConfig } = cloudInit;
  if (by === 'smbios') return { ...former, credentials: { hostname, sshKeys } };
  if (pool === undefined || seedHash === undefined) return former;
  const seed = {
    pool,
    hash: seedHash,
    hostname,
    sshKeys,
    ...(userData === undefined ? {} : { userData }),
    ...(networkConfig === undefined ? {} : { networkConfig }),
  };
  return { ...former, seed };
}

/** Where files of the VM lie that are none of its disks. */
export function poolsOfSeeds(mirror: RecordMirror, { spec, hasSeedFile }: VmIntentRecord): Pool[] {
  const pool = hasSeedFile ? mirror.pools.get(spec.disks[0]?.pool ?? '')?.value : undefined;
  return pool === undefined ? [] : [{ name: pool.name, spec: pool.spec }];
}
