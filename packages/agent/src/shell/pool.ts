/**
 * Storage pools on this host: made as declared, started, checked to be what they claim, and undefined when they are
 * no longer declared; and the files in them that are ours, thin clones, made and deleted. Never makes anything below a
 * mount point that is not mounted.
 */
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type DiskToAttach, DroverError, type Pool } from '@drover/protocol';
import {
  buildXml,
  element,
  isAlreadyExists,
  isOperationInvalid,
  readDomain,
  readPool,
  type Libvirt,
  type StoragePool,
} from 'node-libvirt';
import type { ActionOutcome } from '../logic/index.ts';
import { filePath } from './domain-xml.ts';
import type { HostFiles } from './host-files.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import type { OurPools } from './our-pools.ts';
import { done } from './outcome.ts';
import { checkMount, unavailable } from './pool-mount.ts';

type MountedSpec = Exclude<Pool['spec'], { readonly type: 'nfs-direct' }>;

const qemuImgMs = 60_000;
/** Between two tries at a pool that is busy, and how long it may be. */
const againMs = 100;
const busyMs = 30_000;

const mountOptions = 'http://libvirt.org/schemas/storagepool/fs/1.0';

export function poolXml(name: string, uuid: string, spec: MountedSpec): string {
  const target = element('target', {}, [element('path', {}, [spec.path])]);
  const head = [element('name', {}, [name]), element('uuid', {}, [uuid])];
  if (spec.type !== 'nfs') return buildXml(element('pool', { type: 'dir' }, [...head, target]));
  const options = ['hard', ...(spec.options ?? [])];
  return buildXml(
    element('pool', { type: 'netfs', 'xmlns:fs': mountOptions }, [
      ...head,
      element('source', {}, [
        element('host', { name: spec.server }),
        element('dir', { path: spec.export }),
        element('format', { type: 'nfs' }),
        // Without a version mount takes what it likes, and version 3 never gives back a dead host's locks.
        element('protocol', { ver: spec.version }),
      ]),
      target,
      element(
        'fs:mount_opts',
        {},
        options.map((option) => element('fs:option', { name: option })),
      ),
    ]),
  );
}

/** Throws `pool-unavailable` with what is in the way. */
export async function ensurePool(
  libvirt: Libvirt,
  files: HostFiles,
  ours: OurPools,
  pool: Pool,
  uuid: string,
): Promise<ActionOutcome> {
  const { name, spec } = pool;
  if (spec.type === 'nfs-direct') return done;
  let known = await libvirt.pools.find(name);
  // Of a declaration that is gone.
  if (known && known.uuid !== uuid && (await ours.has(known.uuid))) {
    await forgetPool(libvirt, ours, name, known.uuid);
    known = undefined;
  }
  if (!known) {
    // First: a pool that nobody knows to be ours would stay for ever.
    await ours.add(uuid);
    known = await libvirt.pools.define(poolXml(name, uuid, spec));
    await known.setAutostart(false);
  }
  if (known.uuid === uuid) await ours.add(uuid);
  await activate(libvirt, files, known, pool);
  return done;
}

/** Throws `pool-in-use` while a VM of this host has a disk in it. No file is deleted. */
export async function forgetPool(
  libvirt: Libvirt,
  ours: OurPools,
  name: string,
  uuid: string,
): Promise<ActionOutcome> {
  if (!(await ours.has(uuid))) return done;
  const known = (await libvirt.pools.list()).find((pool) => pool.uuid === uuid);
  if (known) {
    const { targetPath = '' } = readPool(await known.xml());
    const users = await usersOf(libvirt, name, targetPath);
    if (users.length > 0) {
      const message = `pool ${name}: ${users.slice(0, 5).join(', ')} here have disks in it`;
      throw new DroverError('pool-in-use', message);
    }
    if (await known.isActive()) await known.destroy();
    await known.undefine();
  }
  await ours.remove(uuid);
  return done;
}

/** VMs that libvirt has, running or not, whoever made them. */
async function usersOf(libvirt: Libvirt, pool: string, path: string): Promise<readonly string[]> {
  const users: string[] = [];
  for (const vm of await libvirt.domains.list()) {
    const { disks } = readDomain(await vm.xml());
    const isUser = disks.some(({ source }) =>
      source.type === 'volume'
        ? source.pool === pool
        : 'path' in source && source.path.startsWith(`${path}/`),
    );
    if (isUser) users.push(vm.name);
  }
  return users;
}

/** The pool, active, of the place that was declared. Throws `pool-unavailable`. */
export async function usablePool(
  libvirt: Libvirt,
  files: HostFiles,
  pool: Pool,
): Promise<StoragePool> {
  const known = await libvirt.pools.find(pool.name);
  if (!known) throw unavailable(pool.name, 'libvirt on this host does not know it');
  await activate(libvirt, files, known, pool);
  return known;
}

