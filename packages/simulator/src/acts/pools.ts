/** Pools and the files in them, of which a server may not answer. */
import type { DiskToAttach } from '@drover/protocol';
import type { Reach } from '../storage.ts';
import { type ActsWorld, callMs, done, failed, lookMs, unanswered, unreachable } from './world.ts';

/** libvirt's calls have a deadline; one about storage that does not answer ends at that. */
export function whenAnswered(
  world: ActsWorld,
  pools: readonly string[],
  then: (reach: Exclude<Reach, 'stalled'>) => void,
  waitedMs = 0,
): void {
  const { life, host, onAnswer } = world;
  if (!host.hypervisor.isUp) return onAnswer(unreachable);
  const reach = host.hypervisor.storage.reach(pools, host.id);
  if (reach !== 'stalled') return then(reach);
  if (waitedMs >= callMs) return onAnswer(unanswered);
  life.after(lookMs, () => whenAnswered(world, pools, then, waitedMs + lookMs));
}

export function poolOf({ pool }: DiskToAttach): string {
  return pool.name;
}

export function ensurePool(world: ActsWorld, name: string, uuid: string): void {
  const { host, onAnswer } = world;
  whenAnswered(world, [name], (reach) => {
    if (reach === 'gone') return onAnswer(failed('pool-unavailable', 'it is not there'));
    if (!host.pools.has(name)) host.ours.set(name, uuid);
    host.pools.add(name);
    onAnswer(done);
  });
}

/** Of one that is not ours nothing is forgotten. */
export function forgetPool({ host, onAnswer }: ActsWorld, name: string, uuid: string): void {
  if (host.ours.get(name) === uuid) {
    host.ours.delete(name);
    host.pools.delete(name);
  }
  onAnswer(done);
}

export function markPool(world: ActsWorld, name: string): void {
  const { host, onAnswer } = world;
  whenAnswered(world, [name], (reach) => {
    if (reach !== 'going') return onAnswer(failed('pool-unavailable', `the pool is ${reach}`));
    host.hypervisor.storage.marked.add(name);
    onAnswer(done);
  });
}

/** There are none here: what a VM is told at its first boot is not played. */
export function deleteSeeds(world: ActsWorld, pools: readonly { readonly name: string }[]): void {
  const { onAnswer } = world;
  const names = pools.map(({ name }) => name);
  whenAnswered(world, names, (reach) => {
    if (reach === 'going' || reach === 'full') return onAnswer(done);
    onAnswer(failed('pool-unavailable', `the pool is ${reach}`));
  });
}
