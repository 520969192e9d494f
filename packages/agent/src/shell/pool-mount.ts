/**
 * Is what lies at a pool's path the pool that was declared? By the kernel's list of mounts alone. Needs no libvirt, so that
 * processes which work in a pool can ask it again by themselves.
 */
import { DroverError, type Pool } from '@drover/protocol';
import type { Mount } from './mounts.ts';

/** Files made below a path that is not mounted would be on this host alone. Throws `pool-unavailable`. */
export function checkMount(mounts: readonly Mount[], { name, spec }: Pool): void {
  if (spec.type !== 'nfs') return;
  const mount = mounts.findLast(({ at }) => at === spec.path);
  if (!mount?.type.startsWith('nfs')) throw unavailable(name, `${spec.path} is not mounted`);
  const { source } = mount;
  if (source !== `${spec.server}:${spec.export}` && source !== `[${spec.server}]:${spec.export}`) {
    throw unavailable(name, `${spec.path} is a mount of ${source}`);
  }
}

export function unavailable(name: string, why: string): DroverError {
  return new DroverError('pool-unavailable', `pool ${name}: ${why}`);
}
