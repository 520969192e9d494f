/**
 * Nothing is placed where its pool has been out of reach for long, and nothing is moved from there: it would stand still
 * at the switch-over. How long is what it takes a host to say so, and a scheduler to hear it, on a bad day.
 */
import type { OperationRecord } from '@drover/protocol';
import type { Commit } from '../etcd.ts';
import type { Checker } from './checker.ts';
import { recordsOf } from './records.ts';
import type { Truth } from './truth.ts';

const knownMs = 200_000;

export const poolReachable: Checker = {
  name: 'pool-reachable',
  committed(commit, truth) {
    for (const { operation, pools } of begun(commit, truth)) {
      const { source, target, type, vmName } = operation;
      for (const hostId of [source, target]) {
        if (hostId === undefined || target === undefined) continue;
        const ms = truth.unusableMs(pools, hostId);
        if (ms > knownMs) {
          return `${type} ${vmName} has begun, and ${hostId} has not reached its pool for ${ms} ms`;
        }
      }
    }
    return undefined;
  },
};

/** A VM has begun to go to a host that reaches its pool, where another has not for so long: here it could have gone wrong. */
export function hasLongBeenAvoided(commit: Commit, truth: Truth): boolean {
  return begun(commit, truth).some(
    ({ operation, pools }) =>
      operation.target !== undefined &&
      truth.hosts.some(({ id }) => truth.unusableMs(pools, id) > knownMs),
  );
}

function begun({ changes }: Commit, { records }: Truth) {
  return changes.flatMap((change) => {
    const { before, after } = recordsOf<OperationRecord>(change, 'operation') ?? {};
    if (after?.state !== 'running' || before?.state === 'running') return [];
    const disks = records.vms.get(after.vmId ?? '')?.spec.disks ?? [];
    // What QEMU reaches by itself is nothing on a host, and no host can say whether it does.
    const told = disks.filter(({ pool }) => records.pools.get(pool)?.spec.type !== 'nfs-direct');
    return [{ operation: after, pools: told.map(({ pool }) => pool) }];
  });
}
