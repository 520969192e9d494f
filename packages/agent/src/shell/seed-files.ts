/**
 * What lies in a pool for one VM besides its disks, by the names that files have there. A name tells which content a file
 * has, so that nobody has to look into it; and which VM it is of, so that it can go with it.
 */
import { DroverError, type Pool, type SeedToAttach } from '@drover/protocol';

/** Of the files with that name there is one; the hash is that of its content. */
export function seedFile(vmId: string, hash: string): string {
  return `${vmId}-seed-${hash}.iso`;
}

/** What it is called before it is whole: libvirt's pools do not show it. */
export function partOf(file: string): string {
  return `.${file}.part`;
}

/** As QEMU on this host opens it. */
export function seedPath(vmId: string, { pool, hash }: SeedToAttach): string {
  return `${folderOf(pool)}/${seedFile(vmId, hash)}`;
}

/** Where files of the pool lie on every host that has it. */
export function folderOf({ name, spec }: Pool): string {
  if (spec.type !== 'nfs-direct') return spec.path;
  throw new DroverError(
    'pool-unsuited',
    `pool ${name}: only QEMU reaches it, no file is made there`,
  );
}

export interface SeedContent {
  readonly 'meta-data': string;
  readonly 'user-data': string;
  readonly 'network-config'?: string;
}

/** By name of the file, as cloud-init's NoCloud reads them. A new hash is a new instance: cloud-init runs again. */
export function seedContent(vmId: string, seed: SeedToAttach): SeedContent {
  const { hash, hostname, sshKeys, userData, networkConfig } = seed;
  const metaData = {
    'instance-id': `${vmId}-${hash}`,
    'local-hostname': hostname,
    ...(sshKeys.length === 0 ? {} : { 'public-keys': sshKeys }),
  };
  return {
    // JSON is YAML, and nothing in it can be taken for anything else.
    'meta-data': `${JSON.stringify(metaData, undefined, 1)}\n`,
    'user-data': userData ?? '#cloud-config\n',
    ...(networkConfig === undefined ? {} : { 'network-config': networkConfig }),
  };
}
