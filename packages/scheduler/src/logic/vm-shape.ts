/** What a VM's spec means to placement and to an agent: request, disks, cards, mode of migration. */
import {
  diskFiles,
  type DiskToAttach,
  macsOf,
  type OperationRecord,
  type RecordMirror,
  type VmIntentRecord,
  type VmSpec,
  type VmToStart,
} from '@drover/protocol';
import { type MigrationMode, modeOfGuards, type Resources, type VmShape } from '@drover/core';

export function isOpen(operation: OperationRecord): boolean {
  return operation.state === 'pending' || operation.state === 'running';
}

export function requestOf(spec: VmSpec): Resources {
  return { cpuMilli: spec.vcpus * 1000, memoryMib: spec.memoryMib };
}

function poolsOf(spec: VmSpec): readonly string[] {
  return [...new Set(spec.disks.map((disk) => disk.pool))];
}

export function shapeOf(spec: VmSpec): VmShape {
  return {
    request: requestOf(spec),
    arch: spec.arch ?? 'x86_64',
    ...(spec.machine === undefined ? {} : { machine: spec.machine }),
    pools: poolsOf(spec),
    bridges: spec.networks.map((network) => network.bridge),
    labels: spec.labels ?? {},
  };
}

/** What its pools let expect; what both hosts find (preflight.ts) decides, by the same rule. */
export function migrationModeOf(mirror: RecordMirror, spec: VmSpec): MigrationMode {
  const guards = spec.disks.map(({ pool }) =>
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
  for (const { pool: name, file, format, cloneOf } of diskFiles(mirror, intent)) {
    const pool = mirror.pools.get(name)?.value;
    if (pool === undefined) return { disks, missing: name };
    disks.push({
      pool: { name: pool.name, spec: pool.spec },
      file,
      format,
      ...(cloneOf === undefined ? {} : { cloneOf }),
    });
  }
  return { disks };
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
    arch: spec.arch ?? 'x86_64',
    ...(spec.machine === undefined ? {} : { machine: spec.machine }),
    disks: [...disks],
    networks: spec.networks.map((network, index) => ({
      bridge: network.bridge,
      mac: macs[index] ?? '',
    })),
  };
}
