/**
 * Is what lies at a pool's path the pool that was declared? By the kernel's list of mounts alone. Needs no libvirt, so that
 * processes which work in a pool can ask it again by themselves.
 */
import { DroverError, type Pool } from '@drover/protocol';
import { wrongMount } from '../logic/index.ts';
import { type Mount, mountOf, poolMountOf } from './mounts.ts';

/** Files made below a path that is not mounted would be on this host alone. Throws `pool-unavailable`. */
export function checkMount(mounts: readonly Mount[], { name, spec }: Pool): void {
  if (spec.type !== 'nfs') return;
  const { path, server, export: exported } = spec;
  const mount = mountOf(path, mounts);
  const wrong = wrongMount({
    path,
    source: { server, export: exported },
    ...(mount === undefined ? {} : { mount: poolMountOf(mount) }),
  });
  if (wrong !== undefined) throw unavailable(name, wrong);
}

export function unavailable(name: string, why: string): DroverError {
  return new DroverError('pool-unavailable', `pool ${name}: ${why}`);
}
