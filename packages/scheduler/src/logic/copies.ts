/**
 * Does a host run a copy of a VM that no record knows of, or may one come of what it has begun? Records and hosts can
 * differ: a person moved it by hand, both sides of a migration ran on, a VM that was said to be gone is back, its start
 * was under way when etcd was restored. Then nothing is started and no disk is deleted until a person has decided.
 */
import type { OperationRecord, ReportedVm, Stored } from '@drover/protocol';
import { isOff } from './fence.ts';
import type { Turn } from './turn.ts';

type Copy =
  | { readonly type: 'none' | 'asked' }
  | { readonly type: 'there'; readonly hostId: string };

/**
 * `asked`: a host may have one, and is asked whether it still does, or is about to, and is waited for. The host whose
 * word is known already is left out.
 */
export function copyOf(turn: Turn, stored: Stored<OperationRecord>, known?: string): Copy {
  const { id, vmId = '' } = stored.value;
  const since = turn.since(stored.value);
  for (const hostId of turn.hosts.reporting(vmId)) {
    const vm = turn.hosts.get(hostId)?.inventory?.vms.find((one) => one.vmId === vmId);
    if (hostId === known || vm === undefined || !isThere(vm) || isOff(turn, hostId)) continue;
    const fresh = turn.hosts.inventorySince(hostId, since, turn.epoch);
    if (fresh) return { type: 'there', hostId };
    turn.ask(hostId, since);
    turn.wait(id, `${hostId}, which reported a copy of it`);
    return { type: 'asked' };
  }
  for (const hostId of turn.hosts.busyWith(vmId)) {
    if (hostId === known || isOff(turn, hostId) || !isBusyWithOther(turn, hostId, stored)) continue;
    // Its end says that it is over, and not what came of it: that the next look does.
    turn.ask(hostId);
    turn.wait(id, `${hostId}, which is busy with it`);
    return { type: 'asked' };
  }
  return { type: 'none' };
}

/** What this operation has begun itself it follows itself. */
function isBusyWithOther(turn: Turn, hostId: string, { value }: Stored<OperationRecord>): boolean {
  const { recent = [] } = turn.hosts.get(hostId)?.inventory ?? {};
  return recent.some(
    ({ outcome, vmId, opId }) => outcome === 'begun' && vmId === value.vmId && opId !== value.id,
  );
}

function isThere({ state }: ReportedVm): boolean {
  return state !== 'shut-off' && state !== 'crashed';
}

export function copyError(hostId: string): { readonly code: string; readonly message: string } {
  const message = `a copy of it is on ${hostId}, which no record owns; look there with virsh, and stop that copy first`;
  return { code: 'vm-running', message };
}
