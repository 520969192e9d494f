/**
 * Nothing is placed where its pool has been out of reach for long, and nothing is moved from there: it would stand still
 * at the switch-over. How long is what it takes a host to say so, and a scheduler to hear it, on a bad day.
 */
import type { OperationRecord } from '@drover/protocol';
import type { Checker } from './checker.ts';
import { recordsOf } from './records.ts';

const knownMs = 200_000;

export const poolReachable: Checker = {
  name: 'pool-reachable',
  committed({ changes }, { records, unusableMs }) {
    for (const change of changes) {
      const { before, after } = recordsOf<OperationRecord>(change, 'operation') ?? {};
      if (after?.state !== 'running' || before?.state === 'running') continue;
      const pools = records.vms.get(after.vmId ?? '')?.spec.disks.map(({ pool }) => pool) ?? [];
      for (const hostId of [after.source, after.target]) {
        if (hostId === undefined || after.target === undefined) continue;
        const ms = unusableMs(pools, hostId);
        if (ms > knownMs) {
          return `${after.type} ${after.vmName} has begun, and ${hostId} has not reached its pool for ${ms} ms`;
        }
      }
    }
    return undefined;
  },
};