async function activate(
  libvirt: Libvirt,
  files: HostFiles,
  known: StoragePool,
  pool: Pool,
): Promise<void> {
  const { name, spec } = pool;
  if (spec.type === 'nfs-direct') return;
  const { targetPath } = readPool(await known.xml());
  if (targetPath !== spec.path) {
    throw unavailable(name, `libvirt has it at ${targetPath}, not at ${spec.path}`);
  }
  if (!(await known.isActive())) {
    // Only a mount point may be made; a directory that should be shared and is absent is not shared.
    const stood = await files.look(spec.path);
    if (stood.type === 'silent') throw unavailable(name, `${spec.path} does not answer`);
    if (stood.type === 'missing' && spec.type === 'nfs') await known.build();
    try {
      await known.start();
    } catch (error) {
      if (!isOperationInvalid(error)) throw unavailable(name, (error as Error).message);
    }
  }
  checkMount(await files.mounts(), pool);
}

/**
 * libvirt looks at no pool in which it makes a volume just now, and says so in words alone (an internal error): that is
 * over in a moment, also where many VMs start at once.
 */
export async function refreshPool(pool: Pick<StoragePool, 'refresh'>): Promise<void> {
  const endMs = performance.now() + busyMs;
  for (;;) {
    try {
      return await pool.refresh();
    } catch (error) {
      const isBusy = error instanceof Error && error.message.includes('asynchronous jobs running');
      if (!isBusy || performance.now() >= endMs) throw error;
    }
    await pause(againMs);
  }
}

/** Everything that a VM's disks need before it can start: active pools, clones where there are none. */
export async function prepareDisks(
  link: LibvirtLink,
  files: HostFiles,
  disks: readonly DiskToAttach[],
): Promise<void> {
  if (disks.length === 0) return;
  const { libvirt } = link;
  const refreshed = new Set<string>();
  for (const disk of disks) {
    if (disk.pool.spec.type === 'nfs-direct') {
      await cloneDirect(disk);
      continue;
    }
    const pool = await usablePool(libvirt, files, disk.pool);
    // What other hosts made is not seen before the pool is looked at anew.
    if (!refreshed.has(disk.pool.name)) await refreshPool(pool);
    refreshed.add(disk.pool.name);
    if (await pool.findVolume(disk.file)) continue;
    if (disk.cloneOf === undefined) throw missingFile(disk, disk.file);
    const image = await pool.findVolume(disk.cloneOf);
    if (!image) throw missingFile(disk, disk.cloneOf);
    await checkUnaltered(files, disk, filePath(disk, disk.cloneOf));
    const { capacityBytes } = await image.info();
    const bytes = Math.max(capacityBytes, disk.virtualBytes ?? 0);
    try {
      await pool.createVolume(cloneXml(disk, disk.cloneOf, bytes));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

/** What stands on a file that is another one now would read what is none of its. */
async function checkUnaltered(files: HostFiles, disk: DiskToAttach, path: string): Promise<void> {
  const { cloneFacts } = disk;
  if (cloneFacts === undefined) return;
  const found = await files.facts(path);
  const differs = (['storedBytes', 'changedMs', 'inode'] as const).find(
    (one) => found[one] !== cloneFacts[one],
  );
  if (differs === undefined) return;
  throw new DroverError(
    'image-altered',
    `${path} was changed by hand: its ${differs} is ${found[differs]}, recorded is ${cloneFacts[differs]}`,
  );
}

export function cloneXml(disk: DiskToAttach, image: string, capacityBytes: number): string {
  return buildXml(
    element('volume', {}, [
      element('name', {}, [disk.file]),
      element('capacity', { unit: 'bytes' }, [String(capacityBytes)]),
      element('target', {}, [element('format', { type: 'qcow2' })]),
      element('backingStore', {}, [
        element('path', {}, [filePath(disk, image)]),
        element('format', { type: 'qcow2' }),
      ]),
    ]),
  );
}

/** libvirt has no pools of this kind; QEMU's own tool reaches the server as QEMU does. */
async function cloneDirect(disk: DiskToAttach): Promise<void> {
  const { spec } = disk.pool;
  if (spec.type !== 'nfs-direct' || disk.cloneOf === undefined) return;
  const url = (file: string) => `nfs://${spec.server}${filePath(disk, file)}`;
  if (
    await qemuImg(['info', '-U', url(disk.file)]).then(
      () => true,
      () => false,
    )
  )
    return;
  const base = ['-F', 'qcow2', '-b', url(disk.cloneOf)];
  try {
    await qemuImg(['create', '-q', '-f', 'qcow2', ...base, url(disk.file)]);
  } catch (error) {
    throw unavailable(disk.pool.name, (error as Error).message);
  }
}

function qemuImg(args: readonly string[]) {
  return promisify(execFile)('qemu-img', args, { timeout: qemuImgMs });
}

function missingFile(disk: DiskToAttach, file: string): DroverError {
  return unavailable(disk.pool.name, `there is no ${file}`);
}
